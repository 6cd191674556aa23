"""The forms of sign-up, teams, projects and keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator, RegexValidator
from django.http import HttpRequest
from django.utils.text import slugify

from agentry.accounts.access import rank
from agentry.accounts.models import Membership, Project, Role, Scope, Team, User
from agentry.accounts.teams import RESERVED_SLUGS, create_team

SLUG = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z",
    "Use lower-case letters, digits and hyphens; begin and end with a letter or digit.",
)
SCOPES = [
    (Scope.QUERY.value, "query: ask questions over every project of the team"),
    (Scope.PUBLISH.value, "publish: make and change public links"),
    (Scope.MANAGE.value, "manage: set limits, take data out and delete them"),
]


def _name(label: str, help_text: str = "", *, required: bool = True, holder: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=100,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"placeholder": holder, "autocomplete": "off"}),
    )


class TeamNameForm(forms.Form):
    """The part of sign-up that allauth does not know: the person's team is made with the account."""

    team = forms.CharField(
        label="Company or team",
        max_length=100,
        required=False,
        help_text="Stands on every page you publish. Left empty, it is the first part of your email address.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order = ["email", "password1", "team"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # allauth lets 320 characters pass, then stores the first 254: another address.
        self.fields["email"].validators.append(MaxLengthValidator(254))

    def signup(self, request: HttpRequest, user: User) -> None:
        if "team" in self.fields:  # not for somebody who was invited into one
            create_team(self.cleaned_data["team"].strip() or user.email.partition("@")[0], user)


class TeamForm(forms.Form):
    name = _name("Name", holder="Initech Cloud")


class ProjectForm(forms.Form):
    """A project's name and slug; an empty slug is made from the name."""

    name = _name("Name", holder="Production EU")
    slug = forms.CharField(
        label="Slug",
        max_length=50,
        required=False,
        help_text="Stands in addresses and requests. Left empty, it is made from the name.",
        validators=[SLUG, ProhibitNullCharactersValidator()],
        widget=forms.TextInput(attrs={"placeholder": "production-eu", "autocomplete": "off"}),
    )

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        if "name" not in fields or "slug" not in fields:
            return fields
        slug = fields["slug"] = fields["slug"] or slugify(fields["name"])[:50].strip("-_").replace("_", "-")
        if not slug:
            self.add_error("slug", "Write a slug: the name has no letter that could stand in an address.")
        elif slug in RESERVED_SLUGS:
            self.add_error("slug", f"{slug} is a word of Agentry's own addresses. Choose another.")
        elif Project.objects.filter(team=self.team, slug=slug).exists():
            self.refuse_taken()
        return fields

    def refuse_taken(self) -> None:
        self.add_error("slug", "This team has a project with this slug already. Choose another.")


class KeyForm(forms.Form):
    name = _name("Name", "Where the key will live.", holder="Edge, production")


class TokenForm(forms.Form):
    name = _name("Name", "Who or what will carry the token.", holder="Claude, account reviews")
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=SCOPES,
        initial=[Scope.QUERY.value],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "mira@initech.example"}),
    )
    role = forms.ChoiceField(label="Role", initial=Role.MEMBER.value)

    def __init__(self, actor: Membership, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = cast(forms.ChoiceField, self.fields["role"])
        roles.choices = [(role.value, role.value) for role in Role if rank(role) <= rank(actor.role)]


class RotateForm(forms.Form):
    """For how long the old key lives on beside the new one."""

    OVERLAPS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}

    overlap = forms.ChoiceField(
        label="The old one works for",
        choices=[("1h", "1 more hour"), ("24h", "24 more hours"), ("7d", "7 more days")],
        initial="24h",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how long.",
            "invalid_choice": "Choose 1 hour, 24 hours or 7 days.",
        },
    )

    @property
    def chosen(self) -> timedelta:
        return self.OVERLAPS[self.cleaned_data["overlap"]]
