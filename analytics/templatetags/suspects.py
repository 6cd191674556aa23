"""`{% suspect_ids %}` in base.html: the warning where customer ids of the project look like secrets."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from analytics.setup.suspects import suspects

PAGES = {"setup", "customers", "ingest_health"}
register = template.Library()


@register.inclusion_tag("suspects.html", takes_context=True)
def suspect_ids(context: Context) -> dict[str, Any]:
    request = context.get("request")
    project, match = getattr(request, "project", None), getattr(request, "resolver_match", None)
    if project is None or match is None or match.url_name not in PAGES:
        return {}
    return {"suspects": suspects(project.pk)}
