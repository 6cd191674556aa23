"""What was wrong with a question, at its place, and how to put it right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query

_MEANT = re.compile(r"Perhaps you meant `([^`]+)`")
_WRITTEN = re.compile(r"`([^`]+)`|'([^']+)'")
_TOKEN = re.compile(r"[^\W\d]\w*|\d+|\s+|.", re.DOTALL)
ALIKE = 0.6  # a word that is less like what was meant is not what was meant
AROUND = 60  # characters of a long line that are shown on each side


@dataclass(frozen=True)
class Fix:
    """Put `text` in place of `length` characters at `start`; `query` is the question with it."""

    text: str
    start: int
    length: int
    query: str


@dataclass(frozen=True)
class Place:
    """Where it is, 1-based, and the line there: before, the word, after."""

    line: int
    column: int
    start: int
    before: str
    word: str
    after: str


@dataclass(frozen=True)
class Mistake:
    error: AgentryError
    place: Place | None
    fix: Fix | None


def mistake(project: Project, hogql: str, error: AgentryError) -> Mistake:
    """A fix is offered only if the question gets further with it."""
    place = _place(hogql, error.details.get("line"), error.details.get("column"))
    fix = None if place is None else _fix(hogql, place, error)
    return Mistake(error, place, fix if fix is not None and _helps(project, fix, error) else None)


def _place(hogql: str, line: int | None, column: int | None) -> Place | None:
    lines = hogql.split("\n")
    if line is None or column is None or line > len(lines):
        return None
    text = lines[line - 1]
    at = min(column - 1, len(text))
    found = _TOKEN.match(text, at)
    word = found[0] if found else ""
    before, after = text[:at], text[at + len(word) :].rstrip("\r")
    start = sum(len(each) + 1 for each in lines[: line - 1]) + at
    before = before if len(before) <= AROUND else "…" + before[-AROUND:]
    after = after if len(after) <= AROUND else after[:AROUND] + "…"
    return Place(line, column, start, before, word, after)


def _fix(hogql: str, place: Place, error: AgentryError) -> Fix | None:
    """The word that the hint names in place of the one that is most like it among those written there."""
    meant, written = _MEANT.search(error.hint), _WRITTEN.search(error.message)
    if meant is None or written is None:
        return None
    name = written[1] or written[2]
    start = _nearest(hogql, name, place.start)
    if start is None:
        return None
    last = name.rpartition(".")[2]
    if meant[1].partition(".")[2] == last or "." not in name:
        return _replaced(hogql, start, len(name), meant[1])
    parts = [(part.start(), part[0]) for part in re.finditer(r"[^.]+", name)]
    offset, part = max(parts, key=lambda each: _likeness(each[1], meant[1]))
    return (
        _replaced(hogql, start + offset, len(part), meant[1]) if _likeness(part, meant[1]) >= ALIKE else None
    )


def _replaced(hogql: str, start: int, length: int, text: str) -> Fix | None:
    written = hogql[start : start + length]
    if _likeness(written, text) < ALIKE and not text.endswith(f".{written}"):
        return None
    return Fix(text, start, length, hogql[:start] + text + hogql[start + length :])


def _nearest(hogql: str, name: str, at: int) -> int | None:
    """Where `name` stands at the place, or first after it: an argument's mistake is placed at its call."""
    for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", hogql):
        if found.end() > at:
            return found.start()
    return None


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _helps(project: Project, fix: Fix, error: AgentryError) -> bool:
    try:
        query.check(project, fix.query)
    except AgentryError as next_error:
        same = next_error.code == error.code and next_error.message == error.message
        place = (error.details.get("line") or 0, error.details.get("column") or 0)
        return (
            not same and (next_error.details.get("line") or 0, next_error.details.get("column") or 0) >= place
        )
    return True
