"""Mathematics: roots, powers, logarithms, angles. Outside of its domain a function gives nan, no error."""

from __future__ import annotations

from analytics.hogql.functions.row import Function
from analytics.hogql.functions.widths import float_row as row
from analytics.hogql.types import FLOAT64, UINT64, Type, integer, wider

NAN = "'NaN'::float8"


def _buckets(types: list[Type]) -> Type:
    return integer(2 * types[3].bits, signed=False)


def _inside(sql: str, most: str) -> str:
    """A function that PostgreSQL has for arguments up to ±`most` only."""
    return (
        f"(CASE WHEN abs({{0}}::float8) <= {most} THEN {sql}({{0}}::float8) ELSE {{0}}::float8 * {NAN} END)"
    )


def _finite(sql: str) -> str:
    value = "{0}::float8"
    return f"(CASE WHEN abs({value}) < 'Infinity' THEN {sql}({value}) ELSE {value} * {NAN} END)"


ROWS = [
    row(
        "sqrt",
        f"(CASE WHEN {{0}}::float8 < 0 THEN {NAN} ELSE sqrt({{0}}::float8) END)",
        "square root",
        any_case=True,
    ),
    row("cbrt", "cbrt({0}::float8)", "cube root"),
    row("exp", "hogql_exp({0}::float8)", "e to the power", any_case=True),
    row("exp2", "hogql_power(2, {0}::float8)", "2 to the power"),
    row("exp10", "hogql_power(10, {0}::float8)", "10 to the power"),
    row("log", "hogql_log({0}::float8)", "natural logarithm", "ln", any_case=True),
    row("log2", "hogql_log2({0}::float8)", "logarithm to base 2", any_case=True),
    row("log10", "hogql_log10({0}::float8)", "logarithm to base 10", any_case=True),
    row("log1p", "hogql_log1p({0}::float8)", "natural logarithm of 1 + x"),
    Function(
        "pow",
        "number number",
        FLOAT64,
        "hogql_power({0}::float8, {1}::float8)",
        "a to the power b",
        aliases=("power",),
        any_case=("pow", "power"),
    ),
    Function(
        "hypot",
        "number number",
        FLOAT64,
        "hogql_hypot({0}::float8, {1}::float8)",
        "the square root of a² + b²",
        any_case=("hypot",),
    ),
    row("sin", _finite("sin"), "sine", any_case=True),
    row("cos", _finite("cos"), "cosine", any_case=True),
    row("tan", _finite("tan"), "tangent", any_case=True),
    row("asin", _inside("asin", "1"), "arc sine", any_case=True),
    row("acos", _inside("acos", "1"), "arc cosine", any_case=True),
    row("atan", "atan({0}::float8)", "arc tangent", any_case=True),
    Function(
        "atan2",
        "number number",
        FLOAT64,
        "atan2({0}::float8, {1}::float8)",
        "the angle of (b, a)",
        any_case=("atan2",),
    ),
    row("sinh", "sinh({0}::float8)", "hyperbolic sine"),
    row("cosh", "cosh({0}::float8)", "hyperbolic cosine"),
    row("tanh", "tanh({0}::float8)", "hyperbolic tangent", any_case=True),
    row("asinh", "asinh({0}::float8)", "inverse hyperbolic sine"),
    row(
        "acosh",
        f"(CASE WHEN {{0}}::float8 < 1 THEN {NAN} ELSE acosh({{0}}::float8) END)",
        "inverse hyperbolic cosine",
    ),
    row("atanh", _inside("atanh", "1"), "inverse hyperbolic tangent"),
    row("degrees", "degrees({0}::float8)", "radians as degrees", any_case=True),
    row("radians", "radians({0}::float8)", "degrees as radians", any_case=True),
    row("erf", "erf({0}::float8)", "the error function"),
    row("erfc", "hogql_erfc({0}::float8)", "1 - erf"),
    row("sigmoid", "(1 / (1 + hogql_exp(- {0}::float8)))", "1 / (1 + e to the power -x)"),
    Function("pi", "", FLOAT64, "pi()", "3.14159…", any_case=("pi",)),
    Function("e", "", FLOAT64, "exp(1::float8)", "2.71828…"),
    Function(
        "factorial",
        "int",
        UINT64,
        "factorial(greatest({0}, 0))::bigint",
        "1 · 2 · … n",
        any_case=("factorial",),
    ),
    Function(
        "gcd", "int int", wider, "gcd(nullif({0}, 0), nullif({1}, 0))::bigint", "greatest common divisor"
    ),
    Function("lcm", "int int", wider, "lcm(nullif({0}, 0), nullif({1}, 0))::bigint", "least common multiple"),
    Function(
        "widthBucket",
        "number number number int",
        _buckets,
        "(CASE WHEN {1}::float8 >= {2}::float8 THEN 0 * ({0} - {0} + {3})::bigint"
        " ELSE width_bucket({0}::float8, {1}::float8, {2}::float8, ({3})::integer)::bigint END)",
        "in which of n equal parts of low … high it lies; 0 below, n + 1 above",
        aliases=("width_bucket",),
        any_case=("width_bucket",),
    ),
]
