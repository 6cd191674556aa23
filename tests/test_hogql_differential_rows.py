"""Each row of the function tables answers as ClickHouse does, over generated arguments.

DIFFERENTIAL is how many calls of each row are compared, and how many queries are generated; 2 in CI.
AGENTRY_HUNT=1 generates others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django.plugin import DjangoDbBlocker

from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.functions.table import FUNCTIONS
from tests.hogql_answers import RefusedError, difference
from tests.hogql_events import PROJECT, clear, load
from tests.hogql_grammar import aggregate, call
from tests.hogql_queries import queries

pytestmark = pytest.mark.django_db

COUNT = int(os.environ.get("DIFFERENTIAL", "2"))

# Not ClickHouse's of the same name and meaning: two-valued in HogQL, so only the printer's words compare.
OURS = {
    *("equals", "notEquals", "less", "greater", "lessOrEquals", "greaterOrEquals", "concat", "toTypeName"),
    *("toInt", "toFloat"),
}
# Not compared, and why.
SKIPPED = {
    "weight": "of rollups alone",
    "arrayJoin": "multiplies rows, in no order of theirs",
    **dict.fromkeys(
        ("arrayUnion", "arraySymmetricDifference", "groupUniqArray", "topK", "topKWeighted"),
        "ClickHouse's order is that of a hash table",
    ),
    **dict.fromkeys(("uniqHLL12", "uniqCombined", "uniqCombined64", "uniq"), "an estimate in ClickHouse"),
    **dict.fromkeys(("argMax", "argMin", "boundingRatio"), "of equal values any one is chosen"),
    **dict.fromkeys(("timestamp", "arrayJaccardIndex", "toRelativeHourNum"), "differ for rare values"),
    "uniqTheta": "not in this build of ClickHouse",
}


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    with django_db_blocker.unblock():
        load()
        yield PROJECT
        clear()


def _over_events(name: str, rng: random.Random) -> str:
    return f"select {call(FUNCTIONS[name], rng)} as v from events order by timestamp limit 100"


def _over_groups(name: str, rng: random.Random) -> str:
    value = aggregate(AGGREGATES[name], rng)
    where = rng.choice(["", "", " where properties.plan = 'pro'", " where event = 'none'"])
    if rng.random() < 0.3:
        return f"select {value} as v from events{where}"
    key = rng.choice(["event", "properties.plan", "toStartOfWeek(timestamp)"])
    return f"select {key} as k, {value} as v from events{where} group by k order by k"


@pytest.mark.parametrize("name", [name for name in (*FUNCTIONS, *AGGREGATES) if name not in SKIPPED])
def test_each_row(loaded: int, name: str) -> None:
    """Texts that either engine refuses show nothing, and the next is tried."""
    make = _over_events if name in FUNCTIONS else _over_groups
    rng, compared = random.Random(name), 0
    for _ in range(COUNT * 20):
        try:
            found = difference(make(name, rng), loaded, verbatim=name not in OURS)
        except RefusedError:
            continue
        if "fails: Code" in found:
            continue
        assert not found, found
        compared += 1
        if compared == COUNT:
            break


@settings(max_examples=50 * COUNT, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(queries)
def test_generated_queries(loaded: int, text: str) -> None:
    try:
        found = difference(text, loaded, verbatim=False)
    except RefusedError:
        return
    assert not found or "fails: Code" in found, found
