"""The promise broken on purpose, in the proof's own stack, to see the proof fail.

`answer`: the 2xx goes before the append. `ack`: the writer acknowledges before it commits. `dedupe`: nothing
keeps an event from being stored twice.
"""

from __future__ import annotations

from pathlib import Path

from tests.chaos import check, too_early
from tests.stack import ROOT, Stack

BREAKAGES = ("answer", "ack", "dedupe")


def environment(breakage: str, directory: Path) -> dict[str, str]:
    """What the stack's processes need in order to be broken: Python imports sitecustomize when it starts."""
    if breakage not in too_early.PATCHES:
        return {}
    (directory / "sitecustomize.py").write_text(f"import {too_early.__name__}\n")
    return {"PYTHONPATH": f"{directory}:{ROOT}", too_early.VARIABLE: breakage}


def break_tables(breakage: str, stack: Stack) -> None:
    if breakage == "dedupe":
        with check.database(stack) as connection:
            connection.execute("ALTER TABLE events DROP CONSTRAINT events_pkey")
