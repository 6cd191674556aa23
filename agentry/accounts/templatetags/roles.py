"""`{{ invitation.role|a_role }}`: "an admin"."""

from __future__ import annotations

from django import template

from agentry.accounts.models import Role

register = template.Library()


@register.filter
def a_role(role: str) -> str:
    return Role(role).a
