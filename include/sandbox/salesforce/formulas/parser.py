"""From the text of a formula to its syntax tree."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from include.sandbox.salesforce.formulas.tree import Call, FormulaRefusedError, Literal, Node, Place, Reference

GRAMMAR = Path(__file__).with_name("grammar.lark")
LONGEST = 5000
"""Characters that a formula may have
(https://help.salesforce.com/s/articleView?id=sf.fields_validation_considerations.htm)."""
_SAME = {"==": "=", "!=": "<>", "&&": "AND", "||": "OR", "!": "NOT"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(r"\\(.)")


def parse(formula: str) -> Node:
    """The syntax tree of a formula.

    Raises:
        FormulaRefusedError: a syntax error, or too long.
    """
    if len(formula) > LONGEST:
        raise FormulaRefusedError(f"the formula has {len(formula)} characters, more than {LONGEST}", Place(1, 1))
    try:
        tree: Node = _Builder().transform(_lark().parse(formula))
    except UnexpectedInput as error:
        raise _syntax_error(formula, error) from error
    return tree


@cache
def _lark() -> Lark:
    return Lark(GRAMMAR.read_text("utf-8"), parser="lalr", maybe_placeholders=False)


def _syntax_error(formula: str, error: UnexpectedInput) -> FormulaRefusedError:
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    if ended or error.line < 1:
        lines = formula.splitlines() or [""]
        return FormulaRefusedError("syntax error: the formula ends too early", Place(len(lines), len(lines[-1]) + 1))
    found = str(error.token) if isinstance(error, UnexpectedToken) else formula[error.pos_in_stream or 0]
    return FormulaRefusedError(f"syntax error: {found!r} is not expected here", Place(error.line, error.column))


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Builds the tree from the leaves up; method names are the grammar's."""

    def binary(self, left: Node, sign: Token, right: Node) -> Node:
        return Call(_SAME.get(sign, str(sign)), (left, right), _place(sign))

    def unary(self, sign: Token, operand: Node) -> Node:
        return Call(_SAME.get(sign, sign.upper()), (operand,), _place(sign))

    def reference(self, name: Token) -> Node:
        return Reference(str(name), _place(name))

    def call(self, name: Token, *arguments: Node) -> Node:
        return Call(name.upper(), arguments, _place(name))

    def number(self, token: Token) -> Node:
        return Literal(Decimal(token), _place(token))

    def string(self, token: Token) -> Node:
        text = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1].lower(), match[1]), token[1:-1])
        return Literal(text, _place(token))

    def true(self, token: Token) -> Node:
        return Literal(True, _place(token))

    def false(self, token: Token) -> Node:
        return Literal(False, _place(token))

    def null(self, token: Token) -> Node:
        return Literal(None, _place(token))


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)
