"""Deleting a customer's data, or a whole project's: asked for at one moment, done in small steps.

Everything that was received before the request is gone when it is done: events, rollups, dead letters, what
still waits in the queue, and the last rejected events, which may quote one. What is received after the answer
is stored as ever, also while this goes on. After every step all rollups say what raw events say. A step that
dies changes nothing; whoever comes next goes on. What remains: counts of the accounting (an event that was
stored was stored), the customer's id in the deletion and in the audit log.
"""

from __future__ import annotations

import time
from functools import partial

import structlog
from django.db import DatabaseError, transaction
from redis.exceptions import RedisError

from agentry.accounts import audit, keystore
from agentry.accounts.keys import revoke
from agentry.accounts.models import Project, User
from agentry.errors import AgentryError
from analytics.ingest import stream
from analytics.ingest.wake import tell
from analytics.keeping import steps
from analytics.models import Customer, Deletion

CUSTOMER_CHARS = 200  # as ingest takes them
# Keys are cached for some seconds: until then the project's events may still be let in, and are rejected.
KEYS_CACHED_MS = 10_000
TASK = "analytics.keeping.delete"
PAUSE = 0.05  # seconds, at least, in which batches have their turn

log = structlog.get_logger()


def delete_customer(project: Project, customer: str, user: User | None) -> Deletion:
    """Ask for a customer's data to be deleted. Asked again, it is done again for what came meanwhile.

    Raises AgentryError 400 `bad_customer`; redis.RedisError when Valkey does not answer.
    """
    text = customer.encode("utf-8", "replace").decode()
    if not customer.strip() or len(customer) > CUSTOMER_CHARS or "\0" in customer or text != customer:
        message = f"A customer is named by 1 to {CUSTOMER_CHARS} characters."
        hint = "Send the customer_id as events have it."
        raise AgentryError(400, "bad_customer", message, hint, field="customer_id")
    cutoff = stream.now_ms()
    with transaction.atomic():
        deletion = Deletion.objects.create(
            team=project.team,
            project_id=project.id,
            project_slug=project.slug,
            customer_id=customer,
            cutoff_ms=cutoff,
            requested_by=user,
        )
        Customer.objects.filter(project=project, customer_id=customer).delete()
        audit.record(project.team, user, "customer.delete", f"{project.slug}/{customer}")
        transaction.on_commit(partial(tell, TASK))
    return deletion


def delete_project(project: Project, user: User | None) -> Deletion:
    """Take a project away at once, with its keys and publications, and have its data deleted.

    Raises redis.RedisError when Valkey does not answer; then it stands as before, or without live keys.
    """
    cutoff = stream.now_ms() + KEYS_CACHED_MS
    for key in project.dsn_keys.filter(revoked_at=None).select_related("project__team"):
        revoke(key, user)
    # Once more and for sure: with the project the rows go by which a lost word to Valkey would be said again.
    keystore.bury(project.dsn_keys.values_list("secret_hash", flat=True))
    with transaction.atomic():
        deletion = Deletion.objects.create(
            team=project.team,
            project_id=project.id,
            project_slug=project.slug,
            cutoff_ms=cutoff,
            requested_by=user,
        )
        audit.record(project.team, user, "project.delete", project.slug)
        project.delete()
        transaction.on_commit(partial(tell, TASK))
    return deletion


def work(seconds: float) -> bool:
    """Go on with every deletion, for about `seconds`. Gives whether one could go on at once."""
    deadline = time.monotonic() + seconds
    able = False
    for deletion in Deletion.objects.filter(finished_at=None).order_by("id").values_list("id", flat=True):
        while True:
            began = time.monotonic()
            if began >= deadline:
                return True
            try:
                went_on = steps.step(deletion)
            except (DatabaseError, RedisError) as error:  # another may be able
                log.warning("deletion_held", deletion=deletion, error=type(error).__name__)
                break
            if not went_on:
                break
            able = True
            # Batches wait for a step, and a step for batches: half of the time is theirs.
            time.sleep(max(PAUSE, time.monotonic() - began))
    return able and Deletion.objects.filter(finished_at=None).exists()


def deletions_of(team_id: int, most: int) -> list[Deletion]:
    """A team's, the newest first."""
    rows = Deletion.objects.filter(team_id=team_id).select_related("requested_by")
    return list(rows.order_by("-id")[:most])
