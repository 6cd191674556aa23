"""`{% links as links %}`: what the header of this page leads to."""

from __future__ import annotations

from django import template
from django.template import Context

from agentry.accounts.navigation import Links, links_of

register = template.Library()


@register.simple_tag(takes_context=True)
def links(context: Context) -> Links | None:
    request = context.get("request")
    return None if request is None else links_of(request)
