"""Room in memory for large bodies: what all requests of a process may hold of them together, expanded.

A body of 20 MB is there as itself and as the entries made of it, so one takes some 50 MB. Who finds no room
waits on the event loop, where it holds its wire bytes and no thread, and is told to come back if it takes too
long. Small bodies need none: only as many as there are threads are ever expanded at once.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from contextlib import suppress
from threading import Lock

from agentry.errors import AgentryError

SMALL = 256 * 1024
BYTES = 24 * 2**20  # one body of the largest kind, and a few others
SECONDS = 5.0


def overloaded() -> AgentryError:
    message = "Too much is being sent at once."
    hint = "Send the request again after the time in Retry-After."
    return AgentryError(503, "overloaded", message, hint, retry_after=random.randint(1, 10))


class Room:
    def __init__(self, size: int) -> None:
        self._free = size
        self._lock = Lock()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def place(self, size: int) -> Place:
        """A place for a body of that size, waited for in turn. Raises 503 `overloaded`."""
        taken = size if size > SMALL else 0
        if taken and (self._waiting or not self.take(taken)):
            await self._wait(taken)
        return Place(self, taken)

    def take(self, size: int) -> bool:
        """Without waiting, from any thread."""
        with self._lock:
            fits = size <= self._free
            self._free -= size * fits
            return fits

    def give(self, size: int) -> None:
        """From any thread."""
        with self._lock:
            self._free += size
        with suppress(IndexError):  # nobody waits
            self._waiting[0][1].get_loop().call_soon_threadsafe(self._let_in)

    async def _wait(self, size: int) -> None:
        waiting = size, asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._let_in()  # somebody may have left meanwhile
        try:
            async with asyncio.timeout(SECONDS):
                await waiting[1]
        except TimeoutError:
            raise overloaded() from None
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                self._let_in()  # who is next may need less

    def _let_in(self) -> None:
        while self._waiting:
            size, future = self._waiting[0]
            if future.done():  # it has given up
                self._waiting.popleft()
            elif self.take(size):
                self._waiting.popleft()
                future.set_result(None)
            else:
                return


class Place:
    """What one request has taken."""

    def __init__(self, room: Room, taken: int) -> None:
        self._room, self._taken = room, taken

    def grow(self, size: int) -> None:
        """The body is larger than it said. Raises 503 `overloaded` where there is no room just now."""
        more = size - self._taken
        if more > 0 and size > SMALL:
            if not self._room.take(more):
                raise overloaded()
            self._taken = size

    def leave(self) -> None:
        """The body and its entries are gone. May be called again."""
        taken, self._taken = self._taken, 0
        if taken:
            self._room.give(taken)
