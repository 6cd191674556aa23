"""What every reader shares: the raw event of a line, and why a line has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# An event as a client would send it: `event`, `distinct_id`, `timestamp` (milliseconds), `properties`.
RawEvent = dict[str, Any]
Reader = Callable[[str], RawEvent]


class LineError(Exception):
    """A line that is no event: a stable snake_case code and one plain sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


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
    return {
        "event": "api_request",
        "distinct_id": customer or address,
        "timestamp": at_ms,
        "properties": sent,
    }
