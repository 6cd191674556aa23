"""Agentry's addresses and `/v1/bench/empty`: the least that a Django view can do, on the same short way
through the middleware as the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [path("v1/bench/empty", empty), path("", include("agentry.urls"))]
