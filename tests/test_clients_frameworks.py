"""The Setup page's middleware under Django, FastAPI and Go, and its logs of nginx and Cloudflare."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from analytics.setup.snippets import CLIENTS, text_of
from tests.lossy import lossy
from tests.nginx import nginx_over_upstream
from tests.node_client import environment
from tests.outage import duplicates, outage
from tests.sent import events
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.timeout(240)
PROGRAMS = ROOT / "tests" / "programs"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with the senders in it, as somebody who downloaded them has it."""
    for file in (*CLIENTS.glob("*.py"), *PROGRAMS.glob("*.py")):
        shutil.copy(file, tmp_path)
    return tmp_path


def start(place: Path, stack: Stack, *words: str, lines: str = "", **variables: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=place,
        env=environment(stack) | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(lines)
    return process


def run(place: Path, stack: Stack, *words: str, lines: str = "", **variables: str) -> tuple[str, str]:
    """What a program prints, and its complaints."""
    return end(start(place, stack, *words, lines=lines, **variables))


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        out, complaints = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, complaints
    return out, complaints


def assert_sent(stack: Stack, customer: str, endpoint: str, broken: str = "/v1/broken") -> None:
    """Two requests: one that went well, and one that broke."""
    good, bad = sorted(events(stack, customer, 2), key=lambda event: int(event["status"]))
    assert (good["endpoint"], good["status"], good["method"]) == (endpoint, 200, "GET")
    assert (good["plan"], good["sdk_version"], good["ip_country"]) == ("scale", "1.2.3", "DE")
    assert 0 <= good["latency_ms"] < 5000
    assert (bad["endpoint"], bad["status"]) == (broken, 500)


@pytest.mark.parametrize("protocol", ["wsgi", "asgi"])
def test_django(stack: Stack, place: Path, protocol: str) -> None:
    (place / "usage.py").write_text(text_of("django.py", stack.url, stack.facts["project"]))
    out, _ = run(place, stack, "django_app.py", protocol)
    assert json.loads(out) == {"answers": [200, 500, 404], "sent": 0}  # it is sent when the process ends
    assert_sent(stack, f"django_{protocol}_corp", "/v1/things/<int:number>")


def test_fastapi(stack: Stack, place: Path) -> None:
    (place / "usage.py").write_text(text_of("fastapi.py", stack.url, stack.facts["project"]))
    out, _ = run(place, stack, "fastapi_app.py")
    assert json.loads(out) == {"answers": [200, 500, 404], "sent": 0}
    assert_sent(stack, "fastapi_corp", "/v1/things/{number}")


def counts(sent: int = 0, rejected: int = 0, dropped: int = 0, lost: int = 0, **more: Any) -> dict[str, Any]:
    return {"sent": sent, "rejected": rejected, "dropped": dropped, "lost": lost, **more}


def test_the_sender_outlasts_an_outage(stack: Stack, place: Path) -> None:
    with outage(stack):
        process = start(place, stack, "sender.py", "many", "py_outage_corp", "2500")
    assert json.loads(end(process)[0]) == counts(2500)
    events(stack, "py_outage_corp", 2500)


def test_the_sender_sends_again_what_was_stored_already(stack: Stack, place: Path) -> None:
    before = duplicates(stack)
    with lossy(stack, losing=2) as proxy:
        out, _ = run(place, stack, "sender.py", "many", "py_again_corp", "700", AGENTRY_URL=proxy.url)
    assert (json.loads(out), proxy.lost) == (counts(700), [202, 202])
    events(stack, "py_again_corp", 700)
    assert duplicates(stack) - before == 1400


def test_the_sender_holds_a_bounded_number(stack: Stack, place: Path) -> None:
    out, complaints = run(place, stack, "sender.py", "nowhere", "nowhere_corp")
    found = json.loads(out)
    assert found.pop("quick")
    assert found["dropped"] + found["lost"] == 20 and 5 <= found["lost"] <= 10 and found["sent"] == 0
    assert f"{found['dropped']} events dropped" in complaints


def test_the_sender_says_what_is_wrong(stack: Stack, place: Path) -> None:
    out, complaints = run(place, stack, "sender.py", "refused", "wrong_corp")
    assert json.loads(out) == counts(lost=3)
    assert "unauthorized" in complaints
    out, complaints = run(place, stack, "sender.py", "broken", "wrong_corp")
    assert json.loads(out) == counts()
    assert "a request was not noted" in complaints


def test_the_sender_works_in_a_forked_worker(stack: Stack, place: Path) -> None:
    out, _ = run(place, stack, "sender.py", "forked", "fork_corp")
    assert json.loads(out) == counts(2, child=0, threads=["MainThread", "agentry"])
    events(stack, "fork_corp", 5)


def nginx_line(customer: str, **more: Any) -> str:
    event = {
        "event": "api_request",
        "uuid": uuid4().hex,
        "timestamp": more.pop("timestamp"),
        "distinct_id": customer,
        "properties": {"customer_id": customer, "endpoint": "/v1/things/:id", **more},
    }
    return json.dumps(event) + "\n"


def test_a_log_is_shipped_and_may_be_shipped_twice(stack: Stack, place: Path) -> None:
    now = stack.ask("select now() as now")[0]["now"]
    lines = nginx_line("log_corp", timestamp=now, status=200) + "half a li\n\n"
    lines += nginx_line("log_corp", timestamp=now, status=500)
    for _ in range(2):
        _, complaints = run(place, stack, "agentry.py", lines=lines)
        assert "not an event: half a li" in complaints
    events(stack, "log_corp", 2)


def test_a_wrong_key_ends_the_shipping(stack: Stack, place: Path) -> None:
    line = nginx_line("nobody_corp", timestamp="2026-01-01T00:00:00Z")
    process = start(place, stack, "agentry.py", lines=line, AGENTRY_DSN="agd_wrong")
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the rest of the log was not sent" in complaints


def test_nginx_writes_such_a_log(stack: Stack, place: Path) -> None:
    log = nginx_over_upstream(place, text_of("nginx.conf", stack.url, stack.facts["project"]))
    assert log.count("\n") == 2  # nobody's request is not in it
    run(place, stack, "agentry.py", lines=log)
    assert_sent(stack, "nginx_corp", "/v1/things/:id", broken="")


def test_cloudflares_logpush(stack: Stack, place: Path) -> None:
    now = stack.ask("select now() as now")[0]["now"]
    record = {
        "ClientCountry": "de",
        "ClientRequestMethod": "GET",
        "ClientRequestPath": "/v1/things/7",
        "EdgeResponseBytes": 512,
        "EdgeResponseStatus": 200,
        "EdgeStartTimestamp": now,
        "OriginResponseDurationMs": 21,
        "RayID": uuid4().hex[:16],
        "RequestHeaders": {"x-sdk-version": "1.2.3"},
        "ResponseHeaders": {"x-customer-id": "logpush_corp", "x-customer-plan": "scale"},
    }
    nobody = record | {"RayID": "0", "ResponseHeaders": {}}
    lines = f"{json.dumps(record)}\n{json.dumps(nobody)}\n"
    for _ in range(2):
        assert run(place, stack, "agentry_logpush.py", lines=lines) == ("", "")
    (event,) = events(stack, "logpush_corp", 1)
    assert (event["endpoint"], event["status"], event["method"]) == ("/v1/things/:id", 200, "GET")
    assert (event["plan"], event["latency_ms"]) == ("scale", 21)
    assert (event["sdk_version"], event["ip_country"]) == ("1.2.3", "DE")


def test_go(stack: Stack, place: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed: its middleware is not tried here")
    (place / "agentry").mkdir()
    shutil.copy(CLIENTS / "agentry.go", place / "agentry")
    (place / "go.mod").write_text("module example.com/api\n\ngo 1.23\n")
    (place / "main.go").write_text(text_of("go.go", stack.url, stack.facts["project"]))
    shutil.copy(PROGRAMS / "routes.go.txt", place / "routes.go")
    variables = environment(stack) | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        [go, "run", "."], cwd=place, env=variables, capture_output=True, text=True, timeout=200
    )
    assert json.loads(done.stdout) == {"answers": [200, 500, 404], "sent": 0}, done.stderr
    assert_sent(stack, "go_corp", "/v1/things/{id}")
