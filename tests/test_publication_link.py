"""A public link as a stranger meets it: the key, the cookie, the forms, and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from agentry.accounts.secrets import LINK_KEY, fingerprint, mint
from publications import answers, tally, visit
from publications.links import key_of
from publications.models import Link, Publication
from publications.publish import change, publish, revoke

QUERY = "select properties.customer_id as customer_id, count() as calls from events group by customer_id"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    visit.forget()
    answers.forget()


class Public:
    """One publication, and a stranger at its door."""

    def __init__(self, project: Project) -> None:
        self.publication, url = publish(project, "raw_hogql", "Top customers", {"query": QUERY}, None)
        self.path = f"/q/{self.publication.id}"
        self.key = url.partition("key=")[2]
        self.client = Client()

    def get(self, suffix: str = "", key: str | None = None, path: str | None = None) -> HttpResponse:
        """A visit by a new stranger, to whom every process is a stranger too."""
        visit.forget()
        query = "" if key is None else f"?key={quote(key)}"
        return Client().get(f"{path or self.path}{suffix}{query}")  # type: ignore[return-value]


@pytest.fixture
def public(project: Project) -> Public:
    return Public(project)


def whole(response: HttpResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that a visitor sees, but for the request's random id."""
    headers = {name: value for name, value in response.items() if name.lower() != "x-request-id"}
    return response.status_code, sorted(headers.items()), response.content


def test_the_key_is_exchanged_for_a_cookie_and_leaves_the_address(public: Public) -> None:
    response = public.client.get(f"{public.path}?key={public.key}&utm_source=mail")
    assert (response.status_code, response["Location"]) == (303, public.path)
    assert public.key not in str(response.items()) + response.content.decode()
    cookie = response.cookies["agentry_link"]
    assert cookie.value == public.key
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", public.path)
    page = public.client.get(public.path)
    assert page.status_code == 200
    assert b"Top customers" in page.content
    assert "sessionid" not in public.client.cookies
    assert "csrftoken" not in public.client.cookies


def test_the_cookie_is_secure_under_https(public: Public, settings: pytest.FixtureRequest) -> None:
    settings.SECURE = True  # type: ignore[attr-defined]
    response = public.get(key=public.key)
    assert all(cookie["secure"] for cookie in response.cookies.values())


def test_each_form_has_a_cookie_that_a_browser_sends_to_it(public: Public) -> None:
    """RFC 6265: the path /q/pub_1 is not a prefix path of /q/pub_1.csv."""
    response = public.get(key=public.key)
    paths = {cookie["path"] for cookie in response.cookies.values()}
    assert paths == {public.path, f"{public.path}.json", f"{public.path}.csv"}
    public.client.cookies = response.cookies
    for suffix in ("", ".json", ".csv"):
        assert public.client.get(public.path + suffix).status_code == 200


@pytest.mark.parametrize("suffix", ["", ".json", ".csv"])
def test_the_key_works_as_bearer(public: Public, suffix: str) -> None:
    bearer = {"Authorization": f"Bearer {public.key}"}
    assert Client().get(public.path + suffix, headers=bearer).status_code == 200


def test_the_json_is_the_answer_of_a_query(public: Public) -> None:
    response = public.get(".json", public.key)
    assert response["Content-Type"] == "application/json"
    body = json.loads(response.content)
    keys = {"rows", "columns", "row_count", "truncated", "source", "as_of", "complete_through", "elapsed_ms"}
    assert keys <= body.keys()
    assert "query" not in body


def test_the_csv_is_a_download_without_a_bom(public: Public) -> None:
    response = public.get(".csv", public.key)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{public.publication.id}.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.content.startswith(b"customer_id,")


@pytest.mark.parametrize("suffix", ["", ".json", ".csv"])
def test_no_right_key_is_one_404_whatever_the_cause(public: Public, project: Project, suffix: str) -> None:
    other = Public(project)
    ended = Public(project)
    ended.publication.links.update(revoked_at=timezone.now())
    revoked = Public(project)
    revoke(revoked.publication, None)
    responses = [
        public.get(suffix),
        public.get(suffix, ""),
        public.get(suffix, mint(LINK_KEY)),
        public.get(suffix, other.key),
        public.get(suffix, public.key[:-1]),
        public.get(suffix, "agp_é\0" + "x" * 3000),
        public.get(suffix, public.key, "/q/pub_unknown"),
        public.get(suffix, public.key, "/q/nothing-like-it"),
        public.get(suffix, public.key, "/q/%00"),
        ended.get(suffix, ended.key),
        revoked.get(suffix, revoked.key),
    ]
    assert {response.status_code for response in responses} == {404}
    if suffix:
        hints = {json.loads(response.content)["error"]["hint"] for response in responses}
        assert hints == {"Ask whoever gave you the link for a new one."}
    assert len({str(whole(response)) for response in responses}) == 1


