"""allauth's form of a new e-mail address, which lets pass what the database does not hold."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm
from django.core.validators import MaxLengthValidator


class NewAddress(AddEmailForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].validators.append(MaxLengthValidator(254))
