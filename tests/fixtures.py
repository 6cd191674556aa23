"""Fixtures for every test: an empty Valkey, a user with a team and a project, and keys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright

from agentry import valkey
from agentry.accounts.models import ApiToken, DsnKey, Membership, Project, Role, Team, User
from agentry.accounts.secrets import API_TOKEN, DSN_KEY, fingerprint, mint, prefix
from analytics.engines import postgres
from tests.stack import Stack, running_stack
from tests.wire import Wire

# A machine that is busy is no failure: no deadline for a single example. The examples are the same in every
# run, so that a change is judged by what it changed; AGENTRY_HUNT=1 draws new ones.
settings.register_profile("agentry", deadline=None, derandomize="AGENTRY_HUNT" not in os.environ)
settings.load_profile("agentry")

EMAIL = "dev@example.com"
PASSWORD = "correct horse battery"
CHROMIUM_OPTIONS = [
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session", autouse=True)
def _close_queries(django_db_setup: None) -> Iterator[None]:
    """The pool of query connections would keep the test database from being dropped."""
    yield
    postgres.close()


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
def reader(client: Client, user: User, project: Project) -> Client:
    """A browser without JavaScript in which `user` is signed in; there is a project to read."""
    client.force_login(user)
    return client


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


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whole running Agentry, without demo events, for all tests that only talk to it."""
    with running_stack(tmp_path_factory.mktemp("stack") / "data") as stack:
        yield stack


@pytest.fixture
def wire(stack: Stack) -> Iterator[Wire]:
    """A connection with a good event before and after what the test sends."""
    with Wire(stack) as wire:
        assert wire.works()
        yield wire
        assert wire.works()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; `new_context()` is a person who has never been here."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    if not Path(program).exists():
        how = "Chromium is not installed: apt-get install chromium, or name it in CHROMIUM."
        if os.environ.get("AGENTRY_REQUIRE_BROWSER") == "1":
            pytest.fail(how)
        pytest.skip(how)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh browser context."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
