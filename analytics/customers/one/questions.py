"""The questions of a customer's page, in HogQL. All are answered from rollups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from analytics.customers.one.spans import Span, Spans
from analytics.customers.questions import literal
from analytics.customers.window import Window

DETAILS = ("endpoint", "status", "method", "plan")
CUBE_ROWS = 2_000  # different combinations of details; with more, each detail is asked for by itself
VALUES = 1_000  # of one detail, the largest first; what is beyond goes into "others"


def days(event: str, customer: str | None) -> str:
    """Calls of every day there is, with the first and last call of each."""
    return f"""select day, calls, first_call_at, last_call_at
from usage
where event = {literal(event)} and {_is("customer_id", customer)}
order by day"""


def daily(event: str, customer: str | None, window: Window) -> str:
    """Calls of each day of the window, those without any too: to be taken along, and to be published."""
    first, last = window.day(window.first), window.day(window.last)
    return f"""select day, calls
from usage
where event = {literal(event)} and {_is("customer_id", customer)} and {window.has(window.first, window.last)}
order by day with fill from {first} to {last} + 1"""


def cube(event: str, customer: str | None, spans: Spans, dimensions: Sequence[str] = DETAILS) -> str:
    """Calls by details: of the window, of its complete days, of the days before them."""
    columns = ", ".join(f"properties.{name} as {name}" for name in dimensions)
    return f"""select
    {columns},
    countIf({_within(*spans.shown)}) as shown,
    countIf({_within(*spans.now)}) as now,
    countIf({_within(*spans.before)}) as before
from events
where event = {literal(event)} and {_is("properties.customer_id", customer)} and {_within(*spans.whole)}
group by {", ".join(dimensions)}
order by shown + now + before desc
limit {(CUBE_ROWS if len(dimensions) > 1 else VALUES) + 1}"""


def week(event: str, customer: str | None, span: Span) -> str:
    """Calls of each hour of the week, Monday is 1."""
    return f"""select toDayOfWeek(timestamp) as weekday, toHour(timestamp) as hour, count() as calls
from events
where event = {literal(event)} and {_is("properties.customer_id", customer)} and {_within(*span)}
group by weekday, hour"""


def hours(event: str, customer: str | None, first: date, last: date) -> str:
    """Calls of every hour that has any."""
    return f"""select toStartOfHour(timestamp) as hour, count() as calls
from events
where event = {literal(event)} and {_is("properties.customer_id", customer)} and {_within(first, last)}
group by hour order by hour"""


def of_all(day: date) -> str:
    """How many events of any kind the whole project has from a day on."""
    return f"select sum(calls) as all_calls from usage where day >= toDate('{day}')"


def _is(column: str, customer: str | None) -> str:
    return f"{column} is null" if customer is None else f"{column} = {literal(customer)}"


def _within(first: date, last: date) -> str:
    """Of these whole days, both in it. An empty span has no moments."""
    end = last + timedelta(days=1)
    return f"timestamp >= toDateTime('{first} 00:00:00') and timestamp < toDateTime('{end} 00:00:00')"
