"""Addresses of ingest, queries and the customer pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from analytics.customers import threshold_pages, views
from analytics.customers.one import page
from analytics.customers.one.rest import Changes
from analytics.endpoint import QueryView
from analytics.health.page import ingest_health, send_test_event
from analytics.ingest.endpoint import ingest
from analytics.ingest.posthog import capture
from analytics.ingest.posthog_v1 import capture_v1
from analytics.keeping import pages, rest
from analytics.letters import pages as letters
from analytics.metrics import metrics
from analytics.properties import change_property, properties
from analytics.setup.pages import setup

PROJECT = "t/<slug:team>/<slug:project>"
REST = {
    "v1/analytics/<str:project>/changes": Changes,
    "v1/analytics/<str:project>/customers/<path:customer_id>": rest.Customer,
    "v1/projects/<str:project>": rest.WholeProject,
    "v1/deletions": rest.Deletions,
    "v1/deletions/<str:deletion_id>": rest.OneDeletion,
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("metrics", metrics, name="metrics"),
    path("v1/analytics/<slug:project>/", ingest, name="ingest"),
    path("v1/analytics/<slug:project>", ingest),
    path("v1/analytics/<slug:project>/query/", QueryView.as_view(), name="query"),
    path("v1/analytics/<slug:project>/query", QueryView.as_view()),
    re_path("^(?:(?:batch|capture|i/v0/e)/?|e/)$", capture, name="posthog_capture"),
    path("i/v1/analytics/events", capture_v1, name="posthog_capture_v1"),
    path("", include("analytics.explore.urls")),
    path(f"{PROJECT}/properties", properties, name="properties"),
    path(f"{PROJECT}/properties/change", change_property, name="change_property"),
    path(f"{PROJECT}/data", pages.data, name="data"),
    path(f"{PROJECT}/data/delete-customer", pages.delete_customer, name="delete_customer"),
    path(f"{PROJECT}/data/delete-project", pages.delete_project, name="delete_project"),
    path(f"{PROJECT}/setup", setup, name="setup"),
    path(f"{PROJECT}/ingest", ingest_health, name="ingest_health"),
    path(f"{PROJECT}/ingest/test", send_test_event, name="send_test_event"),
    path(f"{PROJECT}/dead-letters", letters.dead_letters, name="dead_letters"),
    path(f"{PROJECT}/dead-letters/replay", letters.replay_letters, name="replay_letters"),
    path(f"{PROJECT}/dead-letters/discard", letters.discard_letters, name="discard_letters"),
    path(f"{PROJECT}/thresholds", threshold_pages.thresholds_page, name="thresholds"),
    path(f"{PROJECT}/thresholds/change", threshold_pages.change_thresholds, name="change_thresholds"),
    path(f"{PROJECT}/customers", views.customers, name="customers"),
    path(f"{PROJECT}/customers.json", views.customers_json, name="customers_json"),
    path(f"{PROJECT}/customers.csv", views.customers_csv, name="customers_csv"),
    path(f"{PROJECT}/customers/<path:customer_id>", page.customer_page, name="customer"),
    path(f"{PROJECT}/customer", page.customer_by_id, name="customer_by_id"),
    path(f"{PROJECT}/customer/note", page.note_customer, name="note_customer"),
]
for route, view in REST.items():  # with the slash, as documented, and without
    urlpatterns += [path(f"{route}/", view.as_view()), path(route, view.as_view())]
