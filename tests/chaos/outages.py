"""PostgreSQL alive but of no use for a while: events are accepted and wait, and none is a dead letter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import psycopg

from tests.chaos import check
from tests.stack import Stack

HOLD_SECONDS = 5.0
HEAL_SECONDS = 30.0  # within so many all must be well again
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = current_user AND application_name <> current_setting('application_name')"""


@contextlib.contextmanager
def _read_only(stack: Stack) -> Iterator[None]:
    """For every new connection; the old ones are ended, as when a standby takes over."""
    with check.database(stack) as connection:
        connection.execute("ALTER DATABASE agentry SET default_transaction_read_only = on")
        connection.execute(END_OTHERS)
        try:
            yield
        finally:
            connection.execute("ALTER DATABASE agentry RESET default_transaction_read_only")


@contextlib.contextmanager
def _no_connections(stack: Stack) -> Iterator[None]:
    """All of them are ours, and the stack's own have been ended."""
    with contextlib.ExitStack() as held:
        first = held.enter_context(check.database(stack))
        _take_all(stack, held)
        while first.execute(END_OTHERS).rowcount:
            _take_all(stack, held)
        yield


def _take_all(stack: Stack, held: contextlib.ExitStack) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            held.enter_context(check.database(stack))


OUTAGES: dict[str, Callable[[Stack], contextlib.AbstractContextManager[None]]] = {
    "read only": _read_only,
    "no connections": _no_connections,
}
