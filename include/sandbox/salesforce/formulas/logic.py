"""Logical functions. AND, OR and IF take null for false and stop at the first argument that decides."""

from include.sandbox.salesforce.formulas.kinds import Evaluate, Kind, Row, Value
from include.sandbox.salesforce.formulas.signatures import (
    ANY_VALUE,
    Arguments,
    common,
    expect,
    takes,
    wrong_number,
    wrong_type,
)
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError, Place

_RESULT = ANY_VALUE | {Kind.BOOLEAN}
_FEWEST_OF_CASE = 4


def conjunction(_name: str, arguments: Arguments) -> Evaluate:
    """AND: never null."""
    parts = [argument.evaluate for argument in arguments]
    return lambda row: all(part(row) is True for part in parts)


def disjunction(_name: str, arguments: Arguments) -> Evaluate:
    """OR: never null."""
    parts = [argument.evaluate for argument in arguments]
    return lambda row: any(part(row) is True for part in parts)


def negation(_name: str, arguments: Arguments) -> Evaluate:
    """NOT: null stays null."""
    (only,) = (argument.evaluate for argument in arguments)
    return lambda row: None if (value := only(row)) is None else not value


def check_if(name: str, place: Place, arguments: Arguments) -> Kind:
    """A condition and two values of one type."""
    takes(Kind.BOOLEAN, frozenset(Kind), frozenset(Kind), gives=Kind.NULL)(name, place, arguments)
    return common(name, arguments[1:], _RESULT)


def choice(_name: str, arguments: Arguments) -> Evaluate:
    """IF."""
    condition, then, otherwise = (argument.evaluate for argument in arguments)
    return lambda row: then(row) if condition(row) is True else otherwise(row)


def check_case(name: str, place: Place, arguments: Arguments) -> Kind:
    """A value, pairs of a value and a result, and what else; picklists are compared with texts between quotes."""
    if len(arguments) < _FEWEST_OF_CASE or len(arguments) % 2:
        raise wrong_number(name, place, max(_FEWEST_OF_CASE, len(arguments) // 2 * 2), len(arguments))
    subject, *rest = arguments
    cases, results = rest[:-1:2], [*rest[1:-1:2], rest[-1]]
    if subject.kind is Kind.PICKLIST:
        for case in cases:
            if case.literal is None:
                raise wrong_type(name, case, frozenset({Kind.TEXT}))
    else:
        common(name, [subject, *cases], ANY_VALUE)
    return common(name, results, ANY_VALUE)


def case(_name: str, arguments: Arguments) -> Evaluate:
    """CASE: all arguments are worked out, the first equal case counts; null is equal to an empty text only."""
    subject, *rest = arguments
    pairs = [(one.evaluate, result.evaluate) for one, result in zip(rest[:-1:2], rest[1:-1:2], strict=True)]
    otherwise, given = rest[-1].evaluate, subject.evaluate
    textual = subject.kind in {Kind.TEXT, Kind.PICKLIST}

    def evaluate(row: Row) -> Value:
        value = given(row)
        worked_out = [(one(row), result(row)) for one, result in pairs]
        last = otherwise(row)
        found = (result for one, result in worked_out if one == value and (textual or value is not None))
        return next(found, last)

    return evaluate


def is_new(_name: str, _arguments: Arguments) -> Evaluate:
    """ISNEW."""
    return lambda row: row.new


def check_own_field(name: str, place: Place, arguments: Arguments) -> Kind:
    """A field of the record itself."""
    if len(arguments) != 1:
        raise wrong_number(name, place, 1, len(arguments))
    path = arguments[0].path
    if path is None or path.steps:
        raise FormulaRefusedError(f"function {name}() takes a field of the record itself", arguments[0].node.place)
    return Kind.BOOLEAN if name == "ISCHANGED" else arguments[0].kind


def is_changed(_name: str, arguments: Arguments) -> Evaluate:
    """ISCHANGED: false for a new record.

    https://help.salesforce.com/apex/HTViewHelpDoc?id=customize_functions_ischanged.htm
    """
    key = _own(arguments)
    return lambda row: row.before is not None and row.before[key] != row.after[key]


def prior_value(_name: str, arguments: Arguments) -> Evaluate:
    """PRIORVALUE: the current value for a new record.

    https://help.salesforce.com/apex/HTViewHelpDoc?id=platform.customize_functions_priorvalue.htm
    """
    key = _own(arguments)
    return lambda row: row.after[key] if row.before is None else row.before[key]


def _own(arguments: Arguments) -> str:
    return arguments[0].path.key  # type: ignore[union-attr]  # check_own_field saw a field


def check_blank(name: str, place: Place, arguments: Arguments) -> Kind:
    """Anything but a truth value."""
    allowed = ANY_VALUE | {Kind.PICKLIST, Kind.MULTIPICKLIST}
    return takes(allowed, gives=Kind.BOOLEAN)(name, place, arguments)


def check_blank_value(name: str, place: Place, arguments: Arguments) -> Kind:
    """Two values of one type."""
    takes(ANY_VALUE, ANY_VALUE, gives=Kind.NULL)(name, place, arguments)
    return common(name, arguments, ANY_VALUE)


def check_choice(kind: Kind, name: str, place: Place, arguments: Arguments) -> Kind:
    """A picklist and a text between quotes; of a multi-select it must be one of its values."""
    takes(kind, Kind.TEXT, gives=Kind.BOOLEAN)(name, place, arguments)
    field, wanted = arguments
    expect(name, field, frozenset({kind}))
    if wanted.literal is None:
        raise wrong_type(name, wanted, frozenset({Kind.TEXT}))
    if kind is Kind.MULTIPICKLIST and field.path and wanted.literal not in field.path.field.values:
        message = f"{wanted.literal!r} is not a value of {field.path.key}"
        raise FormulaRefusedError(message, wanted.node.place)
    return Kind.BOOLEAN
