"""The syntax tree of a formula. Every node keeps its place in the text, for error messages."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the formula something stands; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class FormulaRefusedError(ValueError):
    """A formula that the org would not save, or that uses something that is not served.

    Attributes:
        place: where in the formula.
    """

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, a truth value or null."""

    value: Decimal | str | bool | None
    place: Place


@dataclass(frozen=True, slots=True)
class Reference:
    """A field, by way of parents: `Account.Owner.Name`, `Owner:User.Name`."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its arguments; names in capitals, operators as their sign, `==` as `=`."""

    name: str
    arguments: "tuple[Node, ...]"
    place: Place


Node = Literal | Reference | Call
