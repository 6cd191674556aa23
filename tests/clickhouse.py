"""ClickHouse in this process (chdb) as the judge: does Agentry answer a text as ClickHouse does?"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chdb.session import Session

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query

TEXTS = Path(__file__).parent / "texts"
SETTINGS = {
    "session_timezone": "'UTC'",
    "output_format_json_quote_denormals": "1",
    "output_format_json_quote_64bit_integers": "0",
}
_ZONE = re.compile(r"'([A-Za-z_/+\-0-9]+)'")


@cache
def session() -> Any:
    """This process's ClickHouse; a test may make tables in it."""
    untyped: Any = Session
    opened = untyped()
    opened.query("CREATE DATABASE IF NOT EXISTS judge")
    opened.query("USE judge")
    for name, value in SETTINGS.items():
        opened.query(f"SET {name} = {value}")
    return opened


def ask(text: str) -> tuple[list[str], list[str], list[list[Any]]]:
    """Names, types and rows that ClickHouse gives. Raises RuntimeError with its words."""
    answer = json.loads(str(session().query(text, "JSONCompact")))
    return [c["name"] for c in answer["meta"]], [c["type"] for c in answer["meta"]], answer["data"]


def plain(type_: str) -> str:
    """A type without what Agentry does not tell: UTC, and how ClickHouse stores it."""
    type_ = re.sub(r"LowCardinality\((Nullable\([^()]*\)|[^()]*)\)", r"\1", type_)
    return type_.replace(", 'UTC')", ")").replace("('UTC')", "")


def same(ours: Any, theirs: Any, type_: str = "") -> bool:
    """Whether two values are equal: floats to 1e-9, times as moments, `type_` is ClickHouse's."""
    if ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, list | tuple):
        return len(ours) == len(theirs) and all(same(a, b, type_) for a, b in zip(ours, theirs, strict=True))
    if isinstance(ours, datetime):
        zone = _ZONE.search(type_)
        moment = datetime.fromisoformat(theirs).replace(tzinfo=ZoneInfo(zone[1]) if zone else UTC)
        return bool(ours == moment or ours.astimezone(UTC) == moment.astimezone(UTC))
    if isinstance(ours, date | UUID):
        return bool(str(ours) == theirs)
    if isinstance(ours, float) or isinstance(theirs, float):
        mine, other = float(ours), float(theirs)
        close = math.isclose(mine, other, rel_tol=1e-9, abs_tol=1e-12)
        return bool(close or (math.isnan(mine) and math.isnan(other)))
    return bool(ours == theirs)


def difference(project: Project, text: str, *, types: bool = True, theirs: str = "") -> str:
    """How the two answers to one query differ, in words; "" if they do not.

    `theirs` is the text for ClickHouse where it is not the same. Without `types` values only are compared.
    """
    try:
        result = query.run(project, text)
    except AgentryError as error:
        return f"{text}\n    refused: {error.message} ({error.code})"
    try:
        _, kinds, rows = ask((theirs or text).rstrip(";"))
    except Exception as error:  # chdb does not export the class it raises
        return f"{text}\n    ClickHouse refuses: {str(error)[:200]}"
    mine = [column.type for column in result.columns]
    if types and mine != [plain(kind) for kind in kinds]:
        return f"{text}\n    types {mine} here, {[plain(kind) for kind in kinds]} in ClickHouse"
    if len(rows) != len(result.rows) or not all(
        same(value, other, kind)
        for row, their_row in zip(result.rows, rows, strict=True)
        for value, other, kind in zip(row, their_row, kinds, strict=True)
    ):
        return f"{text}\n    {_short(result.rows)} here, {_short(rows)} in ClickHouse"
    return ""


def differences(project: Project, texts: list[str], *, types: bool = True) -> str:
    """All differences over queries, or expressions (what does not start with select or with)."""
    queries = [
        text if re.match(r"\s*(select|with)\b", text, re.I) else f"select {text} as value" for text in texts
    ]
    found = [difference(project, text, types=types) for text in queries]
    return "\n".join(filter(None, found))


def texts(name: str) -> list[str]:
    """The lines of tests/texts/<name>.txt: one expression or query each; `--` starts a remark."""
    lines = (TEXTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("--")]


def _short(rows: Any) -> str:
    text = str(rows)
    return text if len(text) < 400 else text[:400] + "…"
