"""What the ORM keeps of analytics. Events and rollups are plain SQL (migration 0001, engines/)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from agentry.accounts.models import Membership, Project, Team, User


class Import(models.Model):
    """How far a file has come into a project, and on which clock: what a second run needs to go on.

    `source` knows the file again: the SHA-256 of its first `head_bytes` bytes. The first `lines` lines, whose
    chain is `chain`, are answered for; the counts are theirs. `shift_ms` was added to every time in it; it
    may change only while nothing was `sent`.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="imports")
    source = models.CharField(max_length=64)
    head_bytes = models.IntegerField(default=0)
    reading = models.CharField(max_length=200)  # the format, and what else decides how a line is read
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    sent = models.BooleanField(default=False)
    shift_ms = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    chain = models.BinaryField(default=b"")
    stored = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    dead_lettered = models.BigIntegerField(default=0)
    rejected: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "source"], name="one_import_a_file")]


class Deletion(models.Model):
    """A customer's data, or a whole project's, to be deleted, and how far that has come.

    `cutoff_ms` is the moment it was asked for by Valkey's clock: events whose stream entry is older go, newer
    ones stay. What lies before `reached` is done; `letter` is the last dead letter that was looked at. A
    project is gone when this begins, so it is known by its number and slug only.
    """

    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="deletions")  # None: gone too
    project_id = models.IntegerField()
    project_slug = models.CharField(max_length=50)
    customer_id = models.TextField(null=True)  # None: the whole project
    cutoff_ms = models.BigIntegerField()
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reached = models.DateTimeField(null=True)
    letter = models.BigIntegerField(default=0)
    events = models.BigIntegerField(default=0)  # deleted so far
    days = models.IntegerField(null=True)  # with something to delete, as found at the start
    days_left = models.IntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["project_id"], name="deletions_of_project"),
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="deletions_to_do"),
        ]

    @property
    def state(self) -> str:
        """waiting, running or done."""
        if self.finished_at is not None:
            return "done"
        return "waiting" if self.reached is None else "running"


class Customer(models.Model):
    """What a team knows of a customer that events do not say. There may be one without events, and reverse.

    `customer_id` is as events have it, also ''; who calls without one is no customer. The owner is a member
    of the project's team: whoever leaves it owns no customer any more.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="directory")
    customer_id = models.TextField()
    name = models.CharField(max_length=200, blank=True)
    monthly_cap = models.PositiveBigIntegerField(null=True)  # calls in a calendar month, UTC
    owner = models.ForeignKey(Membership, models.SET_NULL, null=True, related_name="+")
    account_url = models.CharField(max_length=500, blank=True)  # http or https
    notes = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "customer_id"], name="one_customer_an_id")]

    def __str__(self) -> str:
        return self.name or self.customer_id


class SavedQuery(models.Model):
    """A question with a name. `owner` alone sees it; without one it is the team's, and stays when whoever
    saved it leaves. A private one goes with its owner."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="saved_queries")
    name = models.CharField(max_length=100)
    query = models.TextField()
    chart = models.CharField(max_length=10, blank=True)  # how it was looked at; "": as its columns suggest
    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["project", "name"], name="saved_queries_of_project")]

    def __str__(self) -> str:
        return self.name


class AskedQuery(models.Model):
    """A question that somebody asked in Explore, and how it went: their own history, which goes with them.

    `error` is the code of what went wrong, "" where there was an answer.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="asked_queries")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    query = models.TextField()
    asked_at = models.DateTimeField(default=timezone.now)
    milliseconds = models.FloatField()
    rows = models.IntegerField(null=True)
    error = models.CharField(max_length=50, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "user", "-id"], name="asked_queries_of_person")]

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000


class Standings(models.Model):
    """How a project's customers stood by one event at one moment: what the customers page reads where they
    are too many to be asked for anew. The customers are rows of the table `standings`.

    `totals` are sums over them (`analytics.customers.standing`); `as_of` is None before the first time.
    `changed_at` is when a cap or a threshold that decides flags last changed.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="standings")
    event = models.TextField()
    asked_at = models.DateTimeField(default=timezone.now)  # when somebody last opened the page
    as_of = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    complete_through = models.DateTimeField(null=True)
    took_ms = models.IntegerField(default=0)
    customers = models.IntegerField(default=0)
    totals: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "event"], name="one_standings_an_event")]

    @property
    def outdated(self) -> bool:
        """Whether the flags were judged by caps or thresholds that hold no more."""
        return bool(self.as_of and self.changed_at and self.as_of < self.changed_at)


class FlagThresholds(models.Model):
    """What a project has changed of the thresholds that decide a flag; the others are the usual ones."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="flag_thresholds")
    values: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
