"""Who waits for the answer that this thread works on, and what must stop when nobody does any more.

The ASGI front sees a client leave; the thread that works for it holds what should then end, a running query.
They meet in an `Asker`, which a context variable carries: it follows into the threads of /mcp by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

from agentry.errors import AgentryError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Asker:
    """One request's client: there until it `leave`s, in whichever thread that is noticed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gone = False
        self._stop: Callable[[], object] | None = None

    def leave(self) -> None:
        """Stop what runs for the client, and refuse what would begin. Blocks as long as stopping takes."""
        with self._lock:
            self._gone = True
            if self._stop is not None:
                self._stop()

    @contextmanager
    def stopping(self, stop: Callable[[], object]) -> Iterator[None]:
        """See `stopped_when_unwanted`."""
        with self._lock:
            if self._gone:
                raise gone()
            self._stop = stop
        try:
            yield
        except Exception:
            if self._gone:
                raise gone() from None
            raise
        finally:
            with self._lock:  # a stop under way must not meet what this connection does next
                self._stop = None


async def watch(receive: Receive, asker: Asker) -> None:
    """Return when the client has closed its connection and what ran for it has been told to stop.

    For a request whose body has been read to its end: nothing else can come. To be cancelled when the answer
    is there first.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
    await asyncio.to_thread(asker.leave)


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def answering(asker: Asker) -> Iterator[None]:
    """What runs in the block, runs for `asker`."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)


@contextmanager
def stopped_when_unwanted(stop: Callable[[], object]) -> Iterator[None]:
    """`stop` is called, from another thread, if the client leaves during the block.

    Raises AgentryError 503 `client_gone`, which nobody reads, when it had left already or what was stopped
    fails.
    """
    asker = _asker.get()
    if asker is None:
        yield
        return
    with asker.stopping(stop):
        yield


def gone() -> AgentryError:
    return AgentryError(503, "client_gone", "The client went away before the answer.", "Ask again.")
