"""Headers of every answer, cookies, log lines, and what production refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.test import Client

from agentry.accounts.models import Team, User
from agentry.logs import without_secrets
from tests.fixtures import EMAIL, PASSWORD

PAGES = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/teams/new", "/nothing/here"]
TEAM_PAGES = ["/t/acme/", "/t/acme/default/keys", "/t/acme/tokens", "/t/acme/default/ingest"]
TEAM_PAGES += ["/t/acme/default/dead-letters"]
POLICY = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


@pytest.fixture
def signed_in(client: Client, team: Team, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.parametrize("address", [*PAGES, *TEAM_PAGES])
def test_every_page_has_a_strict_policy(signed_in: Client, address: str) -> None:
    for client in (signed_in, Client()):
        response = client.get(address, follow=True)
        policy = set(response["Content-Security-Policy"].split("; "))
        assert policy == POLICY and "unsafe" not in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in response["Permissions-Policy"]
        assert {"private", "no-cache", "no-store"} & set(response["Cache-Control"].split(", "))


@pytest.mark.parametrize("address", [*PAGES, *TEAM_PAGES])
def test_no_page_needs_what_the_policy_forbids(signed_in: Client, address: str) -> None:
    for client in (signed_in, Client()):
        page = client.get(address, follow=True).content.decode()
        for forbidden in ("<script>", " style=", " onclick=", "javascript:", "<style"):
            assert forbidden not in page
        for link in ('src="http', 'href="http', 'action="http', 'src="//', 'href="//'):
            assert link not in page


@pytest.mark.parametrize("address", ["/healthz", "/v1/nothing", "/api/schema/"])
def test_answers_to_machines_are_data_only(db: None, client: Client, address: str) -> None:
    response = client.get(address)
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response and not response.cookies


def test_the_description_of_the_api_runs_only_our_scripts(db: None, client: Client) -> None:
    response = client.get("/api/docs/")
    page = response.content.decode()
    assert response.status_code == 200 and "<script>" not in page and "://" not in page
    policy = response["Content-Security-Policy"]
    assert "script-src" not in policy and policy.startswith("default-src 'self';")


@pytest.mark.parametrize("sent", ["abc-123.DEF_4", "x" * 64])
def test_a_sane_request_id_is_kept(client: Client, sent: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\r\nSet-Cookie: x=1", "é", '{"a":1}'])
def test_an_odd_request_id_is_replaced(client: Client, sent: str) -> None:
    answered = client.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
    assert answered != sent and len(answered) == 16 and answered.isalnum()


def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(client: Client, user: User) -> None:
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    session = client.cookies[live_settings.SESSION_COOKIE_NAME]
    assert session["httponly"] and session["samesite"] == "Lax"
    assert client.cookies[live_settings.CSRF_COOKIE_NAME]["samesite"] == "Lax"


def test_the_session_changes_at_sign_in(client: Client, user: User) -> None:
    client.post("/accounts/login/", {"login": EMAIL, "password": "wrong"})
    before = client.session.session_key
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert client.session.session_key and client.session.session_key != before


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_leads_to_no_other_site(client: Client, user: User, target: str) -> None:
    response = client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD, "next": target})
    assert response["Location"] == "/"


def test_a_request_is_one_line_without_query_and_secret(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get(f"/v1/nothing/agd_{'s' * 32}?key=agp_hidden", headers={"X-Request-ID": "trace-7"})
    lines = [line for line in capfd.readouterr().err.splitlines() if "trace-7" in line]
    assert len(lines) == 1
    assert "method=GET path=/v1/nothing/agd_ssssss… status=404 ms=" in lines[0]
    assert "agp_hidden" not in lines[0]
    client.get("/healthz", headers={"X-Request-ID": "trace-8"})
    assert "trace-8" not in capfd.readouterr().err


def test_a_link_from_an_e_mail_is_not_logged(
    db: None, client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get("/accounts/password/reset/key/1-cxyz-5e5e5e5e5e/", headers={"X-Request-ID": "trace-9"})
    client.get("/accounts/confirm-email/MQ:1abcdef:5e5e5e5e5e/", headers={"X-Request-ID": "trace-9"})
    said = capfd.readouterr().err
    assert said.count("trace-9") == 2 and "5e5e5e5e5e" not in said


def test_secrets_are_cut_wherever_they_stand() -> None:
    for kind in ("agd", "agt", "agp"):
        said = without_secrets(f'key="{kind}_abcdefghijklmnop-_XYZ0123456789abc" next')
        assert said == f'key="{kind}_abcdef…" next'


SECRET = "a" * 25 + "b" * 25 + "cdefghijklmnop"
PRODUCTION = {
    "AGENTRY_PRODUCTION": "1",
    "AGENTRY_SECRET_KEY": SECRET,
    "AGENTRY_URL": "https://agentry.example",
    "AGENTRY_SMTP_URL": "smtp://agentry:p%40ss@mail.example",
}


def manage(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` in a process of its own, with these settings and no others of Agentry's."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("AGENTRY_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=live_settings.BASE_DIR,
        env=clean | env,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_deployment_check_is_clean_in_production() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"AGENTRY_SECRET_KEY": ""}, "refuses the development secret"),
        ({"AGENTRY_DEBUG": "1"}, "refuses to run with DEBUG"),
        ({"AGENTRY_SMTP_URL": "http://mail.example"}, "must start with smtp://"),
        ({"AGENTRY_PRODUCTION": "perhaps"}, "AGENTRY_PRODUCTION must be 1 or 0"),
    ],
)
def test_production_refuses(change: dict[str, str], says: str) -> None:
    done = manage("check", **PRODUCTION | change)
    assert done.returncode != 0 and says in done.stderr


def test_production_cookies_travel_only_over_tls() -> None:
    names = [
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "ACCOUNT_EMAIL_VERIFICATION",
    ]
    script = f"from django.conf import settings; print(*(getattr(settings, name) for name in {names}))"
    done = manage("shell", "-v", "0", "-c", script, **PRODUCTION)
    assert done.stdout.split() == ["True", "True", "True", "mandatory"], done.stderr
    done = manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings; print(settings.EMAIL_BACKEND)",
        **PRODUCTION | {"AGENTRY_SMTP_URL": ""},
    )
    assert "dummy" in done.stdout  # a link to set a password must not be printed into a log


def test_a_machine_gets_no_page_of_the_wrong_kind(db: None, client: Client) -> None:
    response: Any = client.get("/v1/nothing", headers={"Accept": "text/html"})
    assert response["Content-Type"] == "application/json"
