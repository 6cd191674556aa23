"""Dead letters sent through the ingest path again, or thrown away; each deed is in the team's audit log.

A replay stores nothing twice: a letter has the uuid and the time that it was accepted with, so that whatever
sends it twice makes a duplicate of the second. It is received anew; the accounting's `dead_lettered` stays.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec
from django.conf import settings
from django.db import transaction

from agentry.accounts import audit
from agentry.accounts.models import Project, User
from agentry.errors import AgentryError
from analytics.engines import postgres_letters
from analytics.engines.postgres_letters import UNDECODABLE, Choice
from analytics.ingest.accept import keep
from analytics.ingest.batch import ENTRY_BYTES, Batch
from analytics.ingest.event import AcceptedEvent, Entry
from analytics.ingest.times import Clock

PIECE = 100  # letters a transaction and an append: 25 MB if each is as large as an event may be
SECONDS = 20.0  # of one request
NO_LIMITS = ()  # they were taken when the events first came


@dataclass(frozen=True)
class Replayed:
    """`left` waiting letters of the choice were not sent: the time was over, or `stopped` says why.
    `unreadable` ones never can be."""

    sent: int
    left: int
    unreadable: int
    stopped: AgentryError | None = None


def replay(project: Project, choice: Choice, user: User | None, seconds: float = SECONDS) -> Replayed:
    """Send letters again, oldest first, for at most about so many seconds. What is refused once more is a new
    letter, and not sent in the same turn."""
    choice = replace(choice, until=postgres_letters.newest(project.pk))
    deadline = time.monotonic() + seconds
    sent, last, stopped = 0, 0, None
    while time.monotonic() < deadline:
        try:
            letters = _send_piece(project.pk, choice, last)
        except AgentryError as error:
            stopped = error
            break
        if not letters:
            break
        sent, last = sent + len(letters), letters[-1]
    waiting = postgres_letters.count(project.pk, choice)
    unreadable = _unreadable(project.pk, choice)
    if sent:
        _note(project, user, "dead_letters.replay", sent, choice)
    return Replayed(sent, waiting - unreadable, unreadable, stopped)


def discard(project: Project, choice: Choice, user: User | None) -> int:
    """Delete waiting letters for good. Gives how many."""
    with transaction.atomic():
        gone = postgres_letters.discard(project.pk, choice)
        if gone:
            _note(project, user, "dead_letters.discard", gone, choice)
    return gone


def _send_piece(project_id: int, choice: Choice, after: int) -> list[int]:
    """The letters are marked after the append: a crash in between sends them twice, as duplicates."""
    with transaction.atomic():
        letters = postgres_letters.lock(project_id, choice, after, PIECE)
        if letters:
            keep(_batch(project_id, (payload for _, payload in letters)), NO_LIMITS)
            postgres_letters.mark_replayed([letter for letter, _ in letters])
    return [letter for letter, _ in letters]


def _batch(project_id: int, payloads: Iterable[str]) -> Batch:
    received_at = time.time_ns() // 1_000_000
    batch = Batch(project_id, Clock.at(received_at, settings.RETENTION_DAYS))
    events: list[AcceptedEvent] = []
    size = 0
    for payload in payloads:
        events.append(AcceptedEvent(**msgspec.json.decode(payload, type=dict)))
        size += len(payload)
        if size > ENTRY_BYTES:
            _close(batch, events)
            events, size = [], 0
    _close(batch, events)
    return batch


def _close(batch: Batch, events: list[AcceptedEvent]) -> None:
    if events:
        entry = Entry.of(batch.project_id, batch.clock.received_at, events)
        batch.entries.append((msgspec.msgpack.encode(entry), len(events)))
        batch.accepted += len(events)


def _unreadable(project_id: int, choice: Choice) -> int:
    if choice.sqlstate not in (None, UNDECODABLE):
        return 0
    if choice.ids is None:
        return postgres_letters.count(project_id, replace(choice, sqlstate=UNDECODABLE))
    chosen = postgres_letters.listed(project_id, choice, "", None, len(choice.ids))
    return sum(letter.sqlstate == UNDECODABLE for letter in chosen)


def _note(project: Project, user: User | None, action: str, letters: int, choice: Choice) -> None:
    if choice.ids is not None:
        which = "chosen"
    elif choice.sqlstate is None:
        which = "all"
    else:
        which = f"all of SQLSTATE {choice.sqlstate}" if choice.sqlstate else "all undecodable"
    audit.record(project.team, user, action, f"{project.slug}: {letters} ({which})")
