"""The SQL of dead letters: listed, searched, locked for a replay, discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

UNDECODABLE = ""  # the SQLSTATE of a letter that never came to PostgreSQL: it cannot be replayed
SHOWN_CHARS = 20_000


@dataclass(frozen=True)
class Letter:
    """`payload` is cut to what a page shows; `length` is its whole length in characters."""

    id: int
    payload: str
    length: int
    sqlstate: str
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class Kind:
    """The letters of one SQLSTATE, and what PostgreSQL said of the last of them."""

    sqlstate: str
    letters: int
    reason: str
    last_at: datetime


@dataclass(frozen=True)
class Choice:
    """Which of a project's waiting letters: these ids, all of a SQLSTATE, all up to an id; or simply all."""

    ids: tuple[int, ...] | None = None
    sqlstate: str | None = None
    until: int | None = None

    def where(self) -> tuple[str, list[Any]]:
        wanted = {
            "AND id = ANY(%s)": None if self.ids is None else list(self.ids),
            "AND sqlstate = %s": self.sqlstate,
            "AND id <= %s": self.until,
        }
        given = {clause: value for clause, value in wanted.items() if value is not None}
        return " ".join(given), list(given.values())


def count(project_id: int, choice: Choice) -> int:
    """Waiting letters: neither replayed nor discarded."""
    where, values = choice.where()
    sql = f"SELECT count(*) FROM dead_letters WHERE project_id = %s AND replayed_at IS NULL {where}"
    return int(_rows(sql, [project_id, *values])[0][0])


def newest(project_id: int) -> int:
    """The largest id; 0 if there is none."""
    return int(
        _rows("SELECT coalesce(max(id), 0) FROM dead_letters WHERE project_id = %s", [project_id])[0][0]
    )


def waiting_by_project() -> dict[int, int]:
    return dict(
        _rows("SELECT project_id, count(*) FROM dead_letters WHERE replayed_at IS NULL GROUP BY 1", [])
    )


def kinds(project_id: int) -> list[Kind]:
    """The most frequent first."""
    found = _rows(
        """SELECT sqlstate, count(*), (array_agg(reason ORDER BY id DESC))[1], max(created_at)
        FROM dead_letters WHERE project_id = %s AND replayed_at IS NULL GROUP BY 1 ORDER BY 2 DESC, 1""",
        [project_id],
    )
    return [Kind(*row) for row in found]


def listed(project_id: int, choice: Choice, part: str, before: int | None, most: int) -> list[Letter]:
    """The newest first; those whose payload or reason holds `part`, with an id under `before`."""
    where, values = choice.where()
    if part:
        where += " AND position(lower(%s) IN lower(reason || ' ' || payload)) > 0"
        values.append(part)
    if before is not None:
        where += " AND id < %s"
        values.append(before)
    found = _rows(
        f"""SELECT id, left(payload, {SHOWN_CHARS}), length(payload), sqlstate, reason, created_at
        FROM dead_letters WHERE project_id = %s AND replayed_at IS NULL {where} ORDER BY id DESC LIMIT %s""",
        [project_id, *values, most],
    )
    return [Letter(*row) for row in found]


def lock(project_id: int, choice: Choice, after: int, most: int) -> list[tuple[int, str]]:
    """(id, payload) of the next that can be replayed, with larger ids than `after`.

    Inside a transaction: they are locked, and what somebody else holds is passed over."""
    where, values = choice.where()
    return _rows(
        f"""SELECT id, payload FROM dead_letters
        WHERE project_id = %s AND id > %s AND replayed_at IS NULL AND sqlstate <> '' {where}
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
        [project_id, after, *values, most],
    )


def mark_replayed(letters: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dead_letters SET replayed_at = now() WHERE id = ANY(%s)", [list(letters)])


def discard(project_id: int, choice: Choice) -> int:
    """Delete waiting letters for good, payload and all. Gives how many."""
    where, values = choice.where()
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM dead_letters WHERE project_id = %s AND replayed_at IS NULL {where}",
            [project_id, *values],
        )
        return int(cursor.rowcount)


def _rows(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
