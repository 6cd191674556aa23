"""Who may do what: users, teams, projects, and the keys that machines carry."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person, known by e-mail address."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    last_project = models.IntegerField(null=True)  # where the next sign-in leads

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Role(models.TextChoices):
    """What a member may do, in rising order."""

    VIEWER = "viewer"  # read and ask
    MEMBER = "member"  # and publish
    ADMIN = "admin"  # and projects, keys, members
    OWNER = "owner"  # and the team itself

    @property
    def a(self) -> str:
        """As it stands in a sentence: "a viewer", "an admin"."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value}"


class Team(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    two_steps = models.BooleanField(default=False, db_default=False)  # its pages want a second step of all
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_a_team")]


class Invitation(models.Model):
    """An open door into a team: a link, used once. Whoever holds it and has the address comes in."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Limited(models.Model):
    """What may write events, and how many; None: without a limit. Change it by `limits.change` only."""

    events_per_second = models.PositiveIntegerField(null=True)
    requests_per_second = models.PositiveIntegerField(null=True)
    events_per_month = models.PositiveBigIntegerField(null=True)
    limited_at = models.DateTimeField(null=True)  # when that last changed

    class Meta:
        abstract = True


class Project(Limited):
    """Where a company's events live. Its slug is unique in its team; a team starts with `default`."""

    id = models.AutoField(primary_key=True)  # four bytes: it stands in every row of events
    team = models.ForeignKey(Team, models.CASCADE, related_name="projects")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="slug_unique_in_team")]

    def __str__(self) -> str:
        return f"{self.team.slug}/{self.slug}"


class Secret(models.Model):
    """A key that a machine carries: stored as SHA-256 and a display prefix, shown once, revocable."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)  # rotated: it lives until then beside its successor

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.prefix}…"


class DsnKey(Secret, Limited):
    """`agd_…`: writes events into one project, reads nothing."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="dsn_keys")


class Scope(models.TextChoices):
    QUERY = "query"
    PUBLISH = "publish"
    MANAGE = "manage"


class ApiToken(Secret):
    """`agt_…`: asks and publishes for a team, as far as its scopes go."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="api_tokens")
    scopes = models.JSONField(default=list)


class AuditEntry(models.Model):
    """What was done in a team, by whom. Never a secret."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="audit_entries")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=20, blank=True, default="", db_default="")  # when it was no person
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["team", "id"], name="audit_newest_first")]
