"""The questions of the top-customers page, in HogQL that is answered from rollups.

A plain one is over `usage`, a row a customer and day; one with filters is over the same rows made of
`events`, which the levels with details answer. Changes compare complete days with as many before, so that no
figure is a part of a day against a whole one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from analytics.customers.state import DETAILS, State
from analytics.customers.trend import THRESHOLDS

# The page counts the flags of the largest customers over the whole horizon of trend: who was large and has
# gone silent must stay among them when busier ones arrive.
WATCHED = 150

COLUMNS = {
    "customer": "customer_id",
    "calls": "total_calls",
    "change": "change",
    "active": "active_days",
    "last": "last_call_at",
    "trend": "week_change",
}
Names = Collection[str | None]


def literal(text: str) -> str:
    """A HogQL string literal. NUL is in no stored text, so it is left out."""
    return "'" + text.replace("\0", "").replace("\\", "\\\\").replace("'", "\\'") + "'"


def containing(search: str, called: Names) -> str:
    """A condition: the customer's id has `search` in it, in any case, or it is one of those so called."""
    found = f"customer_id ilike {literal(pattern(search))}"
    return f"({found} or {among(called)})" if called else found


def pattern(search: str) -> str:
    """What ILIKE finds it by: its % and _ are only characters."""
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def among(names: Names) -> str:
    """A condition: the customer is one of these."""
    listed = ", ".join(literal(name) for name in names if name is not None)
    parts = [f"customer_id in ({listed})"] if listed else []
    if None in names:
        parts.append("customer_id is null")
    return f"({' or '.join(parts)})" if parts else "1 = 0"


def ranked(state: State, only: Names | None = None) -> str:
    """The rows of the page: one a customer that called in the window or the one before it.

    `only` are the customers that a flag leaves, for the columns that the table's sums need all others too.
    """
    helpers = f"""
    sumIf(calls, {_complete(state)}) as complete_calls,
    sumIf(calls, {_before(state)}) as calls_before,
    {change(state, state.days)} as change,
    {change(state, week(state))} as week_change"""
    return ranking(state, helpers, COLUMNS[state.sort], only)


def ranking(state: State, columns: str, order: str, only: Names | None) -> str:
    conditions = _matching(state, only)
    return f"""select
    customer_id,
    sumIf(calls, {_inside(state)}) as total_calls,
    countIf({_inside(state)}) as active_days,
    max(last_call_at) as last_call_at,{columns}
from {_days(state, _since(state), state.window.last, conditions)}
group by customer_id
{_ordered(state, order)}"""


def _ordered(state: State, order: str) -> str:
    """The page's place in the order."""
    offset = f" offset {(state.page - 1) * state.size}" if state.page > 1 else ""
    return f"{ordered_by(state, order)}\nlimit {state.size}{offset}"


def ordered_by(state: State, order: str) -> str:
    """By a column or expression; whoever is equal comes by name."""
    tie = "" if state.sort == "customer" else ", customer_id"
    return f"order by {order} {'desc' if state.descending else 'asc'}{tie}"


def _matching(state: State, only: Names | None) -> list[str]:
    """What search and flag leave."""
    conditions = [containing(state.search, state.called)] if state.search else []
    if only is not None:
        conditions.append(among(only))
    return conditions


def ranked_with_totals(state: State, only: Names | None = None) -> str:
    """The rows of `ranked`, each followed by the row of `totals`: both from one pass over the days.

    No rows where the page is after the last one. (Over 1,005 customers and 31 days the page's fragment took
    155 ms with two questions, 127 with one, at p95.)
    """
    conditions = " and ".join(_matching(state, only))
    return f"""select
    customer_id, total_calls, active_days, last_call_at, complete_calls, calls_before, change, week_change,
    {_sums(conditions, " over ()")}
from (
    select
        customer_id,
        sumIf(calls, {_inside(state)}) as total_calls,
        countIf({_inside(state)}) as active_days,
        max(last_call_at) as last_call_at,
        sumIf(calls, {_complete(state)}) as complete_calls,
        sumIf(calls, {_before(state)}) as calls_before,
        {change(state, state.days)} as change,
        {change(state, week(state))} as week_change,
        min(first_call_at) as first_call
    from {_days(state, _since(state), state.window.last, [])}
    group by customer_id
)
{f"qualify {conditions}" if conditions else ""}
{_ordered(state, COLUMNS[state.sort])}"""


def _sums(matching: str, over: str) -> str:
    """The columns of `totals`, over rows of customers."""
    columns = {
        "customers": "count()",
        "matching": f"countIf({matching})" if matching else "count()",
        "active": "countIf(total_calls > 0)",
        "all_calls": "sum(total_calls)",
        "complete_active": "countIf(complete_calls > 0)",
        "all_complete": "sum(complete_calls)",
        "active_before": "countIf(calls_before > 0)",
        "all_before": "sum(calls_before)",
        "first_call_at": "min(first_call)",
    }
    return ",\n    ".join(f"{value}{over} as {name}" for name, value in columns.items())


