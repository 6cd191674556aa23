"""`manage.py replay_dead_letters --project acme/default`: send dead letters through the ingest path again."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics.engines import postgres_accounts
from analytics.ingest.batch import Batch
from analytics.ingest.event import AcceptedEvent, Entry
from analytics.ingest.stream import append
from analytics.ingest.times import Clock
from analytics.ingest.wake import wake
from analytics.write.batch import UNDECODABLE


class Command(BaseCommand):
    help = "Send a project's dead letters through the ingest path again, once what made them so is mended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--project", required=True, help="the team's and the project's slug: acme/default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project = _project(options["project"])
        sent = skipped = last = 0
        while True:
            # The letter is marked after the append: a crash in between sends it twice, and its uuid makes the
            # second a duplicate.
            with transaction.atomic():
                letter = postgres_accounts.next_dead_letter(project.id, last)
                if letter is None:
                    break
                last, payload, reason = letter
                if reason.startswith(UNDECODABLE):
                    skipped += 1
                    continue
                _send(project.id, msgspec.json.decode(payload, type=dict))
                postgres_accounts.mark_replayed(last)
                sent += 1
        self.stdout.write(
            f"{sent} dead letters sent again, {skipped} that cannot be decoded left as they are."
        )


def _project(name: str) -> Project:
    team, _, slug = name.partition("/")
    try:
        return Project.objects.get(team__slug=team, slug=slug)
    except Project.DoesNotExist:
        raise CommandError(f"There is no project {name!r}. Name it as team/project.") from None


def _send(project_id: int, event: dict[str, Any]) -> None:
    received_at = time.time_ns() // 1_000_000
    entry = Entry.of(project_id, received_at, [AcceptedEvent(**event)])
    clock = Clock.at(received_at, settings.RETENTION_DAYS)
    batch = Batch(project_id, clock, entries=[(msgspec.msgpack.encode(entry), 1)], accepted=1)
    try:
        receipt = append(batch)
    except AgentryError as error:
        raise CommandError(f"{error.message} {error.hint}") from None
    if receipt.wake:
        wake(receipt.shard)
