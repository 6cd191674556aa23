"""Celery wakes the drain and runs what is periodic. No event ever travels in a task."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentry.settings")

app = Celery("agentry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["analytics.write", "agentry.accounts", "publications"])
