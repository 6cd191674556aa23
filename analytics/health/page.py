"""The ingest health page: what came, what became of it, how long it took; and a test event to try it.

The page is four parts, each a fragment that htmx asks for again and again; without JavaScript one reloads.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics.engines import postgres_tail
from analytics.health import trial
from analytics.health.figures import figures
from analytics.health.reasons import EVENTS, REQUESTS
from analytics.ingest import refused
from analytics.ingest.stream import recent_rejects
from analytics.write.accounting import accounting

TAIL = 15
FILTER_CHARS = 200
EVERY = {"figures": "2s", "tail": "2s", "rejects": "5s", "trial": "500ms"}


@require_safe
@project_page(Role.VIEWER)
def ingest_health(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """The page, or the part of it that htmx asks for."""
    part = request.headers.get("HX-Target", "")
    if part in PARTS:
        request.is_refresh = True
        return _shown(request, f"ingest.html#{part}", PARTS[part](request, project))
    context: dict[str, Any] = {}
    for read in PARTS.values():
        context |= read(request, project)
    return _shown(request, "ingest.html", context)


@require_POST
@project_page(Role.MEMBER)
def send_test_event(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """Send one, then show where it is: the part for htmx, else the page, which follows it."""
    try:
        sent = trial.send(project.pk)
    except AgentryError as error:
        said = f"{error.message} {error.hint}"
        if request.headers.get("HX-Request"):
            return _shown(request, "ingest.html#trial", {"trial_error": said})
        messages.error(request, said)
        return redirect(_address(project))
    address = f"{_address(project)}?{urlencode({'test': sent.token})}"
    if not request.headers.get("HX-Request"):
        return redirect(address)
    response = _shown(request, "ingest.html#trial", _followed(sent))
    response.headers["HX-Replace-Url"] = address  # a reload goes on following
    return response


def _shown(request: ProjectRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context |= {"may_send": has_role(request.membership, Role.MEMBER), "every": EVERY}
    response = render(request, template, context)
    # The same address is a page or a part of one: a browser must not keep one for the other.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _figures(request: ProjectRequest, project: Project) -> dict[str, Any]:
    return {"figures": figures(project.pk)}


def _rejects(request: ProjectRequest, project: Project) -> dict[str, Any]:
    """Reasons with their counts, and the last rejected; nothing of it when Valkey does not answer."""
    try:
        reasons = accounting(project.pk).rejected.most_common()
        rejects, requests = recent_rejects(project.pk), refused.of_project(project.pk)
    except RedisError:
        return {"known": False}
    return {
        "known": True,
        "reasons": [(code, events, EVENTS.get(code, "")) for code, events in reasons],
        "rejects": [{**reject, "at": _moment(reject["at"])} for reject in rejects],
        "refused": [(one, REQUESTS.get(one.code, ""), _moment(one.at)) for one in requests],
    }


def _tail(request: ProjectRequest, project: Project) -> dict[str, Any]:
    event, customer = (
        request.GET.get(name, "").replace("\0", "").strip()[:FILTER_CHARS] for name in ("event", "customer")
    )
    return {
        "tail": postgres_tail.newest(project.pk, event, customer, TAIL),
        "event": event,
        "customer": customer,
        "searched": postgres_tail.SEARCHED,
        "now": datetime.now(UTC),
    }


def _trial(request: ProjectRequest, project: Project) -> dict[str, Any]:
    found = trial.of_token(request.GET.get("test", ""), project.pk)
    return {} if found is None else _followed(found)


def _followed(sent: trial.Trial) -> dict[str, Any]:
    try:
        return {"trial": trial.follow(sent), "token": sent.token}
    except RedisError:
        return {
            "trial_error": "Valkey does not answer: where the test event is cannot be told.",
            "token": sent.token,
        }


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _address(project: Project) -> str:
    return reverse("ingest_health", args=[project.team.slug, project.slug])


# Element → what it shows.
PARTS: dict[str, Callable[[ProjectRequest, Project], dict[str, Any]]] = {
    "figures": _figures,
    "trial": _trial,
    "tail": _tail,
    "rejects": _rejects,
}
