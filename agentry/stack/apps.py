from __future__ import annotations

from django.apps import AppConfig


class StackConfig(AppConfig):
    name = "agentry.stack"
    label = "stack"
