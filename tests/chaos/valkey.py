"""Valkey of no use for a while: every event is refused with 503 within a second or so, and none is lost."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import time
from collections.abc import Iterator

import psutil
import redis

from tests.chaos import db
from tests.stack import Stack


@contextlib.contextmanager
def client(stack: Stack) -> Iterator[redis.Redis]:
    url = json.loads((stack.data_dir / "running.json").read_text())["VALKEY_URL"]
    with redis.Redis.from_url(url, decode_responses=True) as found:
        yield found


def backlog(stack: Stack) -> int:
    """Events that wait, read where they are counted: with PostgreSQL away a scrape of /metrics may take
    longer than a scraper waits."""
    with client(stack) as valkey:
        return int(str(valkey.get("ingest:backlog") or 0))


@contextlib.contextmanager
def stopped(stack: Stack) -> Iterator[None]:
    with db.stopped(stack, "valkey"):
        yield


@contextlib.contextmanager
def down(stack: Stack) -> Iterator[None]:
    with db.kept_down(stack, "valkey", signal.SIGKILL):
        yield


@contextlib.contextmanager
def full(stack: Stack) -> Iterator[None]:
    """It takes no command that needs memory: no event, and no message of Celery's."""
    with client(stack) as valkey:
        before = str(valkey.config_get("maxmemory")["maxmemory"])
        valkey.config_set("maxmemory", 2**20)
        try:
            yield
        finally:
            valkey.config_set("maxmemory", before)


@contextlib.contextmanager
def read_only(stack: Stack) -> Iterator[None]:
    """A replica of nobody, as while a failover is under way."""
    with client(stack) as valkey:
        valkey.replicaof("127.0.0.1", "1")
        try:
            yield
        finally:
            valkey.replicaof("NO", "ONE")


@contextlib.contextmanager
def misconfigured(stack: Stack) -> Iterator[None]:
    """It cannot save, and says MISCONF to all who write."""
    directory = stack.data_dir / "valkey" / "data"
    mode = directory.stat().st_mode & 0o777
    with client(stack) as valkey:
        valkey.config_set("save", "3600 1")
        directory.chmod(0o500)
        try:
            _save(valkey, "err")
            yield
        finally:
            directory.chmod(mode)
            _save(valkey, "ok")
            valkey.config_set("save", "")


def _save(valkey: redis.Redis, outcome: str) -> None:
    deadline = time.monotonic() + 10
    while valkey.info("persistence")["rdb_last_bgsave_status"] != outcome:
        with contextlib.suppress(redis.ResponseError):  # one is under way
            valkey.bgsave()
        assert time.monotonic() < deadline, f"no save was {outcome}"
        time.sleep(0.1)


def emptied(stack: Stack) -> None:
    """Killed, and started again without what it had."""
    server = stack.processes()["valkey"]
    server.suspend()
    shutil.rmtree(stack.data_dir / "valkey" / "data" / "appendonlydir")
    server.kill()
    psutil.wait_procs([server], timeout=10)
