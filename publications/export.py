"""Taking a project out: events, counts by day, settings; by REST (scope `manage`) and for its admins."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from agentry.accounts import audit
from agentry.accounts.access import ProjectRequest, project_page
from agentry.accounts.keystore import project_of
from agentry.accounts.models import Project, Role, Scope, User
from agentry.errors import not_found
from analytics.keeping import export
from publications.rest import Api
from publications.settings_file import settings_of

NDJSON = "application/gzip"
CSV = "text/csv; charset=utf-8"


class Export(Api):
    def get(self, request: Request, project: str, what: str) -> HttpResponseBase:
        target = project_of(self.access(Scope.MANAGE), project)
        given = {name: request.query_params[name] for name in request.query_params}
        return exported(target, what, given, None)


@require_safe
@project_page(Role.ADMIN)
def export_file(request: ProjectRequest, project: Project, what: str) -> HttpResponseBase:
    return exported(project, what, {name: request.GET[name] for name in request.GET}, request.user)


def exported(project: Project, what: str, given: dict[str, str], user: User | None) -> HttpResponseBase:
    """One of the three files. Raises AgentryError 400, 404, 429."""
    since, until = export.period(given)
    name = f"{project.team.slug}-{project.slug}"
    response: HttpResponseBase
    if what == "events":
        parts = export.events_file(project.id, since, until)
        response = export.download(parts, f"{name}.ndjson.gz", NDJSON)
    elif what == "usage":
        parts = export.usage_file(project.id, since, until)
        response = export.download(parts, f"{name}-usage.csv", CSV)
    elif what == "settings":
        response = HttpResponse(settings_text(project), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    else:
        raise not_found("There is no such file.", "The files are events, usage and settings.")
    subject = f"{project.slug} {what}"
    audit.record(project.team, user, "project.export", subject)
    return response


def settings_text(project: Project) -> str:
    found: dict[str, Any] = settings_of(project)
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
