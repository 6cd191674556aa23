"""What a client has sent, read back from Agentry."""

from __future__ import annotations

from typing import Any

from tests.outage import settle
from tests.stack import Stack


def events(stack: Stack, customer: str, count: int) -> list[dict[str, Any]]:
    """A customer's events, of which there must be so many, once everything is written."""
    query = (
        "select event, uuid, distinct_id, timestamp, properties.endpoint as endpoint,"
        " properties.status as status, properties.method as method, properties.plan as plan,"
        " properties.latency_ms as latency_ms, properties.ip_country as ip_country,"
        " properties.sdk_version as sdk_version, properties.text as text, properties.$lib as lib"
        f" from events where properties.customer_id = '{customer}' order by timestamp limit 10000"
    )
    settle(stack)
    found = stack.ask(query)
    assert len(found) == count
    assert len({row["uuid"] for row in found}) == count
    return found
