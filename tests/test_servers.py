"""The embedded servers: who may sign in, what they keep, and who they listen to."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry.accounts.models import Project
from agentry.stack.servers import Postgres, Valkey, running


def test_the_tests_have_their_own_database(project: Project) -> None:
    assert connection.settings_dict["NAME"].startswith("test_")
    assert project.slug == "default"


@pytest.mark.django_db(transaction=True)
def test_the_application_is_no_superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_a_wrong_password_and_the_superuser_are_refused() -> None:
    for user, password in (("agentry", "wrong"), ("postgres", ""), ("postgres", "postgres")):
        server = urlsplit(settings.DATABASE_URL)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{user}:{password}@{server.hostname}:{server.port}/postgres")


def test_valkey_asks_for_its_password() -> None:
    client = redis.Redis.from_url(settings.VALKEY_URL)
    kwargs = client.connection_pool.connection_kwargs
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host=kwargs["host"], port=kwargs["port"], retry=Retry(NoBackoff(), 0)).ping()


def test_durable_servers_keep_their_data_port_and_password(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        with psycopg.connect(first[0]) as database:
            database.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(first[1], decode_responses=True) as client:
            assert client.config_get("append*")["appendfsync"] == "always"
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            client.xadd("stream", {"answer": 42})
    with running(tmp_path) as second:
        assert second == first
        with psycopg.connect(second[0]) as database:
            assert database.execute("SELECT answer FROM kept").fetchone() == (42,)
            assert database.execute("SHOW fsync").fetchone() == ("on",)
        with redis.Redis.from_url(second[1]) as client:
            assert client.xlen("stream") == 1


def test_a_stale_postmaster_pid_does_not_stop_a_start(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", durable=False)
    server.prepare()
    (server.data / "postmaster.pid").write_text("1\n/somewhere\n0\n0\n\n\n")
    with running(tmp_path, durable=False) as urls, psycopg.connect(urls[0]):
        pass


def test_secrets_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    for server in (Postgres(tmp_path / "postgres"), Valkey(tmp_path / "valkey")):
        server.make_directories()
        assert len(server.password) == 32
        assert (server.directory / "password").stat().st_mode & 0o777 == 0o600
        assert server.directory.stat().st_mode & 0o777 == 0o700
