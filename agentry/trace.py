"""One id for a request, everywhere it leaves a trace: its answer, its lines, and the lines of what it woke.

A client may choose it (X-Request-ID); whatever is odd is replaced.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from secrets import token_hex
from typing import Any

import structlog
from celery import Task
from structlog.contextvars import bind_contextvars, clear_contextvars

from agentry.errors import POSTHOG

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

HEADER = b"x-request-id"
TASK_HEADER = "request_id"  # analytics.ingest.wake sends it
SHOWN = ("/v1/", "/mcp", *POSTHOG)
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = structlog.get_logger()


def request_id(sent: str) -> str:
    """The id that a client sent, or a new one."""
    return sent if _SANE.fullmatch(sent) else token_hex(8)


def id_of(scope: Message) -> str:
    """The id of a request that has not come as far as Django."""
    sent = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return request_id(sent.decode("latin-1"))


def line(scope: Message, status: int, began: float, **facts: Any) -> None:
    """The request's line in the log. `began` is of time.perf_counter."""
    ms = round((time.perf_counter() - began) * 1000, 1)
    path = scope["path"]
    if not path.startswith(SHOWN):
        path = f"/{path[1:].partition('/')[0]}/…"  # a link from an e-mail carries a key
    log.info("request", method=scope["method"], path=path, status=status, ms=ms, **facts)


def traced(scope: Message, send: Send) -> Send:
    """For an application beside Django: bind the id, send it with the answer, write the line."""
    named, began = id_of(scope), time.perf_counter()
    clear_contextvars()
    bind_contextvars(request_id=named)

    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (HEADER, named.encode())]}
            line(scope, message["status"], began)
        await send(message)

    return send_named


def begin_task(task_id: str, task: Task, **_: Any) -> None:
    """Lines of a task name it, and the request that woke it, if one did."""
    clear_contextvars()
    bind_contextvars(task=task.name, task_id=task_id)
    woken_by = task.request.get(TASK_HEADER)
    if isinstance(woken_by, str):
        bind_contextvars(request_id=request_id(woken_by))


def end_task(**_: Any) -> None:
    clear_contextvars()
