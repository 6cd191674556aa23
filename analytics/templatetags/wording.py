"""The words of `analytics.customers.wording`, as template filters."""

from __future__ import annotations

from django import template

from analytics.customers import naming, wording
from analytics.health.figures import duration

register = template.Library()
register.filter(wording.number)
register.filter(wording.short)
register.filter(wording.percent)
register.filter(wording.whole_percent)
register.filter(wording.signed)
register.filter(wording.signed_percent)
register.filter(wording.tone)
register.filter(wording.day)
register.filter(wording.ago)
register.filter(duration)
register.filter("customer", naming.shown)
register.filter(naming.visible)
