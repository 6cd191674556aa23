"""Conditions, and choices between values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function, first, same
from analytics.hogql.tree import Call, Case, Compare, Expr, Literal
from analytics.hogql.types import BOOL, NULL, STRING, UINT8, Type, common

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

COMPARISONS = {
    "equals": "=",
    "notEquals": "!=",
    "less": "<",
    "greater": ">",
    "lessOrEquals": "<=",
    "greaterOrEquals": ">=",
}


def truth(types: list[Type]) -> Type:
    """and, or: Bool if one argument is a Bool that cannot be NULL, else UInt8."""
    return BOOL if BOOL in types else UINT8


def plain_truth(types: list[Type]) -> Type:
    """not, xor: Bool if one argument is."""
    return BOOL if any(type_.name == "Bool" for type_ in types) else UINT8


def _first_known(types: list[Type]) -> Type:
    """coalesce: what stands behind the first value that cannot be NULL does not count."""
    counted = [type_ for type_ in types if type_ != NULL]
    for index, type_ in enumerate(counted):
        if not type_.nullable:
            return (common(counted[: index + 1]) or type_).required()
    return (common(counted) or counted[0]) if counted else NULL


def _coalesced(printer: Expressions, call: Call) -> str:
    return f"coalesce({', '.join(printer.as_type(arg, call.type) for arg in call.args)})"


def _check_choice(args: list[Expr]) -> Expr | None:
    """coalesce and ifNull: the one argument that can matter, if it is one; else they must go together."""
    counted = [arg for arg in args if arg.type != NULL]
    stop = next((i for i, arg in enumerate(counted) if not arg.type.nullable), len(counted) - 1)
    counted = counted[: stop + 1]
    if not counted:
        return Literal(None, NULL)
    if len(counted) == 1:
        return counted[0]
    if common([arg.type for arg in counted]) is None:
        raise ArgumentError("The arguments have different types.", "Convert them with toString or toFloat.")
    if len(counted) == len(args):
        return None
    return Call("coalesce", tuple(counted), _first_known([arg.type for arg in args]))


def _compared(op: str) -> Function:
    """Two-valued, as the operator. expressions.py reads text beside times and numbers; here it must fit."""

    def rewrite(args: list[Expr]) -> Expr:
        if common([arg.type for arg in args]) is None:
            raise ArgumentError("These two cannot be compared.", "Use the operator, or convert one of them.")
        return Compare(COMPARISONS[op], args[0], args[1], UINT8)  # type: ignore[arg-type]

    return Function(op, "any any", UINT8, "", f"a {COMPARISONS[op]} b", strict=False, rewrite=rewrite)


def _distinct(name: str, doc: str) -> Function:
    def rewrite(args: list[Expr]) -> None:
        if common([arg.type for arg in args]) is None:
            raise ArgumentError("These two cannot be compared.", "Convert one of them.")

    def sql(printer: Expressions, call: Call) -> str:
        type_ = common([arg.type for arg in call.args]) or call.args[0].type
        left, right = (printer.as_type(arg, type_) for arg in call.args)
        return f"({left} {word} {right})"

    word = "IS DISTINCT FROM" if name == "isDistinctFrom" else "IS NOT DISTINCT FROM"
    return Function(name, "any any", UINT8, sql, doc, strict=False, condition=True, rewrite=rewrite)


def _transform(args: list[Expr]) -> Expr:
    """transform(x, [keys], [values], default) is a CASE; without a default it is x."""
    value, keys, values = args[:3]
    if not all(isinstance(part, Call) and part.name == "array" for part in (keys, values)):
        raise ArgumentError(
            "`transform` takes two arrays written there.", "transform(x, [1, 2], ['a', 'b'], '')"
        )
    assert isinstance(keys, Call) and isinstance(values, Call)
    default = args[3] if len(args) > 3 else value
    if len(keys.args) != len(values.args):
        raise ArgumentError(
            "The two arrays of `transform` have different lengths.", "Give as many new values as old ones."
        )
    if any(common([value.type, key.type]) is None for key in keys.args):
        raise ArgumentError(
            f"A key of `transform` is not {value.type}.", "Convert one with toString or toFloat."
        )
    type_ = common([*(item.type for item in values.args), default.type])
    if type_ is None:
        raise ArgumentError("The values of `transform` have different types.", "Convert them with toString.")
    tests = [Compare("=", value, key, UINT8) for key in keys.args]
    return Case(tuple(zip(tests, values.args, strict=True)), default, type_) if tests else default


def _null_if(printer: Expressions, call: Call) -> str:
    left, right = call.args
    return (
        f"nullif({printer.number(left)}, {printer.number(right)})"
        if left.type.name != "Bool"
        else (f"nullif({printer.value(left)}, {printer.condition(right)})")
    )


def _null_of(args: list[Expr]) -> Expr | None:
    if common([arg.type for arg in args]) is None:
        raise ArgumentError("These two cannot be compared.", "Convert one with toString or toFloat.")
    return Literal(None, NULL) if args[0].type == NULL else None


def _zero_or_null(printer: Expressions, call: Call) -> str:
    return f"coalesce({printer.number(call.args[0])} = 0, true)"


def _xor(printer: Expressions, call: Call) -> str:
    return "(" + " <> ".join(f"({printer.condition(arg)})" for arg in call.args[:2]) + ")"


def _xor_chain(args: list[Expr]) -> Expr | None:
    """xor(a, b, c) is xor(xor(a, b), c)."""
    if len(args) < 3:
        return None
    left = args[0]
    for right in args[1:]:
        nullable = left.type.nullable or right.type.nullable
        left = Call("xor", (left, right), plain_truth([left.type, right.type]).or_null(nullable))
    return left


def _type_name(args: list[Expr]) -> Expr:
    return Literal(str(args[0].type), STRING)


def _unchanged(name: str, doc: str) -> Function:
    return Function(name, "any", first, "{0}", doc, rewrite=lambda args: args[0])


def _nullable(args: list[Expr]) -> Expr | None:
    if args[0].type.items:
        raise ArgumentError("An array or a tuple cannot be NULL.", "Use toNullable on its elements.")
    return args[0] if args[0].type.nullable else None


ROWS = [
    # Logic
    Function("and", "bool bool+", truth, "({*& AND })", "all true", condition=True, any_case=("and",)),
    Function("or", "bool bool+", truth, "({*& OR })", "any true", condition=True, any_case=("or",)),
    Function(
        "not", "bool", plain_truth, "(NOT {0})", "true becomes false", condition=True, any_case=("not",)
    ),
    Function(
        "xor",
        "bool bool+",
        plain_truth,
        _xor,
        "exactly one true",
        condition=True,
        any_case=("xor",),
        rewrite=_xor_chain,
    ),
    Function(
        "isNull",
        "any",
        UINT8,
        "({0} IS NULL)",
        "is it NULL?",
        strict=False,
        condition=True,
        any_case=("isNull",),
    ),
    Function("isNotNull", "any", UINT8, "({0} IS NOT NULL)", "is it not NULL?", strict=False, condition=True),
    Function(
        "isZeroOrNull", "number", UINT8, _zero_or_null, "is it 0 or NULL?", strict=False, condition=True
    ),
    *map(_compared, COMPARISONS),
    _distinct("isDistinctFrom", "a IS DISTINCT FROM b: two NULLs are the same"),
    _distinct("isNotDistinctFrom", "a <=> b, a IS NOT DISTINCT FROM b"),
    # Conditionals
    Function(
        "coalesce",
        "any+",
        _first_known,
        _coalesced,
        "the first that is not NULL",
        strict=False,
        any_case=("coalesce",),
        rewrite=_check_choice,
    ),
    Function(
        "ifNull",
        "any any",
        _first_known,
        _coalesced,
        "the second if the first is NULL",
        strict=False,
        any_case=("ifNull",),
        rewrite=_check_choice,
    ),
    Function(
        "nullIf",
        "any any",
        lambda types: types[0].or_null(),
        _null_if,
        "NULL if both are equal",
        strict=False,
        any_case=("nullIf",),
        rewrite=_null_of,
    ),
    Function(
        "transform",
        "any array array [any]",
        same,
        "",
        "the value that stands where x stands among the keys; else the default",
        strict=False,
        rewrite=_transform,
    ),
    Function(
        "toNullable",
        "any",
        lambda types: types[0].or_null(),
        "{0}",
        "the same, said to be nullable",
        rewrite=_nullable,
    ),
    _unchanged("materialize", "the same"),
    _unchanged("identity", "the same"),
    _unchanged("toLowCardinality", "the same"),
    Function("toTypeName", "any", STRING, "", "the type's name", strict=False, rewrite=_type_name),
    Function(
        "isNullable",
        "any",
        UINT8,
        "",
        "can its type be NULL?",
        strict=False,
        rewrite=lambda args: Literal(int(args[0].type.nullable), UINT8),
    ),
]
