"""`manage.py replay_dead_letters --project acme/default`: send dead letters again, list or discard them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentry.accounts.models import Project
from analytics.engines import postgres_letters
from analytics.engines.postgres_letters import Choice
from analytics.letters.replay import discard, replay

LISTED_CHARS = 200


class Command(BaseCommand):
    help = "Send a project's dead letters through the ingest path again, once what made them so is mended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--project", required=True, help="the team's and the project's slug: acme/default"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--sqlstate", help="only those that PostgreSQL refused with this SQLSTATE")
        which.add_argument("--id", type=int, nargs="+", help="only these")
        deed = parser.add_mutually_exclusive_group()
        deed.add_argument("--list", action="store_true", help="show them, and send nothing")
        deed.add_argument("--discard", action="store_true", help="delete them for good, and send nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        project = _project(options["project"])
        choice = Choice(tuple(options["id"]) if options["id"] else None, options["sqlstate"])
        if options["list"]:
            self._list(project, choice)
        elif options["discard"]:
            self.stdout.write(f"{discard(project, choice, None)} dead letters discarded.")
        else:
            self._replay(project, choice)

    def _list(self, project: Project, choice: Choice) -> None:
        before = None
        while letters := postgres_letters.listed(project.pk, choice, "", before, 500):
            for letter in letters:
                payload = letter.payload[:LISTED_CHARS] + "…" * (letter.length > LISTED_CHARS)
                said = f"{letter.sqlstate or '-----'} {letter.reason}"
                self.stdout.write(f"{letter.id} {letter.created_at:%Y-%m-%dT%H:%M:%SZ} {said}\n    {payload}")
            before = letters[-1].id
        self.stdout.write(f"{postgres_letters.count(project.pk, choice)} dead letters wait.")

    def _replay(self, project: Project, choice: Choice) -> None:
        done = replay(project, choice, None, seconds=float("inf"))
        self.stdout.write(
            f"{done.sent} dead letters sent again, {done.unreadable} that cannot be decoded left as they are."
        )
        if done.stopped:
            raise CommandError(f"{done.stopped.message} {done.stopped.hint} {done.left} are left.")


def _project(name: str) -> Project:
    team, _, slug = name.partition("/")
    try:
        return Project.objects.select_related("team").get(team__slug=team, slug=slug)
    except Project.DoesNotExist:
        raise CommandError(f"There is no project {name!r}. Name it as team/project.") from None
