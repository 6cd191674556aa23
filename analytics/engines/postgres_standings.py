"""How customers stand at a moment: kept in `standings`, read again by the page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from analytics.engines.postgres_figures import FIGURES, WINDOWS

LOCK = 0x57A7D  # with the number of what is kept
FEW = 2_000  # matches that are named, so that a search reads all ids only once
COLUMNS = [
    "customer_id",
    *(f"{figure}_{days}" for days in WINDOWS for figure in FIGURES),
    "last_at",
    "flag",
    "reason",
]
# By the page's names of sorts; {d} is the window.
ORDERS = {
    "customer": "customer_id",
    "calls": "calls_{d}",
    "change": "complete_{d}::float8 / nullif(before_{d}, 0)",
    "active": "active_{d}",
    "last": "last_at",
    "trend": "complete_7::float8 / nullif(before_7, 0)",
}
NEVER_NULL = {"calls", "active", "last"}  # so that an index has their order both ways
Standing = tuple[Any, ...]  # a value for each of COLUMNS


@dataclass(frozen=True)
class Asked:
    """A page of `standings`. `search` is a pattern for ILIKE, or ""; it also finds those `called` so.
    Of `flags` it has any, if there are some; `only` are the customers that both leave, where they are
    known to be few."""

    project_id: int
    event: str
    days: int
    sort: str
    descending: bool
    search: str
    called: tuple[str, ...]
    flags: tuple[str, ...]
    only: tuple[str, ...] | None = None


def claim(standings: int) -> bool:
    """Whether nobody else is at these, until the transaction ends. (A locked row would hold up the page.)"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, standings])
        return bool(cursor.fetchone()[0])


def replace(project_id: int, event: str, standings: Iterable[list[Standing]]) -> None:
    """Keep these and no others; what has not changed is not written. Runs in a transaction."""
    listed = ", ".join(COLUMNS)
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS standing")
        cursor.execute(
            f"CREATE TEMP TABLE standing ON COMMIT DROP AS SELECT {listed} FROM standings WITH NO DATA"
        )
        for rows in standings:
            with cursor.copy(f"COPY standing ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.execute("ANALYZE standing")
        cursor.execute(
            f"""INSERT INTO standings (project_id, event, {listed})
            SELECT %s, %s, {listed} FROM standing ORDER BY customer_id
            ON CONFLICT ON CONSTRAINT standings_key DO UPDATE SET {changes}
            WHERE ({", ".join(f"standings.{name}" for name in COLUMNS)})
                IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in COLUMNS)})""",
            [project_id, event],
        )
        gone = "DELETE FROM standings s WHERE project_id = %s AND event = %s AND "
        for condition in (
            "customer_id IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM standing n WHERE n.customer_id = s.customer_id)",
            "customer_id IS NULL AND NOT EXISTS (SELECT FROM standing n WHERE n.customer_id IS NULL)",
        ):
            cursor.execute(gone + condition, [project_id, event])


def totals(project_id: int, event: str, days: int) -> dict[str, int]:
    """Sums over a window's customers, in the words of `analytics.customers.rows.Totals`."""
    names = ("customers", "active", "total_calls", "complete_active", "complete_calls")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*),
                count(*) FILTER (WHERE calls_{days} > 0), coalesce(sum(calls_{days}), 0)::bigint,
                count(*) FILTER (WHERE complete_{days} > 0), coalesce(sum(complete_{days}), 0)::bigint,
                count(*) FILTER (WHERE before_{days} > 0), coalesce(sum(before_{days}), 0)::bigint
            FROM standings WHERE project_id = %s AND event = %s AND {_in_window(days)}""",
            [project_id, event],
        )
        return dict(zip((*names, "active_before", "calls_before"), cursor.fetchone(), strict=True))


def flags(project_id: int, event: str, days: int) -> dict[str, int]:
    """How many of a window's customers have each flag."""
    return _flags(project_id, event, _in_window(days), [])


def flags_since(project_id: int, event: str, since: datetime) -> dict[str, int]:
    """How many of those who have called since then have each flag."""
    return _flags(project_id, event, "last_at >= %s", [since])


def _flags(project_id: int, event: str, condition: str, values: list[Any]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT flag, count(*) FROM standings WHERE project_id = %s AND event = %s AND {condition}"
            " GROUP BY flag",
            [project_id, event, *values],
        )
        return dict(cursor.fetchall())


