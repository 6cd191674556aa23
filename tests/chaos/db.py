"""PostgreSQL alive but of no use for a while: events are accepted and wait, and none is a dead letter."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

import psutil
import psycopg

from tests.chaos import check
from tests.stack import Stack

END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = current_user AND application_name <> current_setting('application_name')"""


@contextlib.contextmanager
def read_only(stack: Stack) -> Iterator[None]:
    """For every new connection; the old ones are ended, as when a standby takes over."""
    with check.database(stack) as connection:
        connection.execute("ALTER DATABASE agentry SET default_transaction_read_only = on")
        connection.execute(END_OTHERS)
        try:
            yield
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER DATABASE agentry RESET default_transaction_read_only")


@contextlib.contextmanager
def no_connections(stack: Stack) -> Iterator[None]:
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


@contextlib.contextmanager
def stopped(stack: Stack, name: str = "postgres") -> Iterator[None]:
    """A server and everything below it stand still: it answers nobody, and refuses nobody."""
    server = stack.processes()[name]
    server.suspend()
    while server.status() != psutil.STATUS_STOPPED:  # else it might fork one more that nobody stops
        time.sleep(0.001)
    everything = [server, *server.children(recursive=True)]
    for process in everything[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in everything:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


@contextlib.contextmanager
def kept_down(stack: Stack, name: str = "postgres", number: int = signal.SIGQUIT) -> Iterator[None]:
    """It ends at once (SIGQUIT is PostgreSQL's immediate stop), and again whenever it is started."""
    ending = threading.Event()

    def end() -> None:
        while True:
            with contextlib.suppress(KeyError, psutil.NoSuchProcess):
                stack.processes()[name].send_signal(number)
            if ending.wait(0.1):
                return

    thread = threading.Thread(target=end, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
