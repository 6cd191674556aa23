"""The tests' own PostgreSQL and Valkey, and the rows that nearly every test needs.

The servers start before Django reads its settings and end with the session, whatever ends it. Each xdist
worker has its own database (pytest-django names it) and its own Valkey database number.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

from agentry.stack.servers import running

_ending = contextlib.ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, then Django. (Were the settings named in pyproject.toml, pytest-django would read
    them before this file.)"""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        directory = Path(_ending.enter_context(tempfile.TemporaryDirectory(prefix="agentry-tests-")))
        # No durability: the data are gone with the session, and a commit takes a tenth of the time.
        servers = _ending.enter_context(running(directory / "servers", durable=False))
        os.environ["DATABASE_URL"], os.environ["VALKEY_URL"] = servers
        os.environ["AGENTRY_DATA_DIR"] = str(directory / "data")
        (directory / "data" / "static").mkdir(parents=True)
    else:
        number = 1 + int(worker.removeprefix("gw"))
        os.environ["VALKEY_URL"] = f"{os.environ['VALKEY_URL'].rpartition('/')[0]}/{number}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "agentry.settings"
    # Playwright keeps an event loop in the tests' thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    if worker is None:  # a worker that inherits the name would read its settings before it comes here
        del os.environ["DJANGO_SETTINGS_MODULE"]
    # A real hash takes half a second, and nearly every test makes a user.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    config.pluginmanager.import_plugin("tests.fixtures")  # it imports models


def pytest_unconfigure(config: pytest.Config) -> None:
    _ending.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the running stack or a browser."""
    for item in items:
        for name in ("stack", "browser"):
            if name in getattr(item, "fixturenames", ()):
                item.add_marker(name)
