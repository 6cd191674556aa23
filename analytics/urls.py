"""Addresses of ingest, queries and the customer pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from analytics.customers import views

PROJECT = "t/<slug:team>/<slug:project>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{PROJECT}/customers", views.customers, name="customers"),
]
