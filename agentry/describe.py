"""How an operation is described in OpenAPI: its errors, and one function for everything else."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema

from publications.tools import TEXT

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
READING = [401, 403, 404, 405, 503]
WRITING = [400, *READING, 413, 415]
ASKING = [*WRITING, 422, 429, 504]


def says(operation: str, summary: str, errors: list[int], **more: Any) -> Any:
    """Describe one method of a view. `body` and `answer` are JSON schemas, `status` that of success."""
    types = more.pop("answers", None)
    body, answer, status = more.pop("body", None), more.pop("answer", None), more.pop("status", 200)
    refused: dict[int, Any] = {
        code: OpenApiResponse({"$ref": "#/components/schemas/Error"}, ERRORS[code]) for code in errors
    }
    said = OpenApiResponse(answer, "Done.")
    done: dict[Any, Any] = {(status, type_): said for type_ in types} if types else {status: said}
    return extend_schema(
        operation_id=operation,
        summary=summary,
        tags=["v1"],
        auth=[{"token": []}],  # type: ignore[list-item]
        request={"application/json": body} if body else None,
        responses={**done, **refused},
        **more,
    )
