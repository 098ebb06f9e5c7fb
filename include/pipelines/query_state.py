"""What is known of an audience's queries: the table `queries`, kept by its runs, shown and reset by hand (R10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from include.config.candidates import did_you_mean
from include.errors import ConfigError
from include.warehouse.tables import QUERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun
    from include.wiring import Project

State = dict[str, Any]
"""A row of the table `queries`."""


def newest_reading(connection: DuckDBPyConnection) -> int:
    """The newest reading of Salesforce that the view `people` knows; 0 where nobody was read."""
    ((newest,),) = connection.execute("SELECT coalesce(max(reading), 0) FROM people").fetchall()
    return int(newest)


def find(project: Project, stem: str) -> dict[str, State]:
    """The known queries of an audience, by name."""
    return {row["query"]: row for row in project.warehouse.read(QUERIES, audience=stem).to_pylist()}


def known_reading(run: SyncRun, query: str) -> int | None:
    """The reading that a query's last run knew, before its first run the one that first saw it; None before both."""
    state = find(run.project, run.stem).get(query, {})
    last: int | None = state.get("last_run_reading")
    return state.get("first_seen_reading") if last is None else last


def see(run: SyncRun, reading: int) -> None:
    """Note the queries that no run saw before."""
    names = [query.name for query in run.audience.queries]
    if set(names) <= set(find(run.project, run.stem)):
        return
    seen = {"first_seen_at": run.pins().extracted_at, "first_seen_reading": reading}

    def add(rows: dict[str, State]) -> None:
        for name in names:
            rows.setdefault(name, _blank(run.stem, name) | seen)

    _change(run.project, run.stem, add)


def ran(run: SyncRun, counts: Mapping[str, object]) -> None:
    """Note the run as the last one of its queries; `counts` are those of its stage `transform`."""
    selected = cast("dict[str, int]", counts["selected"])
    last = {
        "last_run_at": run.pins().extracted_at,
        "last_run_reading": counts["reading"],
        "last_run_id": run.run_id,
    }

    def note(rows: dict[str, State]) -> None:
        for name, people in selected.items():
            rows[name] = (rows.get(name) or _blank(run.stem, name)) | last | {"people": people}

    if selected:
        _change(run.project, run.stem, note)


def listing(project: Project, stem: str) -> list[State]:
    """Every query of the file in its order, then the known ones that left it.

    Keys: query, object, run, groups, tags (None where the query is gone), first_seen_at, last_run_at, last_run_id,
    people.
    """
    known = find(project, stem)
    shown = ("first_seen_at", "last_run_at", "last_run_id", "people")
    rows = []
    for query in project.audience(stem).queries:
        configured = {"object": query.object, "run": query.run, "groups": query.groups, "tags": query.tags}
        state = known.pop(query.name, {})
        rows.append({"query": query.name, **configured, **{key: state.get(key) for key in shown}})
    gone = dict.fromkeys(("object", "run", "groups", "tags"))
    rows += [{"query": name, **gone, **{key: known[name][key] for key in shown}} for name in sorted(known)]
    return rows


def reset(project: Project, stem: str, query: str) -> None:
    """Forget a query's first sight and last run. Raises ConfigError for one that is neither configured nor known."""
    names = [row["query"] for row in listing(project, stem)]
    if query not in names:
        raise unknown_query(stem, query, names)
    _change(project, stem, lambda rows: rows.pop(query, None))


def unknown_query(stem: str, query: str, names: Sequence[str]) -> ConfigError:
    """What to raise of a query that an audience does not have; `names`: those it has."""
    known = ", ".join(names) or "none"
    return ConfigError(f"audience {stem} has no query `{query}`{did_you_mean(query, names)}; it has {known}")


def _blank(stem: str, query: str) -> State:
    return dict.fromkeys(QUERIES.schema().names) | {"audience": stem, "query": query}


def _change(project: Project, stem: str, change: Callable[[dict[str, State]], object]) -> None:
    """Change the audience's rows in one atomic step; `change` gets them by name and may be called again."""
    import pyarrow as pa

    def compute(version: int) -> pa.Table:
        rows = {row["query"]: row for row in project.warehouse.read(QUERIES, version, audience=stem).to_pylist()}
        change(rows)
        return pa.Table.from_pylist(list(rows.values()), schema=QUERIES.schema())

    project.warehouse.update(QUERIES, compute, audience=stem)
