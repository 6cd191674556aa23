"""Every address of Agentry."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("", include("agentry.accounts.urls")),
    path("", include("analytics.urls")),
    path("", include("publications.urls")),
]
