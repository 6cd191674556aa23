"""`manage.py delete_data --project TEAM/SLUG (--customer ID | --whole-project)`: delete, showing progress."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from agentry.errors import AgentryError
from analytics.keeping import deletion as deleting
from analytics.keeping import steps
from analytics.management.commands.import_events import find_project
from analytics.models import Deletion

PAUSE = 0.5


class Command(BaseCommand):
    help = (
        "Delete all data received so far of one customer, or a whole project. Interrupted, the worker"
        " goes on; run again, it deletes what came meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, metavar="TEAM/SLUG", help="such as acme/default")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--customer", metavar="ID", help="the customer_id, as events have it")
        what.add_argument("--whole-project", action="store_true")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        customer = options["customer"]
        what = f"the project {project}" if customer is None else f"the data of {customer} in {project}"
        if not options["yes"] and input(f"Delete {what} for good? Write yes: ") != "yes":
            raise CommandError("Nothing is deleted.")
        try:
            if customer is None:
                asked = deleting.delete_project(project, None)
            else:
                asked = deleting.delete_customer(project, customer, None)
        except AgentryError as error:
            raise CommandError(f"{error.message} {error.hint}") from None
        except RedisError:
            raise CommandError("Valkey does not answer. Nothing is deleted.") from None
        self.follow(asked)

    def follow(self, asked: Deletion) -> None:
        """Do it here, beside the worker, until it is done."""
        said = ""
        while True:
            went_on = steps.step(asked.pk)
            asked.refresh_from_db()
            left = "" if asked.days_left is None else f", {asked.days_left} of {asked.days} days left"
            line = f"{asked.state}: {asked.events:,} events deleted{left}"
            if line != said:
                self.stdout.write(said := line)
            if asked.finished_at is not None:
                return
            time.sleep(deleting.PAUSE if went_on else PAUSE)
