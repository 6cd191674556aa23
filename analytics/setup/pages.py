"""The Setup page: a key, ready middleware, and the first event as it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from analytics.setup.arrival import Arrival, arrival
from analytics.setup.snippets import BY_KEY, WAYS, Way, client, text_of

FIRST_SECONDS = 1.0
GROWTH = 1.15
SLOWEST_SECONDS = 15.0
LOOKS = 120  # some 25 minutes; then the page says so and stops
LANGUAGES = {"js": "JavaScript", "py": "Python", "go": "Go"}


@require_safe
@project_page(Role.VIEWER)
def setup(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """The page; for htmx, asking again and again, what has come meanwhile."""
    after, look = _moment(request.GET.get("after", "")), _count(request.GET.get("look", ""))
    found = arrival(project, after)
    way = BY_KEY.get(request.GET.get("for", ""), WAYS[0])
    context = {"way": way, **_waiting(request, found, after, look)}
    if request.headers.get("HX-Target") == "poll":
        request.is_refresh = True
        context["news"] = request.GET.get("seen") != found.token
        return _shown(request, "setup.html#poll", context)
    return _shown(request, "setup.html", context | _page(request, project, way))


def _waiting(request: ProjectRequest, found: Arrival, after: datetime | None, look: int) -> dict[str, Any]:
    over = found.event is not None or look >= LOOKS
    parameters: dict[str, str | int] = {"look": look + 1, "seen": found.token}
    if after is not None:
        parameters["after"] = round(after.timestamp() * 1000)
    return {
        "arrival": found,
        "after": after,
        "again": None if over else f"{request.path}?{urlencode(parameters)}",
        "seconds": f"{min(SLOWEST_SECONDS, FIRST_SECONDS * GROWTH**look):.1f}",
        "gave_up": found.event is None and over,
        "came": request.headers.get("HX-Target") == "poll",
        "now": datetime.now(UTC),
        "now_ms": round(datetime.now(UTC).timestamp() * 1000),
    }


def _page(request: ProjectRequest, project: Project, way: Way) -> dict[str, Any]:
    url = settings.URL
    return {
        "keys": [key for key in project.dsn_keys.order_by("-pk") if key.revoked_at is None],
        "tabs": [(each, f"{request.path}?{urlencode({'for': each.key})}#middleware") for each in WAYS],
        "clients": [
            (file, f"{url}{settings.STATIC_URL}clients/{file}", client(file)) for file in way.clients
        ],
        "parts": [(part, text_of(part.file, url, project.slug)) for part in way.parts],
        "url": url,
        "ingest_url": url + reverse("ingest", args=[project.slug]),
        "may_manage": has_role(request.membership, Role.ADMIN),
    }


def _shown(request: ProjectRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    # The same address is a page or a part of one: a browser must not keep one for the other.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _moment(text: str) -> datetime | None:
    """Milliseconds since the epoch; nothing of what is no such number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 13):
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def _count(text: str) -> int:
    return min(int(text), LOOKS) if text.isascii() and text.isdigit() and len(text) < 5 else 0
