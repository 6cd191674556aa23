"""Writes docs/hogql.md from the compiler's own tables: `python -m analytics.hogql.document`."""

from __future__ import annotations

import sys
from pathlib import Path

from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.functions.table import FAMILIES, SPECIAL
from analytics.hogql.levels import LEVELS
from analytics.hogql.parse import MAX_BYTES, MAX_DEPTH
from analytics.hogql.scope import FIXED_TYPES, TABLES
from analytics.hogql.table_functions import MAX_NUMBERS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "hogql.md"

INTRODUCTION = f"""# HogQL, as Agentry answers it

ClickHouse's SQL over your events, with `properties.name` access. A query gets the answer that ClickHouse
gives, or a refusal that says where and why; never a different number. This page is made from the compiler's
own tables (`python -m analytics.hogql.document`).

## What a query may hold

- `SELECT [DISTINCT [ON (…)]] … FROM events | usage | (subquery) | name of WITH | numbers(n)`; `*`, `t.*`,
  `* EXCEPT (a)`, `* REPLACE (a + 1 AS a)`, `COLUMNS('^last_')`. `numbers(first, n)` and
  `generate_series(first, last, step)` are tables too.
- `[INNER | LEFT | RIGHT | FULL | CROSS] JOIN` with `ON` or `USING`; `ANY`, `SEMI`, `ANTI` and `ASOF` JOIN;
  `[LEFT] ARRAY JOIN`. What a LEFT JOIN does not find is 0, '' or the epoch unless it can be NULL.
- `WHERE`, `GROUP BY` (`ALL`, `ROLLUP`, `CUBE`, `GROUPING SETS` too), `HAVING`, `WINDOW`, `QUALIFY`,
  `ORDER BY … [NULLS FIRST] [WITH FILL …]`, `LIMIT n BY …`, `LIMIT [WITH TIES]`, `OFFSET`; `UNION`,
  `INTERSECT` and `EXCEPT`, each `ALL` or `DISTINCT`.
- `WITH name AS (select …)` and `WITH value AS name`. Aliases work everywhere in their SELECT; positions work
  in GROUP BY and ORDER BY.
- Aggregates with `-If`, `-Distinct` and more; window functions with frames; subqueries in FROM, after IN, as
  one value (several columns are a tuple), in `EXISTS (…)`; the last two may name what stands around them.
- Arrays `[1, 2]`, from 1 and from -1; tuples `(1, 'a')` with `.1`; lambdas `x -> x + 1`; `arrayJoin`.
- `CASE`, `if`, `multiIf`, `a ? b : c`, `a ?? b`, `IN`, `BETWEEN`, `LIKE`, `ILIKE`, `=~`, `!~`, `IS NULL`,
  `interval 30 day`, `x::Int64`, `CAST(x AS Array(String))`.

At most {MAX_BYTES // 1024} KB and {MAX_DEPTH} levels; {MAX_NUMBERS:,} `numbers`; patterns are RE2's.

Comparisons are two-valued: `NULL = 'x'` is false, `NULL != 'x'` true, `x = NULL` means `x IS NULL`.
`/` gives a float, NULLs and NaN sort last, text sorts by bytes. Times are UTC unless a function names a zone.

## Which answers come from rollups

An aggregating SELECT over `events` that uses only the event's name, `customer_id`, the details (`endpoint`,
`method`, `status`, `plan`), the time by hour or coarser, and counts, first and last times, sums and averages
of `latency_ms` and `bytes`, is answered from the rollups, exactly; the ragged edges of its window from raw
events (of a count, perhaps what lies beyond an edge, which is taken off the whole hour). `"explain": true`
beside the query says which, and for a raw plan why. Whole days are read from
the first level by the day that has what the SELECT looks at, whole hours from the first by the hour. Hours
with more details than rollups hold are read from raw events where details are asked for.
"""


def document() -> str:
    return "\n".join([INTRODUCTION, _levels(), _tables(), _properties(), _aggregates(), _functions()])


def _levels() -> str:
    lines = ["| level | a row for each event, bucket and |", "|---|---|"]
    for level in LEVELS:
        lines.append(f"| `{level.table}` | {', '.join(f'`{name}`' for name in level.dimensions)} |")
    return "\n".join([*lines, ""])


def _tables() -> str:
    lines = ["## Tables", "", "| table | column | type |", "|---|---|---|"]
    for table, columns in TABLES.items():
        lines += [f"| `{table}` | `{name}` | {type_} |" for name, type_ in columns.items()]
    return "\n".join([*lines, ""])


def _properties() -> str:
    fixed = ", ".join(f"`{name}` {kind}" for name, kind in FIXED_TYPES.items())
    return f"""## Properties

`properties.a`, `properties['a-b']`, ``properties.`a b` ``, `properties.a.b.c`. A property that is missing or
JSON null is NULL. Its type is fixed by the first value seen in the project (number: Numeric, boolean:
Boolean, else String). As text an array or object is JSON without spaces, its keys sorted by length. A
DateTime is read as parseDateTime64BestEffort reads it. A nested path is text; `properties.tags.1` and
`properties.tags[-1]` are places in an array, from 1. The same in every project:
{fixed}.
"""


def _aggregates() -> str:
    lines = ["## Aggregates", "", "Each takes an `If` suffix with a condition last: `countIf(x > 1)`.", ""]
    lines += ["| name | arguments | gives |", "|---|---|---|"]
    lines += [f"| `{row.name}` | {row.takes} | {row.doc} |" for row in AGGREGATES.values()]
    return "\n".join([*lines, ""])


def _functions() -> str:
    lines = ["## Functions and operators", ""]
    for family, rows in FAMILIES.items():
        lines += [f"### {family}", "", "| name | takes | gives |", "|---|---|---|"]
        for row in rows:
            names = ", ".join(f"`{name}`" for name in (row.name, *row.aliases))
            doc = row.doc.replace("|", "\\|")
            takes = row.takes.replace("|", " or ")
            lines.append(f"| {names} | {takes} | {doc} |")
        lines.append("")
    special = ", ".join(f"`{name}`" for name in dict.fromkeys(SPECIAL.values()))
    return "\n".join([*lines, f"Beside these: {special}.", ""])


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"Wrote {DOCUMENT.name}.\n")
