"""Taking a project out: exactly what was sent, in constant memory; sent again, it gives the same answers."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import threading
import time
import tracemalloc
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentry import asgi
from agentry.accounts import keystore
from agentry.accounts.keys import issue_dsn_key
from agentry.accounts.models import AuditEntry, Membership, Project, Role, User
from analytics import query
from analytics.engines import postgres, postgres_export
from analytics.keeping import export
from analytics.write import partitions
from publications.publish import publish
from tests.ingest_client import Sender
from tests.publish_client import Api, error_of, other_team, token_of
from tests.write_events import DAY, NOW, ask, drain_all, event, rollup_differences, send

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = "/v1/analytics/default/export/events/"
ASKED = [
    "select properties.customer_id as c, count() as n, max(timestamp) as m from events group by c order by c",
    "select uuid, event, distinct_id, timestamp, properties from events order by timestamp, uuid",
    "select toDate(timestamp) as d, properties.status as s, avg(properties.latency_ms) as l,"
    " sum(properties.bytes) as b from events group by d, s order by d, s",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)
VALUES = st.recursive(
    SCALARS, lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text("ab"), of), max_leaves=4
)
NAMES = st.sampled_from(["endpoint", "method", "plan", "status", "latency_ms", "bytes", "seats", "a.b", "ü"])
CUSTOMERS = st.one_of(
    st.none(), st.sampled_from(["acme_corp", "", "42"]), st.integers(-(2**63), 2**63), st.floats(-9, 9)
)
SENT = st.builds(
    lambda properties, customer, **fields: {
        **fields,
        "properties": properties if customer is None else {**properties, "customer_id": customer},
    },
    st.dictionaries(NAMES, VALUES, max_size=5),
    CUSTOMERS,
    uuid=st.uuids().map(str),
    event=st.sampled_from(["api_request", "page view"]),
    distinct_id=st.sampled_from(["", "acme\u2028\\"]),
    timestamp=st.integers(NOW - 3 * DAY, NOW).map(lambda ms: ms - 1),
)


@pytest.fixture(autouse=True)
def no_other_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other files' tests ask for downloads, too, and do not read them."""
    monkeypatch.setattr(export, "_places", threading.BoundedSemaphore(export.AT_ONCE))


@pytest.fixture(autouse=True)
def _forget() -> Any:
    yield
    keystore.forget()
    postgres.close()


@pytest.fixture
def api(token: str) -> Api:
    return Api(token)


def number(digits: str) -> int | float:
    """JSON has one kind of number: 1e30 and its digits are the same."""
    return int(digits) if abs(int(digits)) <= 2**53 else float(digits)


def lines(packed: bytes) -> list[dict[str, Any]]:
    return [
        json.loads(line, parse_int=number) for line in gzip.decompress(packed).decode().split("\n") if line
    ]


def exported(project: Project) -> bytes:
    return b"".join(export.events_file(project.id, export.BEGINNING, export.END))


def moved(project: Project) -> Project:
    """Another project that is sent what this one gives."""
    other = Project.objects.create(team=project.team, name="o", slug=f"o{Project.objects.count()}")
    sender = Sender(issue_dsn_key(other, "o", None)[1])
    url = f"/v1/analytics/{other.slug}/"
    answer = sender.send(exported(project), url, "application/x-ndjson", content_encoding="gzip")
    assert answer.status_code == 202 and answer.json()["rejected"] == [], answer.content
    drain_all()
    return other


def alike(some: list[Any], others: list[Any]) -> bool:
    """Averages of floats differ in their last digits with the order in which the rows lie."""
    return len(some) == len(others) and all(
        one == other or (isinstance(one, float) and one == pytest.approx(other, rel=1e-9))
        for row, same in zip(some, others, strict=True)
        for one, other in zip(row, same, strict=True)
    )


