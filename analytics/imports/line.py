"""What every reader shares: a line's bytes in, the raw event of one logged request out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# An event as a client would send it: `event`, `distinct_id`, `timestamp`, `properties`, …
RawEvent = dict[str, Any]
# Raises Verdict where a line is no event.
Reader = Callable[[bytes], RawEvent]


def path_of(target: str) -> str:
    """The path of a request target, without scheme, host, query string and fragment."""
    if not target.startswith("/") and "://" in target[:12]:
        _, _, rest = target.partition("://")
        slash = rest.find("/")
        target = rest[slash:] if slash >= 0 else "/"
    return target.split("?", 1)[0].split("#", 1)[0] or "/"


def api_request(customer: str | None, address: str, at_ms: int, properties: dict[str, Any]) -> RawEvent:
    """One logged request. `properties` with the value None are left out; so is an unknown customer."""
    sent = {name: value for name, value in properties.items() if value is not None}
    if customer is not None:
        sent["customer_id"] = customer
    who = customer or address
    return {"event": "api_request", "distinct_id": who, "timestamp": at_ms, "properties": sent}
