"""The clients that people have under Node: posthog-node, and frameworks from npm with our middleware."""

from __future__ import annotations

import json

import pytest

from analytics.setup.snippets import text_of
from tests.lossy import lossy
from tests.node_client import Node, environment, install, printed
from tests.outage import duplicates, outage
from tests.sent import events
from tests.stack import Stack

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return install(tmp_path_factory.mktemp("node"))


def test_the_walkthroughs_middleware(stack: Stack, node: Node) -> None:
    answers = node.run("walkthrough.mjs", **environment(stack))
    assert answers == [[202, {"accepted": 1, "rejected": []}]] * 3
    for event in events(stack, "verbatim_corp", 3):
        assert (event["event"], event["distinct_id"], event["plan"]) == (
            "api_request",
            "verbatim_corp",
            "scale",
        )
        assert (event["method"], event["ip_country"]) == ("GET", "DE")


@pytest.mark.parametrize("framework", ["hono", "express", "fastify"])
def test_the_setup_pages_middleware(stack: Stack, node: Node, framework: str) -> None:
    """Nothing is sent before the answers; what waits is sent at SIGTERM; nobody's request is no event."""
    snippet = text_of(f"{framework}.js", stack.url, stack.facts["project"])
    (node.directory / f"{framework}.js").write_text(snippet)
    said = node.run("apps.mjs", FRAMEWORK=framework, **environment(stack))
    assert said == {"answers": [200, 500, 404], "posts": 0}
    thing, broken = events(stack, f"{framework}_corp", 2)
    assert (thing["endpoint"], thing["status"], thing["method"]) == ("/v1/things/:id", 200, "GET")
    assert (thing["plan"], thing["sdk_version"], thing["ip_country"]) == ("scale", "1.2.3", "DE")
    assert 0 <= thing["latency_ms"] < 5000
    assert (broken["endpoint"], broken["status"]) == ("/v1/broken", 500)


def test_the_sender_batches(stack: Stack, node: Node) -> None:
    said = node.run("middleware.mjs", "many", "batch_corp", "1200", **environment(stack))
    assert said == {"posts": 3, "said": []}
    events(stack, "batch_corp", 1200)


def test_the_sender_outlasts_an_outage(stack: Stack, node: Node) -> None:
    with outage(stack):
        process = node.start("middleware.mjs", "many", "outage_corp", "700", **environment(stack))
    said = printed(process)
    assert said["posts"] > 2 and said["said"] == []
    events(stack, "outage_corp", 700)


def test_the_sender_sends_again_what_was_stored_already(stack: Stack, node: Node) -> None:
    before = duplicates(stack)
    with lossy(stack, losing=2) as proxy:
        variables = environment(stack) | {"AGENTRY_URL": proxy.url}
        said = node.run("middleware.mjs", "many", "again_corp", "700", **variables)
    assert (said, proxy.lost) == ({"posts": 4, "said": []}, [202, 202])
    events(stack, "again_corp", 700)
    assert duplicates(stack) - before == 700


def test_the_sender_holds_a_bounded_number(node: Node, stack: Stack) -> None:
    answer = node.run("middleware.mjs", "nowhere", **environment(stack))
    assert answer["counts"] == {"sent": 0, "rejected": 0, "dropped": 15, "lost": 8}
    words = [sentence for (sentence,) in answer["said"]]
    assert words.count("agentry: 2 events lost") == 3  # 2 + 2 + 1 of five, then 2 + 1 of three
    assert words.count("agentry: 1 events lost") == 2
    assert [word for word in words if "dropped" in word] == ["agentry: 15 events dropped, 5 are waiting"]


def test_the_sender_breaks_no_answer(stack: Stack, node: Node) -> None:
    said = node.run("middleware.mjs", "broken", **environment(stack))
    assert said == {"posts": 0, "said": ["agentry:,Error: no customer"]}


def test_the_sender_says_what_is_wrong_with_its_key(stack: Stack, node: Node) -> None:
    answer = node.run("middleware.mjs", "refused", **environment(stack))
    ((words, error),) = answer["said"]
    assert (answer["posts"], words, error["code"]) == (1, "agentry: refused", "unauthorized")


def test_the_sender_where_requests_have_a_context(stack: Stack, node: Node) -> None:
    said = node.run("middleware.mjs", "edge", "edge_corp", **environment(stack))
    assert said == {"posts": 2, "said": [], "flights": 2}
    events(stack, "edge_corp", 2)


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_node(stack: Stack, node: Node, mode: str) -> None:
    variables = environment(stack) | {"POSTHOG_CAPTURE_MODE": mode}
    assert node.run("posthog.mjs", f"node_{mode}_corp", "45", **variables) == {"errors": []}
    found = events(stack, f"node_{mode}_corp", 46)
    assert sorted(event["event"] for event in found) == ["api_request"] * 45 + ["at_once"]
    assert {event["lib"] for event in found} == {"posthog-node"}
    assert {event["text"] for event in found} == {"plain", "lone �", None}


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_node_outlasts_an_outage(stack: Stack, node: Node, mode: str) -> None:
    variables = environment(stack) | {"POSTHOG_CAPTURE_MODE": mode}
    with outage(stack):
        process = node.start("posthog.mjs", f"node_{mode}_outage_corp", "45", **variables)
    assert printed(process) == {"errors": []}
    events(stack, f"node_{mode}_outage_corp", 46)


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_node_sends_again_what_was_stored_already(stack: Stack, node: Node, mode: str) -> None:
    before = duplicates(stack)
    with lossy(stack, losing=2) as proxy:
        variables = environment(stack) | {"POSTHOG_CAPTURE_MODE": mode, "AGENTRY_URL": proxy.url}
        said = node.run("posthog.mjs", f"node_{mode}_again_corp", "45", **variables)
    assert (said, proxy.lost) == ({"errors": []}, [200, 200])
    events(stack, f"node_{mode}_again_corp", 46)
    assert duplicates(stack) - before >= 2


def test_posthog_node_with_a_wrong_key(stack: Stack, node: Node) -> None:
    process = node.start(
        "posthog.mjs", "wrong_corp", "1", **environment(stack) | {"AGENTRY_DSN": "agd_wrong"}
    )
    out, complaints = process.communicate(timeout=60)
    assert "status=401" in complaints
    assert [("401" in error) for error in json.loads(out)["errors"]] == [True, True]  # at once, and a batch


def test_the_document_on_posthog_node(stack: Stack, node: Node) -> None:
    before = stack.ask("select count() as n from events where properties.customer_id = 'acme_corp'")[0]["n"]
    process = node.start("documented.js", **environment(stack))
    assert process.communicate(timeout=60) == ("", "")
    (event,) = events(stack, "acme_corp", before + 1)[-1:]
    assert (event["endpoint"], event["status"], event["latency_ms"]) == ("/v1/things", 200, 12.5)
