"""ORDER BY … WITH FILL → PostgreSQL text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Expr, Interval, Select

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def filled(printer: Expressions, select: Select, from_: str) -> str:
    """The rows, and beside them one for each step that has none: its key and those before it as they are
    there, NULL or zero in all other columns. `o0` … are the keys of ORDER BY."""
    assert select.fill is not None
    keys = [key.expr for key in select.order_by]
    place = select.fill.place
    shown = [f"{printer.value(column.expr)} AS c{index}" for index, column in enumerate(select.columns)]
    shown += [f"{printer.value(key)} AS o{index}" for index, key in enumerate(keys)]
    known: dict[Expr, str] = {key: f"g.o{index}" for index, key in enumerate(keys[:place])}
    known[keys[place]] = f"s.k::{sql_type(keys[place].type)}"
    made = [known.get(expr) or _nothing(expr) for expr in (*(c.expr for c in select.columns), *keys)]
    parts = [f"o{index}" for index in range(place)]
    same = "".join(f" AND r.{part} IS NOT DISTINCT FROM g.{part}" for part in parts)
    order = [printer.order(key, f"f.o{index}") for index, key in enumerate(select.order_by)]
    columns = ", ".join(f"f.c{index}" for index in range(len(select.columns)))
    series, within = _series(printer, select)
    return (
        f"SELECT {columns} FROM (WITH r AS MATERIALIZED (SELECT {', '.join(shown)}{from_}) SELECT * FROM r"
        f" UNION ALL SELECT {', '.join(made)} FROM ({_parts(select, parts)}) AS g, {series} AS s(k)"
        f" WHERE {within}NOT EXISTS (SELECT FROM r WHERE r.o{place} = s.k{same})) AS f"
        f" ORDER BY {', '.join(order)}"
    )


def _parts(select: Select, parts: list[str]) -> str:
    """Each part of the rows that is filled for itself, and its first and last key."""
    assert select.fill is not None
    key = f"o{select.fill.place}"
    edges = [f"min({key}) AS least", f"max({key}) AS most"]
    return f"SELECT {', '.join([*parts, *edges])} FROM r" + (f" GROUP BY {', '.join(parts)}" if parts else "")


def _series(printer: Expressions, select: Select) -> tuple[str, str]:
    """The steps, and a condition that keeps the end out."""
    fill = select.fill
    assert fill is not None
    type_, descending = select.order_by[fill.place].expr.type, select.order_by[fill.place].descending
    first, last = ("g.most", "g.least") if descending else ("g.least", "g.most")
    # PostgreSQL counts in numeric where ClickHouse counts in floats, exact for whole steps.
    kind = "numeric" if type_.is_float else "timestamptz" if type_.is_time else "bigint"
    utc = " AT TIME ZONE 'UTC'" if type_.name == "Date" else ""

    def edge(text: str) -> str:
        return f"({text})::timestamp{utc}" if utc else f"({text})::{kind}"

    start = edge(first if fill.start is None else printer.value(fill.start))
    end = edge(last if fill.end is None else printer.value(fill.end))
    if isinstance(fill.step, Interval):
        months = fill.step.unit == "quarter"
        unit = "month" if months else fill.step.unit
        step = f"interval '{fill.step.count * (3 if months else 1)} {unit}'"
    elif type_.is_time:
        step = f"interval '{fill.step.value} {'day' if type_.name == 'Date' else 'second'}'"
    else:
        step = f"({fill.step.value})::{kind}"
    within = "" if fill.end is None else f"s.k {'>' if descending else '<'} {end} AND "
    return f"generate_series({start}, {end}, {step})", within


def _nothing(expr: Expr) -> str:
    return f"NULL::{sql_type(expr.type)}" if expr.type.nullable else zero(expr.type)
