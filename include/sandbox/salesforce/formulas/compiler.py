"""From a formula to a function of a record: names resolved, types checked, everything decided before the first row."""

from collections.abc import Callable
from dataclasses import dataclass

from include.sandbox.salesforce.formulas.kinds import Kind, Row, Value
from include.sandbox.salesforce.formulas.parser import parse
from include.sandbox.salesforce.formulas.paths import Path, resolve
from include.sandbox.salesforce.formulas.served import FUNCTIONS, SERVED
from include.sandbox.salesforce.formulas.signatures import Typed
from include.sandbox.salesforce.formulas.tree import Call, FormulaRefusedError, Literal, Node, Reference
from include.sandbox.salesforce.schema import Schema, SObject


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula ready to be evaluated.

    Attributes:
        kind: the type of its value.
        evaluate: its value for a row; raises FormulaFault where it has none.
        paths: the fields that a row must bring.
        compares: whether it asks for a record's values before the write.
    """

    kind: Kind
    evaluate: Callable[[Row], Value]
    paths: tuple[Path, ...]
    compares: bool


def compile_formula(text: str, schema: Schema, sobject: SObject, kind: Kind, *, of_writes: bool = True) -> Formula:
    """Compiles a formula.

    Args:
        text: the formula.
        schema: of the org.
        sobject: the object whose records it is about.
        kind: the type that its value must have.
        of_writes: whether it belongs to a write (a validation rule), so that ISNEW and the like have a meaning.

    Raises:
        FormulaRefusedError: it is wrong, or uses what is not served; the message says where and what.
    """
    compiler = _Compiler(schema, sobject, of_writes=of_writes)
    node = parse(text)
    typed = compiler.typed(node)
    if typed.kind not in {kind, Kind.NULL}:
        message = f"the formula's result is {typed.kind}, incompatible with the expected {kind}"
        raise FormulaRefusedError(message, node.place)
    return Formula(typed.kind, typed.evaluate, tuple(compiler.paths.values()), compiler.compares)


class _Compiler:
    def __init__(self, schema: Schema, sobject: SObject, *, of_writes: bool) -> None:
        self._schema = schema
        self._sobject = sobject
        self._of_writes = of_writes
        self.paths: dict[str, Path] = {}
        self.compares = False

    def typed(self, node: Node) -> Typed:
        """A node with all below it."""
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Reference):
            return self._field(node)
        return self._call(node)

    def _field(self, node: Reference) -> Typed:
        path = resolve(self._schema, self._sobject, node)
        key = path.key
        self.paths[key] = path
        return Typed(node, path.kind, lambda row: row.after[key], path)

    def _call(self, node: Call) -> Typed:
        served = SERVED.get(node.name)
        if served is None or (served.of_writes and not self._of_writes):
            message = f"the function {node.name} is not served here; served are {', '.join(FUNCTIONS)}"
            raise FormulaRefusedError(message, node.place)
        arguments = [self.typed(argument) for argument in node.arguments]
        kind = served.check(node.name, node.place, arguments)
        self.compares |= node.name in {"ISCHANGED", "PRIORVALUE"}
        path = arguments[0].path if node.name == "PRIORVALUE" else None
        return Typed(node, kind, served.make(node.name, arguments), path)


def _literal(node: Literal) -> Typed:
    value = node.value
    if value is None:
        return Typed(node, Kind.NULL, lambda _: None)
    if isinstance(value, bool):
        return Typed(node, Kind.BOOLEAN, lambda _: value)
    if isinstance(value, str):
        filled = value or None
        return Typed(node, Kind.TEXT, lambda _: filled)
    return Typed(node, Kind.NUMBER, lambda _: value)
