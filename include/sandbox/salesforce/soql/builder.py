"""Builds a query's syntax tree from what the grammar found; what the sandbox does not serve is refused here."""

import re
from typing import Any

from lark import ParseTree, Token, Transformer, v_args
from lark.exceptions import VisitError

from include.sandbox.salesforce.soql import tree
from include.sandbox.salesforce.soql.unserved import (
    CHILD_QUERIES,
    FUNCTIONS,
    GROUPINGS,
    SCOPE,
    TYPEOF,
    UPDATE,
    WITH,
    unserved,
)

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
FIELD_SETS = frozenset({"ALL", "CUSTOM", "STANDARD"})
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|(.))", re.IGNORECASE | re.DOTALL)


def unescaped(literal: str, *, like: bool = False) -> str:
    r"""The text of a quoted literal; in a pattern of LIKE, `\%`, `\_` and `\\` keep their backslash."""

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return match[0] if like and match[2] in "%_\\" else _ESCAPES.get(match[2].lower(), match[2])

    return _ESCAPE.sub(one, literal[1:-1])


def build(query: str, found: ParseTree) -> tree.Query:
    """The syntax tree of what the grammar found in a query.

    Raises:
        ApiError: MALFORMED_QUERY: the query has what the sandbox does not serve, or a word where it may not stand.
    """
    try:
        built: tree.Query = _Builder(query).transform(found)
    except VisitError as error:
        raise error.orig_exc from error
    return built


