"""A project's own thresholds of flags: what may be changed, within what, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from agentry.accounts import audit
from agentry.accounts.models import Project, User
from analytics.customers.anew import judge_anew
from analytics.customers.trend import THRESHOLDS, Thresholds
from analytics.models import FlagThresholds


@dataclass(frozen=True)
class Setting:
    """A threshold as people set it: a whole number of `unit` from `least` to `most`. `scale` of them are 1 of
    what the flags compute with."""

    name: str
    flag: str
    label: str
    unit: str
    least: int
    most: int
    scale: int = 1
    more: str = ""  # what else must hold, which nobody sets

    def shown(self, thresholds: Thresholds) -> int:
        value: float = getattr(thresholds, self.name)
        return round(value * self.scale)


DORMANT = (
    f"and for more than {THRESHOLDS.dormant_times:g} times its longest gap in {THRESHOLDS.horizon} days, "
    f"with {THRESHOLDS.dormant_missed} or more of its usual days missed"
)
SETTINGS = (
    Setting("growing", "growing", "The period's calls are up by at least", "%", 1, 500, 100),
    Setting("shrinking", "shrinking", "The period's calls are down by at least", "%", 1, 90, 100),
    Setting("dropped", "dropped", "The last 7 days are under the 7 before by more than", "%", 10, 95, 100),
    Setting("calls", "dropped", "No change counts of fewer calls than", "calls", 1, 100_000),
    Setting("surprise", "quiet", "The chance of its silence, by its own days, is at most", "%", 1, 50, 100),
    Setting("known", "quiet", "It has been calling for at least", "days", 7, 56),
    Setting("quiet_hours", "quiet", "Or it is silent in its own hours of the week, at least", "hours", 2, 72),
    Setting("dormant_days", "dormant", "It is silent for at least", "days", 3, 59, more=DORMANT),
    Setting("near_cap", "near cap", "This month's calls are of its monthly cap at least", "%", 10, 100, 100),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}


class ThresholdError(ValueError):
    """One sentence for the person; `name` is the setting."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def of(project: Project) -> Thresholds:
    kept = FlagThresholds.objects.filter(project=project).first()
    return with_values(kept.values) if kept else THRESHOLDS


def with_values(values: Mapping[str, float]) -> Thresholds:
    """The usual ones with these; what this release does not know is left out."""
    known = {name: BY_NAME[name] for name in values if name in BY_NAME}
    changes = {
        name: values[name] / setting.scale if setting.scale > 1 else values[name]
        for name, setting in known.items()
    }
    return replace(THRESHOLDS, **changes)  # type: ignore[arg-type]


def read(form: Mapping[str, str]) -> tuple[dict[str, float], list[ThresholdError]]:
    """What a form sets beyond the usual, in people's units, and what in it is wrong."""
    values: dict[str, float] = {}
    wrong = []
    for setting in SETTINGS:
        text = form.get(setting.name, "").strip().replace(",", "")
        usual = setting.shown(THRESHOLDS)
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            wrong.append(ThresholdError(setting.name, f"A whole number of {setting.unit}, please."))
        elif not setting.least <= int(text) <= setting.most:
            most = f"from {setting.least} to {setting.most:,} {setting.unit}"
            wrong.append(ThresholdError(setting.name, f"It must be {most}."))
        elif int(text) != usual:
            values[setting.name] = int(text)
    return values, wrong


def change(project: Project, values: Mapping[str, float], user: User | None) -> None:
    """Keep these and no others, with an entry in the audit log; kept flags are made anew at once."""
    with transaction.atomic():
        kept, _ = FlagThresholds.objects.select_for_update().get_or_create(project=project)
        if kept.values == values:
            return
        kept.values, kept.changed_at, kept.changed_by = dict(values), timezone.now(), user
        kept.save()
        listed = [
            f"{name.replace('_', ' ')} {value:g} {BY_NAME[name].unit}" for name, value in values.items()
        ]
        subject = f"{project.slug}: {', '.join(listed) or 'the usual'}"
        audit.record(project.team, user, "thresholds.change", subject)
        judge_anew(project)
