"""What a customer's change is in OpenAPI."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view

from agentry.describe import READING, Schema, says
from analytics.customers.one.rest import Changes
from publications.tools import TEXT

NUMBER: Schema = {"type": "integer"}
PART: Schema = {
    "type": "object",
    "required": ["value", "others", "before", "now", "change"],
    "properties": {
        "value": {**TEXT, "nullable": True, "description": "Null: not given, or several values together."},
        "others": {**NUMBER, "description": "How many values this part stands for; 0: one value of its own."},
        "before": NUMBER,
        "now": NUMBER,
        "change": {**NUMBER, "description": "The changes of all parts sum to the whole change."},
    },
}
SPAN: Schema = {
    "type": "object",
    "required": ["from", "to", "calls"],
    "properties": {"from": TEXT, "to": TEXT, "calls": NUMBER},
}
WHY: Schema = {
    "type": "object",
    "nullable": True,
    "required": ["sentence", "before", "now", "change", "change_ratio", "splits"],
    "properties": {
        "sentence": TEXT,
        "before": SPAN,
        "now": SPAN,
        "change": NUMBER,
        "change_ratio": {
            "type": "number",
            "nullable": True,
            "description": "Null: there were no calls before.",
        },
        "splits": {
            "type": "array",
            "description": "The one that explains most first.",
            "items": {
                "type": "object",
                "required": ["by", "uneven", "parts"],
                "properties": {
                    "by": TEXT,
                    "uneven": {"type": "number", "description": "Share of the change out of proportion."},
                    "parts": {"type": "array", "items": PART},
                },
            },
        },
    },
}
CHANGE: Schema = {
    "type": "object",
    "required": [
        "customer_id",
        "event",
        "flag",
        "reason",
        "why",
        "nothing_to_compare",
        "why_raw",
        "source",
        "as_of",
    ],
    "properties": {
        "customer_id": TEXT,
        "event": TEXT,
        "flag": {**TEXT, "nullable": True},
        "reason": {**TEXT, "nullable": True},
        "why": {
            **WHY,
            "description": "By endpoint, status, method and plan; first and last day of each span.",
        },
        "nothing_to_compare": {**TEXT, "nullable": True, "description": "Why `why` is null; else null."},
        "why_raw": {
            **WHY,
            "description": "By SDK version and country, from raw events: of shorter spans for a large"
            " customer, as `note` says.",
        },
        "source": {"type": "string", "enum": ["rollup", "raw", "both"]},
        "as_of": {**TEXT, "format": "date-time"},
        "complete_through": {**TEXT, "format": "date-time"},
        "elapsed_ms": {"type": "number"},
    },
}

extend_schema_view(
    get=says(
        "explain_change",
        "Why did a customer's calls change?",
        [400, *READING, 422, 429, 504],
        answer=CHANGE,
        description="Needs the scope query. Compares the complete days of a window with as many before it,"
        " and splits the change into parts that sum to it exactly.",
        parameters=[
            OpenApiParameter("customer_id", str, required=True),
            OpenApiParameter("event", str, description="api_request, if it is not given."),
            OpenApiParameter(
                "window", str, enum=["7", "30", "90"], description="Days up to now; 30 usually."
            ),
            OpenApiParameter(
                "from", OpenApiTypes.DATE, description="A window of one's own: its first day, UTC."
            ),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Its last day."),
        ],
    )
)(Changes)