@pytest.mark.parametrize("suffix", ["", ".json", ".csv"])
def test_the_headers_keep_a_page_private(public: Public, suffix: str) -> None:
    for response in (public.get(suffix, public.key), public.get(suffix)):
        assert "noindex" in response["X-Robots-Tag"]
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("suffix", ["", ".json", ".csv"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_publication_can_only_be_read(public: Public, suffix: str, method: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.generic(method, f"{public.path}{suffix}?key={public.key}")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_other_parameters_change_nothing(public: Public) -> None:
    plain = json.loads(public.get(".json", public.key).content)
    response = Client().get(f"{public.path}.json?key={public.key}&query=select+1&limit=1&sort=x")
    assert json.loads(response.content) == plain


@pytest.mark.parametrize("path", ["{}/a.css", "{}.css", "{}/", "{}.json/", "{}.csv.json"])
def test_a_path_beside_it_is_nothing(public: Public, path: str) -> None:
    assert Client().get(f"{path.format(public.path)}?key={public.key}").status_code == 404


def test_the_question_is_hidden(public: Public) -> None:
    public.client.get(f"{public.path}?key={public.key}")
    assert b"group by" not in public.client.get(public.path).content.lower()


def test_who_misses_too_often_waits_with_a_right_key_too(public: Public) -> None:
    """429 must not tell a right guess from a wrong one."""
    for _ in range(visit.MISSES):
        assert public.get(".json", mint(LINK_KEY)).status_code == 404
    refused = [public.get(suffix, key) for suffix in ("", ".json") for key in (public.key, mint(LINK_KEY))]
    assert [response.status_code for response in refused] == [429] * 4
    assert all(0 < int(response["Retry-After"]) <= 301 for response in refused)
    assert refused[2].content == refused[3].content


def test_misses_count_for_an_unknown_publication_as_for_a_known_one(public: Public) -> None:
    statuses = [public.get(".json", "agp_x", "/q/pub_unknown").status_code for _ in range(visit.MISSES + 1)]
    assert statuses == [404] * visit.MISSES + [429]


def test_misses_of_one_visitor_do_not_lock_out_another(public: Public) -> None:
    for _ in range(visit.MISSES + 1):
        public.get(".json", "agp_x")
    visit.forget()
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").get(f"{public.path}.json?key={public.key}")
    assert elsewhere.status_code == 200


def test_a_visit_from_cache_asks_the_database_nothing(public: Public) -> None:
    public.client.get(f"{public.path}?key={public.key}")
    public.client.get(public.path)
    with CaptureQueriesContext(connection) as asked:
        assert public.client.get(public.path).status_code == 200
    assert not asked.captured_queries


def test_a_revocation_is_noticed_within_five_seconds(public: Public, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{public.path}.json?key={public.key}"
    assert public.client.get(path).status_code == 200
    revoke(public.publication, None)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 4.9)
    assert public.client.get(path).status_code == 404


def test_a_changed_question_is_answered_anew(public: Public) -> None:
    before = json.loads(public.get(".json", public.key).content)
    change(public.publication, {"query": "select count() as everything from events"}, None)
    after = json.loads(public.get(".json", public.key).content)
    assert before["as_of"] != after["as_of"]


def test_views_are_counted_but_not_the_exchange(public: Public) -> None:
    tally.gather()
    tally.flush()  # what other tests have viewed
    public.client.get(f"{public.path}?key={public.key}")
    for suffix in ("", ".json", ".csv"):
        public.client.get(public.path + suffix)
    public.get(key=mint(LINK_KEY))
    tally.gather()
    assert tally.flush() == 3
    assert tally.flush() == 0
    link = Link.objects.get()
    assert link.views == 3
    assert link.last_viewed_at is not None


@given(salt=st.binary(min_size=16, max_size=16), publication_id=st.text(max_size=40))
def test_a_key_is_derived_the_same_each_time_and_looks_like_one(salt: bytes, publication_id: str) -> None:
    key = key_of(salt, publication_id)
    assert key == key_of(salt, publication_id)
    assert key.startswith(LINK_KEY)
    assert len(key) == len(LINK_KEY) + 32
    assert key != key_of(bytes([salt[0] ^ 1]) + salt[1:], publication_id)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_key=st.text(max_size=60), header=st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_no_text_but_the_key_opens_and_none_breaks(public: Public, given_key: str, header: str) -> None:
    headers = {"Authorization": "Bearer " + header.replace("\r", "").replace("\n", "")}
    for path in (f"{public.path}.json?key={quote(given_key)}", f"{public.path}.json"):
        response = Client(REMOTE_ADDR=fingerprint(given_key + header)).get(path, headers=headers)
        assert response.status_code == 404


def test_after_a_change_of_the_secret_key_links_work_but_are_not_shown(
    public: Public, settings: pytest.FixtureRequest
) -> None:
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert public.get(".json", public.key).status_code == 200
    assert Publication.objects.get().views == 0
