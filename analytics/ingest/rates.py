"""Limits of a project and its keys, counted in the script call that appends: no further round trip.

A rate is a bucket that holds what SECONDS allow and fills evenly; Valkey keeps the one number that says when
it is full again, on its own clock. A month's events are a counter. A request is taken whole or refused whole,
and what is refused takes nothing out, so concurrent requests never pass more than a limit allows.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from agentry.accounts.keystore import Limit
from agentry.accounts.limits import month_key
from agentry.errors import AgentryError
from analytics.ingest.batch import Batch

SECONDS = 10  # a key that may send 100 events a second may send 1,000 at once after ten quiet seconds
RETRY_MOST = 3600  # of a month that is used up: its owner may allow more before it ends
RATE, QUOTA = "rate_limited", "quota_exceeded"  # of errors, and of the events counted as rejected
Limits = tuple[Limit, ...]
State = list[tuple[int, float]]  # per limit: what is left, and the seconds until all of it is there again

# After the script's own `keys` and `words`, a key and three arguments for each limit: its amount, what the
# request needs of it, and the bucket's seconds, or 0 for a counter that lives for 40 days. `state` gets what
# is left of each, and the milliseconds until it is full. Answers -1 or -2, and the state, when a rate or a
# counter has too little.
TAKE = f"""
local limits = #KEYS - keys
local state, refused, taken = {{}}, 0, {{}}
if limits > 0 then
  local time = redis.call('TIME')
  local now = time[1] * 1e6 + time[2]
  for i = 1, limits do
    local at = words + 3 * i
    local amount, needs, seconds = tonumber(ARGV[at - 2]), tonumber(ARGV[at - 1]), tonumber(ARGV[at])
    local kept = tonumber(redis.call('GET', KEYS[keys + i]) or '0')
    local left, full = amount - kept, 0
    if seconds > 0 then
      full = math.max(kept, now)
      left = math.floor(amount * seconds - (full - now) * amount / 1e6 + 0.001)
      taken[i] = string.format('%.17g', full + needs * 1e6 / amount)
    end
    if needs > math.max(left, 0) then refused = math.max(refused, seconds == 0 and 2 or 1) end
    state[2 * i - 1], state[2 * i] = left, math.max(full - now, 0) / 1000
  end
  if refused > 0 then
    if accepted > 0 then
      local reason = refused == 2 and '{QUOTA}' or '{RATE}'
      redis.call('HINCRBY', KEYS[2], project .. ':rejected:' .. reason, accepted)
      redis.call('HINCRBY', KEYS[2], project .. ':received:', accepted)
    end
    return {{-refused, unpack(state)}}
  end
  for i = 1, limits do
    local at, key = words + 3 * i, KEYS[keys + i]
    local needs, seconds = tonumber(ARGV[at - 1]), tonumber(ARGV[at])
    if needs > 0 and seconds > 0 then
      redis.call('SET', key, taken[i], 'EX', 2 * seconds)
    elseif needs > 0 then
      redis.call('INCRBY', key, needs)
      redis.call('EXPIRE', key, 40 * 86400)
    end
    state[2 * i - 1] = state[2 * i - 1] - needs
    if seconds > 0 then state[2 * i] = (taken[i] - now) / 1000 end
  end
