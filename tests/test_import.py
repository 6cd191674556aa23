"""`manage.py import_events`: a file's events are stored once, however often it runs and whatever ends it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from agentry.accounts.models import Project
from analytics import query
from analytics.imports.source import Source
from analytics.models import Import
from tests.ingest_client import counts

ROOT = Path(__file__).resolve().parent.parent
ACCESS_LOG = ROOT.parent / "shared" / "data" / "access.log"
needs_log = pytest.mark.skipif(not ACCESS_LOG.exists(), reason=f"the real access log is not at {ACCESS_LOG}")
pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.now(UTC).replace(microsecond=0)
LINE = '{address} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /v1/{path} HTTP/1.1" 200 5 "-" "curl/8"\n'


def log_lines(number: int, at: datetime = NOW - timedelta(days=2)) -> list[str]:
    """Every second line equals the one before it."""
    return [
        LINE.format(
            address=f"10.0.0.{line // 2 % 7}", at=at + timedelta(seconds=line // 2), path=line // 2 % 11
        )
        for line in range(number)
    ]


def run(path: Path | str, *options: str) -> Import:
    """Run the command in this process; the file's Import, which must be the last one begun."""
    call_command("import_events", str(path), "--project", "acme/default", *options)
    return Import.objects.latest("started_at")


def events() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute('SELECT customer_id, endpoint, status, "timestamp", uuid FROM events ORDER BY 4, 5')
        return list(cursor.fetchall())


def outcome(known: Import) -> dict[str, int]:
    return {
        "lines": known.lines,
        "stored": known.stored,
        "duplicate": known.duplicate,
        "rejected": sum(known.rejected.values()),
    }


@needs_log
def test_the_real_access_log_is_counted_right(project: Project) -> None:
    known = run(ACCESS_LOG, "--shift-to-now")
    assert outcome(known) == {"lines": 6000, "stored": 6000, "duplicate": 0, "rejected": 0}
    addresses = Counter(line.split()[0] for line in ACCESS_LOG.read_text().splitlines())
    result = query.run(
        project,
        "select properties.customer_id as customer_id, count() as calls from events"
        " where event = 'api_request' group by customer_id order by calls desc, customer_id limit 50",
    )
    independent = sorted(addresses.items(), key=lambda pair: (-pair[1], pair[0]))[:50]
    assert [tuple(row) for row in result.rows] == independent
    latest = max(event[3] for event in events())
    assert timedelta(0) <= datetime.now(UTC) - latest < timedelta(minutes=2)
    before = events()
    again = run(ACCESS_LOG, "--shift-to-now")
    assert outcome(again) == {"lines": 6000, "stored": 0, "duplicate": 6000, "rejected": 0}
    assert events() == before


