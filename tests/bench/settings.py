"""Agentry's settings, with one more address: an empty view to measure against."""

from __future__ import annotations

from agentry.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
