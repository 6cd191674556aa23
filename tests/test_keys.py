"""Keys: what opens what, and what one looks like to somebody without one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from agentry import valkey
from agentry.accounts import keystore, last_used, tasks
from agentry.accounts.keys import issue_api_token, issue_dsn_key, revoke
from agentry.accounts.models import ApiToken, AuditEntry, DsnKey, Project, Team, User
from agentry.accounts.secrets import fingerprint, mint
from agentry.errors import AgentryError


@pytest.fixture(autouse=True)
def _new_process() -> None:
    keystore.forget()


def refusal(header: str | None, kind: keystore.Kind = "dsn") -> tuple[int, str]:
    with pytest.raises(AgentryError) as caught:
        keystore.authorize(header, kind)
    return caught.value.status, json.dumps(caught.value.body())


def test_a_dsn_key_opens_its_project_and_nothing_more(project: Project, dsn: str) -> None:
    access = keystore.authorize(f"Bearer {dsn}", "dsn")
    assert (access.kind, access.team_id, access.project_id) == ("dsn", project.team_id, project.pk)
    assert (access.project_slug, access.scopes) == ("default", frozenset())
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    assert keystore.project_of(access, "default") == project
    with pytest.raises(AgentryError) as caught:
        keystore.project_of(access, other.slug)
    assert (caught.value.status, caught.value.code) == (404, "not_found")


def test_a_token_opens_its_own_team_as_far_as_its_scopes(team: Team, user: User) -> None:
    _, secret = issue_api_token(team, "Reader", ["query"], user)
    access = keystore.authorize(f"bearer  {secret}", "token")
    keystore.require_scope(access, "query")
    with pytest.raises(AgentryError) as caught:
        keystore.require_scope(access, "publish")
    assert (caught.value.status, caught.value.code) == (403, "missing_scope")
    foreign = Project.objects.create(team=Team.objects.create(name="B", slug="b"), name="P", slug="theirs")
    with pytest.raises(AgentryError) as caught:
        keystore.project_of(access, foreign.slug)
    assert caught.value.status == 404


@pytest.mark.parametrize("scopes", [[], ["root"], ["query", "root"]])
def test_a_token_has_known_scopes(team: Team, user: User, scopes: list[str]) -> None:
    with pytest.raises(AgentryError) as caught:
        issue_api_token(team, "Odd", scopes, user)
    assert (caught.value.status, caught.value.code) == (400, "unknown_scope")
    assert not ApiToken.objects.exists()


WRONG = [
    None,
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer agd_",
    "Bearer agd_short",
    "Bearer " + "agd_" + "a" * 32,
    "Bearer " + "agd_" + "a" * 33,
    "Bearer " + "agd_" + "a" * 100_000,
    "Bearer " + "agd_" + "é" * 32,
    "Bearer " + "agd_" + "\x00" * 32,
    "Bearer " + "agd_" + "\ud800" * 32,
    "Bearer " + "AGD_" + "a" * 32,
    "Bearer\nagd_" + "a" * 32,
    "Basic " + "agd_" + "a" * 32,
    "Token " + "agd_" + "a" * 32,
    "agd_" + "a" * 32,
]


@pytest.mark.parametrize("header", WRONG, ids=range(len(WRONG)))
def test_every_wrong_key_gets_the_same_answer(db: None, header: str | None) -> None:
    assert refusal(header) == refusal("Bearer " + mint("agd_"))
    assert refusal(header)[0] == 401
    assert '"unauthorized"' in refusal(header)[1]


def test_each_kind_of_key_is_refused_where_the_other_belongs(dsn: str, token: str) -> None:
    cases: list[tuple[str, keystore.Kind, str]] = [(token, "dsn", "agt_"), (dsn, "token", "agd_")]
    for sent, kind, prefix in cases:
        status, body = refusal(f"Bearer {sent}", kind)
        assert status == 401
        assert ("takes a DSN key" if kind == "dsn" else "takes an API token") in body
        assert ("Setup page" if kind == "dsn" else "API tokens page") in body
        assert refusal(f"Bearer {mint(prefix)}", kind) == (status, body)  # its form alone is looked at


@pytest.mark.django_db(transaction=True)
def test_issuing_tells_valkey_and_revoking_leaves_a_tombstone(project: Project, user: User) -> None:
    key, secret = issue_dsn_key(project, "Edge", user)
    record = valkey.client().get(f"key:{fingerprint(secret)}")
    assert (
        isinstance(record, bytes) and b'"project_slug":"default"' in record and secret.encode() not in record
    )
    assert keystore.authorize(f"Bearer {secret}", "dsn").key_id == key.pk
    revoke(key, user)
    assert refusal(f"Bearer {secret}") == refusal(None)
    keystore.put(key.secret_hash, keystore.access_of(key))  # a slow reader that saw it alive
    keystore.forget()
    assert refusal(f"Bearer {secret}") == refusal(None)


@pytest.mark.django_db(transaction=True)
def test_a_key_of_a_rolled_back_transaction_is_never_known(project: Project, user: User) -> None:
    secret = ""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _, secret = issue_dsn_key(project, "Edge", user)
        1 / 0  # noqa: B018
    assert refusal(f"Bearer {secret}") == refusal(None)


def test_only_a_hash_and_a_prefix_are_stored(project: Project, user: User) -> None:
    key, secret = issue_dsn_key(project, "Edge", user)
    assert len(secret) == 36 and key.prefix == secret[:10] and key.secret_hash == fingerprint(secret)
    stored = json.dumps(list(DsnKey.objects.values()), default=str)
    audit = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert secret not in stored + audit and secret[10:] not in stored + audit


def test_every_change_is_in_the_audit_log_once(project: Project, user: User) -> None:
    key, _ = issue_dsn_key(project, "Edge", user)
    token, _ = issue_api_token(project.team, "Bot", ["query", "publish"], user)
    for _ in range(2):
        revoke(key, user)
        revoke(token, user)
    entries = (
        AuditEntry.objects.filter(team=project.team).order_by("pk").values_list("action", "subject", "user")
    )
    assert list(entries) == [
        ("key.issue", f"default {key.prefix}", user.pk),
        ("token.issue", f"{token.prefix} publish query", user.pk),
        ("key.revoke", f"default {key.prefix}", user.pk),
        ("token.revoke", token.prefix, user.pk),
    ]


def test_last_use_is_marked_once_a_minute_and_flushed_by_a_task(dsn: str, token: str) -> None:
    key, secret = DsnKey.objects.get(), f"Bearer {dsn}"
    last_used.forget()
    keystore.authorize(secret, "dsn")
    assert list(valkey.client().hgetall(last_used.MARKS)) == [f"dsn:{key.pk}".encode()]
    valkey.client().delete(last_used.MARKS)
    keystore.authorize(secret, "dsn")
    assert not valkey.client().exists(last_used.MARKS)
    last_used.forget()
    keystore.authorize(secret, "dsn")
    keystore.authorize(f"Bearer {token}", "token")
    tasks.flush_last_used()
    key.refresh_from_db()
    assert key.last_used_at is not None and ApiToken.objects.get().last_used_at is not None
    assert not valkey.client().exists(last_used.MARKS)
    late, key.last_used_at = key.last_used_at, None
    valkey.client().hset(last_used.MARKS, f"dsn:{key.pk}", "1000")  # an old mark, late
    tasks.flush_last_used()
    key.refresh_from_db()
    assert key.last_used_at == late


def test_a_flood_of_one_wrong_key_asks_postgresql_once(
    db: None, django_assert_max_num_queries: Any, client: Client
) -> None:
    header = "Bearer " + mint("agd_")
    with django_assert_max_num_queries(2):
        for _ in range(500):
            refusal(header)
    keystore.forget()  # another process
    with django_assert_max_num_queries(0):
        refusal(header)
    lifetime = valkey.client().ttl(f"key:{fingerprint(header[7:])}")
    assert isinstance(lifetime, int) and 0 < lifetime <= keystore.WRONG_CACHED


def test_a_flood_of_wrong_keys_does_not_push_out_the_good_ones(
    dsn: str, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(keystore, "CACHE_SIZE", 5)
    keystore.authorize(f"Bearer {dsn}", "dsn")
    for _ in range(20):
        refusal("Bearer " + mint("agd_"))
    valkey.client().flushdb()
    with django_assert_max_num_queries(0):
        keystore.authorize(f"Bearer {dsn}", "dsn")
    assert len(keystore._wrong) <= 5


def test_a_record_of_another_version_is_written_anew(dsn: str) -> None:
    name = f"key:{fingerprint(dsn)}"
    for record in (b'{"version": 2}', b"\xff", b"[]", b'{"kind": "root"}'):
        valkey.client().set(name, record)
        keystore.forget()
        assert keystore.authorize(f"Bearer {dsn}", "dsn").project_slug == "default"
        assert b"default" in (valkey.client().get(name) or b"")


def test_the_mirror_heals_what_valkey_lost(project: Project, dsn: str, token: str, user: User) -> None:
    dead, secret = issue_dsn_key(project, "Old", user)
    revoke(dead, user)
    valkey.client().flushdb()
    tasks.mirror_keys()
    assert len(valkey.client().keys("key:*")) == 3
    assert valkey.client().get(f"key:{fingerprint(secret)}") == b"revoked"
    ttl = [valkey.client().ttl(f"key:{fingerprint(each)}") for each in (dsn, token, secret)]
    assert ttl[0] <= ttl[1] <= ttl[2]  # tombstones outlive live records
