"""Structured logs on stderr: JSON lines in production, short lines in development, never a secret."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor

_SECRET = re.compile(r"\b(ag[dtp]_[A-Za-z0-9_-]{6})[A-Za-z0-9_-]{10,}")
_FIRST = ("timestamp", "level", "event")


def without_secrets(line: str) -> str:
    """Keys cut to what may be shown of them, wherever they stand: in a path, in a traceback."""
    return _SECRET.sub(r"\1…", line)


def setup(*, as_json: bool) -> dict[str, Any]:
    """Configure structlog and return Django's LOGGING, so that both write the same lines."""
    render = _json_line if as_json else _short_line
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, render],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": "structlog.stdlib.ProcessorFormatter",
        "foreign_pre_chain": [*shared, _logger_name],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            render,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # The request line says it already; what is left are tracebacks of bugs.
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "ERROR"},
            "sqlglot": {"level": "CRITICAL"},  # what it remarks on is in a user's query, who is told
            "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def _logger_name(logger: Any, method: str, event: EventDict) -> EventDict:
    event["logger"] = event["_record"].name
    return event


def _json_line(logger: Any, method: str, event: EventDict) -> str:
    try:
        line = msgspec.json.encode(event).decode()
    except TypeError:
        line = json.dumps(event, default=str)
    return without_secrets(line)


def _short_line(logger: Any, method: str, event: EventDict) -> str:
    """`13:42:05 info request method=POST path=/v1/…`, a traceback below."""
    trace = event.pop("exception", None)
    facts = " ".join(f"{name}={value}" for name, value in event.items() if name not in _FIRST)
    line = f"{event['timestamp'][11:19]} {event['level']} {event['event']} {facts}"
    return without_secrets(line + (f"\n{trace}" if trace else ""))
