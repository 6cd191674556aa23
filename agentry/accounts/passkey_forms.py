"""allauth's forms of passkeys, for which a credential that nobody's browser sends is a bug of the server."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms

# What fido2 raises while it takes apart JSON, base64, CBOR and keys that a stranger has made up.
MADE_UP = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)
T = TypeVar("T")


class Add(forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    def clean(self) -> dict[str, Any]:
        return _refusing(super().clean)


class Login(forms.LoginWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Any:
        return _refusing(super().clean_credential)


class Authenticate(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Any:
        return _refusing(super().clean_credential)


class Reauthenticate(forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Any:
        return _refusing(super().clean_credential)


def _refusing(clean: Callable[[], T]) -> T:
    try:
        return clean()
    except MADE_UP:
        raise get_adapter().validation_error("unknown_passkey") from None
