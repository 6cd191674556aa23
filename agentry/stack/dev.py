"""`manage.py dev`: from nothing to a running Agentry, in order, under one supervisor."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from agentry import env
from agentry.stack import facts
from agentry.stack.child import Command
from agentry.stack.servers import HOST, START_SECONDS, Postgres, Valkey, kept, port_is_free
from agentry.stack.supervisor import MARK, Stopped, Supervisor, end_leftovers

READY_SECONDS = 60.0


class DevError(Exception):
    """One clear line about why the stack does not start."""


def run(data_dir: Path, port: int) -> None:
    """Run until a signal. Raises DevError or ServerError when it cannot start."""
    started = time.monotonic()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock(data_dir):
        end_leftovers(str(data_dir))
        _check_port(port)
        (data_dir / facts.DEMO).unlink(missing_ok=True)
        settings.STATIC_ROOT.mkdir(exist_ok=True)  # empty, or whitenoise would warn that it is missing
        try:
            with Supervisor(_say) as supervisor:
                _start(supervisor, data_dir, port)
                _say(f"Ready after {time.monotonic() - started:.0f} s.")
                supervisor.forever()
        except Stopped:
            _say("Stopped. The data stay.")
        finally:
            env.forget_running(data_dir)
            (data_dir / facts.DEMO).unlink(missing_ok=True)


def _start(supervisor: Supervisor, data_dir: Path, port: int) -> None:
    addresses = _servers(supervisor, data_dir)
    environment = {**_environment(data_dir, port), **addresses}
    env.remember_running(
        data_dir, {name: environment[name] for name in (*addresses, "AGENTRY_SECRET_KEY", "PORT")}
    )
    if supervisor.run("prepare", _python(environment, "manage.py", "prepare")) != 0:
        raise DevError("The database could not be prepared; see the lines above.")
    for name, command in programs(environment, data_dir, port).items():
        supervisor.add(name, command)
    if not supervisor.until(lambda: _is_ready(port), READY_SECONDS):
        raise DevError(f"The web server was not ready within {READY_SECONDS:.0f} s; see the lines above.")
    known = facts.read(data_dir / facts.ACCOUNT)
    names = ("email", "password", "team", "project", "dsn", "api_token", "publication_url")
    demo = {"url": settings.URL, **{name: known[name] for name in names}}
    facts.write(data_dir / facts.DEMO, demo)
    _say(facts.block(demo, data_dir))


def _servers(supervisor: Supervisor, data_dir: Path) -> dict[str, str]:
    """Start what the environment does not name; gives the addresses of both."""
    addresses = {}
    for variable, server in (
        ("DATABASE_URL", Postgres(data_dir / "postgres")),
        ("VALKEY_URL", Valkey(data_dir / "valkey")),
    ):
        addresses[variable] = env.text(variable)
        if not addresses[variable]:
            server.prepare()
            supervisor.add(server.name, server.command())
            if not supervisor.until(server.is_ready, START_SECONDS):
                raise DevError(f"{server.name} did not answer within {START_SECONDS:.0f} s.")
            addresses[variable] = server.url
    return addresses


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    key = env.text("AGENTRY_SECRET_KEY") or kept(data_dir / "secret_key", lambda: secrets.token_urlsafe(48))
    return {
        **os.environ,
        "AGENTRY_DATA_DIR": str(data_dir),
        "AGENTRY_SECRET_KEY": key,
        "DJANGO_SETTINGS_MODULE": "agentry.settings",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        # Nobody outside this machine can reach the worker, whoever runs it.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        MARK: str(data_dir),
    }


def programs(environment: dict[str, str], data_dir: Path, port: int) -> dict[str, Command]:
    web = ["--interface", "asgi", "--http", "1", "--host", HOST, "--port", str(port), "--no-ws"]
    web += ["--workers", str(env.number("AGENTRY_WEB_WORKERS", 1, minimum=1))]
    web += ["--http1-header-read-timeout", "10000", "--workers-kill-timeout", "8", "--log-level", "warning"]
    web += ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    celery = ["-m", "celery", "-q", "-A", "agentry.celery"]
    # One process a shard for the drains, one for what takes long once an hour, and one so that nothing that
    # is due every few seconds waits behind them. Each takes some 25 MB of its own.
    worker = ["worker", "-Q", "drain,celery", "--concurrency", str(settings.SHARDS + 2), "-l", "WARNING"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = ["beat", "-s", str(data_dir / "beat-schedule"), "--pidfile=", "-l", "WARNING"]
    return {
        "web": _python(environment, "-m", "granian", *web, "agentry.asgi:application"),
        "worker": _python(environment, *celery, *worker, rank=1, seconds=25),
        "beat": _python(environment, *celery, *beat, rank=1),
    }


def _python(environment: dict[str, str], *args: str, rank: int = 2, seconds: float = 10) -> Command:
    return Command(
        args=[sys.executable, *args],
        cwd=settings.BASE_DIR,
        env=environment,
        stop_rank=rank,
        stop_seconds=seconds,
    )


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"User-Agent": "agentry-dev"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    with open(data_dir / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Agentry is running in {data_dir} already. Stop it, or set AGENTRY_DATA_DIR and PORT."
            raise DevError(message) from None
        yield


def _check_port(port: int) -> None:
    """`localhost` is both addresses: who holds either would answer in our place."""
    for host in (HOST, "::1"):
        if not port_is_free(port, host):
            raise DevError(f"Port {port} is taken on {host}. Stop what listens there, or set PORT.")


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone; its SIGHUP is on its way
        print(line, flush=True)
