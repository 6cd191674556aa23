"""What a team shares: a publication is one frozen question, a link is one way in."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agentry.accounts.models import Project, Team, User

DESCRIPTION_LENGTH = 200


class Publication(models.Model):
    """A question, frozen as it was written. Who holds one of its links sees the answer, not the question.

    `version` rises when the question or its description changes: cached answers carry it. It belongs to its
    project, so it stays when the person who made it leaves.
    """

    id = models.CharField(primary_key=True, max_length=40)  # pub_ and 96 random bits; no secret
    project = models.ForeignKey(Project, models.CASCADE, related_name="publications")
    recipe_id = models.CharField(max_length=50)
    description = models.CharField(max_length=DESCRIPTION_LENGTH)
    query = models.TextField()
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at", "-id"], name="publications_of_project")]

    def __str__(self) -> str:
        return self.id

    @property
    def views(self) -> int:
        return sum(link.views for link in self.links.all())

    @property
    def last_viewed_at(self) -> datetime | None:
        return max((link.last_viewed_at for link in self.links.all() if link.last_viewed_at), default=None)


def publications_of(team: Team | int) -> models.QuerySet[Publication]:
    """A team's publications that are not revoked, the newest first. The only way to them from outside."""
    live = Publication.objects.filter(project__team=team, revoked_at=None)
    rows = live.select_related("project__team", "created_by").prefetch_related("links")
    return rows.order_by("-created_at", "-id")


def older(rows: models.QuerySet[Publication], than: Publication) -> models.QuerySet[Publication]:
    """The rows that follow one in the order of `publications_of`."""
    return rows.filter(Q(created_at__lt=than.created_at) | Q(created_at=than.created_at, pk__lt=than.pk))


class Link(models.Model):
    """One key to a publication. The key is derived, not stored: `links.key_of`; here is what proves it.

    `revoked_at` may lie ahead: a rotated link can go on for a while beside its successor.
    """

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="links")
    name = models.CharField(max_length=100)
    salt = models.BinaryField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    last_viewed_at = models.DateTimeField(null=True)
    views = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.publication_id}/{self.prefix}…"

    @staticmethod
    def live(at: datetime) -> Q:
        return Q(revoked_at=None) | Q(revoked_at__gt=at)