@needs_log
def test_a_historic_log_without_shift_is_rejected_with_the_reason_and_can_be_shifted_then(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    known = run(ACCESS_LOG)
    assert known.rejected == {"timestamp_out_of_window": 6000}
    assert "line 1: The timestamp is older than events are kept." in capsys.readouterr().out
    assert run(ACCESS_LOG, "--shift-to-now").stored == 6000


def test_equal_lines_are_events_of_their_own_and_names_do_not_matter(
    project: Project, tmp_path: Path
) -> None:
    text = "".join(log_lines(3_000))
    (tmp_path / "a.log").write_text(text)
    assert run(tmp_path / "a.log").stored == 3_000
    (tmp_path / "renamed.log").write_text(text)
    (tmp_path / "zipped.log.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("renamed.log", "zipped.log.gz"):
        assert outcome(run(tmp_path / name)) == {
            "lines": 3_000,
            "stored": 0,
            "duplicate": 3_000,
            "rejected": 0,
        }
    assert len(events()) == 3_000


def test_a_log_that_has_grown_goes_on_where_it_ended(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.log"
    lines = log_lines(2_500)
    path.write_text("".join(lines[:1_000]))
    run(path)
    path.write_text("".join(lines))
    assert outcome(run(path)) == {"lines": 2_500, "stored": 2_500, "duplicate": 0, "rejected": 0}
    assert "went on after line 1,000" in capsys.readouterr().out
    assert len(events()) == 2_500


def test_a_file_that_only_begins_alike_is_read_from_its_start(project: Project, tmp_path: Path) -> None:
    lines = log_lines(2_000)
    (tmp_path / "a.log").write_text("".join(lines))
    run(tmp_path / "a.log")
    lines[1_500] = lines[1_500].replace("GET", "PUT")
    (tmp_path / "b.log").write_text("".join([*lines, lines[0]]))
    assert outcome(run(tmp_path / "b.log")) == {
        "lines": 2_001,
        "stored": 501,
        "duplicate": 1_500,
        "rejected": 0,
    }


def process(path: Path, *options: str, **popen: Any) -> subprocess.Popen[str]:
    """The command in a process of its own, on the servers and the database of this test."""
    url = settings.DATABASE_URL.rpartition("/")[0] + "/" + str(connection.settings_dict["NAME"])
    environment = {**os.environ, "DATABASE_URL": url, "VALKEY_URL": settings.VALKEY_URL}
    args = [sys.executable, "manage.py", "import_events", str(path), "--project", "acme/default", *options]
    pipe = subprocess.PIPE
    # Started in a shell's background we ignore SIGINT, and so would it.
    return subprocess.Popen(
        args,
        cwd=ROOT,
        env=environment,
        stdout=pipe,
        stderr=pipe,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **popen,
    )


def wait_until_half_done(running: subprocess.Popen[str], lines: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        known = Import.objects.first()
        if known and known.lines >= lines:
            return
        time.sleep(0.02)
    raise AssertionError(f"It did not reach {lines} lines: {running.communicate(timeout=5)}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_was_stopped_goes_on_and_stores_each_line_once(
    project: Project, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(log_lines(25_000)))
    running = process(path)
    wait_until_half_done(running, 1_000)
    running.send_signal(number)
    _, said = running.communicate(timeout=30)
    if number != signal.SIGKILL:
        assert running.returncode == 130
        assert "Run the same command again to go on: nothing is stored twice." in said
        assert "Traceback" not in said
    assert Import.objects.get().lines < 25_000
    resumed = process(path)
    said, errors = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, errors
    assert "went on after line" in said
    known = Import.objects.get()
    assert known.lines == known.stored + known.duplicate == 25_000
    stored = events()
    assert len(stored) == len({event[4] for event in stored}) == 25_000
    assert counts()["received:"] >= 25_000


def test_the_shift_is_fixed_by_the_first_run(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.log"
    path.write_text("".join(log_lines(100, NOW - timedelta(days=4_000))))
    shift = run(path, "--shift-to-now").shift_ms
    time.sleep(1.1)
    assert run(path, "--shift-to-now").shift_ms == run(path).shift_ms == shift
    assert len(events()) == 100
    young = tmp_path / "young.log"
    young.write_text("".join(log_lines(50)))
    run(young)
    assert run(young, "--shift-to-now").shift_ms == 0
    assert "its clock was not moved" in capsys.readouterr().out
    assert len(events()) == 150


def test_two_runs_at_once_agree_on_one_clock(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "old.log"
    path.write_text("".join(log_lines(3_000, NOW - timedelta(days=4_000))))
    running = [process(path, "--shift-to-now") for _ in range(2)]
    ended = [(*one.communicate(timeout=60), one.returncode) for one in running]
    assert 0 in [code for _, _, code in ended], ended
    assert all(code == 0 or "Another process" in errors for _, errors, code in ended), ended
    assert len(events()) == 3_000


def test_ndjson_of_the_ingest_shape(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = NOW - timedelta(days=3)
    uuid = "0b8f1d50-9f0e-4c39-8f4e-0123456789ab"
    lines = [
        json.dumps(
            {"event": "api_request", "timestamp": at.isoformat(), "properties": {"customer_id": "acme"}}
        ),
        json.dumps({"event": "own", "uuid": uuid, "timestamp": at.timestamp()}),
        json.dumps({"event": "historic", "timestamp": at.isoformat(), "sent_at": at.isoformat()}),
        json.dumps({"event": "timeless"}),
        "",
        '{"event": "nul\\u0000", "properties": {"x": "\\ud800"}}',
        "no json",
        "[1]",
        json.dumps({"event": "", "timestamp": at.isoformat()}),
        json.dumps({"event": "odd", "timestamp": "yesterday"}),
        json.dumps({"event": "old", "timestamp": "2015-05-17T10:05:03Z"}),
        json.dumps({"event": "seconds", "timestamp": 1_700_000}),
    ]
    (tmp_path / "events.ndjson").write_text("\n".join(lines))
    known = run(tmp_path / "events.ndjson")
    said = capsys.readouterr().out
    assert outcome(known) == {"lines": 12, "stored": 5, "duplicate": 0, "rejected": 6}
    assert known.rejected == {
        "not_json": 1,
        "not_an_object": 1,
        "missing_event": 1,
        "bad_timestamp": 1,
        "timestamp_out_of_window": 2,
    }
    assert "line 7: The event is not valid JSON." in said
    assert "line 9: The event needs a name." in said
    with connection.cursor() as cursor:
        cursor.execute('SELECT event, "timestamp", uuid::text, rest FROM events')
        stored = {row[0]: row[1:] for row in cursor.fetchall()}
    assert stored["own"][:2] == (at, uuid)
    assert stored["historic"][0] == at
    assert stored["timeless"][0] - known.started_at < timedelta(seconds=1)
    assert set(stored) == {"api_request", "own", "historic", "timeless", "nul\ufffd"}
    again = run(tmp_path / "events.ndjson")
    assert (again.stored, again.duplicate) == (0, 5)


def test_logpush_with_another_customer_field(project: Project, tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {
                "ClientIP": f"10.0.0.{number}",
                "ClientRequestMethod": "GET",
                "ClientRequestPath": "/v1/orders",
                "EdgeResponseStatus": 200,
                "EdgeStartTimestamp": round((NOW - timedelta(hours=number)).timestamp() * 1e9),
                "RequestHeaders": {"x-customer": "acme_corp" if number % 2 else "wayne_ent"},
            }
        )
        for number in range(10)
    ]
    (tmp_path / "push.json").write_text("\n".join(lines))
    assert run(tmp_path / "push.json", "--customer-field", "RequestHeaders.x-customer").stored == 10
    assert Counter(event[0] for event in events()) == {"acme_corp": 5, "wayne_ent": 5}


def test_standard_input_and_several_files(project: Project, tmp_path: Path) -> None:
    lines = log_lines(30)
    (tmp_path / "a.log").write_text("".join(lines[:10]))
    (tmp_path / "b.log").write_text("".join(lines[10:20]))
    call_command(
        "import_events", "--project", "acme/default", str(tmp_path / "a.log"), str(tmp_path / "b.log")
    )
    for _ in range(2):
        piped = process(Path("-"), stdin=subprocess.PIPE)
        said, errors = piped.communicate("".join(lines[20:]), timeout=60)
        assert piped.returncode == 0, errors
    assert "duplicate               10" in said
    assert len(events()) == 30


@pytest.mark.parametrize(
    ("file", "options", "said"),
    [
        ("missing.log", [], "missing.log cannot be read: No such file or directory."),
        (".", [], "cannot be read: Is a directory."),
        ("prose.txt", [], "has none of the known formats"),
        ("timeless.ndjson", ["--shift-to-now"], "No line at the end of"),
        ("log.log", ["--customer-field", "x"], "--customer-field is for Logpush"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line(
    project: Project, tmp_path: Path, file: str, options: list[str], said: str
) -> None:
    (tmp_path / "prose.txt").write_text("It was a dark and stormy night.\n")
    (tmp_path / "timeless.ndjson").write_text('{"event": "x"}\n')
    (tmp_path / "log.log").write_text(log_lines(1)[0])
    with pytest.raises(CommandError) as refused:
        run(tmp_path / file, *options)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_empty_file_is_no_error(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.log").write_text("")
    call_command("import_events", str(tmp_path / "empty.log"), "--project", "acme/default")
    assert "lines read               0" in capsys.readouterr().out
    assert not Import.objects.exists()


def test_an_unknown_project_names_those_there_are(project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no project acme/nope.*acme/default"):
        call_command("import_events", "x.log", "--project", "acme/nope")


def test_memory_stays_flat_in_a_long_file(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    lines = log_lines(5_000)
    with path.open("w") as file:
        for _ in range(12):
            file.writelines(lines)
    source = Source(str(path))
    tracemalloc.start()
    try:
        assert sum(1 for _ in source.lines()) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000 < path.stat().st_size / 4
    finally:
        tracemalloc.stop()
        source.close()
