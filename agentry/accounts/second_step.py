"""What Agentry says and draws where allauth asks for a second step at sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from qrcode.image.svg import SvgPathImage

from agentry.accounts import sealed
from agentry.accounts.models import User


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That is not the code, or it has been used. Wait for the next one and try again.",
        "unknown_passkey": "That is no passkey of this account.",
        "unverified_email": "Confirm your e-mail address first.",
        "cannot_generate_recovery_codes": "Recovery codes come with an app or a passkey: set one up first.",
    }

    def encrypt(self, text: str) -> str:
        return sealed.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealed.unseal(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """An element for the page itself: the CSP lets no data: image in."""
        drawn = qrcode.make(url, image_factory=SvgPathImage, border=2)
        return str(drawn.to_string(encoding="unicode"))

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """For a passkey that one gives no name."""
        known = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {known + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Agentry"}


def has_second_step(user: User) -> bool:
    return user.pk in with_second_step([user.pk])


def with_second_step(users: Iterable[int]) -> set[int]:
    """Which of these have an app or a passkey."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    found = Authenticator.objects.filter(user_id__in=list(users), type__in=kinds)
    return set(found.values_list("user_id", flat=True))
