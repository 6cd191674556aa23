"""Every address of Agentry."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from agentry.docs import ApiDocs
from agentry.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("analytics.urls")),  # first: ingest is looked up for every event
    path("", include("publications.urls")),  # then what strangers open
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", ApiDocs.as_view(url_name="schema"), name="docs"),
    path("", include("agentry.accounts.urls")),
]

handler400 = "agentry.api.bad_request"
handler403 = "agentry.api.permission_denied"
handler404 = "agentry.api.page_not_found"
handler500 = "agentry.api.server_error"
