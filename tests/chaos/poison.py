"""Events that PostgreSQL refuses, among good ones: each becomes a dead letter, and stops nothing else.

No request can carry one: what PostgreSQL is known to refuse, ingest repairs or rejects. So they are put into
the stream behind it, by this file as a process of its own with the stack's settings.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import django

django.setup()

from agentry.accounts.models import Project  # noqa: E402
from tests.write_events import event, send  # noqa: E402

ENTRY_EVENTS = 500


POISON: list[dict[str, Any]] = [
    {"event": "a\0b"},
    {"uuid": "no uuid"},
    {"status": 2**40},
    {"rest": '{"a": "\\u0000"}'},
]


def main(events: int, bad: int, seed: int) -> None:
    """Append `events` events, `bad` of them poison, spread by chance."""
    rng = random.Random(seed)
    project = Project.objects.get()
    places = set(rng.sample(range(events), bad))
    for start in range(0, events, ENTRY_EVENTS):
        numbers = range(start, min(start + ENTRY_EVENTS, events))
        send(project, *(event(**rng.choice(POISON)) if number in places else event() for number in numbers))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
