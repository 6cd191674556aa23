"""What is due keeps its turn behind a backlog: periodic tasks, and questions."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection

import psycopg
import pytest

from agentry.accounts.secrets import DSN_KEY, fingerprint, mint, prefix
from agentry.stack.servers import HOST
from tests.stack import Stack

pytestmark = pytest.mark.timeout(180)
PATH = "/v1/analytics/default/"
TURN_SECONDS = 10.0
WRITERS = 2  # one a shard


def post(stack: Stack, key: str, events: int = 1) -> int:
    connection = HTTPConnection(HOST, stack.port, timeout=30)
    headers = {"User-Agent": "tests/1.0", "Authorization": f"Bearer {key}"}
    connection.request("POST", PATH, json.dumps([{"event": "turn"}] * events), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def database(stack: Stack) -> psycopg.Connection:
    url = json.loads((stack.data_dir / "running.json").read_text())["DATABASE_URL"]
    return psycopg.connect(url)


def writers_that_wait(stack: Stack) -> int:
    with database(stack) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return int((connection.execute(query).fetchone() or (0,))[0])


def spare_key(stack: Stack) -> str:
    """Another DSN key of the project, put into PostgreSQL behind everybody's back."""
    secret = mint(DSN_KEY)
    with database(stack) as connection:
        connection.execute(
            "INSERT INTO accounts_dsnkey (name, prefix, secret_hash, created_at, project_id)"
            " SELECT 'Spare', %s, %s, now(), project_id FROM accounts_dsnkey LIMIT 1",
            [prefix(secret), fingerprint(secret)],
        )
    return secret


def test_tasks_and_questions_keep_their_turn_while_every_writer_is_busy(stack: Stack) -> None:
    """The writers are held in the middle of their batches, as a backlog without end would hold them. That a
    key is revoked, only a task learns here, which is due every two seconds."""
    key = spare_key(stack)
    stack.send({"event": "turn"})
    with database(stack) as holder:
        holder.execute("LOCK TABLE usage_day IN SHARE ROW EXCLUSIVE MODE")
        deadline = time.monotonic() + 60
        while writers_that_wait(stack) < WRITERS:
            assert post(stack, key, 100) == 202
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with database(stack) as connection:
            connection.execute("UPDATE accounts_dsnkey SET revoked_at = now() WHERE name = 'Spare'")
        began = time.monotonic()
        assert stack.ask("select count() as calls from events where event = 'turn'") == [{"calls": 1}]
        assert time.monotonic() - began < TURN_SECONDS
        while post(stack, key) != 401:
            assert time.monotonic() - began < TURN_SECONDS, "no task had its turn"
            time.sleep(0.2)
        assert writers_that_wait(stack) == WRITERS
        holder.rollback()
