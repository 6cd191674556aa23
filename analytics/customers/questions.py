"""The questions of the top-customers page, in HogQL over `usage`, which is answered from rollups.

The window is N days up to now: today, so far, is its last one. Changes compare N complete days with the N
before them, so that no figure is a part of a day against a whole one.
"""

from __future__ import annotations

from collections.abc import Collection

from analytics.customers.state import EVENT, State
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


def literal(text: str) -> str:
    """A HogQL string literal. NUL is in no stored text, so it is left out."""
    return "'" + text.replace("\0", "").replace("\\", "\\\\").replace("'", "\\'") + "'"


def containing(search: str) -> str:
    """A condition: the customer's id has `search` in it, in any case; its % and _ are only characters."""
    pattern = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"customer_id ilike {literal(f'%{pattern}%')}"


def ranked(state: State) -> str:
    """The rows of the page: one a customer that called in the window or the one before it."""
    days = state.window
    helpers = f"""
    sumIf(calls, {_complete(days)}) as complete_calls,
    sumIf(calls, day < today() - {days}) as calls_before,
    {_change(days)} as change,
    {_change(7)} as week_change"""
    return _ranking(state, helpers, COLUMNS[state.sort])


def published(state: State) -> str:
    """The same rows in the same order, with the columns that a stranger needs."""
    order = {"change": "change_percent", "trend": _change(7)}.get(state.sort, COLUMNS[state.sort])
    return _ranking(state, f"\n    round(100 * {_change(state.window)}, 1) as change_percent", order)


def _ranking(state: State, columns: str, order: str) -> str:
    search = f"\n    and {containing(state.search)}" if state.search else ""
    offset = f" offset {(state.page - 1) * state.size}" if state.page > 1 else ""
    return f"""select
    customer_id,
    sumIf(calls, day > today() - {state.window}) as total_calls,
    countIf(day > today() - {state.window}) as active_days,
    max(last_call_at) as last_call_at,{columns}
from usage
where {_since(2 * state.window)}{search}
group by customer_id
order by {order} {"desc" if state.descending else "asc"}{"" if state.sort == "customer" else ", customer_id"}
limit {state.size}{offset}"""


def totals(state: State) -> str:
    """One row over all customers: how many, and their calls; `matching` are those that the search finds."""
    days = state.window
    matching = f"countIf({containing(state.search)})" if state.search else "count()"
    return f"""select
    count() as customers,
    {matching} as matching,
    countIf(total_calls > 0) as active,
    sum(total_calls) as all_calls,
    countIf(complete_calls > 0) as complete_active,
    sum(complete_calls) as all_complete,
    countIf(calls_before > 0) as active_before,
    sum(calls_before) as all_before,
    min(first_call) as first_call_at
from (
    select
        customer_id,
        sumIf(calls, day > today() - {days}) as total_calls,
        sumIf(calls, {_complete(days)}) as complete_calls,
        sumIf(calls, day < today() - {days}) as calls_before,
        min(first_call_at) as first_call
    from usage
    where {_since(2 * days)}
    group by customer_id
)"""


def series(customers: Collection[str | None]) -> str:
    """Daily calls over the horizon of trend, of `customers` and of the largest.

    One more than WATCHED of those, so that the answer shows whether there are more.
    """
    days = THRESHOLDS.horizon
    named = ", ".join(literal(name) for name in customers if name is not None)
    wanted = [
        f"""customer_id in (
        select customer_id from usage where {_since(days)} and customer_id is not null
        group by customer_id order by sum(calls) desc, customer_id limit {WATCHED + 1}
    )"""
    ]
    if named:
        wanted.append(f"customer_id in ({named})")
    if None in customers:
        wanted.append("customer_id is null")
    return f"""select
    customer_id,
    groupArray(day) as days,
    groupArray(calls) as daily,
    max(last_call_at) as last_call_at
from usage
where {_since(days)} and ({" or ".join(wanted)})
group by customer_id"""


def events() -> str:
    """Which events the project has at all: for the page that has nothing to show."""
    return (
        "select event, sum(calls) as total_calls from usage group by event order by total_calls desc limit 5"
    )


def _since(days: int) -> str:
    return f"event = {literal(EVENT)} and day >= today() - {days} and day <= today()"


def _complete(days: int, before: int = 0) -> str:
    """A condition: one of the `days` complete days that end `before` days before today."""
    end = f"today() - {before}" if before else "today()"
    return f"day < {end} and day >= today() - {before + days}"


def _change(days: int) -> str:
    """Complete days against as many before: 0.1 is a tenth more; NULL where there were no calls."""
    before = f"sumIf(calls, {_complete(days, before=days)})"
    return f"""if(
        {before} > 0,
        sumIf(calls, {_complete(days)})
            / {before} - 1,
        null
    )"""
