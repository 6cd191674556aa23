"""Recipes as people and agents meet them: pages, forms, files, the way into Explore; REST and tools."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from agentry.accounts.keystore import authorize
from agentry.accounts.models import Project, Role, Team, User
from agentry.errors import AgentryError
from analytics.models import Customer
from publications.models import Publication
from publications.publish import change, publish
from publications.recipes.catalog import RECIPES
from publications.tools import TOOLS
from tests.explore_page import HTMX, as_member, hours_ago, said, table, text
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/t/acme/default/recipes"
API = "/v1/analytics/default/recipes/"
NASTY = ['O\'Brien \\ "q"', "<script>alert(1)</script>", "') or 1=1 -- ", "🚀 شركة \u202e", "{x}", "x" * 200]


@pytest.fixture
def client(user: User, project: Project) -> Client:
    store(
        project.pk, [hours_ago(n, customer_id=name, status=200) for n, name in enumerate(["a", "a", *NASTY])]
    )
    Customer.objects.create(project=project, customer_id="a", monthly_cap=5)
    client = Client()
    client.force_login(user)
    return client


def rows(body: str) -> list[list[str]]:
    start = body.rfind("<tbody")
    return [
        [said(cell) for cell in re.findall(r"(?s)<td.*?</td>", row)]
        for row in re.findall(r"(?s)<tr>(.*?)</tr>", body[start:])
    ]


def test_the_list_leads_to_every_recipe(client: Client) -> None:
    body = text(client.get(PAGE))
    assert re.findall(rf'<a href="{PAGE}/(\w+)"', body) == list(RECIPES)
    assert len(RECIPES) == 10
    for name, recipe in RECIPES.items():
        response = client.get(f"{PAGE}/{name}", {"run": "1"})
        assert response.status_code == 200, name
        body = text(response)
        assert recipe.title in body
        assert recipe.what in unescape(body)
        assert 'class="stamp"' in body


def test_a_form_changes_the_answer_and_the_address(client: Client) -> None:
    body = text(client.get(f"{PAGE}/top_customers", {"top": "1", "days": "3"}))
    assert [row[0] for row in rows(body)] == ["a"]
    assert 'name="days" type="number" inputmode="numeric" min="1" max="366" value="3"' in body
    fragment = client.get(f"{PAGE}/top_customers", {"top": "2"}, headers=HTMX)
    assert "<html" not in text(fragment)
    assert len(rows(text(fragment))) == 2


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"days": "x"}, "not a whole number"),
        ({"days": "0"}, "1 to 366"),
        ({"days": "9" * 40}, "not a whole number"),
        ({"days": "3.5"}, "not a whole number"),
        ({"days": ""}, "not a whole number"),
        ({"days": "30 or 1=1"}, "not a whole number"),
        ({"event": ""}, "is empty"),
        ({"event": "x" * 201}, "201 characters"),
        ({"event": "a\0b"}, "NUL"),
    ],
)
def test_a_wrong_parameter_is_said_at_its_field(client: Client, params: dict[str, str], word: str) -> None:
    response = client.get(f"{PAGE}/top_customers", params)
    assert response.status_code == 400
    body = text(response)
    [name] = params
    found = re.search(rf'(?s)id="wrong-{name}">(.*?)</span>', body)
    assert found is not None
    assert word in said(found[1])
    assert rows(body) == []
    assert client.get(f"{PAGE}/top_customers/answer.json", params).status_code == 400


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("recipe", ["endpoint_split", "hour_of_day", "sdk_versions", "latency_by_endpoint"])
def test_a_customers_id_is_only_text(client: Client, recipe: str, name: str) -> None:
    response = client.get(f"{PAGE}/{recipe}", {"customer": name, "event": "api_request", "run": "1"})
    assert response.status_code == 200
    body = text(response)
    assert "<script>alert" not in body
    found = json.loads(client.get(f"{PAGE}/{recipe}/answer.json", {"customer": name}).content)
    if recipe != "latency_by_endpoint":
        assert sum(row["total_calls"] for row in found["rows"]) == 1
    assert client.get(f"{PAGE}/{recipe}", {"event": name, "run": "1"}).status_code == 200


def test_a_customer_leads_to_its_page_and_takes_the_event_along(client: Client, project: Project) -> None:
    body = text(client.get(f"{PAGE}/top_customers"))
    links = [unescape(link) for link in re.findall(r'<td class="name"><a href="([^"]+)"><bdi>', body)]
    assert "/t/acme/default/customers/a" in links and len(links) == 1 + len(NASTY)
    for link in links:
        assert client.get(link).status_code == 200, link
    unseen = Project.objects.create(team=project.team, name="Unseen", slug="unseen")
    store(unseen.pk, [hours_ago(1, customer_id=name) for name in ("", "  ")])
    body = text(client.get("/t/acme/unseen/recipes/top_customers"))
    assert "␣␣" in body and "(empty customer_id)" in body
    assert body.index("answer.csv") < body.index("<tbody") and body.index("Publish</summary>") < body.index(
        "<tbody"
    )
    store_other = [hours_ago(1, customer_id="a", event="export")]
    Project.objects.filter(pk=project.pk).update(slug="moved")
    other = Project.objects.create(team=project.team, name="Default", slug="default")
    store(other.pk, store_other)
    body = text(client.get(f"{PAGE}/top_customers", {"event": "export"}))
    assert 'href="/t/acme/default/customers/a?event=export"' in body


def test_a_publication_leads_to_no_page_of_the_team(client: Client, project: Project) -> None:
    _, url = publish(project, "top_customers", "Top", {}, None)
    reader = Client()
    path = url.removeprefix("http://localhost:8000")
    page = text(reader.get(reader.get(path)["Location"]))
    assert "<tbody" in page and "/customers/" not in page


def test_a_recipe_opens_in_explore_with_the_same_answer(client: Client) -> None:
    for recipe in RECIPES:
        body = text(client.get(f"{PAGE}/{recipe}", {"run": "1"}))
        found = re.search(r'href="(/t/acme/default/explore\?[^"]*)">Open in Explore', body)
        assert found is not None, recipe
        address = unescape(found[1])
        assert "total_calls" in address or recipe not in {"top_customers", "error_rate"}
        shown = text(client.get(f"{address}&run=1"))
        assert len(table(shown)) == len(rows(body)), recipe


def test_a_long_question_goes_to_explore_in_a_form(client: Client, project: Project) -> None:
    for number in range(300):
        Customer.objects.create(project=project, customer_id=f"customer-{number}-'\\", monthly_cap=5)
    body = text(client.get(f"{PAGE}/cap_runway"))
    assert "Open in Explore</button>" in body
    assert [row[0] for row in rows(body)] == ["a"]


def test_a_slow_recipes_page_comes_before_its_answer(client: Client) -> None:
    body = text(client.get(f"{PAGE}/sdk_versions", {"days": "3"}))
    assert 'hx-trigger="load"' in body
    assert 'content="0; url=/t/acme/default/recipes/sdk_versions?days=3&amp;run=1"' in body
    fragment = text(client.get(f"{PAGE}/sdk_versions", {"days": "3"}, headers=HTMX))
    assert 'hx-trigger="load"' not in fragment
    assert "from raw events" in fragment
    refused = client.get(f"{PAGE}/sdk_versions", {"days": "-3"})
    assert refused.status_code == 400
    assert "http-equiv" not in text(refused)


def test_files_have_every_row(client: Client) -> None:
    csv = client.get(f"{PAGE}/top_customers/answer.csv", {"top": "1000"})
    assert len(csv.content.decode().strip().split("\r\n")) == 2 + len(NASTY)
    assert "default-top_customers.csv" in csv["Content-Disposition"]
    for forged in ("top_customers/answer.xml", "no_such", "no_such/answer.csv", "TOP_CUSTOMERS"):
        assert client.get(f"{PAGE}/{forged}").status_code == 404


def test_without_caps_the_page_says_where_to_set_one(client: Client) -> None:
    Customer.objects.all().delete()
    response = client.get(f"{PAGE}/cap_runway")
    assert response.status_code == 422
    assert "No customer of this project has a cap." in text(response)


def test_a_page_publishes_what_it_shows(client: Client, team: Team) -> None:
    body = text(client.get(f"{PAGE}/top_customers", {"days": "7", "top": "3", "event": "it's"}))
    form = re.search(r'(?s)action="/t/acme/default/publish".*?</form>', body)
    assert form is not None
    sent = {
        name: unescape(value) for name, value in re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form[0])
    }
    assert sent["description"] == "Top customers, 7 days"
    response = client.post("/t/acme/default/publish", sent)
    assert response.status_code == 302
    made = Publication.objects.get()
    assert made.recipe_id == "top_customers"
    assert "today() - 7 " in made.query
    assert "'it\\'s'" in made.query
    viewer = as_member(team, "viewer@example.com", Role.VIEWER)
    assert "Publish</summary>" not in text(viewer.get(f"{PAGE}/top_customers"))


def test_publishing_checks_the_recipe_and_its_parameters(
    client: Client, project: Project, user: User
) -> None:
    made, _ = publish(project, "error_rate", "Errors", {"minimum": 1}, user)
    assert made.recipe_id == "error_rate"
    assert "total_calls >= 1" in made.query
    change(made, {"description": "Errors!"}, user)
    assert made.recipe_id == "error_rate"
    change(made, {"query": "select 1"}, user)
    made.refresh_from_db()
    assert made.recipe_id == "raw_hogql"
    for recipe, params, code, field in [
        ("no_such", {}, "unknown_recipe", "recipe_id"),
        ("error_rate", {"query": "select 1"}, "unknown_field", "params.query"),
        ("error_rate", {"days": "7"}, "wrong_type", "params.days"),
        ("error_rate", {"days": True}, "wrong_type", "params.days"),
        ("error_rate", {"days": 91}, "out_of_range", "params.days"),
        ("error_rate", {"event": 7}, "wrong_type", "params.event"),
        ("endpoint_split", {"customer": 7}, "wrong_type", "params.customer"),
        ("error_rate", None, "missing_field", "params"),
    ]:
        with pytest.raises(AgentryError) as refused:
            publish(project, recipe, "x", params, user)
        assert (refused.value.code, refused.value.details["field"]) == (code, field)


def test_rest_lists_and_runs(client: Client, token: str) -> None:
    key = {"Authorization": f"Bearer {token}"}
    found = json.loads(client.get(API, headers=key).content)["recipes"]
    assert [recipe["recipe_id"] for recipe in found] == list(RECIPES)
    assert found[0]["params"]["properties"]["days"]["default"] == 30
    asked: dict[str, Any] = {"content_type": "application/json", "headers": key}
    answer = json.loads(client.post(f"{API}top_customers/", {"params": {"top": 1}}, **asked).content)
    assert [row["customer_id"] for row in answer["rows"]] == ["a"]
    assert answer["source"] == "rollup"
    assert answer["query"].startswith("select")
    assert client.post(f"{API}top_customers", {}, **asked).status_code == 200
    for path, body, status, code in [
        ("no_such/", {}, 404, "unknown_recipe"),
        ("top_customers/", {"params": []}, 400, "wrong_type"),
        ("top_customers/", {"params": {"top": 0}}, 400, "out_of_range"),
        ("top_customers/", {"param": {}}, 400, "unknown_field"),
        ("top_customers/", {"params": {"tops": 1}}, 400, "unknown_field"),
    ]:
        response = client.post(f"{API}{path}", body, **asked)
        assert (response.status_code, json.loads(response.content)["error"]["code"]) == (status, code)


def test_an_agent_lists_runs_and_publishes(client: Client, token: str) -> None:
    access = authorize(f"Bearer {token}", "token")
    tools = {tool.name: tool for tool in TOOLS}
    listed = tools["agentry_list_recipes"].call(access, {})["recipes"]
    for recipe in listed:
        answer = tools["agentry_run_recipe"].call(access, {"recipe_id": recipe["recipe_id"]})
        assert answer["columns"], recipe
    published = {"recipe_id": "dropped", "description": "Who dropped", "params": {"percent": 40}}
    made = tools["agentry_publish_query"].call(access, published)
    assert "calls_before * 60" in Publication.objects.get(pk=made["publication_id"]).query
    with pytest.raises(AgentryError) as refused:
        tools["agentry_run_recipe"].call(access, {"recipe_id": "raw_hogql"})
    assert refused.value.code == "unknown_recipe"
    assert "top_customers" in refused.value.hint


def test_the_address_of_an_answer_is_what_was_asked(client: Client) -> None:
    asked = {"days": "3", "customer": "a&b=c #\"'", "chart": "bars", "other": "x"}
    body = text(client.get(f"{PAGE}/hour_of_day?{urlencode(asked)}"))
    found = re.search(r'href="([^"]*answer\.csv[^"]*)"', body)
    assert found is not None
    assert parse_qs(urlsplit(unescape(found[1])).query) == {"days": ["3"], "customer": ["a&b=c #\"'"]}
