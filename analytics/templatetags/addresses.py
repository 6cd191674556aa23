"""Addresses that a template cannot make with `url` alone."""

from __future__ import annotations

from django import template

from analytics.customers.one.address import page_of

register = template.Library()
register.filter("customer_page", page_of)  # {{ request.project|customer_page:customer_id }}
