"""Encrypt the secrets of authenticator apps and recovery codes that were kept as they are."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from agentry.accounts.sealed import seal, unseal
from agentry.errors import AgentryError

NAMES = ("secret", "seed")


def seal_all(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One transaction: a second run, or one after a crash, finds all or none sealed."""
    _change(apps, _sealed)


def unseal_all(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _change(apps, unseal)


def _change(apps: Apps, change: Callable[[str], str]) -> None:
    for each in apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"]):
        each.data |= {name: change(each.data[name]) for name in NAMES if name in each.data}
        each.save(update_fields=["data"])


def _sealed(text: str) -> str:
    """Whoever signs up while the new web server runs and this has not run yet is sealed already."""
    try:
        unseal(text)
    except AgentryError:
        return seal(text)
    return text


class Migration(migrations.Migration):
    reviewed = (
        "a row a person with a second step, none of them written by ingest; until the web server from"
        " before is restarted, it takes no code, and lets nobody in who has none"
    )
    dependencies = [
        ("accounts", "0005_by_and_last_project"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunPython(seal_all, unseal_all)]
