"""Read settings from the environment, with one clear line when a value is wrong."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

RUNNING = "running.json"
DEV_SECRET = "development-only-secret-do-not-use-in-production"


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, minimum: int = 0) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None
    if value < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {value}.")
    return value


def flag(name: str, default: bool) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def data_dir(base: Path) -> Path:
    return Path(text("AGENTRY_DATA_DIR", str(base / ".agentry"))).expanduser().absolute()


def remember_running(data_dir: Path, addresses: dict[str, str]) -> None:
    """Write down how to reach the servers of a running `manage.py dev`, readable by its owner only."""
    path = data_dir / RUNNING
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(addresses, file)


def forget_running(data_dir: Path) -> None:
    (data_dir / RUNNING).unlink(missing_ok=True)


def use_running(base: Path) -> None:
    """Let a command in another terminal find the servers of `manage.py dev`. The environment wins."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        for name, value in json.loads((data_dir(base) / RUNNING).read_text()).items():
            os.environ.setdefault(name, value)
