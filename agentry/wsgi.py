"""The WSGI application; `agentry.asgi` puts it behind a deadline, beside MCP."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentry.settings")
application = get_wsgi_application()
