"""arrayReduce: an aggregate of an array's elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.hogql.functions.higher_order import summed
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.lambdas import ALIAS
from analytics.hogql.print_array import Elements
from analytics.hogql.tree import Call, Case, Column, Expr, Lambda, Literal
from analytics.hogql.types import FLOAT64, UINT8, UINT64, Type, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# What arrayReduce may be asked for, as functions of arrays.
_REDUCERS = {
    "sum": "arraySum",
    "avg": "arrayAvg",
    "min": "arrayMin",
    "max": "arrayMax",
    "count": "length of arrays",
    "uniq": "arrayUniq",
    "uniqExact": "arrayUniq",
    "groupArray": "",
    "groupUniqArray": "arrayDistinct",
}
_QUANTILE = re.compile(r"(?:quantile\((0(?:\.\d+)?|1)\)|median)")


def _reduce(args: list[Expr]) -> Expr | None:
    """arrayReduce('sum', a) is arraySum(a)."""
    name, values = args[0], args[1]
    asked = name.value if isinstance(name, Literal) else None
    if not isinstance(asked, str) or (asked not in _REDUCERS and not _QUANTILE.fullmatch(asked)):
        known = ", ".join([*_REDUCERS, "median", "quantile(0.9)"])
        raise ArgumentError("`arrayReduce` takes the name of an aggregate.", f"These: {known}.")
    if values.type.item.nullable and asked not in {"min", "max", "groupUniqArray"}:
        return _of_known(name, values, asked)
    if asked not in _REDUCERS:
        return None
    if asked == "groupArray":
        return values
    types = {"sum": summed, "avg": _float, "min": _item, "max": _item, "groupUniqArray": _distinct}
    type_ = types.get(asked, _count)([values.type])
    found = Call(_REDUCERS[asked], (values,), type_)
    return _if_any(values, found, float("nan"), FLOAT64) if asked == "avg" else found


def _if_any(values: Expr, found: Expr, otherwise: float | None, type_: Type) -> Expr:
    """What is found in an array, or another value where the array is empty."""
    return Case(((Call("notEmpty of arrays", (values,), UINT8), found),), Literal(otherwise, type_), type_)


def _of_known(name: Expr, values: Expr, asked: str) -> Expr:
    """The aggregate of the elements that are not NULL; of none it is NULL, or 0 where it counts."""
    item = values.type.item
    element = Column(f"{ALIAS}_known", "x0", item)
    keep = Lambda(element.source, (element,), Call("isNotNull", (element,), UINT8), UINT8)
    known = Call("arrayFilter", (keep, values), array(item.required()))
    found = _reduce([name, known]) or Call("arrayReduce", (name, known), FLOAT64)
    if asked == "count" or asked.startswith(("uniq", "group")):
        return found
    return _if_any(known, found, None, found.type.or_null())


def _count(types: list[Type]) -> Type:
    return UINT64


def _float(types: list[Type]) -> Type:
    return FLOAT64


def _item(types: list[Type]) -> Type:
    return types[0].item


def _distinct(types: list[Type]) -> Type:
    return array(types[0].item.required())


def _quantile(printer: Expressions, call: Call) -> str:
    name, values = call.args
    match = _QUANTILE.fullmatch(str(name.value)) if isinstance(name, Literal) else None
    share = printer.parameter(float(match[1] or 0.5) if match else 0.5, "float8")
    elements = Elements(printer, (values,))
    text = f"percentile_cont({share}) WITHIN GROUP (ORDER BY ({elements.items[0]})::float8)"
    return elements.select(f"coalesce({text}, 'NaN'::float8)")


ROWS = [
    Function(
        "arrayReduce", "const array", FLOAT64, _quantile, "an aggregate of the elements", rewrite=_reduce
    ),
]