def totals(state: State, only: Names | None = None) -> str:
    """One row over all customers: how many, their calls; `matching` are those that search and flag leave."""
    return f"""select
    {_sums(" and ".join(_matching(state, only)), "")}
from (
    select
        customer_id,
        sumIf(calls, {_inside(state)}) as total_calls,
        sumIf(calls, {_complete(state)}) as complete_calls,
        sumIf(calls, {_before(state)}) as calls_before,
        min(first_call_at) as first_call
    from {_days(state, _since(state), state.window.last, [])}
    group by customer_id
)"""


def series(state: State, customers: Names, *, largest: bool) -> str:
    """Daily calls, filters aside, over the horizon of trend, of `customers` and of the `largest`.

    One more than WATCHED of those, so that the answer shows whether there are more.
    """
    first = state.window.today - timedelta(days=THRESHOLDS.horizon)
    wanted = [among(customers)] if customers or not largest else []
    if largest:
        wanted.append(f"""customer_id in (
        select customer_id from {usage(state, first, state.window.today, ["customer_id is not null"])}
        group by customer_id order by sum(calls) desc, customer_id limit {WATCHED + 1}
    )""")
    return _by_day(usage(state, first, state.window.today, [f"({' or '.join(wanted)})"]))


def filtered_series(state: State, customers: Names) -> str:
    """Daily calls that pass the filters, for the pictures."""
    today = state.window.today
    return _by_day(details(state, today - timedelta(days=THRESHOLDS.period), today, [among(customers)]))


def _by_day(days: str) -> str:
    return f"""select
    customer_id,
    groupArray(day) as days,
    groupArray(calls) as daily,
    max(last_call_at) as last_call_at
from {days}
group by customer_id"""


def events() -> str:
    """Which events the project has at all, the most frequent first."""
    return "select event, sum(calls) as total_calls from usage group by event order by total_calls desc"


def begins(event: str) -> str:
    """The first day that has this event."""
    return f"select day from usage where event = {literal(event)} order by day limit 1"


def values(event: str, column: str, most: int) -> str:
    """The most frequent values of a property in the last 7 days.

    The condition that always holds asks for hours: those without customers are fewer rows than the days of
    each customer.
    """
    return f"""select properties.{column} as value
from events
where event = {literal(event)} and timestamp >= today() - 7 and toHour(timestamp) < 24
    and value != '' and value is not null
group by value
order by count() desc, value
limit {most}"""


def _days(state: State, first: date, last: date, conditions: list[str]) -> str:
    """What follows FROM: rows of customer, day, calls, first and last call."""
    shape = details if state.detailed else usage
    return shape(state, first, last, conditions)


def usage(state: State, first: date, last: date, conditions: list[str]) -> str:
    found = [f"event = {literal(state.event)}", state.window.has(first, last), *conditions]
    return f"usage\nwhere {f'{chr(10)}    and '.join(found)}"


def details(state: State, first: date, last: date, conditions: list[str]) -> str:
    day = state.window.day
    found = [
        f"event = {literal(state.event)}",
        f"timestamp >= {day(first)} and timestamp < {day(last)} + 1",
        *(f"properties.{name} = {literal(value)}" for name in DETAILS if (value := getattr(state, name))),
        *([_status(state.status)] if state.status else []),
        *conditions,
    ]
    return f"""(
    select
        properties.customer_id as customer_id,
        toDate(timestamp) as day,
        count() as calls,
        min(timestamp) as first_call_at,
        max(timestamp) as last_call_at
    from events
    where {f"{chr(10)}        and ".join(found)}
    group by customer_id, day
)"""


def _status(group: str) -> str:
    low = int(group[0]) * 100
    return f"properties.status >= {low} and properties.status < {low + 100}"


def _since(state: State) -> date:
    return state.window.before_first


def week(state: State) -> int:
    return min(7, state.days)


def _inside(state: State) -> str:
    return f"day >= {state.window.day(state.window.first)}"


def _complete(state: State) -> str:
    return state.window.has(state.window.complete_first, state.window.complete_last)


def _before(state: State) -> str:
    return f"day <= {state.window.day(state.window.before_last)}"


def change(state: State, days: int) -> str:
    """The last `days` complete days against as many before: 0.1 is a tenth more; NULL: no calls before."""
    window, last = state.window, state.window.complete_last
    middle, first = last - timedelta(days=days), last - timedelta(days=2 * days)
    before = f"sumIf(calls, {window.has(first + timedelta(days=1), middle)})"
    return f"""if(
        {before} > 0,
        sumIf(calls, {window.has(middle + timedelta(days=1), last)})
            / {before} - 1,
        null
    )"""
