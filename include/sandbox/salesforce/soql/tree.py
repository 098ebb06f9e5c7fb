"""The syntax tree of a query. Every name keeps its place in the text, for error messages."""

from dataclasses import dataclass, field
from typing import Literal

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.wordings import Said


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the query something stands."""

    query: str = field(repr=False)
    line: int
    column: int

    def refused(self, code: str, message: str) -> ApiError:
        """An error that points at this place, as Salesforce shows it (forcedotcom/soql-tooling issue 86)."""
        return ApiError(400, code, self._pointer() + message)

    def refused_as(self, said: Said) -> ApiError:
        """The same with words that are an assumption."""
        return ApiError.assumed(400, said, self._pointer())

    def _pointer(self) -> str:
        text = (self.query.splitlines() or [""])[self.line - 1]
        before = text[max(0, self.column - 41) : self.column - 1]
        after = text[self.column - 1 : self.column + 39]
        pointer = " " * len(before) + "^"
        return f"\n{before}{after}\n{pointer}\nERROR at Row:{self.line}:Column:{self.column}\n"


@dataclass(frozen=True, slots=True)
class Path:
    """A field, by way of parents: `Account.Owner.Name` is three names."""

    names: tuple[str, ...]
    place: Place

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Call:
    """An aggregate function; without a path it counts rows."""

    function: str
    path: Path | None
    place: Place


Operand = Path | Call


@dataclass(frozen=True, slots=True)
class Value:
    """A literal; for a RANGE the text is a date literal like `LAST_N_DAYS:7`, for a CURRENCY one like `USD100`.

    The kind is the grammar's token type: STRING, DATETIME, DATE, NUMBER, CURRENCY, BOOLEAN, NULL or RANGE.
    """

    kind: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Compare:
    """`operand operator value`; the operator is one of `= != < <= > >= LIKE`."""

    operand: Operand
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (...)` or `NOT IN`, with literals or with a query."""

    operand: Operand
    choices: "tuple[Value, ...] | Query"
    negated: bool


@dataclass(frozen=True, slots=True)
class Includes:
    """`INCLUDES` or `EXCLUDES`: each value is a `;` list of which all must be chosen."""

    operand: Operand
    choices: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a condition."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or by OR."""

    word: Literal["AND", "OR"]
    conditions: "tuple[Condition, ...]"


Condition = Compare | In | Includes | Not | Junction


@dataclass(frozen=True, slots=True)
class Selected:
    """One item of the select list.

    Attributes:
        what: a field, an aggregate, or the word in `FIELDS(...)`.
        alias: the name in the answer, empty if not given.
    """

    what: Path | Call | str
    alias: str
    place: Place


@dataclass(frozen=True, slots=True)
class Ordered:
    """One item of ORDER BY; nulls come first unless said otherwise."""

    operand: Operand
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    selected: tuple[Selected, ...]
    source: str
    alias: str
    source_place: Place
    where: Condition | None
    group: tuple[Path, ...]
    having: Condition | None
    order: tuple[Ordered, ...]
    limit: int | None
    offset: int | None
    all_rows: bool
