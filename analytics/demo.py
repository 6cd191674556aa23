"""The demo's events, loaded the way every event goes. (A place-holder until they are.)"""

from __future__ import annotations

from agentry.accounts.models import Project


def load_demo(project: Project) -> None:
    raise NotImplementedError
