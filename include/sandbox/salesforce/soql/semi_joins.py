"""The rules of queries inside IN: semi-joins and anti-joins.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
The words about OR and about nesting are the vendor's (apsona.com on semi-join sub-selects).
"""

from collections.abc import Iterator

from include.sandbox.salesforce.soql.scope import Scope
from include.sandbox.salesforce.soql.tree import Condition, In, Junction, Not, Operand, Path, Query
from include.sandbox.salesforce.wordings import assumed

MOST = 2


def check_places(query: Query) -> None:
    """Refuses semi-joins where they may not stand in the WHERE of a whole query.

    Raises:
        ApiError: MALFORMED_QUERY.
    """
    if query.where is None:
        return
    top = query.where.conditions if isinstance(query.where, Junction) else (query.where,)
    inner = [one for condition in top for one in _semi_joins(condition)]
    for number, one in enumerate(inner, start=1):
        place = one.operand.place
        if isinstance(query.where, Junction) and query.where.word == "OR":
            raise place.refused("MALFORMED_QUERY", "Semi join sub-selects are not allowed with the 'OR' operator")
        if one not in top:
            message = "only allowed at the top level WHERE expressions and not in nested WHERE expressions"
            raise place.refused("MALFORMED_QUERY", f"Semi join sub-selects are {message}")
        if number > MOST:
            raise place.refused_as(
                assumed("semi_join", rule=f"Maximum {MOST} semi join sub-selects are allowed in one query")
            )


def check_fields(outer: Scope, operand: Operand, inner: Scope, query: Query) -> None:
    """Refuses a semi-join whose two sides are not ids, or that looks at the object it stands in, or holds another.

    Raises:
        ApiError: MALFORMED_QUERY.
    """
    selected = query.selected[0].what
    for scope, path in ((outer, operand), (inner, selected)):
        if not isinstance(path, Path) or scope.column(path).field.type not in {"id", "reference"}:
            place = query.source_place if isinstance(path, str) else path.place
            raise place.refused_as(
                assumed("semi_join", rule=f"Semi join sub-selects can only query id fields, not {path}")
            )
    if isinstance(selected, Path) and len(inner.column(selected).parents) > 0:
        raise selected.place.refused_as(
            assumed("semi_join", rule="Semi join sub-selects cannot select a parent's field")
        )
    if inner.root is outer.root:
        rule = "The inner and outer selects should not be on the same object type"
        raise query.source_place.refused_as(assumed("semi_join", rule=rule))
    if query.where and any(_semi_joins(query.where)):
        raise query.source_place.refused("MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported")


def _semi_joins(condition: Condition) -> Iterator[In]:
    match condition:
        case Junction(_, conditions):
            for one in conditions:
                yield from _semi_joins(one)
        case Not(inner):
            yield from _semi_joins(inner)
        case In(_, Query()):
            yield condition
