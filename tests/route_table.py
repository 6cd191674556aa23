"""Who may come to which address: one list. A new address fails tests/test_isolation.py until it is in it.

A page of a team: its URL name and the least role, or (the role to GET it, the role to POST to it). A page of
a person: the URL name, in PERSON. What everybody may open: in EVERYBODY. REST: the route, and for each method
the scope of the API token. A tool of /mcp: its name and the scope.
"""

from __future__ import annotations

from agentry.accounts.models import Role, Scope

VIEWER, MEMBER, ADMIN, OWNER = Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER
QUERY, PUBLISH, MANAGE = Scope.QUERY, Scope.PUBLISH, Scope.MANAGE
DSN = "dsn"  # not a token: a DSN key

TEAM_PAGES: dict[str, Role | tuple[Role, Role]] = {
    "audit": ADMIN,
    "audit_csv": ADMIN,
    "change_limits": ADMIN,
    "change_property": ADMIN,
    "change_query": MEMBER,
    "change_role": ADMIN,
    "change_thresholds": ADMIN,
    "change_two_steps": OWNER,
    "create_key": ADMIN,
    "create_project": ADMIN,
    "create_token": ADMIN,
    "customer": VIEWER,
    "customer_by_id": VIEWER,
    "customers": VIEWER,
    "customers_csv": VIEWER,
    "customers_json": VIEWER,
    "data": ADMIN,
    "dead_letters": VIEWER,
    "delete_customer": ADMIN,
    "delete_project": OWNER,
    "delete_query": MEMBER,
    "delete_team": OWNER,
    "discard_letters": ADMIN,
    "explore": VIEWER,
    "explore_file": VIEWER,
    "explore_words": VIEWER,
    "export": ADMIN,
    "ingest_health": VIEWER,
    "invite": ADMIN,
    "keys": VIEWER,
    "leave_team": VIEWER,
    "limits": VIEWER,
    "thresholds": VIEWER,
    "members": VIEWER,
    "note_customer": MEMBER,
    "properties": VIEWER,
    "publications": VIEWER,
    "publish": MEMBER,
    "recipe": VIEWER,
    "recipe_file": VIEWER,
    "recipes": VIEWER,
    "remove_member": ADMIN,
    "rename_team": OWNER,
    "replay_letters": ADMIN,
    "revoke": MEMBER,
    "revoke_invitation": ADMIN,
    "revoke_key": ADMIN,
    "revoke_token": ADMIN,
    "rotate": MEMBER,
    "rotate_key": ADMIN,
    "rotate_token": ADMIN,
    "save_query": MEMBER,
    "send_test_event": MEMBER,
    "setup": VIEWER,
    "team": VIEWER,
    "team_settings": OWNER,
    "tokens": VIEWER,
}

# Of whoever is signed in: nobody else's data can be named in their addresses.
PERSON = {
    "account",
    "account_change_password",
    "account_email",
    "account_reauthenticate",
    "account_set_password",
    "delete_account",
    "export_account",
    "home",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "new_team",
    "teams",
    "usersessions_list",
}

EVERYBODY = {
    "account_confirm_email",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
    "docs",
    "healthz",
    "join",  # the key of the invitation opens it, and coming in wants its address signed in
    "metrics",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "publication",  # the key of the link opens these three
    "publication_csv",
    "publication_json",
    "readyz",
    "schema",
}

# Without the slash at the end: every address works with it and without.
REST: dict[str, dict[str, str]] = {
    "v1/analytics/<slug:project>": {"post": DSN},
    "v1/analytics/<slug:project>/query": {"post": QUERY},
    "v1/analytics/<str:project>/changes": {"get": QUERY},
    "v1/analytics/<str:project>/customers/<path:customer_id>": {"delete": MANAGE},
    "v1/analytics/<str:project>/export/<str:what>": {"get": MANAGE},
    "v1/analytics/<str:project>/limits": {"get": MANAGE, "patch": MANAGE},
    "v1/analytics/<str:project>/limits/<int:key>": {"patch": MANAGE},
    "v1/analytics/<str:project>/publish": {"post": PUBLISH},
    "v1/analytics/<str:project>/recipes": {"get": QUERY},
    "v1/analytics/<str:project>/recipes/<str:recipe_id>": {"post": QUERY},
    "v1/deletions": {"get": MANAGE},
    "v1/deletions/<str:deletion_id>": {"get": MANAGE},
    "v1/projects/<str:project>": {"delete": MANAGE},
    "v1/publications": {"get": QUERY},
    "v1/publications/<str:publication_id>": {"delete": PUBLISH, "get": QUERY, "patch": PUBLISH},
    "v1/publications/<str:publication_id>/rotate": {"post": PUBLISH},
    # PostHog's paths: the key may also stand in the body
    "^(?:(?:batch|capture|i/v0/e)/?|e/)$": {"post": DSN},
    "i/v1/analytics/events": {"post": DSN},
}

TOOLS = {
    "agentry_analytics_query": QUERY,
    "agentry_change_publication": PUBLISH,
    "agentry_get_publication": QUERY,
    "agentry_list_projects": QUERY,
    "agentry_list_publications": QUERY,
    "agentry_list_recipes": QUERY,
    "agentry_publish_query": PUBLISH,
    "agentry_revoke_publication": PUBLISH,
    "agentry_rotate_publication": PUBLISH,
    "agentry_run_recipe": QUERY,
}


def least_role(name: str, method: str) -> Role:
    """The least role that may send this method ("get" or "post") to a page of a team."""
    found = TEAM_PAGES[name]
    return found if isinstance(found, Role) else found[method == "post"]
