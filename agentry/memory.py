"""Memory that is given back: told to the C library once, by the process that handles large bodies."""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of mallopt(3)
LARGE = 128 * 1024
ARENAS = 2


def give_back() -> None:
    """From here on what is larger than LARGE is mapped on its own, and unmapped when it is freed.

    Left to itself, glibc keeps blocks of up to 32 MB for later once one was freed, in an arena for each
    thread: after bodies of 20 MB in every thread the process kept 280 MB.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none, and gives back by itself
        if mallopt is not None:
            mallopt(_MMAP_THRESHOLD, LARGE)
            mallopt(_ARENA_MAX, ARENAS)
