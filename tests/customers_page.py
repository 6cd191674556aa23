"""What tests of the customers page share: rows to store, and the page's table read back as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from django.http import HttpResponse, HttpResponseBase

PAGE = "/t/acme/default/customers"
NASTY = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    'O\'Brien "quoted" \\',
    "🚀 emoji",
    "شركة",
    "\u202eoverride",
    "x" * 200,
    "%_%",
    "",
    None,
]


def calls(
    customer: str | None, days: range, each: int = 1, event: str = "api_request"
) -> list[dict[str, Any]]:
    """`each` events on every day of `days` ago, none of them after now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return [
        {"timestamp": now - timedelta(days=ago), "customer_id": customer, "event": event}
        for ago in days
        for _ in range(each)
    ]


def thirty_one() -> list[dict[str, Any]]:
    """Of 31 customers; c30 called only before the window, acme two days ago for the last time."""
    events = calls("acme", range(2, 61), 3)
    for index in range(1, 30):
        events += calls(f"c{index:02}", range(31 - index))
    return [*events, *calls("c30", range(35, 40)), *calls("c01", range(40, 60))]


def rows(response: HttpResponseBase) -> list[list[str]]:
    """The cells of the table's rows, as text."""
    body = _body(response)
    found = re.findall(r"<tr.*?</tr>", body[body.find("<tbody") :], re.DOTALL)
    return [[_text(cell) for cell in re.findall(r"(?s)<t[dh].*?</t[dh]>", row)] for row in found]


def figures(response: HttpResponseBase) -> list[str]:
    """The figures above the table, each as text."""
    found = re.search(r'(?s)<dl class="figures">(.*?)</dl>', _body(response))
    return [_text(each) for each in re.findall(r"(?s)<div.*?</div>", found[1])] if found else []


def _body(response: HttpResponseBase) -> str:
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def _text(cell: str) -> str:
    return unescape(" ".join(re.sub(r"(?s)<title>.*?</title>|<[^>]+>", " ", cell).split())).replace(" ,", ",")


def names(response: HttpResponseBase) -> list[str]:
    return [row[1] for row in rows(response)]
