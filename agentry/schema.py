"""/api/schema/: what the API takes and answers, in OpenAPI.

The settings of drf-spectacular name the two hooks below; with them come the descriptions of the views.
(Ingest, which is no DRF view, describes itself in `analytics.ingest.openapi`.)
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_view

from agentry import schema_customers, schema_projects  # noqa: F401  (they describe more views)
from agentry.describe import ASKING, ERROR, READING, WRITING, Schema, says
from analytics.endpoint import QueryView
from publications import rest
from publications.publish import RAW_HOGQL
from publications.recipes.catalog import RECIPES
from publications.recipes.rest import OneRecipe, Recipes
from publications.tools import (
    ANSWER,
    ANSWER_OF_RECIPE,
    DESCRIPTION,
    HOGQL,
    LINK,
    PARAMS,
    PUBLISHED,
    TEXT,
    takes,
)

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
RECIPE: Schema = {
    "type": "object",
    "required": ["recipe_id", "title", "description", "note", "reads_raw_events", "params"],
    "properties": {
        "recipe_id": TEXT,
        "title": TEXT,
        "description": TEXT,
        "note": TEXT,
        "reads_raw_events": {"type": "boolean"},
        "params": {"type": "object", "description": "A JSON schema.", "additionalProperties": True},
    },
}
RECIPE_LISTING: Schema = {
    "type": "object",
    "required": ["recipes"],
    "properties": {"recipes": {"type": "array", "items": RECIPE}},
}
ROTATED: Schema = {
    **LINK,
    "properties": {**LINK["properties"], "old_keys_end_at": {**TEXT, "format": "date-time"}},
}
OVERLAP: Schema = {"type": "integer", "minimum": 0, "maximum": 604_800, "default": 0}


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
            recipe_id={"type": "string", "enum": [RAW_HOGQL, *RECIPES]},
            description=DESCRIPTION,
            params=PUBLISHED,
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
        "list_recipes",
        "List the recipes and their parameters",
        READING,
        answer=RECIPE_LISTING,
        description="Needs the scope query.",
    )
)(Recipes)
extend_schema_view(
    post=says(
        "run_recipe",
        "Answer a recipe",
        ASKING,
        body=takes(params=PARAMS),
        answer=ANSWER_OF_RECIPE,
        description="Needs the scope query. `query` is the HogQL that gave the answer.",
    )
)(OneRecipe)