@hypothesis_settings(
    max_examples=8,
    phases=[Phase.generate],  # to shrink a failure takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sent=st.lists(SENT, min_size=1, max_size=12, unique_by=lambda one: one["uuid"]))
def test_what_was_sent_is_given_back_and_can_be_sent_again(project: Project, sent: list[Any]) -> None:
    origin = Project.objects.create(team=project.team, name="x", slug=f"x{Project.objects.count()}")
    sender = Sender(issue_dsn_key(origin, "x", None)[1])
    assert sender.send(sent, f"/v1/analytics/{origin.slug}/").json() == {
        "accepted": len(sent),
        "rejected": [],
    }
    drain_all()
    given_back = lines(exported(origin))
    assert sorted(given_back, key=by_uuid) == sorted(map(as_given, sent), key=by_uuid)
    other = moved(origin)
    assert exported(other) == exported(origin)
    for hogql in ASKED:
        assert alike(query.run(other, hogql).rows, query.run(origin, hogql).rows)
    assert rollup_differences() == []


def by_uuid(one: dict[str, Any]) -> str:
    return str(one["uuid"])


def as_given(sent: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(sent["timestamp"] / 1000, UTC)
    moment = f"{at:%Y-%m-%dT%H:%M:%S}.{sent['timestamp'] % 1000:03}Z"
    return json.loads(json.dumps({**sent, "timestamp": moment}), parse_int=number)  # type: ignore[no-any-return]


def test_rest_gives_the_three_files_and_a_part_of_them(api: Api, project: Project, user: User) -> None:
    send(project, *(event(timestamp=NOW - day * DAY) for day in range(4)))
    send(
        project,
        event(timestamp=NOW - DAY, customer_id='=cmd"'),
        event(customer_id=None),
        event(customer_id=""),
    )
    drain_all()
    publish(project, "raw_hogql", "Calls", {"query": "select count() from events"}, user)
    response = api.send("GET", EVENTS)
    assert response["Content-Disposition"] == 'attachment; filename="acme-default.ndjson.gz"'
    everything = lines(b"".join(response))
    assert [one["timestamp"] for one in everything] == sorted(one["timestamp"] for one in everything)
    middle = everything[2]["timestamp"]
    parts = [b"".join(api.send("GET", f"{EVENTS}?{half}={middle}")) for half in ("to", "from")]
    assert lines(parts[0]) + lines(parts[1]) == everything
    assert gzip.decompress(b"".join(parts)).count(b"\n") == len(everything) == 7
    usage = b"".join(api.send("GET", "/v1/analytics/default/export/usage")).decode()
    rows = list(csv.DictReader(io.StringIO(usage)))
    assert sum(int(row["calls"]) for row in rows) == 7
    assert '"\'=cmd""",' in usage and '"api_request",,' in usage and '"api_request","",' in usage
    found = json.loads(api.send("GET", "/v1/analytics/default/export/settings").content)
    assert found["project"]["slug"] == "default"
    assert found["publications"][0]["params"] == {"query": "select count() from events"}
    assert not any(secret in json.dumps(found) for secret in ("agd_", "agp_", "agt_", "hash"))
    assert AuditEntry.objects.filter(action="project.export", subject="default events").count() == 3


def test_who_may_not_gets_nothing(api: Api, project: Project) -> None:
    unable = token_of(project.team, ("query", "publish")).send("GET", EVENTS)
    assert (unable.status_code, error_of(unable)["code"]) == (403, "missing_scope")
    assert api.send("GET", "/v1/analytics/default/export/secrets/").status_code == 404
    for wrong, code in (("from=now", "bad_timestamp"), ("to=9999-12-31T23:59:59-23:00", "bad_timestamp")):
        assert error_of(api.send("GET", f"{EVENTS}?{wrong}"))["code"] == code
    assert error_of(api.send("GET", f"{EVENTS}?until=2026-01-01"))["code"] == "unknown_field"
    send(project, event())
    drain_all()
    assert lines(b"".join(other_team("other", ("manage",)).send("GET", EVENTS))) == []
    reader, admin = Client(), Client()
    for client, role in ((reader, Role.MEMBER), (admin, Role.ADMIN)):
        user = User.objects.create_user(f"{role}@example.com")
        Membership.objects.create(team=project.team, user=user, role=role)
        client.force_login(user)
    assert reader.get("/t/acme/default/export/events").status_code == 403
    assert len(lines(admin.get("/t/acme/default/export/events").getvalue())) == 1


def test_downloads_at_once_are_few_and_give_their_place_back(api: Api, project: Project) -> None:
    held = [api.send("GET", EVENTS) for _ in range(export.AT_ONCE)]
    refused = api.send("GET", EVENTS)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    for response in held:
        response.close()
    again = api.send("GET", EVENTS)
    assert again.status_code == 200
    again.close()
    connections = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%jsonb_build_object%%'"
    deadline = time.monotonic() + 10  # a server process ends a little after its connection
    while ask(f"{connections} AND pid <> pg_backend_pid() AND state <> 'idle'") != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fill(project: Project, events: int) -> None:
    partitions.ensure([datetime.now(UTC).date()])
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events (project_id, "timestamp", uuid, event, distinct_id, rest)
            SELECT %s, now() - n * interval '1 microsecond', gen_random_uuid(), 'x', '', jsonb_build_object(
                'noise', md5(n::text) || md5((n + 1)::text)) FROM generate_series(1, %s) n""",
            [project.id, events],
        )


def run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread: Playwright keeps a loop in the tests' own."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def test_a_download_takes_constant_memory_and_stops_with_its_client(project: Project, token: str) -> None:
    """Through the ASGI front: piece by piece, each asked for when the one before has been taken."""
    fill(project, 60_000)
    pieces: list[int] = []
    left = asyncio.Event

    async def ask_front(leave_after: int | None) -> None:
        gone = left()

        came = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if came:
                return came.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def take(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200
                assert b"content-length" not in dict(message["headers"])
                return
            pieces.append(len(message["body"]))
            if leave_after is not None and len(pieces) >= leave_after:
                gone.set()
                await asyncio.sleep(0.01)

        scope = {
            "type": "http", "method": "GET", "path": EVENTS, "raw_path": EVENTS.encode(), "query_string": b"",
            "http_version": "1.1", "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1),
            "headers": [(b"authorization", f"Bearer {token}".encode()), (b"host", b"localhost")],
        }  # fmt: skip
        await asgi.application(scope, receive, take)

    run(ask_front(1))  # what is imported at the first request is not the download's
    pieces.clear()
    tracemalloc.start()
    run(ask_front(None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(pieces) > 3_000_000 > peak
    whole, pieces[:] = len(pieces), []
    run(ask_front(3))
    assert len(pieces) < 6 < whole
    assert export._places.acquire(blocking=False)
    export._places.release()
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # of the front's threads


def test_the_command_writes_whole_files_only(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(project, event(), event(timestamp=NOW - DAY))
    drain_all()
    call_command("export_project", "--project", "acme/default", str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "acme-default-usage.csv",
        "acme-default.json",
        "acme-default.ndjson.gz",
    ]
    packed = (tmp_path / "acme-default.ndjson.gz").read_bytes()
    assert len(lines(packed)) == 2

    def torn(*_: Any) -> Any:
        yield "{}"
        raise OSError

    monkeypatch.setattr(postgres_export, "events", torn)
    with pytest.raises(OSError):
        call_command("export_project", "--project", "acme/default", str(tmp_path / "again"))
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["acme-default.ndjson.gz.part"]
