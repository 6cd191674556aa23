"""Pages as a signed-in person opens them: server time, size of the HTML, and of all that the page loads."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from django.conf import settings
from django.test import Client

from agentry.accounts.models import Project
from agentry.stack.servers import HOST
from analytics.customers import standing
from analytics.customers.state import EVENT
from analytics.models import Standings
from analytics.write import partitions
from tests.bench.generate import customers
from tests.bench.oracle import ClickHouse
from tests.bench.rows_query import FULL, LARGE, loaded
from tests.bench.stack import Running
from tests.bench.table import Row

ROUNDS = 60
PAGE_MS, FRAGMENT_MS = 150, 80
HTML_KB, WEIGHT_KB = 100, 250
LINKED = re.compile(rb'(?:<script src|<link rel="(?:stylesheet|icon)" href)="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """`paths` are beneath the project and asked for in turn; a fragment is asked for as htmx does."""

    name: str
    paths: Sequence[str]
    fragment: bool = False


@dataclass(frozen=True)
class Visit:
    ms: float
    body: bytes


def every_customer(ending: str) -> list[str]:
    """The five largest and some of the tail."""
    names = list(customers())
    return [f"customers/{name}{ending}" for name in [*names[:5], *names[5::199]]]


PAGES = [
    Page("customers page", ["customers", "customers?window=7"]),
    Page(
        "customers page, sorted, searched, turned, by flag",
        ["customers?sort=-change", "customers?search=1", "customers?page=3", "customers?flag=quiet"],
        True,
    ),
    Page("customer page", [path for ending in ("", "?window=7&by=hour") for path in every_customer(ending)]),
    Page("customer page, another window", every_customer("?window=7"), True),
    Page("a customer's SDKs, countries, latency", every_customer("?part=clients"), True),
    Page("a customer's latest events", every_customer("?part=latest"), True),
]


def measure(running: Running, directory: Path, events: int) -> list[Row]:
    now = datetime.now(UTC)
    loaded(running, ClickHouse(directory), events, now)
    partitions.index_past(now)  # as the worker does once an hour
    project = Project.objects.get(team=running.team, slug=LARGE)
    standing.keep(Standings.objects.get_or_create(project=project, event=EVENT)[0])  # and once a minute
    session, root = signed_in(running), f"/t/{running.team.slug}/{LARGE}"
    rows = []
    for page in PAGES:
        visits = visited(running.port, session, root, page)
        rows.append(timed(page, visits, FRAGMENT_MS if page.fragment else PAGE_MS, events >= FULL))
        if not page.fragment:
            rows += _sizes(running.port, session, page, visits)
    return rows


def signed_in(running: Running) -> str:
    """The owner's session."""
    client = Client()
    client.force_login(running.owner)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visited(port: int, session: str, root: str, page: Page) -> list[Visit]:
    """Each address once, not counted, then ROUNDS visits."""
    addresses = [f"{root}/{path}" for path in page.paths]
    for address in addresses:
        visit(port, session, address, page.fragment)
    return [visit(port, session, addresses[index % len(addresses)], page.fragment) for index in range(ROUNDS)]


def timed(page: Page, visits: Sequence[Visit], reach: float, judged: bool) -> Row:
    times = sorted(each.ms for each in visits)
    p95 = times[int(len(times) * 0.95)]
    against = f"{len(times)} visits, median {median(times):.0f} ms"
    return Row(page.name, f"p95 {p95:.0f} ms", against, p95, reach, "less", judged)


def _sizes(port: int, session: str, page: Page, visits: Sequence[Visit]) -> list[Row]:
    html = max(len(each.body) for each in visits) / 1024
    weight = html + sum(len(visit(port, session, each, False).body) for each in linked(visits)) / 1024
    return [
        Row(f"{page.name}, HTML", f"{html:.0f} KB", "not compressed", html, HTML_KB, "less"),
        Row(f"{page.name}, all of it", f"{weight:.0f} KB", "", weight, WEIGHT_KB, "less"),
    ]


def linked(visits: Sequence[Visit]) -> set[str]:
    """The styles, scripts and pictures that these pages load."""
    return {found.decode() for each in visits for found in LINKED.findall(each.body)}


def visit(port: int, session: str, address: str, fragment: bool) -> Visit:
    """One GET over a connection of its own. AssertionError unless 200."""
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}", "User-Agent": "agentry-bench/1"}
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", address, headers=headers | ({"HX-Request": "true"} if fragment else {}))
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - began
    connection.close()
    assert response.status == 200, f"{address}: {response.status}"
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return Visit(took * 1000, body)
