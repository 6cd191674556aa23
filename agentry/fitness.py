"""Whether Valkey is fit to hold events. Apart from health.py, which needs the models: web and worker ask this
before there are any."""

from __future__ import annotations

import redis
from django.core.exceptions import ImproperlyConfigured

from agentry import valkey


def valkey_fault() -> str | None:
    """What Valkey lacks, as a sentence; None when an answered event is on its disk.

    A hosted Valkey may forbid CONFIG: what INFO says must do there.
    """
    try:
        client = valkey.client()
        if not client.info("persistence").get("aof_enabled"):
            return "Valkey keeps nothing on disk: set appendonly yes and appendfsync always."
        fsync = client.config_get("appendfsync")
        if fsync.get("appendfsync") != "always":
            return "Valkey writes to disk too late: set appendfsync always."
    except redis.ResponseError:
        return None
    except redis.RedisError:
        return "Valkey does not answer."
    return None


def refuse_forgetful_valkey() -> None:
    """At the start of web and worker in production: an event answered with 2xx must survive a crash."""
    fault = valkey_fault()
    if fault:
        raise ImproperlyConfigured(f"{fault} Production refuses to start without it (VALKEY_URL).")
