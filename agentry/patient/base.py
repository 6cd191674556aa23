"""Django's PostgreSQL backend over `Patient` connections."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

from agentry.patient import CHECK_SECONDS, Patient


class DatabaseWrapper(base.DatabaseWrapper):
    Database = SimpleNamespace(**vars(psycopg) | {"connect": Patient.connect})  # type: ignore[assignment]

    def is_usable(self) -> bool:
        """Asked once a request of a connection that is kept."""
        if not isinstance(self.connection, Patient):
            return False
        with self.connection.patient_for(CHECK_SECONDS):
            return super().is_usable()
