#!/usr/bin/env python
"""Agentry's command line: `manage.py dev` starts everything; the other commands find what it started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from agentry import env

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentry.settings")
    if sys.argv[1:2] != ["dev"]:
        env.use_running(Path(__file__).resolve().parent)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
