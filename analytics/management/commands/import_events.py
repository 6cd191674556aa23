"""`manage.py import_events --project TEAM/SLUG FILE…`: logs and event files into a project."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics.imports.formats import FORMATS
from analytics.imports.run import Report, import_file
from analytics.imports.source import FileError

GO_ON = "Run the same command again to go on: nothing is stored twice."
INTERRUPTED = 130
NOT_RUNNING = (
    "PostgreSQL does not answer. Start Agentry (make run) and leave it running; where it runs with another"
    " AGENTRY_DATA_DIR or DATABASE_URL, set the same here."
)


class Command(BaseCommand):
    help = (
        "Import access logs (combined format), NDJSON of events, or Cloudflare Logpush HTTP request logs,"
        " plain or gzipped. Interrupted or run again, it stores nothing twice. It reaches as far back as raw"
        " events are kept (AGENTRY_RETENTION_DAYS); older lines are rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--project", required=True, metavar="TEAM/SLUG", help="such as acme/default")
        parser.add_argument("--format", choices=FORMATS, help="by default guessed from the first lines")
        parser.add_argument(
            "--customer-field",
            metavar="FIELD",
            help="Logpush: the field that names the customer, such as RequestHeaders.x-customer"
            " (by default ClientIP)",
        )
        parser.add_argument(
            "--shift-to-now",
            action="store_true",
            help="move each file's clock so that its last line is now; fixed at the file's first import",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            project = find_project(options["project"])
        except OperationalError:
            raise CommandError(NOT_RUNNING) from None
        # `docker stop` and systemd end a process with SIGTERM: the same way out as Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        for name in options["files"]:
            try:
                self.stdout.write(f"{name} → {project}")
                report = import_file(
                    project,
                    name,
                    sys.stderr,
                    format_=options["format"],
                    customer_field=options["customer_field"],
                    shift_to_now=options["shift_to_now"],
                )
            except FileError as error:
                raise CommandError(str(error)) from None
            except AgentryError as error:
                raise CommandError(f"{error.message} {error.hint} {GO_ON}") from None
            except DatabaseError as error:
                raise CommandError(f"PostgreSQL: {str(error).strip()} {GO_ON}") from None
            except KeyboardInterrupt:
                raise CommandError(f"Interrupted in {name}. {GO_ON}", returncode=INTERRUPTED) from None
            self.stdout.write("\n".join(lines(report, options["shift_to_now"])))


def find_project(text: str) -> Project:
    team, _, slug = text.partition("/")
    project = Project.objects.select_related("team").filter(team__slug=team, slug=slug).first()
    if project is None:
        known = ", ".join(str(found) for found in Project.objects.select_related("team").order_by("id")[:5])
        raise CommandError(f"There is no project {text}. Name it TEAM/SLUG; there is: {known or 'none yet'}.")
    return project


def lines(report: Report, wanted_shift: bool) -> list[str]:
    """What became of the file, for people."""
    known = report.known
    rejected = sum(known.rejected.values())
    blank = known.lines - known.stored - known.duplicate - known.dead_lettered - rejected
    shown = []
    if report.resumed_after:
        shown.append(f"  went on after line {report.resumed_after:,}; the counts include the earlier runs")
    if known.shift_ms:
        shown.append(
            f"  every time moved by {known.shift_ms / 86_400_000:+,.2f} days, as at its first import"
        )
    elif wanted_shift:
        shown.append("  its clock was not moved: it was imported without --shift-to-now before")
    counts = {
        "lines read": known.lines,
        "stored": known.stored,
        "duplicate": known.duplicate,
        "rejected": rejected,
    }
    counts |= {"dead-lettered": known.dead_lettered} if known.dead_lettered else {}
    counts |= {"blank": blank} if blank else {}
    shown += [f"  {name:<13} {number:>12,}" for name, number in counts.items()]
    for code, number in sorted(known.rejected.items(), key=lambda reason: -reason[1]):
        shown.append(f"    {code}: {number:,}")
        shown += [f"      line {line:,}: {message}" for line, message in report.examples.get(code, [])]
    return shown
