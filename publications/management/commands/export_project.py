"""`manage.py export_project --project TEAM/SLUG DIRECTORY`: a project's three files."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agentry.errors import AgentryError
from analytics.keeping import export
from analytics.management.commands.import_events import find_project
from publications.export import settings_text


class Command(BaseCommand):
    help = (
        "Write a project's events (NDJSON, gzipped, as they were sent: `import_events` and ingest take them),"
        " its counts by day (CSV) and its settings (JSON) into a directory. A file that is there is complete."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument("--project", required=True, metavar="TEAM/SLUG", help="such as acme/default")
        parser.add_argument("--from", metavar="MOMENT", help="only events from then on, in ISO 8601")
        parser.add_argument("--to", metavar="MOMENT", help="only events before then")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        given = {name: options[name] for name in ("from", "to") if options[name]}
        try:
            since, until = export.period(given)
        except AgentryError as error:
            raise CommandError(f"{error.message} {error.hint}") from None
        name = f"{project.team.slug}-{project.slug}"
        directory: Path = options["directory"]
        directory.mkdir(parents=True, exist_ok=True)
        self.write(directory / f"{name}.ndjson.gz", export.events_file(project.id, since, until))
        self.write(directory / f"{name}-usage.csv", export.usage_file(project.id, since, until))
        self.write(directory / f"{name}.json", [settings_text(project).encode()])

    def write(self, path: Path, parts: Iterable[bytes]) -> None:
        unfinished = path.with_name(f"{path.name}.part")
        with unfinished.open("wb") as file:
            for part in parts:
                file.write(part)
        unfinished.rename(path)
        self.stdout.write(f"{path}: {path.stat().st_size:,} bytes")