def named(project_id: int, event: str, flags: Collection[str], most: int) -> list[str | None]:
    """The largest customers with one of the flags."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM standings WHERE project_id = %s AND event = %s AND flag = ANY(%s)"
            " ORDER BY calls_90 DESC, customer_id LIMIT %s",
            [project_id, event, [*flags], most],
        )
        return [row[0] for row in cursor.fetchall()]


def largest(project_id: int, event: str, most: int) -> list[str]:
    """The customers with the most calls, who have an id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM standings"
            " WHERE project_id = %s AND event = %s AND customer_id IS NOT NULL"
            f" AND {_in_window(90)} ORDER BY calls_90 DESC, customer_id LIMIT %s",
            [project_id, event, most],
        )
        return [row[0] for row in cursor.fetchall()]


def reasons(
    project_id: int, event: str, customers: Collection[str | None]
) -> dict[str | None, tuple[str, str, datetime]]:
    """Flag, reason and last call of those customers whose daily calls do not show why."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, flag, reason, last_at FROM standings"
            " WHERE project_id = %s AND event = %s AND customer_id = ANY(%s) AND reason IS NOT NULL",
            [project_id, event, [*customers]],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def page(asked: Asked, limit: int, offset: int, matching: int) -> list[tuple[Any, ...]]:
    """Rows of customer_id, calls, active days, last call, complete, before, change, week's change, flag.

    `matching` is how many there are on all pages."""
    names = _names(asked, limit, offset, matching)
    d, known = asked.days, [name for name in names if name is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT customer_id, calls_{d}, active_{d}, last_at, complete_{d}, before_{d},
                complete_{d}::float8 / nullif(before_{d}, 0) - 1,
                complete_7::float8 / nullif(before_7, 0) - 1, flag
            FROM standings WHERE project_id = %s AND event = %s
                AND (customer_id = ANY(%s){" OR customer_id IS NULL" if None in names else ""})""",
            [asked.project_id, asked.event, known],
        )
        found = {row[0]: row for row in cursor.fetchall()}
    return [found[name] for name in names if name in found]


def _names(asked: Asked, limit: int, offset: int, matching: int) -> list[str | None]:
    """Only the ids first: of the rows that are passed over an index has all that is needed.

    Behind the middle they are counted from the end, so that the last page passes over no more rows than the
    first: of a million, sorted by change, it took 4 s, and takes as long as the first so.
    """
    backwards = 2 * offset > matching
    if backwards:
        offset, limit = max(0, matching - offset - limit), max(0, min(limit, matching - offset))
    falls = asked.descending != backwards
    nulls = "" if asked.sort in NEVER_NULL else " NULLS FIRST" if backwards else " NULLS LAST"
    tie = "" if asked.sort == "customer" else ", customer_id DESC" if backwards else ", customer_id"
    order = f"{ORDERS[asked.sort].format(d=asked.days)} {'DESC' if falls else 'ASC'}{nulls}{tie}"
    condition, values = _condition(asked)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            f"SELECT customer_id FROM standings WHERE {condition} ORDER BY {order} LIMIT %s OFFSET %s",
            [*values, limit, offset],
        )
        names = [row[0] for row in cursor.fetchall()]
    return names[::-1] if backwards else names


def few(asked: Asked) -> tuple[str, ...] | None:
    """All whom search and flag leave; None for more than FEW."""
    condition, values = _condition(asked)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT customer_id FROM standings WHERE {condition} LIMIT {FEW + 1}", values)
        found = tuple(row[0] for row in cursor.fetchall())
    return found if len(found) <= FEW else None


def count(asked: Asked) -> int:
    condition, values = _condition(asked)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM standings WHERE {condition}", values)
        return int(cursor.fetchone()[0])


def forget(cursor: CursorWrapper, project_id: int, customer: str) -> None:
    """A customer whose data are deleted."""
    cursor.execute("DELETE FROM standings WHERE project_id = %s AND customer_id = %s", [project_id, customer])


def _condition(asked: Asked) -> tuple[str, list[Any]]:
    parts = [f"project_id = %s AND event = %s AND {_in_window(asked.days)}"]
    values: list[Any] = []
    if asked.only is not None:
        parts.append("customer_id = ANY(%s)")
        return " AND ".join(parts), [asked.project_id, asked.event, [*asked.only]]
    if asked.search:
        parts.append("(customer_id ILIKE %s OR customer_id = ANY(%s))")
        values += [asked.search, [*asked.called]]
    if asked.flags:
        parts.append("flag = ANY(%s)")
        values.append([*asked.flags])
    return " AND ".join(parts), [asked.project_id, asked.event, *values]


def _in_window(days: int) -> str:
    return f"(calls_{days} > 0 OR before_{days} > 0)"