@v_args(inline=True)
class _Builder(Transformer[Token, tree.Query]):
    """Builds the tree from the leaves up; method names are the grammar's."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self._query = query

    def start(self, query: tree.Query) -> tree.Query:
        return query

    @v_args(inline=False)
    def query(self, parts: list[Any]) -> tree.Query:
        selected, (source, alias, place), *clauses = parts
        given: dict[str, Any] = dict(clauses)
        group, having = given.get("group", ((), None))
        return tree.Query(
            selected=selected,
            source=source,
            alias=alias,
            source_place=place,
            where=given.get("where"),
            group=group,
            having=having,
            order=given.get("order", ()),
            limit=given.get("limit"),
            offset=given.get("offset"),
            all_rows=given.get("all_rows", False),
        )

    semi_join = query

    def semi_field(self, operand: tree.Operand) -> tuple[tree.Selected, ...]:
        return (tree.Selected(operand, "", operand.place),)

    def select_list(self, *items: tree.Selected) -> tuple[tree.Selected, ...]:
        return items

    def count_rows(self, word: Token) -> tuple[tree.Selected, ...]:
        place = self._place(word)
        return (tree.Selected(tree.Call("COUNT", None, place), "", place),)

    def field(self, name: Token, alias: Token | str = "") -> tree.Selected:
        return tree.Selected(self._path(name), str(alias), self._place(name))

    def called(self, call: tree.Call, alias: Token | str = "") -> tree.Selected:
        if call.function != "FIELDS":
            return tree.Selected(call, str(alias), call.place)
        word = str(call.path).upper()
        if alias or word not in FIELD_SETS:
            raise call.place.refused("MALFORMED_QUERY", f"unexpected token: '{alias or call.path}'")
        return tree.Selected(word, "", call.place)

    def call(self, function: Token, *arguments: Token | tree.Call) -> tree.Call:
        name, place = function.upper(), self._place(function)
        if name not in {*AGGREGATES, "FIELDS"}:
            raise unserved(FUNCTIONS, place)
        first, *others = arguments
        if others or isinstance(first, tree.Call) or first.type != "NAME":
            raise place.refused("MALFORMED_QUERY", f"unexpected token: '{function}'")
        return tree.Call(name, self._path(first), place)

    def child_query(self, bracket: Token, _query: tree.Query) -> tree.Selected:
        raise unserved(CHILD_QUERIES, self._place(bracket))

    def typeof(self, word: Token, *_rest: Token) -> tree.Selected:
        raise unserved(TYPEOF, self._place(word))

    def scope(self, word: Token, _name: Token) -> None:
        raise unserved(SCOPE, self._place(word))

    def with_clause(self, word: Token, *_rest: Token) -> None:
        raise unserved(WITH, self._place(word))

    def update(self, word: Token, _what: Token) -> None:
        raise unserved(UPDATE, self._place(word))

    def grouping(self, word: Token, *_rest: Token | tree.Call) -> tree.Operand:
        raise unserved(GROUPINGS, self._place(word))

    def source(self, name: Token, alias: Token | str = "") -> tuple[str, str, tree.Place]:
        return str(name), str(alias), self._place(name)

    def operand(self, what: Token | tree.Call) -> tree.Operand:
        if not isinstance(what, tree.Call):
            return self._path(what)
        if what.function == "FIELDS":
            raise what.place.refused("MALFORMED_QUERY", "unexpected token: 'FIELDS'")
        return what

    def compare(self, operand: tree.Operand, operator: Token, value: Token | tree.Value) -> tree.Compare:
        sign = "!=" if operator == "<>" else operator.upper()
        return tree.Compare(operand, sign, self._value(value))

    def counted(self, word: Token, number: Token) -> tree.Value:
        return tree.Value("RANGE", f"{word}:{number}", self._place(word))

    @v_args(inline=False)
    def list(self, values: "list[Token | tree.Value]") -> tuple[tree.Value, ...]:
        return tuple(map(self._value, values))

    def in_(self, operand: tree.Operand, choices: tuple[tree.Value, ...]) -> tree.In:
        return tree.In(operand, choices, negated=False)

    def not_in(self, operand: tree.Operand, choices: tuple[tree.Value, ...]) -> tree.In:
        return tree.In(operand, choices, negated=True)

    def in_query(self, operand: tree.Operand, query: tree.Query) -> tree.In:
        return tree.In(operand, query, negated=False)

    def not_in_query(self, operand: tree.Operand, query: tree.Query) -> tree.In:
        return tree.In(operand, query, negated=True)

    def includes(self, operand: tree.Operand, word: Token, choices: tuple[tree.Value, ...]) -> tree.Includes:
        return tree.Includes(operand, choices, negated=word.upper() == "EXCLUDES")

    def not_(self, condition: tree.Condition) -> tree.Not:
        return tree.Not(condition)

    def and_(self, *conditions: tree.Condition) -> tree.Junction:
        return tree.Junction("AND", conditions)

    def or_(self, *conditions: tree.Condition) -> tree.Junction:
        return tree.Junction("OR", conditions)

    def where(self, condition: tree.Condition) -> tuple[str, tree.Condition]:
        return "where", condition

    def having(self, condition: tree.Condition) -> tuple[str, tree.Condition]:
        return "having", condition

    def group(
        self, *parts: tree.Operand | tuple[str, tree.Condition]
    ) -> tuple[str, tuple[tuple[tree.Path, ...], tree.Condition | None]]:
        having = next((part[1] for part in parts if isinstance(part, tuple)), None)
        operands = [part for part in parts if not isinstance(part, tuple)]
        for one in operands:
            if isinstance(one, tree.Call):
                raise one.place.refused("MALFORMED_QUERY", f"unexpected token: '{one.function}'")
        return "group", (tuple(one for one in operands if isinstance(one, tree.Path)), having)

    def order(self, *items: tree.Ordered) -> tuple[str, tuple[tree.Ordered, ...]]:
        return "order", items

    def order_item(self, operand: tree.Operand, *words: Token) -> tree.Ordered:
        said = {word.type: word.upper() for word in words}
        return tree.Ordered(operand, said.get("DIRECTION") == "DESC", said.get("NULLS") == "LAST")

    def limit(self, number: Token) -> tuple[str, int]:
        return "limit", int(number)

    def offset(self, number: Token) -> tuple[str, int]:
        return "offset", int(number)

    def for_clause(self, _word: Token) -> tuple[str, bool]:
        return "for", True

    def all_rows(self) -> tuple[str, bool]:
        return "all_rows", True

    def _place(self, token: Token) -> tree.Place:
        return tree.Place(self._query, token.line or 1, token.column or 1)

    def _path(self, token: Token) -> tree.Path:
        return tree.Path(tuple(token.split(".")), self._place(token))

    def _value(self, token: Token | tree.Value) -> tree.Value:
        if isinstance(token, tree.Value):
            return token
        like = token.type == "LIKE_STRING"
        kind = "STRING" if like else token.type
        text = unescaped(token, like=like) if kind == "STRING" else str(token)
        return tree.Value(kind, text, self._place(token))
