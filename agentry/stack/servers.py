"""The embedded PostgreSQL and Valkey: for `manage.py dev`, for the tests and for the bench.

Each server has a directory of its own with its data, its password (0600) and its port. It listens on
127.0.0.1 only. `command()` is what a supervisor runs; `running()` starts both for as long as a block lasts.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry.stack.binaries import account, binaries
from agentry.stack.child import Command, kill, start, stop
from agentry.stack.postgres_settings import NOT_DURABLE, POSTGRES_SETTINGS

HOST = "127.0.0.1"
START_SECONDS = 60.0  # recovery after a kill -9 may have to replay 2 GB of log


class ServerError(Exception):
    """A server did not start; the message says which and what it said."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int, host: str = HOST) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return False  # somebody answers; SO_REUSEPORT would let us bind beside him
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE  # a machine without IPv6 has no ::1 to take
        return True


def own(path: Path) -> None:
    """Give a path of ours to the account that runs the servers."""
    user = account()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def kept(path: Path, make: Callable[[], str]) -> str:
    """A value made at the first start, readable by the owner only, the same ever after."""
    if not path.exists():
        part = path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(make())
        part.rename(path)
    return path.read_text().strip()


@dataclass
class Server:
    """A server's directory and what is kept in it. `durable` False trades a crash's safety for speed."""

    directory: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @cached_property
    def password(self) -> str:
        return kept(self.directory / "password", lambda: secrets.token_urlsafe(24))

    @cached_property
    def port(self) -> int:
        """The port of last time, or a free one if another program has taken it. Fixed for this process."""
        path = self.directory / "port"
        port = int(kept(path, lambda: str(free_port())))
        if not port_is_free(port):
            path.unlink()
            port = int(kept(path, lambda: str(free_port())))
        return port

    def make_directories(self) -> None:
        for path in (self.directory, self.data):
            if not path.exists():
                path.mkdir(mode=0o700, parents=True)
                own(path)

    def data_path(self) -> str:
        """The data directory as its server, started inside it, may name it (see `binaries`)."""
        return "/proc/self/cwd" if account() else str(self.data)

    def end_leftovers(self, program: str, number: signal.Signals) -> None:
        """End what outlived its supervisor: every process of that name that runs in our directory.

        The caller holds the data directory's lock, so nobody else's live server can be one.
        """
        data = str(self.data.resolve())
        found = []
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error, OSError):
                if process.info["name"] == program and process.cwd() == data:
                    process.send_signal(number)
                    found.append(process)
        kill(psutil.wait_procs(found, timeout=10)[1])


class Postgres(Server):
    name = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://agentry:{self.password}@{HOST}:{self.port}/agentry"

    def prepare(self) -> None:
        """Make the cluster, the role `agentry` (no superuser) and its database, once."""
        if (self.directory / "ready").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)  # a first start that was interrupted
        self.make_directories()
        # Sorted by code point: the order that ClickHouse has, and the fastest.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        cluster = ["-D", self.data_path(), "--username=postgres", "--auth=reject", "--no-instructions"]
        self._run("initdb", [*cluster, *locale, *([] if self.durable else ["--no-sync"])])
        # postgres itself has no password and no line here: nobody signs in as the superuser.
        (self.data / "pg_hba.conf").write_text(f"host all agentry {HOST}/32 scram-sha-256\n")
        statements = (
            f"CREATE ROLE agentry LOGIN CREATEDB CREATEROLE PASSWORD '{self.password}'\n"
            "CREATE DATABASE agentry OWNER agentry\n"
        )
        self._run("postgres", ["--single", "-D", self.data_path(), "postgres"], statements)
        kept(self.directory / "ready", lambda: "1")

    def command(self) -> Command:
        address = {"listen_addresses": HOST, "port": str(self.port)}
        settings = {**POSTGRES_SETTINGS, **({} if self.durable else NOT_DURABLE), **address}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = str(binaries().postgres / "postgres")
        return Command(
            args=[program, "-D", self.data_path(), *options],
            cwd=self.data,
            env=self._environment(),
            stop_signal=signal.SIGINT
            if self.durable
            else signal.SIGQUIT,  # fast; or at once, without a checkpoint
            stop_seconds=30,
            stop_rank=0,
            account=account(),
            clean=self._clean,
        )

    def is_ready(self) -> bool:
        """Asks the server's own note first (its eighth line, as pg_ctl does): an early caller is logged."""
        with contextlib.suppress(FileNotFoundError):
            note = (self.data / "postmaster.pid").read_text().splitlines()
            return len(note) > 7 and note[7].strip() == "ready" and self._answers()
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _clean(self) -> None:
        # Every backend too: two servers on one cluster would destroy it, and only then may the file go. Its
        # process id may belong to another program by now, and PostgreSQL would refuse to start.
        self.end_leftovers("postgres", signal.SIGQUIT)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}

    def _run(self, program: str, args: list[str], stdin: str = "") -> None:
        user = account()
        done = subprocess.run(
            [str(binaries().postgres / program), *args],
            cwd=self.data,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise ServerError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")


class Valkey(Server):
    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def prepare(self) -> None:
        self.make_directories()

    def command(self) -> Command:
        config = {
            "bind": HOST,
            "port": str(self.port),
            "dir": ".",
            "requirepass": self.password,
            "databases": "64",
            "loglevel": "warning",
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "always",  # an answered event is on disk
            "maxmemory": "1gb",  # some four million waiting events; the backlog's cap comes first
            "maxmemory-policy": "noeviction",  # refuse, never forget
        }
        return Command(
            args=[str(binaries().valkey), "-"],  # from stdin: no password in `ps`, no file to protect
            cwd=self.data,
            env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC"},
            stop_seconds=20,
            stop_rank=0,
            stdin="".join(f"{name} {value}\n" for name, value in config.items()).encode(),
            account=account(),
            clean=lambda: self.end_leftovers("valkey-server", signal.SIGTERM),
        )

    def is_ready(self) -> bool:
        """False while it reads its log: it answers LOADING, or nothing."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def await_ready(server: Postgres | Valkey, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers. Raises ServerError when it has ended or is too slow."""
    deadline = time.monotonic() + START_SECONDS
    while not server.is_ready():
        if process.poll() is not None:
            raise ServerError(f"{server.name} ended at its start with status {process.returncode}.")
        if time.monotonic() > deadline:
            raise ServerError(f"{server.name} did not answer within {START_SECONDS:.0f} s.")
        time.sleep(0.05)


@contextlib.contextmanager
def running(directory: Path, durable: bool = True) -> Iterator[tuple[str, str]]:
    """Both servers, in `directory`, for as long as the block lasts. Gives DATABASE_URL and VALKEY_URL."""
    servers = (Postgres(directory / "postgres", durable), Valkey(directory / "valkey", durable))
    with contextlib.ExitStack() as stack:
        for server in servers:
            server.prepare()
            command = server.command()
            with open(server.directory / "log", "ab") as log:
                process = start(command, log)
            stack.callback(stop, process, command)
            await_ready(server, process)
        yield servers[0].url, servers[1].url
