"""What a project's limits, deletions and exports take and answer, in OpenAPI."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view

from agentry.accounts import limit_rest
from agentry.accounts.limits import MOST
from agentry.describe import READING, WRITING, Schema, says
from analytics.keeping import rest as keeping
from publications import export
from publications.tools import TEXT, takes

DELETION: Schema = {
    "type": "object",
    "required": ["deletion_id", "project", "customer_id", "state", "requested_at", "events_deleted"],
    "properties": {
        "deletion_id": TEXT,
        "project": TEXT,
        "customer_id": {**TEXT, "nullable": True, "description": "Null: the whole project."},
        "state": {"type": "string", "enum": ["waiting", "running", "done"]},
        "requested_at": {**TEXT, "format": "date-time"},
        "finished_at": {**TEXT, "format": "date-time", "nullable": True},
        "events_deleted": {"type": "integer"},
        "days": {"type": "integer", "nullable": True, "description": "With something to delete."},
        "days_left": {"type": "integer", "nullable": True},
    },
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
extend_schema_view(
    delete=says(
        "delete_customer",
        "Delete a customer's data",
        [400, *READING],
        answer=DELETION,
        status=202,
        description="Needs the scope manage. All that was received before this request is deleted, raw and"
        " rolled up, in small steps; what is received later is kept. Ask anew as often as you like.",
    )
)(keeping.Customer)
extend_schema_view(
    delete=says(
        "delete_project",
        "Delete a project and its data",
        READING,
        answer=DELETION,
        status=202,
        description="Needs the scope manage. The project, its keys and its publications end at once.",
    )
)(keeping.WholeProject)
extend_schema_view(
    get=says(
        "list_deletions",
        "List the team's deletions",
        READING,
        answer={"type": "object", "properties": {"deletions": {"type": "array", "items": DELETION}}},
        description="Needs the scope manage. The newest 100 first.",
    )
)(keeping.Deletions)
extend_schema_view(
    get=says(
        "get_deletion",
        "See how far a deletion is",
        READING,
        answer=DELETION,
        description="Needs the scope manage.",
    )
)(keeping.OneDeletion)
extend_schema_view(
    get=says(
        "export",
        "Take a project's data out",
        [400, *READING, 429],
        answer={"description": "The file."},
        answers=["application/gzip", "text/csv", "application/json"],
        description="Needs the scope manage. `events`: gzipped NDJSON, each line as it was sent, to be sent"
        " again as it is; `usage`: calls by event, customer and day, CSV; `settings`: JSON.",
        parameters=[
            OpenApiParameter("what", str, "path", enum=["events", "usage", "settings"]),
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="Only what happened from then on."),
            OpenApiParameter("to", OpenApiTypes.DATETIME, description="Only what happened before."),
        ],
    )
)(export.Export)
