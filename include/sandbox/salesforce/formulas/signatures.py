"""What arguments a function or an operator takes and what type it gives, checked when a formula is loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from include.sandbox.salesforce.formulas.kinds import Evaluate, Kind
from include.sandbox.salesforce.formulas.paths import Path
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError, Literal, Node, Place, Reference


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of a formula whose types are right, ready to be evaluated.

    Attributes:
        node: what it was made of.
        path: the field, if it is a bare field.
    """

    node: Node
    kind: Kind
    evaluate: Evaluate
    path: Path | None = None

    @property
    def literal(self) -> str | None:
        """The text, if it is a text between quotes."""
        if isinstance(self.node, Literal) and isinstance(self.node.value, str):
            return self.node.value
        return None


Arguments = Sequence[Typed]
Rule = Callable[[str, Place, Arguments], Kind]
ANY_VALUE = frozenset({Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME})


def takes(*kinds: Kind | frozenset[Kind], gives: Kind, more: bool = False) -> Rule:
    """A fixed list of arguments; with `more` the last one may come again and again."""
    allowed = [frozenset({kind}) if isinstance(kind, Kind) else kind for kind in kinds]

    def check(name: str, place: Place, arguments: Arguments) -> Kind:
        if len(arguments) < len(allowed) or (len(arguments) > len(allowed) and not more):
            raise wrong_number(name, place, len(allowed), len(arguments))
        for number, argument in enumerate(arguments):
            expect(name, argument, allowed[min(number, len(allowed) - 1)])
        return gives

    return check


def wrong_number(name: str, place: Place, expected: int, received: int) -> FormulaRefusedError:
    """The vendor's words for it."""
    message = f"incorrect number of parameters for {shown(name)}. Expected {expected}, received {received}"
    return FormulaRefusedError(message, place)


def expect(name: str, argument: Typed, kinds: frozenset[Kind]) -> None:
    """Refuses an argument of another type; null goes everywhere."""
    if argument.kind not in kinds | {Kind.NULL}:
        raise wrong_type(name, argument, kinds)


def wrong_type(name: str, argument: Typed, kinds: frozenset[Kind]) -> FormulaRefusedError:
    """The vendor's words for an argument of a wrong type; picklists have words of their own."""
    if argument.kind in {Kind.PICKLIST, Kind.MULTIPICKLIST} and isinstance(argument.node, Reference):
        kind = "multi-select picklist" if argument.kind is Kind.MULTIPICKLIST else "picklist"
        message = f"field {argument.node.name} is a {kind} field, which {shown(name)} does not take"
        return FormulaRefusedError(message, argument.node.place)
    expected = ", ".join(sorted(kinds))
    message = f"incorrect parameter type for {shown(name)}. Expected {expected}, received {argument.kind}"
    return FormulaRefusedError(message, argument.node.place)


def common(name: str, arguments: Arguments, kinds: frozenset[Kind]) -> Kind:
    """The one type that all arguments have, null aside."""
    found = Kind.NULL
    for argument in arguments:
        expect(name, argument, kinds if found is Kind.NULL else frozenset({found}))
        found = argument.kind if found is Kind.NULL else found
    return found


def shown(name: str) -> str:
    """A function or an operator as the vendor's messages name it."""
    return f"function {name}()" if name[0].isalpha() else f"operator '{name}'"
