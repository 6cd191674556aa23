"""What a failed write means: the database's trouble, or the event's."""

from __future__ import annotations

import django.db
import psycopg

# The database's or the deployment's trouble, which passes or is mended: hold the backlog, lose nothing.
# Beside connections (08), resources (53), shutdowns and timeouts (57), read-only (25), serialization (40) and
# locks (55) that is a wrong password or database (28, 3D), a migration not run or a missing grant (42), and a
# disk or a table that is broken (58, XX). As dead letters these would be a total loss.
TROUBLE = ("08", "25", "28", "3D", "40", "42", "53", "55", "57", "58", "XX")

DATABASE_ERRORS = (django.db.Error, psycopg.Error)


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of an error that Django or psycopg raised; None if it never reached the server.

    psycopg refuses a NUL in text by itself: a data exception too.
    """
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.DataError) and cause.sqlstate is None:
        return "22000"
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def is_refusal(error: BaseException) -> bool:
    """Whether PostgreSQL looked at the rows and refused them, so that trying again would not help."""
    state = sqlstate(error)
    return state is not None and not state.startswith(TROUBLE)