end
"""


class LimitedError(AgentryError):
    """429 with the RateLimit fields."""

    def __init__(self, code: str, message: str, hint: str, retry_after: int, fields: dict[str, str]) -> None:
        super().__init__(429, code, message, hint, retry_after=retry_after)
        self.fields = fields

    def headers(self) -> dict[str, str]:
        return super().headers() | self.fields


class _Terms(NamedTuple):
    """What does not change from request to request, in one month; per limit."""

    keys: list[str]
    names: list[str]
    capacities: list[int]
    policy: str
    month_ends: float  # seconds since the epoch


def keys(limits: Limits) -> list[str]:
    return _terms(limits).keys


def arguments(limits: Limits, batch: Batch) -> list[int]:
    """Raises 413 `too_many_events` for a batch that no wait would let through."""
    words: list[int] = []
    for limit in limits:
        if limit.kind == "events_per_second" and batch.accepted > limit.amount * SECONDS:
            message = f"The {limit.holder} may send {limit.amount * SECONDS:,} events at once."
            raise AgentryError(413, "too_many_events", message, "Send smaller batches.")
        words += (limit.amount, _needs(limit, batch), 0 if _is_month(limit) else SECONDS)
    return words


def state(limits: Limits, reply: list[int]) -> State:
    """From what the script answers: a month is full again when the next one begins."""
    month = _terms(limits).month_ends - time.time()
    return [
        (reply[2 * place], month if _is_month(limit) else reply[2 * place + 1] / 1000)
        for place, limit in enumerate(limits)
    ]


def fields(limits: Limits, state: State) -> dict[str, str]:
    """RateLimit-Policy and RateLimit as draft-ietf-httpapi-ratelimit-headers has them since its 8th version,
    and for the limit that is nearest the three fields of the versions before, which more clients read."""
    terms = _terms(limits)
    left = [(max(remaining, 0), math.ceil(reset)) for remaining, reset in state]
    nearest = min(range(len(left)), key=lambda place: left[place][0] / terms.capacities[place])
    said = [
        f"{name};r={remaining};t={reset}" for name, (remaining, reset) in zip(terms.names, left, strict=True)
    ]
    return {
        "RateLimit-Policy": terms.policy,
        "RateLimit": ", ".join(said),
        "RateLimit-Limit": str(terms.capacities[nearest]),
        "RateLimit-Remaining": str(left[nearest][0]),
        "RateLimit-Reset": str(left[nearest][1]),
    }


def refusal(limits: Limits, state: State, batch: Batch) -> LimitedError:
    """Why the script took nothing, and when it will: a month before a rate, then what takes longest."""
    waits = [
        (_wait(limit, *left, _needs(limit, batch)), limit) for limit, left in zip(limits, state, strict=True)
    ]
    wait, limit = max(waits, key=lambda pair: (pair[0] > 0 and _is_month(pair[1]), pair[0]))
    said = f"{limit.amount:,} {limit.kind.replace('_', ' ')}"
    if _is_month(limit):
        code, hint = QUOTA, "Ask an admin of the team for more, or wait for the next month (UTC)."
    else:
        code, hint = RATE, "Send the whole request again after the time in Retry-After."
    message = f"The {limit.holder} may send {said}; nothing of this request was taken."
    retry_after = min(max(math.ceil(wait), 1), RETRY_MOST)
    return LimitedError(code, message, hint, retry_after, fields(limits, state))


def _terms(limits: Limits) -> _Terms:
    now = time.gmtime()
    return _terms_in(limits, now.tm_year, now.tm_mon)


@lru_cache(maxsize=10_000)
def _terms_in(limits: Limits, year: int, month: int) -> _Terms:
    first = datetime(year, month, 1, tzinfo=UTC)
    ends = (first + timedelta(days=32)).replace(day=1)
    terms = _Terms([], [], [], "", ends.timestamp())
    policies = []
    for limit in limits:
        if _is_month(limit):
            key, capacity = month_key(limit.holder, limit.id, first), limit.amount
            seconds = round((ends - first).total_seconds())
        else:
            key, capacity = f"ingest:rate:{limit.holder}:{limit.id}:{limit.kind}", limit.amount * SECONDS
            seconds = SECONDS
        name = f'"{limit.holder}-{limit.kind.replace("_", "-")}"'
        unit = "requests" if limit.kind == "requests_per_second" else "events"
        terms.keys.append(key)
        terms.names.append(name)
        terms.capacities.append(capacity)
        policies.append(f'{name};q={capacity};qu="{unit}";w={seconds}')
    return terms._replace(policy=", ".join(policies))


def _wait(limit: Limit, remaining: int, reset: float, needs: int) -> float:
    """Seconds until the limit lets so much through."""
    if needs <= max(remaining, 0):
        return 0.0
    return reset if _is_month(limit) else (needs - remaining) / limit.amount


def _needs(limit: Limit, batch: Batch) -> int:
    return 1 if limit.kind == "requests_per_second" else batch.accepted


def _is_month(limit: Limit) -> bool:
    return limit.kind == "events_per_month"
