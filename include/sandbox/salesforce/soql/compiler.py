"""From a query's syntax tree to the SQL that answers it."""

from dataclasses import dataclass
from datetime import datetime

from include.sandbox.salesforce.localization import Locale
from include.sandbox.salesforce.schema import Field, Schema, SObject
from include.sandbox.salesforce.soql.filters import Filter, aggregate_sql, is_grouped
from include.sandbox.salesforce.soql.scope import Column, Scope
from include.sandbox.salesforce.soql.semi_joins import check_fields, check_places
from include.sandbox.salesforce.soql.tree import Call, Operand, Path, Query, Selected
from include.sandbox.salesforce.values import Stored, stamp
from include.sandbox.salesforce.wordings import assumed

MOST_OFFSET = 2000
MOST_FIELDS_ALL = 200


@dataclass(frozen=True, slots=True)
class Output:
    """One value of an answer.

    Attributes:
        sql: its expression; for an address there are several, one per part.
        column: where it comes from; None for a counted or averaged value.
        name: under which it appears.
        written: the field, or the function like `avg(Amount)`.
    """

    sql: tuple[str, ...]
    column: Column | None
    field: Field | None
    name: str
    written: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query ready to run.

    Attributes:
        root: the object after FROM.
        outputs: what is selected, in order.
        tail: FROM to OFFSET.
        values: bound in the tail.
        counted: `SELECT COUNT()`: the answer is the number of rows.
        grouped: the answer's records are AggregateResults.
        by_id: a FROM clause for reading the same outputs of known records; its table alias is `q0`.
    """

    root: SObject
    outputs: tuple[Output, ...]
    tail: str
    values: tuple[Stored, ...]
    counted: bool
    grouped: bool
    by_id: str


def compile_query(schema: Schema, query: Query, *, locale: Locale, deleted_since: datetime | None) -> Compiled:
    """The SQL of a query.

    Args:
        schema: of the org.
        query: what to compile.
        locale: for date literals and amounts.
        deleted_since: deleted records show from then on; None: none do.

    Raises:
        ApiError: INVALID_TYPE, INVALID_FIELD, MALFORMED_QUERY and the like.
    """
    return _Compiler(schema, locale, stamp(deleted_since) if deleted_since else None).compile(query)


@dataclass(frozen=True, slots=True)
class _Compiler:
    schema: Schema
    locale: Locale
    deleted_since: str | None

    def compile(self, query: Query) -> Compiled:
        scope = Scope(self.schema, query.source, query.alias, query.source_place)
        check_places(query)
        counted = _is_count(query)
        grouped = not counted and (bool(query.group) or any(isinstance(one.what, Call) for one in query.selected))
        outputs = () if counted else _outputs(scope, query, grouped=grouped)
        tail, values = self._tail(scope, query, grouped=grouped)
        return Compiled(scope.root, outputs, tail, tuple(values), counted, grouped, scope.from_clause())

    def subquery(self, outer: Scope, operand: Operand, query: Query) -> tuple[str, list[Stored]]:
        """The query of a semi-join: one id field, whose values are matched."""
        scope = Scope(self.schema, query.source, query.alias, query.source_place, outer.depth + 1)
        check_fields(outer, operand, scope, query)
        (selected,) = (one.what for one in query.selected if isinstance(one.what, Path))
        column = scope.column(selected)
        tail, values = self._tail(scope, query, grouped=False)
        return f"SELECT {column.sql} {tail}", values

    def _tail(self, scope: Scope, query: Query, *, grouped: bool) -> tuple[str, list[Stored]]:
        where = Filter(scope, self.locale, self.subquery)
        having = Filter(scope, self.locale, self.subquery, query.group)
        conditions = [where.sql(query.where)] if query.where else []
        shown = f'{scope.table}."IsDeleted" = 0'
        if self.deleted_since:
            # The last thing that moves a deleted record's stamp is its deletion.
            shown = f'({shown} OR {scope.table}."SystemModstamp" >= ?)'
        conditions.insert(0, shown)
        bin_values = [self.deleted_since] if self.deleted_since else []
        clauses = [f"WHERE {' AND '.join(conditions)}"]
        if query.group:
            clauses.append("GROUP BY " + ", ".join(_grouped(scope, path) for path in query.group))
        if query.having:
            clauses.append(f"HAVING {having.sql(query.having)}")
        clauses += _order_and_limit(scope, query, grouped=grouped)
        return " ".join([f"FROM {scope.from_clause()}", *clauses]), [*bin_values, *where.values, *having.values]


def _is_count(query: Query) -> bool:
    first = query.selected[0].what
    return len(query.selected) == 1 and isinstance(first, Call) and first.path is None and first.function == "COUNT"


def _order_and_limit(scope: Scope, query: Query, *, grouped: bool) -> list[str]:
    clauses = []
    if query.order:
        ordered = (
            f"{_sortable(scope, query, one.operand, grouped=grouped)} {'DESC' if one.descending else 'ASC'}"
            f" NULLS {'LAST' if one.nulls_last else 'FIRST'}"
            for one in query.order
        )
        clauses.append("ORDER BY " + ", ".join(ordered))
    if query.offset and query.offset > MOST_OFFSET:
        raise query.source_place.refused_as(assumed("offset", most=MOST_OFFSET))
    if query.limit is not None or query.offset:
        clauses.append(f"LIMIT {-1 if query.limit is None else query.limit} OFFSET {query.offset or 0}")
    return clauses


def _sortable(scope: Scope, query: Query, operand: Operand, *, grouped: bool) -> str:
    if isinstance(operand, Call):
        if not grouped:
            raise operand.place.refused("MALFORMED_QUERY", f"unexpected token: '{operand.function}'")
        return aggregate_sql(scope, operand)[0]
    if grouped and not is_grouped(operand, query.group):
        raise operand.place.refused_as(assumed("not_grouped", role="Ordered field", field=operand))
    column = scope.column(operand)
    if not column.field.describe.get("sortable", True):
        raise operand.place.refused_as(assumed("not_sortable", field=column.field.name, use="sorted"))
    return column.sql


def _grouped(scope: Scope, path: Path) -> str:
    column = scope.column(path)
    if not column.field.describe.get("groupable", True):
        raise path.place.refused_as(assumed("not_sortable", field=column.field.name, use="grouped"))
    return column.sql


def _outputs(scope: Scope, query: Query, *, grouped: bool) -> tuple[Output, ...]:
    outputs: list[Output] = []
    unnamed = 0
    for selected in query.selected:
        if isinstance(selected.what, str):
            outputs += _field_set(scope, selected, query.limit)
        elif isinstance(selected.what, Call):
            sql, field = aggregate_sql(scope, selected.what)
            called = f"{selected.what.function.lower()}({selected.what.path or ''})"
            outputs.append(Output((sql,), None, field, selected.alias or f"expr{unnamed}", called))
            unnamed += not selected.alias
        else:
            if grouped and not is_grouped(selected.what, query.group):
                raise selected.place.refused_as(assumed("not_grouped", role="Field", field=selected.what))
            outputs.append(_plain(scope.column(selected.what), selected, grouped=grouped))
    _refuse_twice(query, outputs)
    return tuple(outputs)


def _plain(column: Column, selected: Selected, *, grouped: bool) -> Output:
    if selected.alias and not grouped:
        raise selected.place.refused("MALFORMED_QUERY", f"unexpected token: '{selected.alias}'")
    if column.field.stored:
        sql: tuple[str, ...] = (column.sql,)
    else:
        parts = column.sobject.parts(column.field.name).values()
        sql = tuple(f'{column.table}."{part.name}"' for part in parts)
    return Output(sql, column, column.field, selected.alias or column.field.name, column.field.name)


def _field_set(scope: Scope, selected: Selected, limit: int | None) -> list[Output]:
    if selected.what not in {"ALL", "CUSTOM", "STANDARD"}:
        raise selected.place.refused("MALFORMED_QUERY", f"unexpected token: '{selected.what}'")
    if selected.what != "STANDARD" and (limit is None or limit > MOST_FIELDS_ALL):
        raise selected.place.refused_as(assumed("fields_limit", most=MOST_FIELDS_ALL))
    wanted = {"ALL": (True, False), "CUSTOM": (True,), "STANDARD": (False,)}[str(selected.what)]
    fields = (one for one in scope.root.fields.values() if one.describe["custom"] in wanted)
    return [_plain(scope.column(Path((one.name,), selected.place)), selected, grouped=False) for one in fields]


def _refuse_twice(query: Query, outputs: list[Output]) -> None:
    seen = set()
    for output in outputs:
        key = (output.column.parents if output.column else (), output.name)
        if key in seen:
            raise query.selected[-1].place.refused_as(assumed("selected_twice", field=output.name))
        seen.add(key)
