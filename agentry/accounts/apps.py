from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "agentry.accounts"
    label = "accounts"
