"""What a team notes of a customer: the form, and its saving with an entry in the audit log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone

from agentry.accounts import audit
from agentry.accounts.models import Membership, Project, User
from analytics.customers.anew import judge_anew
from analytics.models import Customer

MOST_CALLS = 10**15
NOTES = 10_000
NAMES = {
    "name": "name",
    "monthly_cap": "monthly cap",
    "owner": "owner",
    "account_url": "account link",
    "notes": "notes",
}


class Owner(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Membership) -> str:
        return obj.user.name or obj.user.email


class Note(forms.Form):
    name = forms.CharField(max_length=200, required=False)
    owner = Owner(queryset=Membership.objects.none(), required=False, empty_label="nobody")
    monthly_cap = forms.IntegerField(
        label="Monthly cap, in calls",
        min_value=1,
        max_value=MOST_CALLS,
        required=False,
        localize=False,
    )
    account_url = forms.CharField(
        label="Account link",
        max_length=500,
        required=False,
        validators=[URLValidator(schemes=["http", "https"], message="This is no http or https address.")],
    )
    notes = forms.CharField(max_length=NOTES, required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, project: Project, entry: Customer | None, data: Any = None) -> None:
        first = {name: getattr(entry, name) for name in NAMES} if entry else {}
        super().__init__(data, initial=first | {"owner": entry.owner_id if entry else None})
        owners = self.fields["owner"]
        assert isinstance(owners, Owner)
        members = Membership.objects.filter(team_id=project.team_id)
        owners.queryset = members.select_related("user").order_by("user__email")


def save(project: Project, customer: str, note: Note, user: User) -> Customer:
    """Of a valid note. What does not change is not written."""
    with transaction.atomic():
        entry, _ = Customer.objects.select_for_update().get_or_create(project=project, customer_id=customer)
        changed = [name for name in NAMES if getattr(entry, name) != note.cleaned_data[name]]
        if changed:
            for name in changed:
                setattr(entry, name, note.cleaned_data[name])
            entry.changed_at, entry.changed_by = timezone.now(), user
            entry.save()
            if "monthly_cap" in changed:
                judge_anew(project)
            what = ", ".join(NAMES[name] for name in changed)
            audit.record(project.team, user, "customer.note", f"{project.slug}/{customer}: {what}")
    return entry
