"""Celery over a Valkey that dies."""

from __future__ import annotations

import contextlib
from pathlib import Path
from queue import Empty

import pytest

from agentry.celery import app
from agentry.stack.child import start, stop
from agentry.stack.servers import Valkey, await_ready


def test_a_broken_connection_with_a_task_in_hand_is_let_go(tmp_path: Path) -> None:
    """What the worker does, in this order, when its broker has died. It used to die of it too."""
    server = Valkey(tmp_path / "valkey", durable=False)
    server.prepare()
    command = server.command()
    process = start(command)
    try:
        await_ready(server, process)
        connection = app.connection_for_read(url=server.url)
        tasks = connection.SimpleQueue("tasks", channel=connection.default_channel)
        tasks.put("a task")
        assert tasks.get(timeout=5).payload == "a task"
        # Both channels wait for the next one, as those of tasks and of control do.
        for queue in (tasks, connection.SimpleQueue("others", channel=connection.channel())):
            with pytest.raises(Empty):
                queue.get(timeout=0.2)
    finally:
        process.kill()
        stop(process, command)
    with contextlib.suppress(Exception):
        connection.collect(socket_timeout=1)
    connection.close()
