"""How customers stand is judged anew: what kept flags rest on, a cap or a threshold, has changed."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from agentry.accounts.models import Project
from analytics.ingest.wake import tell
from analytics.models import Standings

TASK = "analytics.customers.keep_standings"


def judge_anew(project: Project) -> None:
    """When the transaction is through. Until it is done, kept flags of few customers are not trusted."""
    now = timezone.now()
    Standings.objects.filter(project=project).update(changed_at=now, asked_at=now)
    transaction.on_commit(partial(tell, TASK))
