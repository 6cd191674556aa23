"""One customer's raw events, as few as asked for.

Not through the query role: its row-level security lets no condition on the customer come to the index of
`partitions.index_past`, because reading a property is not leakproof (a small customer's day among 1.4 million
events: 0.4 ms with the index, 750 without). Each statement names the project itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import errors

from agentry.errors import AgentryError

SECONDS = 5
SDK, COUNTRY = "sdk_version", "ip_country"
CUT = 2_000  # characters of an event's properties
# As `partitions.index_past` has it.
CUSTOMER = "coalesce(customer_id, rest ->> 'customer_id')"
LATENCY = "coalesce(latency_ms, property_number(rest ->> 'latency_ms'))"
WHERE = """project_id = %(project)s AND event = %(event)s AND "timestamp" >= %(start)s
    AND "timestamp" < %(end)s AND """


@dataclass(frozen=True)
class Group:
    """Calls with the same value of a property; `by` is endpoint, SDK or COUNTRY, "" for all of them together.
    The quantiles of latency are in milliseconds, None where no call says its latency."""

    by: str
    value: str | None
    calls: int
    first: datetime
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class Event:
    """`properties` are those without a column of their own, as JSON text, cut after CUT characters."""

    timestamp: datetime
    uuid: str
    distinct_id: str
    endpoint: str | None
    method: str | None
    status: str | None
    latency_ms: str | None
    bytes: str | None
    plan: str | None
    properties: str | None
    cut: bool


@dataclass(frozen=True)
class Calls:
    """Of which events: those of one customer and event name from `start` up to `end`, not included."""

    project_id: int
    event: str
    customer: str | None
    start: datetime
    end: datetime


def groups(calls: Calls, most: int) -> list[Group]:
    """The latest `most` calls, by endpoint, SDK version, country and all together. Raises AgentryError."""
    rows = _rows(
        calls,
        f"""WITH calls AS MATERIALIZED (
            SELECT "timestamp", coalesce(endpoint, rest ->> 'endpoint') AS endpoint, rest ->> '{SDK}' AS sdk,
                   rest ->> '{COUNTRY}' AS country, {LATENCY} AS latency
            FROM events WHERE {{of_customer}} ORDER BY "timestamp" DESC LIMIT %(most)s
        )
        SELECT grouping(endpoint, sdk, country), coalesce(endpoint, sdk, country), count(*), min("timestamp"),
               percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency)
        FROM calls GROUP BY GROUPING SETS ((endpoint), (sdk), (country), ())
        ORDER BY count(*) DESC, 2""",
        most=most,
    )
    named = {0b011: "endpoint", 0b101: SDK, 0b110: COUNTRY, 0b111: ""}
    return [
        Group(named[which], value, count, first, *(quantiles or (None, None, None)))
        for which, value, count, first, quantiles in rows
        if count
    ]


def counts(calls: Calls) -> dict[str, list[tuple[str | None, int]]]:
    """Calls by SDK version and by country. Raises AgentryError."""
    rows = _rows(
        calls,
        f"""SELECT grouping(sdk, country), coalesce(sdk, country), count(*) FROM (
            SELECT rest ->> '{SDK}' AS sdk, rest ->> '{COUNTRY}' AS country FROM events WHERE {{of_customer}}
        ) calls GROUP BY GROUPING SETS ((sdk), (country))""",
    )
    return {
        name: [(value, count) for which, value, count in rows if which == bit]
        for name, bit in ((SDK, 0b01), (COUNTRY, 0b10))
    }


def latest(calls: Calls, most: int) -> list[Event]:
    """The latest first. Raises AgentryError."""
    columns = ", ".join(
        f"coalesce({name}::text, rest ->> '{name}')"
        for name in ("endpoint", "method", "status", "latency_ms", "bytes", "plan")
    )
    rows = _rows(
        calls,
        f"""SELECT "timestamp", uuid::text, left(distinct_id, 200), {columns},
                   left(rest::text, {CUT}), coalesce(length(rest::text) > {CUT}, false)
        FROM events WHERE {{of_customer}} ORDER BY "timestamp" DESC, uuid LIMIT %(most)s""",
        most=most,
    )
    return [Event(*row) for row in rows]


def _rows(calls: Calls, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    customer = f"{CUSTOMER} IS NULL" if calls.customer is None else f"{CUSTOMER} = %(customer)s"
    values |= {
        "project": calls.project_id,
        "event": calls.event,
        "customer": calls.customer,
        "start": calls.start,
        "end": calls.end,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{SECONDS}s'")
            cursor.execute(sql.format(of_customer=WHERE + customer), values)
            return list(cursor.fetchall())
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.QueryCanceled):
            raise
        message = f"Reading this customer's events took longer than {SECONDS} seconds and was stopped."
        raise AgentryError(504, "query_timeout", message, "Choose a shorter window.") from None
