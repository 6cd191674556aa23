"""Run compiled queries in PostgreSQL, as a role that can read one project and nothing else."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from functools import cache, partial
from typing import Any, cast

import psycopg
import structlog
from django.conf import settings
from django.db import connections
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from agentry.departure import stopped_when_unwanted
from agentry.errors import AgentryError
from agentry.patient import CHECK_SECONDS, Patient
from analytics.hogql.print_postgres import Statement

log = structlog.get_logger(__name__)

# The role holds the connection to SELECT; the session settings hold even if a query could set a role back.
SESSION = {
    "role": "agentry_query",
    "default_transaction_read_only": "on",
    "timezone": "UTC",
    "search_path": "public",
    "jit": "off",  # compiling took longer than the walkthrough's queries run
    "work_mem": "64MB",
    "statement_timeout": str(settings.QUERY_TIMEOUT_MS),
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "60s",
}
POOL_WAIT_SECONDS = 5.0
CANCEL_SECONDS = 2.0
SILENCE_SECONDS = 5.0  # past a query's timeout: then the server stands still, or it would have stopped it
POOL_PROJECTS = 3  # that may ask as much as they may: one project's slow queries must not stop all others
# Characters of text in one answer. Measured: 300 MB of them took the process to 1.4 GB.
ANSWER_SIZE = 16 * 2**20
ITEM_SIZE = 8
SIZED = {str, bytes, list}
CHUNK_ROWS = 100
# What a value of the data may do to a query that is right, and what to do then.
OF_THE_DATA = (
    (
        errors.CharacterNotInRepertoire | errors.InvalidTextRepresentation,
        "A function of bytes cuts or makes a text that is not UTF-8.",
        "Count characters instead: leftUTF8, rightUTF8, substringUTF8, reverseUTF8, lengthUTF8.",
    ),
    (
        errors.NumericValueOutOfRange,
        "A number in this question goes beyond its type: 64 bits, or a narrower one's.",
        "Compute with floats, toFloat64(x), or leave such rows out with WHERE.",
    ),
)


@cache
def _pool() -> ConnectionPool[Patient]:
    """This process's connections for queries; opened at first use, after the server has forked."""
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    database = connections["default"].settings_dict
    return ConnectionPool(
        make_conninfo(
            host=database["HOST"],
            port=database["PORT"] or None,
            dbname=database["NAME"],
            user=database["USER"],
            password=database["PASSWORD"] or None,
        ),
        kwargs={"options": options, "autocommit": True, "connect_timeout": 5, "prepare_threshold": None},
        connection_class=Patient,
        configure=_configure,
        min_size=0,
        max_size=POOL_PROJECTS * settings.QUERIES_AT_ONCE,
        timeout=POOL_WAIT_SECONDS,
        max_idle=300,
        check=_check,
        open=True,
    )


def _configure(connection: Patient) -> None:
    connection.patience = settings.QUERY_TIMEOUT_MS / 1000 + SILENCE_SECONDS


def _check(connection: Patient) -> None:
    """One that died with its server is not handed out. It seldom died alone, and the pool waits longer after
    each that it finds dead, or that says nothing: so all of them go, or four would cost every query its five
    seconds."""
    try:
        with connection.patient_for(CHECK_SECONDS):
            ConnectionPool.check_connection(connection)
    except psycopg.Error:
        _pool().drain()
        raise


def close() -> None:
    """End this process's connections; the next query opens new ones."""
    if _pool.cache_info().currsize:
        _pool().close()
        _pool.cache_clear()


def fetch(statement: Statement, project_id: int, most_rows: int) -> list[tuple[Any, ...]]:
    """At most `most_rows` rows. Raises AgentryError 422, 429, 503 or 504, never PostgreSQL's own words."""
    failed = _failed_connections()
    try:
        with _pool().connection() as connection:
            stop = partial(connection.cancel_safe, timeout=CANCEL_SECONDS)
            with stopped_when_unwanted(stop), connection.transaction():
                connection.execute("SELECT set_config('agentry.project_id', %s, true)", [str(project_id)])
                return _rows(connection, statement, most_rows)
    except PoolTimeout:
        raise _no_connection(failed) from None
    except errors.QueryCanceled:
        seconds = settings.QUERY_TIMEOUT_MS / 1000
        raise AgentryError(
            504,
            "query_timeout",
            f"The query took longer than {seconds:g} seconds and was stopped.",
            "Ask for a shorter window, or for fewer groups.",
        ) from None
    except psycopg.Error as error:
        raise _refused(error) from None


