"""The audit log, for admins: by person and action, the newest first; as CSV uncut."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agentry.accounts import audit as log
from agentry.accounts.access import TeamRequest, team_page
from agentry.accounts.models import AuditEntry, Role, Team
from agentry.spreadsheet import inert

PAGE = 100
PIECE = 2_000  # rows of a file that are read at once: no cursor stays open while somebody downloads slowly


class File(StreamingHttpResponse):
    """`agentry.asgi` sends it piece by piece."""

    sent_in_pieces = True


@require_safe
@team_page(Role.ADMIN)
def audit(request: TeamRequest, team: Team) -> HttpResponse:
    """`?person=` (an e-mail address, or a part of one), `?action=`, and `?before=`, the id of an entry."""
    given = _given(request)
    rows = _entries(team, given)
    before = request.GET.get("before", "")
    if before:
        rows = rows.filter(pk__lt=int(before)) if before.isascii() and before.isdigit() else rows.none()
    found = list(rows[: PAGE + 1])
    older = urlencode({**given, "before": found[PAGE - 1].pk}) if len(found) > PAGE else None
    actions = (
        AuditEntry.objects.filter(team=team).order_by("action").values_list("action", flat=True).distinct()
    )
    context = {
        "entries": [(log.called(entry.action), log.who(entry), entry) for entry in found[:PAGE]],
        "actions": [(action, log.called(action)) for action in actions],
        "given": given,
        "query": urlencode(given),
        "older": older,
        "newest": not before,
    }
    return render(request, "accounts/audit.html", context)


@require_safe
@team_page(Role.ADMIN)
def audit_csv(request: TeamRequest, team: Team) -> HttpResponseBase:
    response = File(_lines(_entries(team, _given(request))), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{team.slug}-audit.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _given(request: TeamRequest) -> dict[str, str]:
    """The filter, as far as there is one; PostgreSQL takes no NUL."""
    given = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("person", "action")}
    return {name: value for name, value in given.items() if value}


def _entries(team: Team, given: dict[str, str]) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.filter(team=team).select_related("user").order_by("-pk")
    if "person" in given:
        rows = rows.filter(user__email__icontains=given["person"])
    if "action" in given:
        rows = rows.filter(action=given["action"])
    return rows


def _lines(rows: QuerySet[AuditEntry]) -> Iterator[bytes]:
    yield _csv([["at", "who", "action", "subject"]])
    piece = list(rows[:PIECE])
    while piece:
        yield _csv([[f"{row.at:%Y-%m-%dT%H:%M:%SZ}", log.who(row), row.action, row.subject] for row in piece])
        piece = list(rows.filter(pk__lt=piece[-1].pk)[:PIECE])


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[inert(cell) for cell in row] for row in rows])
    return text.getvalue().encode()
