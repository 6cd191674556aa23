"""Rotation: two keys live side by side for a while, then the old one dies by itself, everywhere."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agentry import valkey
from agentry.accounts import keystore, limits, mirror, tasks
from agentry.accounts.keys import end_due, issue_api_token, issue_dsn_key, revoke, rotate
from agentry.accounts.models import ApiToken, AuditEntry, DsnKey, Project, Team, User
from agentry.accounts.secrets import fingerprint
from agentry.errors import AgentryError

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _new_process() -> None:
    keystore.forget()


def opens(secret: str, kind: keystore.Kind = "dsn") -> bool:
    try:
        return bool(keystore.authorize(f"Bearer {secret}", kind))
    except AgentryError as error:
        assert (error.status, error.code) == (401, "unauthorized")
        return False


def test_both_keys_work_until_the_end_of_the_overlap(project: Project, user: User) -> None:
    old, old_secret = issue_dsn_key(project, "Edge", user)
    limits.change(old, {"events_per_second": 50}, user)
    new, secret = rotate(old, DAY, user)
    keystore.forget()
    assert opens(old_secret) and opens(secret)
    assert (new.name, new.events_per_second, new.ends_at) == ("Edge", 50, None)
    assert old.ends_at is not None and timedelta(hours=23) < old.ends_at - timezone.now() <= DAY
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))
    assert actions[-2:] == [
        ("key.issue", f"default {new.prefix}"),
        ("key.rotate", f"default {old.prefix} until {old.ends_at:%Y-%m-%d %H:%M}"),
    ]
    assert secret not in str(actions) and secret[10:] not in str(actions)


def test_a_token_keeps_its_scopes(team: Team, user: User) -> None:
    old, old_secret = issue_api_token(team, "Bot", ["query", "publish"], user)
    _, secret = rotate(old, DAY, user)
    assert keystore.authorize(f"Bearer {secret}", "token").scopes == {"query", "publish"}
    assert opens(old_secret, "token")


def at_its_end(key: DsnKey | ApiToken, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process's clock stand a moment after the key's end."""
    assert key.ends_at is not None
    end = key.ends_at.timestamp()
    monkeypatch.setattr(time, "time", lambda: end + 0.001)


def test_the_old_key_dies_at_its_end_though_nobody_says_so(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker runs, and this process remembers the key."""
    old, old_secret = issue_dsn_key(project, "Edge", user)
    _, secret = rotate(old, DAY, user)
    assert opens(old_secret)
    at_its_end(old, monkeypatch)
    assert not opens(old_secret) and opens(secret)
    valkey.client().flushdb()  # and by PostgreSQL's word
    keystore.forget()
    assert not opens(old_secret) and opens(secret)


def test_a_worker_buries_what_has_ended_once(project: Project, user: User) -> None:
    old, old_secret = issue_dsn_key(project, "Edge", user)
    before = keystore.access_of(old)
    rotate(old, DAY, user)
    assert end_due() == 0
    past = timezone.now() - timedelta(seconds=1)
    DsnKey.objects.filter(pk=old.pk).update(ends_at=past)
    keystore.put(old.secret_hash, before)  # a slow reader that had seen the key without an end
    tasks.bury_recently_revoked()
    assert valkey.client().get(f"key:{fingerprint(old_secret)}") == b"revoked"
    keystore.forget()
    assert not opens(old_secret)
    old.refresh_from_db()
    assert old.revoked_at == past
    assert end_due() == 0
    entry = AuditEntry.objects.get(action="key.end")
    assert (entry.user, entry.subject) == (None, f"default {old.prefix}")


def test_the_mirror_renews_a_rotated_key_with_its_end(project: Project, user: User) -> None:
    old, old_secret = issue_dsn_key(project, "Edge", user)
    rotate(old, DAY, user)
    valkey.client().flushdb()
    mirror.renew()
    record = valkey.client().get(f"key:{fingerprint(old_secret)}")
    assert isinstance(record, bytes) and b'"ends_at":1' in record


def test_the_old_key_can_be_revoked_before_its_end(project: Project, user: User) -> None:
    old, old_secret = issue_dsn_key(project, "Edge", user)
    _, secret = rotate(old, DAY, user)
    revoke(old, user)
    assert not opens(old_secret) and opens(secret)


@pytest.mark.parametrize("kind", ["rotated", "revoked"])
def test_a_key_is_rotated_once(kind: str, project: Project, user: User) -> None:
    key, _ = issue_dsn_key(project, "Edge", user)
    stale = DsnKey.objects.select_related("project__team").get()
    if kind == "rotated":
        rotate(key, DAY, user)
    else:
        revoke(key, user)
    with pytest.raises(AgentryError) as caught:
        rotate(stale, DAY, user)
    assert caught.value.status == 409
    assert caught.value.code == {"rotated": "key_ends_already", "revoked": "key_is_revoked"}[kind]
    assert DsnKey.objects.filter(revoked_at=None, ends_at=None).count() == (kind == "rotated")


def test_two_rotations_at_once_make_one_successor(project: Project, user: User) -> None:
    key, _ = issue_dsn_key(project, "Edge", user)
    outcomes: list[Any] = []
    both = threading.Barrier(2)

    def go() -> None:
        both.wait()
        try:
            outcomes.append(rotate(DsnKey.objects.get(pk=key.pk), DAY, user)[1])
        except AgentryError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("key_ends_already") == 1 and DsnKey.objects.count() == 2