def _failed_connections() -> int:
    return _pool().get_stats().get("connections_errors", 0)


def _no_connection(failed: int) -> AgentryError:
    """Nobody gave one back in time, or none could be made since `failed` were counted: a full pool is the
    askers' doing, all else the server's."""
    full = _pool().get_stats()["pool_size"] == _pool().max_size
    if not full or _failed_connections() > failed:
        return _unavailable()
    return AgentryError(
        429, "too_many_queries", "Too many queries run at once.", "Try again in a moment.", retry_after=2
    )


def _unavailable() -> AgentryError:
    message = "The database does not answer right now."
    return AgentryError(503, "unavailable", message, "Try again in a moment.", retry_after=5)


def _rows(
    connection: psycopg.Connection[tuple[Any, ...]], statement: Statement, most_rows: int
) -> list[tuple[Any, ...]]:
    """Read in chunks, so that an answer that is too large is given up before it fills the memory."""
    rows: list[tuple[Any, ...]] = []
    room = ANSWER_SIZE
    stream = connection.cursor().stream(statement.sql, statement.parameters, size=CHUNK_ROWS)
    with closing(cast(Generator[tuple[Any, ...]], stream)):  # left early, it cancels the query
        for row in stream:
            for value in row:
                if type(value) in SIZED:  # most are numbers
                    room -= _size(value)
            if room < 0:
                message = f"The answer has more than {ANSWER_SIZE >> 20} MB of text."
                hint = "Ask for fewer rows with LIMIT, or for fewer or shorter columns."
                raise AgentryError(422, "answer_too_large", message, hint)
            if len(rows) < most_rows:
                rows.append(row)
    return rows


def _size(value: Any) -> int:
    """Roughly what it takes: text by its characters, an item of an array by its place at least."""
    if isinstance(value, list):
        return sum(map(_size, value)) + ITEM_SIZE * len(value)
    return len(value) if isinstance(value, str | bytes) else 0


def _refused(error: psycopg.Error) -> AgentryError:
    state = error.sqlstate or ""
    if isinstance(error, errors.ConfigurationLimitExceeded):  # temp_file_limit
        message = "The question sorts or groups more than the disk has room for."
        return AgentryError(422, "query_too_large", message, "Ask for a shorter window, or for fewer groups.")
    away = not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    # 55: a table is being changed, for longer than lock_timeout.
    if away or state[:2] in {"08", "53", "55", "57"}:
        return _unavailable()
    if isinstance(error, errors.CardinalityViolation):
        message = "A subquery that stands for one value gives several rows."
        return AgentryError(422, "too_many_values", message, "Add LIMIT 1, or an aggregate such as max().")
    if isinstance(error, errors.DivisionByZero):
        return AgentryError(
            422,
            "division_by_zero",
            "A whole number is divided by zero, or arrays side by side differ in length.",
            "Use intDivOrZero or moduloOrZero; arrayResize makes arrays equally long.",
        )
    for kind, message, hint in OF_THE_DATA:
        if isinstance(error, kind):
            return AgentryError(422, "data_does_not_fit", message, hint)
    # Without a state it is psycopg, which cannot hold a value that PostgreSQL can, such as the year 10000.
    if state[:2] not in {"", "22", "54"}:  # a value that does not fit, or is larger than PostgreSQL takes
        # Not the data's fault: we compiled it wrongly. The author gets a plain refusal, we get the reason.
        log.error("query_refused", sqlstate=state, reason=str(error).splitlines()[0][:300])
    return AgentryError(
        422,
        "data_does_not_fit",
        "A value in the data does not fit this question.",
        "Convert it with toFloat or toInt, or leave such rows out with WHERE.",
    )
