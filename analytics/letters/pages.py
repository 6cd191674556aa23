"""The page of a project's dead letters: events that PostgreSQL refused, to be replayed or discarded.

Everything works without JavaScript. To discard asks first: it cannot be undone.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from psycopg import errors

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from analytics.customers.wording import plural
from analytics.engines import postgres_letters
from analytics.engines.postgres_letters import UNDECODABLE, Choice
from analytics.ingest.event import NUMBER_COLUMNS, TEXT_COLUMNS
from analytics.ingest.verdicts import without_secrets
from analytics.letters import replay as replaying

PAGE = 25
CHOSEN = 1_000  # ids of one form
COLUMNS = (*TEXT_COLUMNS, *NUMBER_COLUMNS)


@require_safe
@project_page(Role.VIEWER)
def dead_letters(request: ProjectRequest, project: Project) -> HttpResponse:
    """The list, the newest first. `?sqlstate=` and `?find=` keep some, `?before=` starts after one."""
    sqlstate = request.GET.get("sqlstate")
    part = request.GET.get("find", "").replace("\0", "")[:200]
    choice = Choice(sqlstate=_sqlstate(sqlstate))
    found = postgres_letters.listed(project.pk, choice, part, _id(request.GET.get("before", "")), PAGE + 1)
    kept = {"sqlstate": sqlstate, "find": part or None}
    context: dict[str, Any] = {
        "kinds": [
            (kind, _called(kind.sqlstate), without_secrets(kind.reason))
            for kind in postgres_letters.kinds(project.pk)
        ],
        "letters": [
            (letter, without_secrets(letter.reason), _event(letter.payload)) for letter in found[:PAGE]
        ],
        "older": _link(kept | {"before": found[PAGE - 1].id}) if len(found) > PAGE else "",
        "sqlstate": choice.sqlstate,
        "called": _called(choice.sqlstate) if choice.sqlstate is not None else "",
        "find": part,
        "may_change": has_role(request.membership, Role.ADMIN),
    }
    return render(request, "dead_letters.html", context)


@require_POST
@project_page(Role.ADMIN)
def replay_letters(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From the form: what is chosen is sent through the ingest path again; then the list."""
    choice = _chosen(request)
    if choice is None:
        messages.error(request, "Nothing was chosen.")
        return redirect(_address(project))
    done = replaying.replay(project, choice, request.user)
    if done.sent:
        said = (
            f"{plural(done.sent, 'event')} sent again. What is refused once more comes back as a new letter."
        )
        messages.success(request, said)
    if done.stopped:
        messages.error(request, f"{done.stopped.message} {plural(done.left, 'letter')} not sent: try again.")
    elif done.left:
        messages.warning(request, f"{plural(done.left, 'letter')} left: replay them in another turn.")
    if done.unreadable:
        messages.warning(
            request, f"{plural(done.unreadable, 'letter')} cannot be decoded, and so not replayed."
        )
    if not (done.sent or done.stopped or done.left or done.unreadable):
        messages.error(request, "Those letters are not waiting any more.")
    return redirect(_address(project))


@require_POST
@project_page(Role.ADMIN)
def discard_letters(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From the form: the question first, the deed when it is answered; then the list."""
    choice = _chosen(request)
    letters = postgres_letters.count(project.pk, choice) if choice else 0
    if choice is None or not letters:
        messages.error(request, "Nothing was chosen.")
        return redirect(_address(project))
    if "sure" not in request.POST:
        context = {
            "letters": letters,
            "ids": choice.ids or (),
            "sqlstate": choice.sqlstate,
            "back": _address(project),
        }
        return render(request, "discard_letters.html", context)
    gone = replaying.discard(project, choice, request.user)
    messages.success(request, f"{plural(gone, 'letter')} discarded.")
    return redirect(_address(project))


def _chosen(request: ProjectRequest) -> Choice | None:
    """One letter (`only`), all of a SQLSTATE (`sqlstate`), or the ticked ones (`letter`)."""
    only = request.POST.get("only")
    if only is None and "sqlstate" in request.POST:
        sqlstate = _sqlstate(request.POST["sqlstate"])
        return None if sqlstate is None else Choice(sqlstate=sqlstate)
    asked = [only] if only is not None else request.POST.getlist("letter")[:CHOSEN]
    ids = tuple(found for found in map(_id, asked) if found is not None)
    return Choice(ids=ids) if ids else None


def _id(asked: str) -> int | None:
    return int(asked) if re.fullmatch("[0-9]{1,18}", asked) else None


def _sqlstate(asked: str | None) -> str | None:
    return asked if asked is not None and re.fullmatch("[0-9A-Z]{5}|", asked) else None


def _called(sqlstate: str) -> str:
    """PostgreSQL's name of a SQLSTATE: "invalid text representation"."""
    if sqlstate == UNDECODABLE:
        return "cannot be decoded"
    try:
        name = errors.lookup(sqlstate).__name__
    except KeyError:
        return ""
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _event(payload: str) -> str:
    """The event as its client would send it; the payload as it is, where it is cut or cannot be decoded."""
    try:
        fields = msgspec.json.decode(payload, type=dict)
        properties = {name: fields[name] for name in COLUMNS if fields[name] is not None}
        properties |= msgspec.json.decode(fields["rest"] or "{}")
        shown = {name: fields[name] for name in ("event", "distinct_id", "uuid", "timestamp")}
    except (msgspec.DecodeError, KeyError, TypeError):
        return without_secrets(payload)
    return without_secrets(msgspec.json.encode(shown | {"properties": properties}).decode())


def _address(project: Project) -> str:
    return reverse("dead_letters", args=[project.team.slug, project.slug])


def _link(parts: dict[str, Any]) -> str:
    return "?" + urlencode({name: value for name, value in parts.items() if value is not None})
