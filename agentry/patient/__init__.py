"""Connections to PostgreSQL that do not wait for ever: a server that is stopped, or cut off, says nothing.

The kernel goes on acknowledging for a stopped process, so neither keepalives nor tcp_user_timeout notice.
The engine of DATABASES is `agentry.patient`; see `base`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction, _WaitTimeout

CHECK_SECONDS = 2.0  # in which a connection that has lain idle must say that it is alive


class Patient(psycopg.Connection[Any]):
    """A connection that is closed when one answer takes longer than `patience` seconds; None waits for ever,
    as a worker does, whose tasks have limits of their own."""

    patience: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Raises psycopg.OperationalError after that time: nobody knows then what became of the statement."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("PostgreSQL has said nothing for too long.") from None

    @contextmanager
    def patient_for(self, seconds: float) -> Iterator[None]:
        """Another patience for a while."""
        usual, self.patience = self.patience, seconds
        try:
            yield
        finally:
            self.patience = usual


def is_away(error: BaseException) -> bool:
    """Whether an error that Django raised says that PostgreSQL does not answer, or takes nothing now."""
    read_only = isinstance(error.__cause__, ReadOnlySqlTransaction)
    return read_only or isinstance(error, OperationalError | InterfaceError)
