from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agentry.stack.dev import DevError, run
from agentry.stack.servers import ServerError


class Command(BaseCommand):
    help = "Run everything in the foreground: PostgreSQL, Valkey, web, worker and beat."
    requires_system_checks: list[str] = []  # there is no database yet

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run(settings.DATA_DIR, settings.PORT)
        except (DevError, ServerError) as error:
            raise CommandError(str(error)) from error
