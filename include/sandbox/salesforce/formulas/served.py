"""The functions and operators that are served, each with the check of its arguments and what makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from include.sandbox.salesforce.formulas import functions, logic, operators
from include.sandbox.salesforce.formulas.kinds import Evaluate, Kind
from include.sandbox.salesforce.formulas.signatures import Arguments, Rule, takes

Make = Callable[[str, Arguments], Evaluate]


@dataclass(frozen=True, slots=True)
class Served:
    """One function or operator.

    Attributes:
        check: the type that it gives; raises FormulaRefusedError for wrong arguments.
        make: its evaluation.
        of_writes: whether it asks what a write changes, so that formula fields cannot use it.
    """

    check: Rule
    make: Make
    of_writes: bool = False


_NUMBERS = takes(Kind.NUMBER, Kind.NUMBER, gives=Kind.NUMBER)
_TWO_TEXTS = takes(Kind.TEXT, Kind.TEXT, gives=Kind.BOOLEAN)
_OF_DATE = takes(Kind.DATE, gives=Kind.NUMBER)
_LOGICAL = takes(Kind.BOOLEAN, gives=Kind.BOOLEAN, more=True)
_PRINTED = takes(frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.PICKLIST}), gives=Kind.TEXT)
_EQUALITY = Served(operators.check_equality, operators.equality)
_ORDER = Served(operators.check_order, operators.order)
_SUM = Served(operators.check_sum, operators.addition)

SERVED: Mapping[str, Served] = MappingProxyType({
    "=": _EQUALITY,
    "<>": _EQUALITY,
    "<": _ORDER,
    "<=": _ORDER,
    ">": _ORDER,
    ">=": _ORDER,
    "+": _SUM,
    "-": _SUM,
    "*": Served(_NUMBERS, operators.multiplication),
    "/": Served(_NUMBERS, operators.division),
    "^": Served(_NUMBERS, operators.power),
    "&": Served(takes(Kind.TEXT, Kind.TEXT, gives=Kind.TEXT), operators.concatenation),
    "AND": Served(_LOGICAL, logic.conjunction),
    "OR": Served(_LOGICAL, logic.disjunction),
    "NOT": Served(takes(Kind.BOOLEAN, gives=Kind.BOOLEAN), logic.negation),
    "IF": Served(logic.check_if, logic.choice),
    "CASE": Served(logic.check_case, logic.case),
    "ISBLANK": Served(logic.check_blank, functions.is_blank),
    "ISNULL": Served(logic.check_blank, functions.is_null),
    "BLANKVALUE": Served(logic.check_blank_value, functions.blank_value),
    "ISPICKVAL": Served(partial(logic.check_choice, Kind.PICKLIST), functions.is_value),
    "INCLUDES": Served(partial(logic.check_choice, Kind.MULTIPICKLIST), functions.includes),
    "LEN": Served(takes(Kind.TEXT, gives=Kind.NUMBER), functions.length),
    "CONTAINS": Served(_TWO_TEXTS, functions.within),
    "BEGINS": Served(_TWO_TEXTS, functions.within),
    "REGEX": Served(_TWO_TEXTS, functions.matches),
    "TEXT": Served(_PRINTED, functions.text_of),
    "VALUE": Served(takes(Kind.TEXT, gives=Kind.NUMBER), functions.value_of),
    "TODAY": Served(takes(gives=Kind.DATE), functions.today),
    "NOW": Served(takes(gives=Kind.DATETIME), functions.now),
    "DATE": Served(takes(Kind.NUMBER, Kind.NUMBER, Kind.NUMBER, gives=Kind.DATE), functions.calendar_day),
    "YEAR": Served(_OF_DATE, functions.year),
    "MONTH": Served(_OF_DATE, functions.month),
    "DAY": Served(_OF_DATE, functions.day_of_month),
    "ISNEW": Served(takes(gives=Kind.BOOLEAN), logic.is_new, of_writes=True),
    "ISCHANGED": Served(logic.check_own_field, logic.is_changed, of_writes=True),
    "PRIORVALUE": Served(logic.check_own_field, logic.prior_value, of_writes=True),
})  # fmt: skip
FUNCTIONS = tuple(sorted(name for name in SERVED if name.isalpha()))
