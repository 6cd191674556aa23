"""Ready middleware for each framework: the files of templates/snippets, and the senders of static/clients.

The files are the source of truth: the page shows them, docs/clients.md leads to them, and the tests run them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

SNIPPETS = Path(settings.BASE_DIR) / "templates" / "snippets"
CLIENTS = Path(settings.BASE_DIR) / "static" / "clients"


@dataclass(frozen=True)
class Part:
    """A file to show: what to do with it, and its name in `SNIPPETS`."""

    what: str
    file: str


@dataclass(frozen=True)
class Way:
    """One way to send: `clients` are downloaded, `parts` are copied, `note` is what one must know."""

    key: str
    label: str
    needs: str
    clients: tuple[str, ...]
    parts: tuple[Part, ...]
    note: str = ""
    logs: bool = False  # the lines of a log, shipped by a program


HONO = (
    "Works on Node 20, Bun, Deno and Cloudflare Workers: there with the flag nodejs_compat, which fills"
    " process.env, and through waitUntil, one request an event."
)
WAYS = [
    Way(
        "hono",
        "Hono",
        HONO,
        ("agentry.js",),
        (Part("Put it where your application begins, before its routes.", "hono.js"),),
    ),
    Way(
        "express",
        "Express",
        "Works with Express 4 and 5 on Node 20.",
        ("agentry.js",),
        (Part("Put it where your application begins, before its routes.", "express.js"),),
    ),
    Way(
        "fastify",
        "Fastify",
        "Works with Fastify 4 and 5 on Node 20.",
        ("agentry.js",),
        (Part("Put it where your application begins, before its routes and plugins.", "fastify.js"),),
    ),
    Way(
        "django",
        "Django",
        "Works under WSGI and ASGI, from Python 3.9 on.",
        ("agentry.py",),
        (Part("Save it beside your settings, and put it first into MIDDLEWARE.", "django.py"),),
        "Each worker process has a thread of its own that sends, also after a fork; with uWSGI set"
        " enable-threads.",
    ),
    Way(
        "fastapi",
        "FastAPI",
        "Works with Starlette too, from Python 3.9 on.",
        ("agentry.py",),
        (Part("Put it where your application begins.", "fastapi.py"),),
    ),
    Way(
        "go",
        "Go",
        "net/http and what builds on its ServeMux, from Go 1.23 on.",
        ("agentry.go",),
        (Part("Save agentry.go in a directory agentry of your module, and use it so.", "go.go"),),
        "The middleware stands inside your authentication, so that it knows the customer, and around the"
        " mux, so that it knows the route.",
    ),
    Way(
        "nginx",
        "nginx",
        "No change in the API but two headers in its answers; the log is sent by a small program.",
        ("agentry.py",),
        (
            Part("Write a log whose lines are events.", "nginx.conf"),
            Part("Send it as it grows, on the same machine.", "nginx.sh"),
        ),
        "The program waits while Agentry is away, and the log with it. To send what an outage of the program"
        " left out, give it the whole file: what is there already is counted once.",
        logs=True,
    ),
    Way(
        "cloudflare",
        "Cloudflare logs",
        "For an API behind Cloudflare, through Logpush (Enterprise). On Workers take Hono.",
        ("agentry.py", "agentry_logpush.py"),
        (
            Part(
                "Make a Logpush job, with x-customer-id, x-customer-plan and x-sdk-version as custom fields.",
                "cloudflare.json",
            ),
            Part("Send what it has written, by a timer; a file may come twice.", "cloudflare.sh"),
        ),
        "Where Agentry's own machine has the files, manage.py import_events reads them too:"
        " --format logpush --customer-field ResponseHeaders.x-customer-id.",
        logs=True,
    ),
]
BY_KEY = {way.key: way for way in WAYS}


def text_of(file: str, url: str, project: str) -> str:
    """A snippet for a project: everything is filled in but the key, which stays in the environment."""
    return _read(SNIPPETS / file).replace("{{ url }}", url).replace("{{ project }}", project)


def client(file: str) -> str:
    """A sender, as it is served under /static/clients/."""
    return _read(CLIENTS / file)


@cache
def _read(path: Path) -> str:
    return path.read_text()
