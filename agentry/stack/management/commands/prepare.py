from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from agentry import env
from agentry.stack.prepare import prepare


class Command(BaseCommand):
    help = "Migrate, and make the development account, its keys, the demo and its publication (run by `dev`)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as error:
            raise CommandError(f"PostgreSQL does not answer: {error}") from error
        prepare(settings.DATA_DIR, demo=env.flag("AGENTRY_DEMO", True))
