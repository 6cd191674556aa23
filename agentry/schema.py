"""/api/schema/: what the API takes and answers, in OpenAPI.

The settings of drf-spectacular name the two hooks below; with them come the descriptions of the views.
(Ingest, which is no DRF view, describes itself in `analytics.ingest.openapi`.)
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from agentry.accounts import limit_rest
from agentry.accounts.limits import MOST
from analytics.endpoint import QueryView
from publications import rest
from publications.tools import ANSWER, DESCRIPTION, HOGQL, LINK, TEXT, takes

Schema = dict[str, Any]

ERROR: Schema = {
    "type": "object",
    "description": "Every error, on every endpoint, has this shape; some carry more: field, line, column.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {
                "code": {**TEXT, "description": "Stable: programs may rely on it."},
                "message": {**TEXT, "description": "One plain sentence."},
                "hint": {**TEXT, "description": "What to do next."},
                "field": {**TEXT, "description": "The field that is wrong."},
                "line": {"type": "integer", "nullable": True, "description": "In the query, from 1."},
                "column": {"type": "integer", "nullable": True, "description": "In that line, from 1."},
            },
        }
    },
}
ERRORS = {
    400: "The body, a field or a parameter is wrong.",
    401: "The token is missing, wrong or revoked.",
    403: "The token lacks the scope.",
    404: "The token's team has nothing of that name.",
    405: "This address does not take this method.",
    413: "The body or the query is too long.",
    415: "The Content-Type is not application/json.",
    422: "The data do not fit the question.",
    429: "Too many questions at once: come back after Retry-After.",
    503: "A server is away: come back after Retry-After.",
    504: "The question took too long.",
}
PUBLICATION: Schema = {
    "type": "object",
    "required": ["publication_id", "project", "recipe_id", "description", "params", "public_url", "views"],
    "properties": {
        "publication_id": TEXT,
        "project": TEXT,
        "recipe_id": TEXT,
        "description": TEXT,
        "params": {"type": "object", "properties": {"query": TEXT}},
        "public_url": {
            **TEXT,
            "nullable": True,
            "description": "Null for a token without the scope publish and after the secret key has changed.",
        },
        "created_at": {**TEXT, "format": "date-time"},
        "views": {"type": "integer"},
        "last_viewed_at": {**TEXT, "format": "date-time", "nullable": True},
    },
}
LISTING: Schema = {
    "type": "object",
    "required": ["publications", "next"],
    "properties": {
        "publications": {"type": "array", "items": PUBLICATION},
        "next": {**TEXT, "nullable": True, "description": "The address of the next page."},
    },
}
ROTATED: Schema = {
    **LINK,
    "properties": {**LINK["properties"], "old_keys_end_at": {**TEXT, "format": "date-time"}},
}
PARAMS: Schema = {
    "type": "object",
    "required": ["query"],
    "properties": {"query": HOGQL},
    "additionalProperties": False,
}
AMOUNTS: Schema = {
    name: {
        "type": "integer",
        "minimum": 1,
        "maximum": most,
        "nullable": True,
        "description": "Null: no limit.",
    }
    for name, most in MOST.items()
}
LIMITS: Schema = {
    **AMOUNTS,
    "events_this_month": {
        "type": "integer",
        "nullable": True,
        "description": "Null without a month's limit.",
    },
}
KEY_LIMITS: Schema = {
    "type": "object",
    "required": ["key_id", "name", "prefix", *LIMITS],
    "properties": {"key_id": {"type": "integer"}, "name": TEXT, "prefix": TEXT, **LIMITS},
}
PROJECT_LIMITS: Schema = {
    "type": "object",
    "required": ["project", *LIMITS, "keys"],
    "properties": {"project": TEXT, **LIMITS, "keys": {"type": "array", "items": KEY_LIMITS}},
}
OVERLAP: Schema = {"type": "integer", "minimum": 0, "maximum": 604_800, "default": 0}
READING = [401, 403, 404, 405, 503]
WRITING = [400, *READING, 413, 415]
ASKING = [*WRITING, 422, 429, 504]


def documented(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """A preprocessing hook: the API alone, each address once (they also work without the last slash)."""
    return [row for row in endpoints if row[0].startswith("/v1/") and row[0].endswith("/")]


def add_components(result: Schema, **_: Any) -> Schema:
    """A postprocessing hook: what the operations refer to, the shape of errors and the token."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    components.setdefault("securitySchemes", {})["token"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, agt_…",
    }
    return result


