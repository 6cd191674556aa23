"""`manage.py restored`: after both servers were restored from a backup, before anything else is started."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from agentry import valkey
from agentry.accounts import keystore, mirror
from agentry.accounts.models import Project
from analytics.ingest.stream import COUNTS
from analytics.write.accounting import accounting
from analytics.write.drain import drain
from analytics.write.partitions import ensure_ahead


class Command(BaseCommand):
    help = (
        "Run once after a restore, with only PostgreSQL and Valkey running: write what waited in Valkey, have"
        " both agree on what was received, and on which keys are revoked."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        mirror.sweep(keystore.REVOKED_FOR)
        mirror.renew()
        ensure_ahead(timezone.now())
        for shard in range(settings.SHARDS):
            while drain(shard):
                pass
        for project in Project.objects.select_related("team").order_by("id"):
            # PostgreSQL's copy is the younger: it has stored what Valkey's does not know to be received.
            unknown = accounting(project.id).unaccounted
            if unknown:
                valkey.client().hincrby(COUNTS, f"{project.id}:received:", -unknown)
            found = accounting(project.id)
            self.stdout.write(
                f"{project}: {found.received:,} received, {found.stored:,} stored, {found.backlog:,} waiting;"
                f" {-unknown:,} were written after Valkey's backup was made"
            )
