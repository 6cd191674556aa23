"""Secrets that must be read again (of authenticator apps and recovery codes), as they lie in the database.

Fernet: AES-128-CBC with HMAC-SHA256. Its key is made of SECRET_KEY by HKDF (RFC 5869) with SHA-256, so that a
copy of the database alone gives nobody a second step. What older keys have sealed is read by
SECRET_KEY_FALLBACKS, as sessions are.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from agentry.errors import AgentryError

PURPOSE = b"agentry.accounts.sealed"  # so that no other use of SECRET_KEY has this key


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises AgentryError 503 `sealed` where the key that sealed it is not known any more."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        message = "Your second step cannot be read: this server's secret key was changed."
        hint = "Its operator can add the former key to AGENTRY_SECRET_KEY_FALLBACKS."
        raise AgentryError(503, "sealed", message, hint) from None


def _fernet() -> MultiFernet:
    return MultiFernet([_key(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(made))
