"""How a customer's id is written where people read it, and what a team calls the customer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from agentry.accounts.models import Project
from analytics.models import Customer

NONE = mark_safe('<span class="soft">(no customer_id)</span>')
EMPTY = mark_safe('<span class="soft">(empty customer_id)</span>')
FOUND_MOST = 100  # customers that a search finds by their names: so many ids fit into each question
# A browser draws a line break as a space, several spaces as one, and none at an end.
_LOST = re.compile(r"[\x00-\x1f\x7f]|^\s+|\s+$|\s{2,}")


def visible(customer: str) -> str:
    """An id as text that can be seen: "new\\nline" → "new␊line", "   " → "␣␣␣", "\\u200b" → "U+200B"."""
    if all(unicodedata.category(each)[0] in "ZC" for each in customer):
        return "".join(map(_picture, customer))
    return _LOST.sub(lambda found: "".join(map(_picture, found[0])), customer)


def shown(customer: str | None, length: int | None = None) -> SafeString:
    """The id as markup, cut after `length` characters; isolated, so that its direction cannot spill over."""
    if customer is None:
        return NONE
    if not customer:
        return EMPTY
    text = visible(customer)
    return format_html("<bdi>{}</bdi>", Truncator(text).chars(length) if length else text)


def of(project: Project, customers: Collection[str | None]) -> dict[str | None, str]:
    """What those of these customers are called that have a name."""
    known = [customer for customer in customers if customer is not None]
    named = Customer.objects.filter(project=project, customer_id__in=known).exclude(name="")
    return dict(named.values_list("customer_id", "name"))


def called(project: Project, search: str) -> tuple[str, ...]:
    """The ids of the customers whose name has `search` in it, in any case; of very many only some."""
    found = Customer.objects.filter(project=project, name__icontains=search).order_by("customer_id")
    return tuple(found.values_list("customer_id", flat=True)[:FOUND_MOST])


def _picture(invisible: str) -> str:
    """A sign in the place of one that is not seen: Unicode has them for spaces and control characters."""
    if invisible <= "\x1f":
        return chr(0x2400 + ord(invisible))
    if invisible == "\x7f":
        return "␡"
    return "␣" if invisible.isspace() else f"U+{ord(invisible):04X}"
