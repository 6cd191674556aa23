"""REST of keeping a project: delete a customer's data or the whole project, and see how far that is.

All of it needs the token's scope `manage`. Whatever belongs to another team is not there: 404.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentry.accounts.keystore import Access, authorize, project_of, require_scope
from agentry.accounts.models import Project, Scope
from agentry.errors import not_found
from analytics.answer import moment
from analytics.keeping import deletion as deleting
from analytics.models import Deletion

LISTED = 100


class Api(APIView):
    def access(self) -> Access:
        """Raises 401, 403 `missing_scope`."""
        access = authorize(self.request.headers.get("Authorization"), "token")
        require_scope(access, Scope.MANAGE)
        return access

    def project(self, slug: str) -> Project:
        """Raises 401, 403, 404."""
        return project_of(self.access(), slug)


class Customer(Api):
    def delete(self, request: Request, project: str, customer_id: str) -> Response:
        return Response(described(deleting.delete_customer(self.project(project), customer_id, None)), 202)


class WholeProject(Api):
    def delete(self, request: Request, project: str) -> Response:
        return Response(described(deleting.delete_project(self.project(project), None)), 202)


class Deletions(Api):
    def get(self, request: Request) -> Response:
        found = deleting.deletions_of(self.access().team_id, LISTED)
        return Response({"deletions": [described(deletion) for deletion in found]})


class OneDeletion(Api):
    def get(self, request: Request, deletion_id: str) -> Response:
        access = self.access()
        number = int(deletion_id) if deletion_id.isascii() and deletion_id.isdigit() else 0
        found = Deletion.objects.filter(team_id=access.team_id, pk=min(number, 2**63 - 1)).first()
        if found is None:
            raise not_found("This token's team has no deletion of that id.")
        return Response(described(found))


def described(deletion: Deletion) -> dict[str, Any]:
    """A deletion as the API shows it."""
    finished = deletion.finished_at
    return {
        "deletion_id": str(deletion.pk),
        "project": deletion.project_slug,
        "customer_id": deletion.customer_id,
        "state": deletion.state,
        "requested_at": moment(deletion.requested_at),
        "finished_at": moment(finished) if finished else None,
        "events_deleted": deletion.events,
        "days": deletion.days,
        "days_left": deletion.days_left,
    }
