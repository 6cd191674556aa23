#!/usr/bin/env python
"""Agentry's command line: `manage.py dev` starts everything."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentry.settings")
    execute_from_command_line(sys.argv)
