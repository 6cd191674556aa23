"""What somebody asked in a project, the latest first: their own history, of the last KEPT questions."""

from __future__ import annotations

from django.db import transaction

from agentry.accounts.models import Project, User
from analytics.models import AskedQuery

KEPT = 50
LONGEST = 20_000  # characters; what is longer is not kept


def remember(
    project: Project, user: User, hogql: str, milliseconds: float, rows: int | None, error: str = ""
) -> None:
    """Add a question; asked again in a row, it stands once."""
    if not hogql.strip() or len(hogql) > LONGEST or "\0" in hogql:
        return
    mine = AskedQuery.objects.filter(project=project, user=user)
    with transaction.atomic():
        latest = mine.order_by("-id").first()
        if latest is not None and latest.query == hogql:
            latest.delete()
        AskedQuery.objects.create(
            project=project, user=user, query=hogql, milliseconds=milliseconds, rows=rows, error=error
        )
        oldest = mine.order_by("-id").values_list("id", flat=True)[KEPT - 1 : KEPT]
        mine.filter(id__lt=oldest[0] if oldest else 0).delete()


def history(project: Project, user: User) -> list[AskedQuery]:
    return list(AskedQuery.objects.filter(project=project, user=user).order_by("-id")[:KEPT])
