"""Addresses that a template cannot make with `url` alone."""

from __future__ import annotations

from django import template

from analytics.customers.one.address import page_of

register = template.Library()
register.simple_tag(page_of, name="customer_page")  # {% customer_page project customer_id parts %}
