"""The page of a project's limits: its own and those of its keys, seen by members, changed by admins."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from agentry.accounts import limits
from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.keystore import LIMITS
from agentry.accounts.limit_rest import live_keys
from agentry.accounts.models import DsnKey, Project, Role
from agentry.errors import AgentryError


@dataclass(frozen=True)
class Row:
    """`key` is empty for the project itself; `amounts` are (name, what it is called, amount, most)."""

    key: int | str
    name: str
    amounts: list[tuple[str, str, int | None, int]]
    used: int | None


@require_safe
@project_page(Role.VIEWER)
def limits_page(request: ProjectRequest, project: Project) -> HttpResponse:
    rows = [_row("", "The whole project", project)]
    rows += [_row(key.pk, f"{key.name} ({key.prefix}…)", key) for key in live_keys(project)]
    may_change = has_role(request.membership, Role.ADMIN)
    return render(request, "accounts/limits.html", {"rows": rows, "may_change": may_change})


@require_POST
@project_page(Role.ADMIN)
def change_limits(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From a row's form: `key`, empty for the project, and the three limits, empty for none."""
    holder: Project | DsnKey | None = project
    if number := request.POST.get("key", ""):
        holder = next((key for key in live_keys(project) if str(key.pk) == number), None)
    if holder is None:
        raise Http404("no such key")
    try:
        limits.change(holder, {name: _amount(request.POST, name) for name in LIMITS}, request.user)
        messages.success(request, "The limits are set. They hold everywhere within 5 seconds.")
    except AgentryError as error:
        messages.error(request, f"{error.message} {error.hint}")
    return redirect("limits", project.team.slug, project.slug)


def _amount(form: QueryDict, name: str) -> object:
    text = form.get(name, "").strip().replace(",", "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else text


def _row(key: int | str, name: str, holder: Project | DsnKey) -> Row:
    amounts = [(kind, limits.CALLED[kind], getattr(holder, kind), limits.MOST[kind]) for kind in LIMITS]
    used = None
    if holder.events_per_month is not None:
        with suppress(RedisError):
            used = limits.used(holder)
    return Row(key, name, amounts, used)
