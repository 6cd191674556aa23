"""Link keys: derived so that a team can see its link again, stored only as SHA-256."""

from __future__ import annotations

import base64
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

from agentry.accounts.secrets import LINK_KEY, fingerprint, prefix
from publications.models import Link, Publication

PURPOSE = "agentry.publications.link"


def key_of(salt: bytes, publication_id: str) -> str:
    """The key of a link: `agp_` and 192 bits of HMAC-SHA256 under a key derived from SECRET_KEY."""
    digest = salted_hmac(PURPOSE, salt + publication_id.encode(), algorithm="sha256").digest()
    return LINK_KEY + base64.urlsafe_b64encode(digest[:24]).decode()


def create_link(publication: Publication, name: str) -> Link:
    salt = secrets.token_bytes(16)
    key = key_of(salt, publication.id)
    return Link.objects.create(
        publication=publication, name=name, salt=salt, key_hash=fingerprint(key), prefix=prefix(key)
    )


def url_of(link: Link) -> str | None:
    """The public address of a link. None when SECRET_KEY has changed since: the link works, but only
    who has it knows it; `rotate` gives a new one."""
    key = key_of(bytes(link.salt), link.publication_id)
    if not secrets.compare_digest(fingerprint(key), link.key_hash):
        return None
    return f"{settings.URL}/q/{link.publication_id}?key={key}"


def newest_link(publication: Publication) -> Link:
    """The link to hand out: the newest one that does not end. A live publication always has one."""
    endless = [link for link in publication.links.all() if link.revoked_at is None]
    return max(endless, key=lambda link: (link.created_at, link.pk))


def public_url(publication: Publication) -> str | None:
    return url_of(newest_link(publication))
