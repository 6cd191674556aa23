"""Sending an answer piece by piece, each made when the one before has been taken: a download of any size.

A thread is at it only while a piece is made, so a slow client costs none; one that takes nothing for a while,
or has left, ends the download and with it the snapshot that it reads from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.http import HttpResponseBase

Message = MutableMapping[str, Any]

STALL_SECONDS = 60.0
THREADS = 2

_threads = ThreadPoolExecutor(THREADS, "download")


async def send_pieces(
    status: int,
    headers: list[tuple[bytes, bytes]],
    response: HttpResponseBase,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Raises what makes a piece, or TimeoutError: the connection then ends in the middle of the file."""
    loop = asyncio.get_running_loop()
    pieces: Any = iter(response)
    leaving = asyncio.ensure_future(_departure(receive))
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while not leaving.done():
            piece = await loop.run_in_executor(_threads, next, pieces, None)
            async with asyncio.timeout(STALL_SECONDS):
                await send(
                    {"type": "http.response.body", "body": piece or b"", "more_body": piece is not None}
                )
            if piece is None:
                return
    finally:
        leaving.cancel()
        await loop.run_in_executor(_threads, response.close)


async def _departure(receive: Callable[[], Awaitable[Message]]) -> None:
    """Return when the client has left. (Of a request without a body its empty body comes first.)"""
    while (await receive())["type"] != "http.disconnect":
        pass
