"""REST of publications: publish, list, read, change, revoke, rotate.

Reading needs the token's scope `query`, everything else `publish`. The public URL opens the answer to
everybody, so only a token that may publish is shown it. Whatever belongs to another team is not there: 404.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentry.accounts.keystore import Access, project_of, require_scope
from agentry.accounts.models import Project, Scope
from agentry.errors import AgentryError, not_found
from publications import fields
from publications.links import public_url
from publications.models import Publication, older, publications_of
from publications.publish import change, publish, revoke, rotate
from publications.wire import AlwaysJson, BodyParser, TokenAuthentication

PAGE = 50
PAGE_MAXIMUM = 100
OVERLAP_MAXIMUM = timedelta(days=7)


class Api(APIView):
    authentication_classes = [TokenAuthentication]
    parser_classes = [BodyParser]
    content_negotiation_class = AlwaysJson

    def access(self, scope: Scope) -> Access:
        """The token's access. Raises 401, 403 `missing_scope`."""
        access = cast(Access, self.request.auth)
        require_scope(access, scope)
        return access

    @property
    def body(self) -> fields.Body:
        """The request's JSON object; an empty one when it has no body. Raises 400, 413, 415."""
        return cast(fields.Body, self.request.data)

    def publication(self, publication_id: str, scope: Scope) -> Publication:
        """A publication of the token's team. Raises 401, 403, 404."""
        return publication_of(self.access(scope), publication_id)


class Publish(Api):
    def post(self, request: Request, project: str) -> Response:
        target = project_of(self.access(Scope.PUBLISH), project)
        return Response(publish_body(target, self.body), status=201)


class Publications(Api):
    def get(self, request: Request) -> Response:
        given = {name: request.query_params[name] for name in request.query_params}
        return Response(listing(self.access(Scope.QUERY), given))


class OnePublication(Api):
    def get(self, request: Request, publication_id: str) -> Response:
        publication = self.publication(publication_id, Scope.QUERY)
        return Response(described(publication, self.access(Scope.QUERY)))

    def patch(self, request: Request, publication_id: str) -> Response:
        publication = self.publication(publication_id, Scope.PUBLISH)
        return Response(described(change(publication, self.body, None), self.access(Scope.PUBLISH)))

    def delete(self, request: Request, publication_id: str) -> Response:
        revoke(self.publication(publication_id, Scope.PUBLISH), None)
        return Response(status=204)


class Rotate(Api):
    def post(self, request: Request, publication_id: str) -> Response:
        publication = self.publication(publication_id, Scope.PUBLISH)
        return Response(rotate_body(publication, self.body))


def publish_body(project: Project, body: fields.Body) -> dict[str, str]:
    """Publish what a request's body asks for; the answer of the HTTP contract."""
    fields.refuse_others(body, ["recipe_id", "description", "params"])
    publication, url = publish(
        project, body.get("recipe_id"), body.get("description"), body.get("params"), None
    )
    return {"publication_id": publication.id, "public_url": url}


def rotate_body(publication: Publication, body: fields.Body) -> dict[str, str]:
    fields.refuse_others(body, ["overlap_seconds"])
    maximum = int(OVERLAP_MAXIMUM.total_seconds())
    seconds = fields.whole_number(body, "overlap_seconds", 0, 0, maximum)
    url, ends_at = rotate(publication, timedelta(seconds=seconds), None)
    return {"publication_id": publication.id, "public_url": url, "old_keys_end_at": moment(ends_at)}


def publication_of(access: Access, publication_id: str) -> Publication:
    """Raises 404 for an id that is unknown, revoked or another team's."""
    if "\0" not in publication_id:
        found = publications_of(access.team_id).filter(pk=publication_id).first()
        if found is not None:
            return found
    raise not_found("This token's team has no publication of that id.")


def listing(access: Access, given: dict[str, str]) -> dict[str, Any]:
    """`{"publications": […], "next": URL or null}`: the newest first, `limit` a page, after `before`."""
    fields.refuse_others(given, ["project", "limit", "before"])
    rows = publications_of(access.team_id)
    if "project" in given:
        rows = rows.filter(project=project_of(access, fields.text(given, "project", 50)))
    limit = page_size(given)
    if "before" in given:
        rows = older(rows, publication_of(access, given["before"]))
    found = list(rows[: limit + 1])
    following = None
    if len(found) > limit:
        found.pop()
        query = {**given, "limit": limit, "before": found[-1].id}
        following = f"{settings.URL}/v1/publications/?{urlencode(query)}"
    return {"publications": [described(row, access) for row in found], "next": following}


def page_size(given: dict[str, str]) -> int:
    raw = given.get("limit", str(PAGE))
    if not (raw.isascii() and raw.isdigit() and len(raw) < 4 and 1 <= int(raw) <= PAGE_MAXIMUM):
        message = "The limit is not a number of publications a page can hold."
        raise AgentryError(400, "out_of_range", message, f"Send 1 to {PAGE_MAXIMUM}.", field="limit")
    return int(raw)


def described(publication: Publication, access: Access) -> dict[str, Any]:
    """A publication as the API shows it to its team."""
    last = publication.last_viewed_at
    return {
        "publication_id": publication.id,
        "project": publication.project.slug,
        "recipe_id": publication.recipe_id,
        "description": publication.description,
        "params": {"query": publication.query},
        "public_url": public_url(publication) if Scope.PUBLISH in access.scopes else None,
        "created_at": moment(publication.created_at),
        "views": publication.views,
        "last_viewed_at": moment(last) if last else None,
    }


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
