"""POST /v1/analytics/{project}/query/: HogQL in, rows out."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentry.accounts.keystore import authorize, project_of, require_scope
from agentry.errors import AgentryError
from analytics import query
from analytics.answer import to_json

FIELDS = {"query", "explain"}


class QueryView(APIView):
    """Ask one HogQL query. Needs an API token with the scope `query`."""

    def post(self, request: Request, project: str) -> Response:
        access = authorize(request.headers.get("Authorization"), "token")
        require_scope(access, "query")
        owner = project_of(access, project)
        hogql, explain = question(request.data)
        result = query.run(owner, hogql)
        return Response(to_json(result, explain=explain))


def question(body: Any) -> tuple[str, bool]:
    """The two fields of the body. Raises AgentryError 400 with the field that is wrong."""
    hint = 'Send {"query": "select count() from events"}.'
    if not isinstance(body, dict):
        raise AgentryError(400, "not_an_object", "The body is a JSON object.", hint)
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        message = f"There is no field `{unknown[0][:60]}`."
        raise AgentryError(
            400, "unknown_field", message, "The fields are query and explain.", field=unknown[0][:60]
        )
    if "query" not in body:
        raise AgentryError(400, "missing_field", "The field `query` is missing.", hint, field="query")
    hogql, explain = body["query"], body.get("explain", False)
    if not isinstance(hogql, str):
        raise AgentryError(400, "wrong_type", "The field `query` is a text.", hint, field="query")
    if not isinstance(explain, bool):
        raise AgentryError(400, "wrong_type", "The field `explain` is true or false.", hint, field="explain")
    return hogql, explain
