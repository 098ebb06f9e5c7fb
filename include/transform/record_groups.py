"""Groups that a person's own record lists in a multi-select field (R13).

They are given like those of a query: once per value, and per state of the record. Nothing of it is owned, so nothing is
taken away: the field only adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.config.queries import giver_of_groups
from include.schema import PERSON_OBJECTS
from include.transform import sql
from include.transform.canonical import chosen
from include.transform.groups import TARGET, group_target
from include.transform.people import value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

NOBODY = """
    SELECT '' AS email_key, 0 AS query_number, CAST([] AS VARCHAR[]) AS names, CAST(NULL AS TIMESTAMPTZ) AS modified_at,
           false AS held WHERE false
"""


def givers(inputs: Inputs) -> dict[int, str]:
    """The categories whose groups a record may list, numbered after the run's queries. A run for one query has none."""
    if inputs.only_query is not None:
        return {}
    return dict(enumerate(map(giver_of_groups, inputs.audience.groups_from), start=len(inputs.queries)))


def listed_groups(inputs: Inputs) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Per category its column of `mapped`, and in SQL over `people` the names that a record lists, by object.

    A name is the label of what is chosen. Raises KeyError for a field that the org does not have: the configuration was
    checked against it.
    """
    for category, source in inputs.audience.groups_from.items():
        cases = []
        for object_name in PERSON_OBJECTS:
            path = source.field(object_name)
            field = inputs.org.field(object_name, path) if path else None
            if path and field is None:
                raise KeyError(f"{object_name}.{path}")
            if path and field:
                names = f"list_transform({chosen(value_of(inputs, object_name, path), field)}, lambda name: trim(name))"
                cases.append((f"object = '{object_name}'", f"list_filter({names}, lambda name: name <> '')"))
        yield giver_of_groups(category), cases


def find_record_groups(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `listed` and `record_groups`.

    `listed` (email_key, query_number, names, modified_at, held): who stands for an e-mail lists groups of a category;
    the e-mail is the member's where that is another (`aliases`), query_number the category's among `givers`,
    modified_at the record's; held: validation left the field out.
    `record_groups` (email_key, query_number, position, slot, interest, excluding): those that Mailchimp has, in the
    order of the picklist, as `groups.group_target` describes them. Reads `addressees`, `persons`, `mapped` and
    the gates.
    """
    categories = list(inputs.audience.groups_from)
    parts = [
        f"""
        SELECT coalesce(member_key, addressees.email_key) AS email_key, {n} AS query_number,
               mapped.{sql.name(name)} AS names, persons.modified_at,
               coalesce(list_contains(left_out, {_field(inputs, category)}), false) AS held
        FROM addressees JOIN mapped ON mapped.id = addressees.person_id
        JOIN (SELECT id, modified_at FROM persons) persons ON persons.id = addressees.person_id
        LEFT JOIN aliases ON aliases.email_key = addressees.email_key
        LEFT JOIN person_gates ON person_gates.key = addressees.person_id
        WHERE len(mapped.{sql.name(name)}) > 0
        """
        for (n, name), category in zip(givers(inputs).items(), categories, strict=False)
    ]
    connection.execute(f"CREATE TEMP TABLE listed AS {' UNION ALL BY NAME '.join([NOBODY, *parts])}")
    connection.execute(
        f"""
        CREATE TEMP TABLE record_groups AS
        SELECT email_key, query_number, position, slot, interest, excluding FROM (
            SELECT email_key, query_number, unnest(names) AS name, generate_subscripts(names, 1) AS position FROM listed
        ) JOIN {_known(inputs)} known USING (query_number, name)
        """
    )


def _field(inputs: Inputs, category: str) -> str:
    """SQL: the field of the addressee's object, as findings name it."""
    source = inputs.audience.groups_from[category]
    cases = [
        (f"addressees.object = '{name}'", sql.text(path)) for name in PERSON_OBJECTS if (path := source.field(name))
    ]
    return sql.choice(cases, "''")


def _known(inputs: Inputs) -> str:
    """A table literal (query_number, name, slot, interest, excluding): the groups of the categories."""
    rows = []
    numbers = {name: n for n, name in givers(inputs).items()}
    for interest in inputs.schema.interests.values():
        n = numbers.get(giver_of_groups(interest.category))
        if n is not None:
            rows.append((n, sql.text(interest.name), *group_target(interest, inputs.schema)))
    return sql.table(rows, {"query_number": "INTEGER", "name": "VARCHAR", **TARGET})
