"""Celery wakes the drain and runs what is periodic. No event ever travels in a task."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from agentry import broker  # noqa: F401  (mends the transport)
from agentry.health import refuse_forgetful_valkey

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentry.settings")

app = Celery("agentry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["analytics.write", "agentry.accounts", "publications"])


def refuse_to_start(**_: Any) -> None:
    if settings.PRODUCTION:
        try:
            refuse_forgetful_valkey()
        except ImproperlyConfigured as error:
            sys.exit(str(error))  # Celery logs any other exception here and goes on


worker_init.connect(refuse_to_start)
