"""Django's `migrate`, made for a database that is in use.

A change of a table waits for everybody who uses it, and everybody who comes after waits behind the change. So
it waits for a second at most, then lets them all through and tries again. What is done stays done: each
migration is a transaction. Two who migrate at once take turns.
"""

from __future__ import annotations

import random
import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg import errors

LOCK = 0x61676D69  # the advisory lock of whoever migrates
LOCK_MS = 1_000  # less than a query waits for a lock (`postgres.SESSION`), so that none fails
WAIT_SECONDS = 600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        deadline, pause = time.monotonic() + WAIT_SECONDS, FIRST_PAUSE
        while True:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"SET lock_timeout = {LOCK_MS}")
                    cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                    raise
                if time.monotonic() > deadline:
                    raise CommandError(
                        "Others kept a table busy for ten minutes. Try again later."
                    ) from error
                self.stdout.write(f"Somebody uses the table; trying again in {pause:.1f} s.")
            else:
                return
            finally:
                self._let_go(options["database"])
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _let_go(self, database: str) -> None:
        """A connection that broke has let go by itself."""
        connection = connections[database]
        if connection.connection is None or connection.connection.closed:
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            cursor.execute("RESET lock_timeout")
