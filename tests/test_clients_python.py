"""curl, and PostHog's own SDK for Python, unmodified, at a running Agentry; as docs/clients.md has them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
from posthog import Posthog

from tests.lossy import lossy
from tests.node_client import document, environment
from tests.outage import duplicates, outage, settle
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.timeout(240)


def client(stack: Stack, errors: list[Any], **options: Any) -> Posthog:
    def note(error: Exception, _: Any) -> None:
        errors.append(error)

    ours = {"project_api_key": stack.facts["dsn"], "host": stack.url, "gzip": True, "on_error": note}
    return Posthog(**(ours | {"flush_interval": 0.5} | options))


def count(stack: Stack, customer: str) -> dict[str, Any]:
    query = (
        "select count() as events, count(distinct uuid) as uuids, sum(properties.latency_ms) as latency"
        f" from events where properties.customer_id = '{customer}'"
    )
    return stack.ask(query)[0]


@pytest.mark.parametrize("gzip", [True, False])
@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_python(stack: Stack, mode: str, gzip: bool) -> None:
    errors: list[Any] = []
    customer = f"python_{mode}_{gzip}_corp"
    posthog = client(stack, errors, gzip=gzip, capture_mode=mode, flush_at=20)
    for number in range(45):
        properties = {
            "customer_id": customer,
            "latency_ms": number,
            "text": "lone \ud800",
            "nan": float("nan"),
        }
        assert posthog.capture("api_request", distinct_id=customer, properties=properties)
    posthog.set(distinct_id=customer, properties={"plan": "pro"})
    posthog.shutdown()
    settle(stack)
    assert errors == []
    assert count(stack, customer) == {"events": 45, "uuids": 45, "latency": sum(range(45))}
    row = stack.ask(f"select * from events where distinct_id = '{customer}' and event = '$set'")[0]
    assert json.loads(row["properties"])["$set"] == {"plan": "pro"}
    assert json.loads(row["properties"])["$lib"] == "posthog-python"


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_python_outlasts_an_outage(stack: Stack, mode: str) -> None:
    errors: list[Any] = []
    customer = f"python_{mode}_outage_corp"
    posthog = client(stack, errors, capture_mode=mode, max_retries=10)
    with outage(stack):
        for number in range(45):
            properties = {"customer_id": customer, "latency_ms": number}
            posthog.capture("api_request", distinct_id="x", properties=properties)
    posthog.shutdown()
    settle(stack)
    assert errors == []
    assert count(stack, customer) == {"events": 45, "uuids": 45, "latency": sum(range(45))}


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_python_sends_again_what_was_stored_already(stack: Stack, mode: str) -> None:
    """Its uuids keep it single; the time, which `sent_at` corrects, is the first one's."""
    errors: list[Any] = []
    customer, before = f"python_{mode}_again_corp", duplicates(stack)
    with lossy(stack, losing=2) as proxy:
        posthog = client(stack, errors, capture_mode=mode, host=proxy.url)
        for number in range(45):
            properties = {"customer_id": customer, "latency_ms": number}
            posthog.capture("api_request", distinct_id="x", properties=properties)
        posthog.shutdown()
    settle(stack)
    assert (errors, proxy.lost) == ([], [200, 200])
    assert count(stack, customer) == {"events": 45, "uuids": 45, "latency": sum(range(45))}
    assert duplicates(stack) - before >= 2


def test_an_event_captured_twice_is_stored_once(stack: Stack) -> None:
    """The application retries by itself, with the uuid that it gave."""
    own = "5b0f4a52-6c4e-4a63-9d53-0b3f0a4b8a11"
    for _ in range(2):
        posthog = client(stack, [])
        posthog.capture("api_request", distinct_id="x", uuid=own, properties={"customer_id": "twice_corp"})
        posthog.shutdown()
    settle(stack)
    assert count(stack, "twice_corp")["events"] == 1


def test_posthog_python_with_a_wrong_key(stack: Stack) -> None:
    errors: list[Any] = []
    posthog = client(stack, errors, project_api_key="agd_wrong")
    posthog.capture("api_request", distinct_id="x", properties={"customer_id": "wrong_corp"})
    posthog.shutdown()
    (error,) = errors
    assert error.status == 401
    assert json.loads(error.message)["error"]["code"] == "unauthorized"


def test_the_document_on_posthog_python(stack: Stack) -> None:
    before = count(stack, "acme_corp")["events"]
    (program,) = document("python")
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(stack), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    settle(stack)
    assert count(stack, "acme_corp")["events"] == before + 1


def test_the_document_on_curl(stack: Stack) -> None:
    """Run twice with one key it is stored once, and answered alike; with another body it is refused."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    (command,) = document("sh")
    fixed = "date() { echo hour; }\n" + command

    def run(text: str) -> tuple[int, Any]:
        done = subprocess.run(
            ["sh", "-c", text], env=environment(stack), cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        return done.returncode, json.loads(done.stdout)

    first, again = run(fixed), run(fixed)
    assert first == again == (0, {"stored": 1, "duplicates": 0, "rejected": []})
    code, refused = run(fixed.replace("200}", "500}"))
    assert (code, refused["error"]["code"]) == (22, "idempotency_key_reused")
