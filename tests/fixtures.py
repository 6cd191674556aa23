"""Fixtures for every test: an empty Valkey, a user with a team and a project, and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from agentry import valkey
from agentry.accounts.models import ApiToken, DsnKey, Membership, Project, Role, Team, User
from agentry.accounts.secrets import API_TOKEN, DSN_KEY, fingerprint, mint, prefix

EMAIL = "dev@example.com"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _empty_valkey() -> None:
    valkey.client().flushdb()


@pytest.fixture(autouse=True)
def _empty_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits: Django empties the tables of its models, this the others."""
    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction"))
    if not commits:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        )
        tables = {row[0] for row in cursor.fetchall()}
        tables -= {"django_migrations", *connection.introspection.django_table_names()}
        cursor.execute("TRUNCATE " + ", ".join(sorted(tables)))


@pytest.fixture
def user(db: None) -> User:
    """Signs in with EMAIL and PASSWORD."""
    return User.objects.create_user(EMAIL, PASSWORD)


@pytest.fixture
def team(user: User) -> Team:
    """The user's team, with its project `default`."""
    team = Team.objects.create(name="Acme", slug="acme")
    Membership.objects.create(team=team, user=user, role=Role.OWNER)
    Project.objects.create(team=team, name="Default", slug="default")
    return team


@pytest.fixture
def project(team: Team) -> Project:
    return team.projects.get(slug="default")


@pytest.fixture
def dsn(project: Project, user: User) -> str:
    """A DSN secret (`agd_…`) of the project."""
    secret = mint(DSN_KEY)
    DsnKey.objects.create(
        project=project, name="Test", prefix=prefix(secret), secret_hash=fingerprint(secret), created_by=user
    )
    return secret


@pytest.fixture
def token(team: Team, user: User) -> str:
    """An API token's secret (`agt_…`) of the team, with all scopes."""
    secret = mint(API_TOKEN)
    ApiToken.objects.create(
        team=team,
        name="Test",
        prefix=prefix(secret),
        secret_hash=fingerprint(secret),
        scopes=["query", "publish", "manage"],
        created_by=user,
    )
    return secret
