"""The disk full: the tables of the stack lie on a tmpfs of their own, which shrinks to what lies on it.

Only where we may mount. Elsewhere the proof says that it has not been shown.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from agentry.stack.binaries import account
from agentry.stack.servers import Postgres
from tests.stack import Stack

SIZE = 4 * 2**30  # it takes what lies on it
# Seen from a server, which works in its data directory and may not enter those above it.
SPACE = """CREATE TABLESPACE small LOCATION '/proc/self/cwd/small'
GRANT CREATE ON TABLESPACE small TO agentry
ALTER DATABASE agentry SET default_tablespace = small
"""


@contextlib.contextmanager
def mounted(stack: Stack) -> Iterator[bool]:
    """Before the stack's first start; gives whether it could be mounted."""
    stack.data_dir.mkdir(mode=0o700, parents=True)
    server = Postgres(stack.data_dir / "postgres")
    server.prepare()
    place, user = _place(stack), account()
    place.mkdir()
    if user is None or not _mount(place, f"size={SIZE},mode=0700,uid={user.pw_uid},gid={user.pw_gid}"):
        yield False
        return
    try:
        server._run("postgres", ["--single", "-D", server.data_path(), "postgres"], SPACE)
        yield True
    finally:
        subprocess.run(["umount", str(place)], check=True)


@contextlib.contextmanager
def full(stack: Stack) -> Iterator[None]:
    """53100 for whoever needs one page more."""
    place = _place(stack)
    found = os.statvfs(place)
    used = (found.f_blocks - found.f_bfree) * found.f_frsize
    assert _mount(place, f"remount,size={used}")
    try:
        yield
    finally:
        assert _mount(place, f"remount,size={SIZE}")


def _place(stack: Stack) -> Path:
    return stack.data_dir / "postgres" / "data" / "small"


def _mount(place: Path, options: str) -> bool:
    args = ["mount", "-t", "tmpfs", "-o", options, "agentry-chaos", str(place)]
    try:
        return subprocess.run(args, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
