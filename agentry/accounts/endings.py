"""The end of a team: everything of it goes at once, its events in the minutes after."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from agentry.accounts import keys, keystore
from agentry.accounts.models import Team, User

log = structlog.get_logger()


def delete_team(team: Team, user: User) -> None:
    """Projects first, then tokens, then the team with its members, invitations and audit log.

    Raises redis.RedisError when Valkey does not answer: what is gone by then is gone, the rest stands, and
    one asks again.
    """
    end_project = import_string(settings.PROJECT_END)  # what that means stands above this package
    while True:
        for project in team.projects.select_related("team"):
            end_project(project, user)
        for token in team.api_tokens.filter(revoked_at=None).select_related("team"):
            keys.revoke(token, user)
        with transaction.atomic():
            Team.objects.select_for_update().get(pk=team.pk)  # from here on nothing is added to it
            if not team.projects.exists():
                # Once more and for sure: with the rows goes what a lost word to Valkey is said again by.
                keystore.bury(team.api_tokens.values_list("secret_hash", flat=True))
                team.delete()
                break
    log.info("team_deleted", team=team.slug, by=user.pk)
