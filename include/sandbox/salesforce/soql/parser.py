"""From the text of a query to its syntax tree."""

import re
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.soql.tree import (
    Call,
    Compare,
    Condition,
    In,
    Includes,
    Junction,
    Not,
    Operand,
    Ordered,
    Path,
    Place,
    Query,
    Selected,
    Value,
)

GRAMMAR = FilePath(__file__).with_name("grammar.lark")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse(query: str) -> Query:
    """The syntax tree of a query.

    Raises:
        ApiError: MALFORMED_QUERY, with the place and the unexpected token.
    """
    try:
        parsed: Query = _Builder(query).transform(_lark().parse(query))
    except UnexpectedInput as error:
        raise _malformed(query, error) from error
    except VisitError as error:
        raise error.orig_exc from error
    return parsed


def unescaped(literal: str) -> str:
    r"""The text of a quoted literal; `\%` and `\_` keep their backslash, which LIKE needs."""

    def one(match: re.Match[str]) -> str:
        char = match[1]
        return match[0] if char in "%_" else _ESCAPES.get(char, char)

    return _ESCAPE.sub(one, literal[1:-1])


def quote(text: str) -> str:
    """A text as a quoted literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@cache
def _lark() -> Lark:
    return Lark(GRAMMAR.read_text("utf-8"), parser="lalr", maybe_placeholders=False)


def _malformed(query: str, error: UnexpectedInput) -> ApiError:
    place = Place(query, max(1, error.line), max(1, error.column))
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return place.refused("MALFORMED_QUERY", f"unexpected token: '{error.token}'")
    if isinstance(error, UnexpectedCharacters) and error.char:
        word = re.match(r"\w+|.", query[error.pos_in_stream :], re.DOTALL)
        return place.refused("MALFORMED_QUERY", f"unexpected token: '{word[0] if word else error.char}'")
    lines = query.splitlines() or [""]
    end = Place(query, len(lines), len(lines[-1]) + 1)
    return end.refused("MALFORMED_QUERY", "unexpected token: '<EOF>'")


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Builds the tree from the leaves up; method names are the grammar's."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self._query = query

    def start(self, query: Query) -> Query:
        return query

    @v_args(inline=False)
    def query(self, parts: list[Any]) -> Query:
        selected, (source, alias, place), *clauses = parts
        given: dict[str, Any] = dict(clauses)
        return Query(
            selected=selected,
            source=source,
            alias=alias,
            source_place=place,
            where=given.get("where"),
            group=given.get("group", ()),
            having=given.get("having"),
            order=given.get("order", ()),
            limit=given.get("limit"),
            offset=given.get("offset"),
            all_rows=given.get("all_rows", False),
        )

    def select_list(self, *items: Selected) -> tuple[Selected, ...]:
        return items

    def field(self, path: Token, alias: Token | str = "") -> Selected:
        return Selected(self._path(path), str(alias), self._place(path))

    def aggregate(self, call: Call, alias: Token | str = "") -> Selected:
        return Selected(call, str(alias), call.place)

    def field_set(self, word: Token, name: Token) -> Selected:
        return Selected(name.upper(), "", self._place(word))

    def call(self, function: Token, path: Token | None = None) -> Call:
        return Call(function.upper(), self._path(path) if path else None, self._place(function))

    def source(self, name: Token, alias: Token | str = "") -> tuple[str, str, Place]:
        return str(name), str(alias), self._place(name)

    def operand(self, what: Token | Call) -> Operand:
        return what if isinstance(what, Call) else self._path(what)

    def compare(self, operand: Operand, operator: Token, value: Token) -> Compare:
        sign = "!=" if operator == "<>" else operator.upper()
        return Compare(operand, sign, self._value(value))

    @v_args(inline=False)
    def list(self, values: "list[Token]") -> tuple[Value, ...]:
        return tuple(map(self._value, values))

    def in_(self, operand: Operand, choices: tuple[Value, ...]) -> In:
        return In(operand, choices, negated=False)

    def not_in(self, operand: Operand, choices: tuple[Value, ...]) -> In:
        return In(operand, choices, negated=True)

    def in_query(self, operand: Operand, query: Query) -> In:
        return In(operand, query, negated=False)

    def not_in_query(self, operand: Operand, query: Query) -> In:
        return In(operand, query, negated=True)

    def includes(self, operand: Operand, word: Token, choices: tuple[Value, ...]) -> Includes:
        return Includes(operand, choices, negated=word.upper() == "EXCLUDES")

    def not_(self, condition: Condition) -> Not:
        return Not(condition)

    def and_(self, *conditions: Condition) -> Junction:
        return Junction("AND", conditions)

    def or_(self, *conditions: Condition) -> Junction:
        return Junction("OR", conditions)

    def where(self, condition: Condition) -> tuple[str, Condition]:
        return "where", condition

    def having(self, condition: Condition) -> tuple[str, Condition]:
        return "having", condition

    def group(self, *paths: Token) -> tuple[str, tuple[Path, ...]]:
        return "group", tuple(map(self._path, paths))

    def order(self, *items: Ordered) -> tuple[str, tuple[Ordered, ...]]:
        return "order", items

    def order_item(self, operand: Operand, *words: Token) -> Ordered:
        said = {word.type: word.upper() for word in words}
        return Ordered(operand, said.get("DIRECTION") == "DESC", said.get("NULLS") == "LAST")

    def limit(self, number: Token) -> tuple[str, int]:
        return "limit", self._count(number)

    def offset(self, number: Token) -> tuple[str, int]:
        return "offset", self._count(number)

    def for_clause(self, _word: Token) -> tuple[str, bool]:
        return "for", True

    def all_rows(self) -> tuple[str, bool]:
        return "all_rows", True

    def _place(self, token: Token) -> Place:
        return Place(self._query, token.line or 1, token.column or 1)

    def _path(self, token: Token) -> Path:
        return Path(tuple(token.split(".")), self._place(token))

    def _value(self, token: Token) -> Value:
        text = unescaped(token) if token.type == "STRING" else str(token)
        return Value(token.type, text, self._place(token))  # type: ignore[arg-type]  # the grammar's token types

    def _count(self, token: Token) -> int:
        if not token.isdigit():
            raise self._place(token).refused("MALFORMED_QUERY", f"unexpected token: '{token}'")
        return int(token)
