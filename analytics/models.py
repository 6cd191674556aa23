"""What the ORM keeps of analytics. Events and rollups are plain SQL (migration 0001, engines/)."""

from __future__ import annotations

from django.db import models

from agentry.accounts.models import Project


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
