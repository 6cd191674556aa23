"""Secrets of every kind: how they look, how they are stored, how they are compared."""

from __future__ import annotations

import hashlib
import secrets

DSN_KEY = "agd_"
API_TOKEN = "agt_"
LINK_KEY = "agp_"
INVITATION = "agi_"
SHOWN = 10  # characters of a secret that may be shown again: its kind and six more


def mint(kind: str) -> str:
    """A new secret: its kind, then 192 random bits in URL-safe base64 (32 characters)."""
    return kind + secrets.token_urlsafe(24)


def fingerprint(secret: str) -> str:
    """What is stored of a secret: SHA-256, 64 hex digits. Random secrets need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def prefix(secret: str) -> str:
    return secret[:SHOWN]
