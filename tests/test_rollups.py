"""Rollups: levels that always say what the raw events say."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from analytics.engines.catalog import detail_gaps
from tests.rollup_truth import TABLES
from tests.write_events import DAY, HOUR, NOW, ask, drain_all, event, rollup_differences, send, stored

TEXTS = st.sampled_from([None, "", "a", "b", "é" * 10])
# A value that does not fit its column stays in the rest, as JSON.
RESTS = st.sampled_from(
    [
        None,
        '{"customer_id": 42}',
        '{"customer_id": "from the rest", "status": "500"}',
        '{"status": "timeout", "latency_ms": "1.5", "bytes": 0.5}',
        '{"latency_ms": true, "bytes": "-0", "endpoint": ["/a"], "plan": {"name": "pro"}}',
        '{"latency_ms": "1e308", "bytes": 1e308, "method": null}',
    ]
)
EVENTS = st.builds(
    lambda **values: event(**values),
    timestamp=st.sampled_from([NOW, NOW - 1, NOW - HOUR, NOW - DAY]),
    event=st.sampled_from(["api_request", "page_view"]),
    customer_id=TEXTS,
    endpoint=TEXTS,
    method=TEXTS,
    plan=TEXTS,
    status=st.sampled_from([None, 200, 404]),
    latency_ms=st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    bytes=st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    rest=RESTS,
)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(EVENTS, min_size=1, max_size=8), min_size=1, max_size=3))
def test_all_levels_are_what_raw_events_say(project: Project, batches: list[list[Any]]) -> None:
    for events in batches:
        send(project, *events)
        drain_all()
    assert rollup_differences() == []


def test_sums_add_up_whatever_the_order_and_never_overflow(project: Project) -> None:
    for value in (1e308, 1e308, 0.1, -1e308, -1e308, 0.2, -0.0):
        send(project, event(latency_ms=value, bytes=2**63 - 1))
        drain_all()
    for table in TABLES:
        assert ask(f"SELECT latency_ms_sum, bytes_sum FROM {table}") == [
            (Decimal("0.3"), Decimal(7 * (2**63 - 1)))
        ]


def test_null_and_empty_are_different_groups_and_minus_zero_is_zero(project: Project) -> None:
    zero = '{"status": "-0"}'
    send(project, event(customer_id=None), event(customer_id=""), event(customer_id=None))
    send(project, event(status=0), event(status=None, rest=zero))
    drain_all()
    assert ask("SELECT customer_id, calls FROM usage_day ORDER BY 1") == [
        ("", 1),
        ("acme_corp", 2),
        (None, 2),
    ]
    assert ask("SELECT calls FROM usage_detail_day WHERE status = 0") == [(2,)]


def test_an_hour_with_too_many_details_is_marked_and_the_rest_stays_exact(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DETAIL_KEYS_PER_HOUR", 10)
    send(project, *(event(endpoint=f"/things/{number}") for number in range(8)))
    send(project, event(timestamp=NOW - DAY))
    drain_all()
    assert ask("SELECT count(*) FROM detail_gaps") == [(0,)]
    send(project, *(event(endpoint=f"/things/{number}") for number in range(20)))
    drain_all()
    send(project, *(event(endpoint=f"/more/{number}") for number in range(20)))
    drain_all()
    assert ask("SELECT count(*) FROM detail_gaps") == [(1,)]
    assert len(gaps(project)) == 1
    assert ask("SELECT count(*) FROM usage_detail_hour WHERE endpoint LIKE '/more%%'") == [(0,)]
    assert ask("SELECT sum(calls) FROM usage_hour") == ask("SELECT count(*) FROM events") == [(49,)]
    assert rollup_differences() == []


def gaps(project: Project) -> list[Any]:
    [(low, high)] = ask("SELECT now() - interval '3 days', now() + interval '3 days'")
    return detail_gaps(project.id, low, high)


@pytest.mark.parametrize("name", ["customer_id", "endpoint", "method", "plan"])
@pytest.mark.parametrize("size", [501, 3000, 100_000])
def test_a_value_too_long_for_a_key_marks_its_hour_and_loses_nothing(
    project: Project, name: str, size: int
) -> None:
    value = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(size))  # does not compress
    long = event(**{name: value})
    send(project, event(), long, event(**{name: value}))
    drain_all()
    assert stored()[long.uuid] == 1
    assert ask(f"SELECT count(*) FROM events WHERE {name} = %s", value) == [(2,)]
    assert len(gaps(project)) == 1
    for table in ("usage_day", "usage_hour"):
        assert ask(f"SELECT sum(calls), max(calls) FROM {table}") == [(3, 2 if name == "customer_id" else 3)]


def test_an_event_name_of_any_length_is_stored(project: Project) -> None:
    name = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(3000))
    send(project, event(event=name), event(event=name))
    drain_all()
    assert ask("SELECT calls FROM usage_day") == [(2,)]
    assert len(gaps(project)) == 1


def test_levels_added_later_are_filled_from_the_details(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a migration finds them: a gap, values that fit no column, NULL; then written on."""
    monkeypatch.setattr(settings, "DETAIL_KEYS_PER_HOUR", 10)
    late = [event(timestamp=NOW - DAY, status=status, customer_id=None) for status in (None, 200, 500)]
    send(project, *(event(endpoint=f"/things/{number}") for number in range(20)), *late)
    drain_all()
    send(
        project,
        event(endpoint="/after"),
        event(timestamp=NOW - DAY, rest='{"status": "timeout"}', status=None),
    )
    drain_all()
    (operation,) = import_module("analytics.migrations.0014_levels").Migration.operations
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(operation.reverse_sql)
        cursor.execute(operation.sql)
    assert len(gaps(project)) == 1
    assert ask("SELECT sum(calls) FROM usage_endpoint_hour WHERE \"hour\" < now() - interval '22 hours'") == [
        (4,)
    ]
    assert rollup_differences() == []
    send(project, event(timestamp=NOW - DAY, customer_id=None, status=200))
    drain_all()
    assert rollup_differences() == []
