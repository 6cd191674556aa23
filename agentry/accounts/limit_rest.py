"""REST of limits, for tokens with the scope `manage`: a project's, and those of its keys."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentry.accounts import limits
from agentry.accounts.keystore import LIMITS, authorize, project_of, require_scope
from agentry.accounts.models import DsnKey, Project, Scope
from agentry.errors import AgentryError, not_found


class ProjectLimits(APIView):
    def get(self, request: Request, project: str) -> Response:
        return Response(_shown(_project(request, project)))

    def patch(self, request: Request, project: str) -> Response:
        found = _project(request, project)
        limits.change(found, _body(request), None)
        return Response(_shown(found))


class KeyLimits(APIView):
    def patch(self, request: Request, project: str, key: int) -> Response:
        # A key of another project is not there; neither is one whose number PostgreSQL cannot hold.
        keys = live_keys(_project(request, project))
        found = keys.filter(pk=key).first() if key < 2**63 else None
        if found is None:
            raise not_found("This project has no live key of that id.")
        limits.change(found, _body(request), None)
        return Response(_shown_key(found))


def live_keys(project: Project) -> QuerySet[DsnKey]:
    return project.dsn_keys.filter(revoked_at=None).select_related("project__team").order_by("pk")


def _project(request: Request, slug: str) -> Project:
    """Raises 401, 403 `missing_scope`, 404."""
    access = authorize(request.headers.get("Authorization"), "token")
    require_scope(access, Scope.MANAGE)
    return project_of(access, slug)


def _body(request: Request) -> dict[str, object]:
    if not isinstance(request.data, dict):
        hint = 'Send {"events_per_second": 100}; null takes a limit away.'
        raise AgentryError(400, "not_an_object", "The body is not a JSON object.", hint)
    return request.data


def _shown(project: Project) -> dict[str, Any]:
    keys = [_shown_key(key) for key in live_keys(project)]
    return {"project": project.slug, **_limits(project), "keys": keys}


def _shown_key(key: DsnKey) -> dict[str, Any]:
    return {"key_id": key.pk, "name": key.name, "prefix": key.prefix, **_limits(key)}


def _limits(holder: Project | DsnKey) -> dict[str, int | None]:
    """With what the month's limit has counted; null while there is none, or Valkey does not answer."""
    shown: dict[str, int | None] = {name: getattr(holder, name) for name in LIMITS}
    try:
        shown["events_this_month"] = None if holder.events_per_month is None else limits.used(holder)
    except RedisError:
        shown["events_this_month"] = None
    return shown