def says(operation: str, summary: str, errors: list[int], **more: Any) -> Any:
    """Describe one method of a view. `body` and `answer` are JSON schemas, `status` that of success."""
    body, answer, status = more.pop("body", None), more.pop("answer", None), more.pop("status", 200)
    refused: dict[int, Any] = {
        code: OpenApiResponse({"$ref": "#/components/schemas/Error"}, ERRORS[code]) for code in errors
    }
    return extend_schema(
        operation_id=operation,
        summary=summary,
        tags=["v1"],
        auth=[{"token": []}],  # type: ignore[list-item]
        request={"application/json": body} if body else None,
        responses={status: OpenApiResponse(answer, "Done."), **refused},
        **more,
    )


extend_schema_view(
    post=says(
        "ask",
        "Ask a question in HogQL",
        ASKING,
        body=takes("query", query=HOGQL, explain={"type": "boolean", "default": False}),
        answer=ANSWER,
        description="Needs the scope query. Up to 10,000 rows, then truncated is true.",
    )
)(QueryView)
extend_schema_view(
    post=says(
        "publish",
        "Publish the answer to a question",
        ASKING,
        body=takes(
            "recipe_id",
            "description",
            "params",
            recipe_id={"type": "string", "enum": ["raw_hogql"]},
            description=DESCRIPTION,
            params=PARAMS,
        ),
        answer=LINK,
        status=201,
        description="Needs the scope publish. The question is frozen, and asked anew for viewers.",
    )
)(rest.Publish)
extend_schema_view(
    get=says(
        "list_publications",
        "List the team's publications",
        [400, *READING],
        answer=LISTING,
        description="Needs the scope query. The newest first.",
        parameters=[
            OpenApiParameter("project", str, description="Only this project's."),
            OpenApiParameter("limit", int, description="1 to 100; 50 if left out."),
            OpenApiParameter("before", str, description="Start after this publication."),
        ],
    )
)(rest.Publications)
extend_schema_view(
    get=says("get_publication", "Read a publication", READING, answer=PUBLICATION),
    patch=says(
        "change_publication",
        "Change a publication's description or question",
        ASKING,
        body=takes(description=DESCRIPTION, query=HOGQL),
        answer=PUBLICATION,
        description="Needs the scope publish. The links stay.",
    ),
    delete=says(
        "revoke_publication",
        "End a publication and all its links",
        READING,
        status=204,
        description="Needs the scope publish. Every process refuses the links within 5 seconds.",
    ),
)(rest.OnePublication)
extend_schema_view(
    post=says(
        "rotate_publication",
        "Give a publication a new link",
        WRITING,
        body=takes(overlap_seconds=OVERLAP),
        answer=ROTATED,
        description="Needs the scope publish. The old links end at once, or after overlap_seconds.",
    )
)(rest.Rotate)
extend_schema_view(
    get=says(
        "get_limits",
        "Read how much a project and its keys may send",
        READING,
        answer=PROJECT_LIMITS,
        description="Needs the scope manage.",
    ),
    patch=says(
        "change_limits",
        "Set a project's limits",
        WRITING,
        body=takes(**AMOUNTS),
        answer=PROJECT_LIMITS,
        description="Needs the scope manage. Holds on every process within 5 seconds.",
    ),
)(limit_rest.ProjectLimits)
extend_schema_view(
    patch=says(
        "change_key_limits",
        "Set a DSN key's limits",
        WRITING,
        body=takes(**AMOUNTS),
        answer=KEY_LIMITS,
        description="Needs the scope manage. Holds beside the project's limits, within 5 seconds.",
    ),
)(limit_rest.KeyLimits)
