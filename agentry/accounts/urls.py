"""Addresses of sign-in, teams, projects, keys, limits and tokens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from agentry.accounts import (
    account_pages,
    audit_pages,
    join_pages,
    key_pages,
    limit_pages,
    limit_rest,
    member_pages,
    team_pages,
    team_settings,
)

API = {
    "v1/analytics/<str:project>/limits": limit_rest.ProjectLimits,
    "v1/analytics/<str:project>/limits/<int:key>": limit_rest.KeyLimits,
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("", team_pages.home, name="home"),
    path("accounts/signup/", team_pages.SignUp.as_view(), name="account_signup"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/second-step/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("account", account_pages.account, name="account"),
    path("account/export", account_pages.export_account, name="export_account"),
    path("account/delete", account_pages.delete_account, name="delete_account"),
    path("teams", team_pages.teams, name="teams"),
    path("teams/new", team_pages.new_team, name="new_team"),
    path("t/<slug:team>/", team_pages.team, name="team"),
    path("t/<slug:team>/projects", team_pages.create_project, name="create_project"),
    path("join/<str:key>", join_pages.join, name="join"),
    path("t/<slug:team>/audit", audit_pages.audit, name="audit"),
    path("t/<slug:team>/audit.csv", audit_pages.audit_csv, name="audit_csv"),
    path("t/<slug:team>/settings", team_settings.team_settings, name="team_settings"),
    path("t/<slug:team>/settings/name", team_settings.rename_team, name="rename_team"),
    path("t/<slug:team>/settings/two-steps", team_settings.change_two_steps, name="change_two_steps"),
    path("t/<slug:team>/settings/delete", team_settings.delete_team, name="delete_team"),
    path("t/<slug:team>/members", member_pages.members, name="members"),
    path("t/<slug:team>/members/leave", member_pages.leave_team, name="leave_team"),
    path("t/<slug:team>/members/invite", member_pages.invite, name="invite"),
    path(
        "t/<slug:team>/members/invitations/<int:invitation>/revoke",
        member_pages.revoke_invitation,
        name="revoke_invitation",
    ),
    path("t/<slug:team>/members/<int:member>/role", member_pages.change_role, name="change_role"),
    path("t/<slug:team>/members/<int:member>/remove", member_pages.remove_member, name="remove_member"),
    path("t/<slug:team>/tokens", key_pages.tokens, name="tokens"),
    path("t/<slug:team>/tokens/new", key_pages.create_token, name="create_token"),
    path("t/<slug:team>/tokens/<int:token>/revoke", key_pages.revoke_token, name="revoke_token"),
    path("t/<slug:team>/tokens/<int:token>/rotate", key_pages.rotate_token, name="rotate_token"),
    path("t/<slug:team>/<slug:project>/keys", key_pages.keys, name="keys"),
    path("t/<slug:team>/<slug:project>/keys/new", key_pages.create_key, name="create_key"),
    path("t/<slug:team>/<slug:project>/keys/<int:key>/revoke", key_pages.revoke_key, name="revoke_key"),
    path("t/<slug:team>/<slug:project>/keys/<int:key>/rotate", key_pages.rotate_key, name="rotate_key"),
    path("t/<slug:team>/<slug:project>/limits", limit_pages.limits_page, name="limits"),
    path("t/<slug:team>/<slug:project>/limits/change", limit_pages.change_limits, name="change_limits"),
]
for route, view in API.items():  # with the slash, as documented, and without
    urlpatterns += [path(f"{route}/", view.as_view()), path(route, view.as_view())]
