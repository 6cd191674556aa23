"""The address of a customer's page: one for each customer_id, and one for the calls without any.

An ordinary id stands in the path. One that a path cannot carry as it is (empty, `..`, a line break, an ending
that asks for data) stands in a parameter: `customer?id=…`; `customer` without it are the calls that have no
customer_id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from agentry.accounts.models import Project

COLUMNS = ("customer_id", "properties.customer_id")  # of answers, whose cells name a customer
LENGTH = 1_000  # characters; ingest takes fewer, but rows may be older than its limit
_DATA = (".json", ".csv")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]|(?:^|/)\.{0,2}(?:/|$)")


NOTHING: Mapping[str, str] = {}


def page_of(project: Project, customer: str | None, parts: Mapping[str, str] = NOTHING) -> str:
    """The address of the page of a customer of the project; None: of the calls without customer_id.
    `parts` are what of that page: an event, a window."""
    place = [project.team.slug, project.slug]
    if customer and not _UNSAFE.search(customer) and not customer.lower().endswith(_DATA):
        address = reverse("customer", args=[*place, customer])
    else:
        address = reverse("customer_by_id", args=place)
        parts = parts if customer is None else {"id": customer, **parts}
    return f"{address}?{urlencode(parts)}" if parts else address


def named_by(project: Project, column: str, value: object, parts: Mapping[str, str] = NOTHING) -> str:
    """The address of the page of the customer that a cell of an answer names; "" where it names none."""
    if column not in COLUMNS or not isinstance(value, str) or not possible(value):
        return ""
    return page_of(project, value, parts)


def asked(query: QueryDict) -> str | None:
    """The customer of an address with a parameter."""
    return query.get("id")


def possible(customer: str | None) -> bool:
    """Whether any event can have this id at all."""
    return customer is None or (len(customer) <= LENGTH and "\0" not in customer and _is_text(customer))


def _is_text(text: str) -> bool:
    return text.encode("utf-8", "replace").decode() == text
