"""The demo's events: what each call asked for, and what was answered."""

from __future__ import annotations

import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import exp
from statistics import NormalDist
from typing import Any
from uuid import UUID

from analytics.demo_customers import STORIES, WALKTHROUGH, Customer, calls, cap, long_tail, milliseconds

SEED = 20260516

# method, route, share of the calls, median latency in milliseconds, median bytes, status when all is well
ENDPOINTS = [
    ("GET", "/v1/orders", 22, 45, 9_000, 200),
    ("GET", "/v1/orders/:id", 18, 20, 2_200, 200),
    ("POST", "/v1/orders", 9, 110, 1_400, 201),
    ("GET", "/v1/customers/:id", 12, 18, 1_800, 200),
    ("GET", "/v1/customers", 6, 60, 12_000, 200),
    ("PATCH", "/v1/customers/:id", 3, 80, 900, 200),
    ("POST", "/v1/payments", 8, 240, 1_100, 201),
    ("GET", "/v1/payments/:id", 8, 25, 1_300, 200),
    ("POST", "/v1/refunds", 1, 260, 800, 201),
    ("GET", "/v1/search", 7, 150, 16_000, 200),
    ("GET", "/v1/reports/daily", 2, 900, 85_000, 200),
    ("POST", "/v1/uploads", 1, 600, 400, 201),
    ("POST", "/v1/webhooks", 1, 70, 500, 201),
    ("DELETE", "/v1/webhooks/:id", 1, 40, 0, 204),
]
ERRORS = [400, 401, 403, 404, 409, 422, 429, 500, 503]
SDKS = ["node/4.2.0", "node/4.1.3", "python/2.9.1", "python/2.8.0", "go/1.14.0", "ruby/3.0.2", "php/1.7.5"]
COUNTRIES = ["US", "DE", "GB", "FR", "NL", "IN", "BR", "JP", "CA", "AU", "SE", "PL"]
# How far latencies and sizes stray from their median: drawing from a table takes a fifth of the time.
SPREAD = [exp(0.5 * NormalDist().inv_cdf((index + 0.5) / 1000)) for index in range(1000)]


@dataclass(frozen=True)
class Habits:
    """How one customer calls: cumulative weights of endpoints and errors, and its own constants."""

    endpoints: list[float]
    errors: list[float]
    error_rate: float
    sdks: list[str]
    countries: list[str]
    slowness: float


class Demo:
    """The raw events of the 60 days before `now`, the oldest first; about 160,000, the same for the same now.

    Only their moments are held in memory: an event is made when it is asked for."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._rng = random.Random(SEED)
        self._customers = [*WALKTHROUGH, *STORIES, *long_tail(self._rng)]
        self._habits = [_habits(self._rng, customer) for customer in self._customers]
        self._times = sorted(
            (at_ms, index)
            for index, customer in enumerate(self._customers)
            for at_ms in calls(self._rng, customer, now)
        )

    def __len__(self) -> int:
        return len(self._times)

    def caps(self) -> dict[str, int]:
        """The monthly caps of those who have one."""
        month = milliseconds(self._now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
        used = Counter(index for at_ms, index in self._times if at_ms >= month)
        return {
            customer.name: cap(used[index], customer.cap_used)
            for index, customer in enumerate(self._customers)
            if customer.cap_used
        }

    def events(self) -> Iterator[dict[str, Any]]:
        """To be read once: the generator goes on."""
        for at_ms, index in self._times:
            yield _event(self._rng, self._customers[index], self._habits[index], at_ms)


def _habits(rng: random.Random, customer: Customer) -> Habits:
    # Most fail now and then; some fail so often that their count is no sign of health.
    rate = rng.choices(
        [rng.uniform(0.002, 0.03), rng.uniform(0.05, 0.15), rng.uniform(0.3, 0.75)], [80, 13, 7]
    )[0]
    if customer in WALKTHROUGH:
        rate = {"stark_ind": 0.09, "umbrella_co": 0.04}.get(customer.name, 0.012)
    return Habits(
        endpoints=list(accumulate(endpoint[2] * rng.lognormvariate(0, 0.8) for endpoint in ENDPOINTS)),
        errors=list(accumulate(rng.lognormvariate(0, 1.2) for _ in ERRORS)),
        error_rate=rate,
        sdks=rng.sample(SDKS, rng.choice((1, 1, 2, 3))),
        countries=rng.sample(COUNTRIES, rng.choice((1, 1, 2, 4))),
        slowness=rng.lognormvariate(0, 0.25),
    )


def _event(rng: random.Random, customer: Customer, habits: Habits, at_ms: int) -> dict[str, Any]:
    chance = rng.random
    method, route, _, latency, size, status = ENDPOINTS[_picked(chance(), habits.endpoints)]
    failed = chance() < habits.error_rate
    if failed:
        status = ERRORS[_picked(chance(), habits.errors)]
    slowness, bulk = SPREAD[int(chance() * len(SPREAD))], SPREAD[int(chance() * len(SPREAD))]
    return {
        "event": "api_request",
        "distinct_id": customer.name,
        "uuid": str(UUID(int=rng.getrandbits(128), version=4)),
        "timestamp": at_ms,
        "properties": {
            "customer_id": customer.name,
            "plan": customer.plan,
            "endpoint": route,
            "method": method,
            "status": status,
            "latency_ms": round(latency * habits.slowness * slowness, 1),
            "bytes": 180 if failed else int(size * bulk),
            "sdk_version": habits.sdks[int(chance() * len(habits.sdks))],
            "ip_country": habits.countries[int(chance() * len(habits.countries))],
        },
    }


def _picked(chance: float, weights: list[float]) -> int:
    """An index by cumulative weights."""
    return bisect(weights, chance * weights[-1], hi=len(weights) - 1)
