"""Whatever goes wrong: one shape for machines, a page for people, never a traceback or a bare text."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.views.decorators.http import require_POST
from redis.exceptions import ConnectionError as ValkeyGone
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from agentry.accounts.models import Team, User
from agentry.errors import AgentryError
from agentry.stack.servers import free_port

BUGS: dict[str, Callable[[], Exception]] = {
    "agentry": lambda: AgentryError(422, "odd", "It is odd.", "Make it even.", retry_after=3, line=7),
    "missing": Http404,
    "denied": PermissionDenied,
    "suspicious": lambda: SuspiciousOperation("attack"),
    "bad": lambda: BadRequest("bad"),
    "postgres": lambda: OperationalError("the connection is lost"),
    "valkey": lambda: ValkeyGone("the connection is lost"),
    "bug": lambda: ZeroDivisionError("agd_" + "s" * 32),
    "drf_validation": lambda: serializers.ValidationError({"name": "wrong"}),
    "drf_throttled": lambda: exceptions.Throttled(wait=7.4),
    "drf_signed_out": exceptions.NotAuthenticated,
    "drf_denied": exceptions.PermissionDenied,
    "drf_missing": exceptions.NotFound,
}
EXPECTED = {
    "agentry": (422, "odd"),
    "missing": (404, "not_found"),
    "denied": (403, "forbidden"),
    "suspicious": (400, "bad_request"),
    "bad": (400, "bad_request"),
    "postgres": (503, "database_unavailable"),
    "valkey": (503, "valkey_unavailable"),
    "bug": (500, "internal_error"),
    "drf_validation": (400, "invalid"),
    "drf_throttled": (429, "too_many_requests"),
    "drf_signed_out": (401, "unauthorized"),
    "drf_denied": (403, "forbidden"),
    "drf_missing": (404, "not_found"),
}


def breaks(request: HttpRequest, how: str) -> HttpResponse:
    raise BUGS[how]()


@require_POST
def only_post(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"fields": len(request.POST)})


class Impatient(BaseThrottle):
    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.headers.get("X-Patience") is not None

    def wait(self) -> float:
        return 11.2


class Rest(APIView):
    throttle_classes = [Impatient]

    def post(self, request: Request) -> Response:
        return Response({"read": request.data})


class RestBreaks(APIView):
    def get(self, request: Request, how: str) -> Response:
        raise BUGS[how]()


urlpatterns = [
    path("v1/test/breaks/<str:how>", breaks),
    path("v1/test/rest/<str:how>", RestBreaks.as_view()),
    path("v1/test/rest", Rest.as_view()),
    path("v1/test/post", only_post),
    path("test/breaks/<str:how>.json", breaks),
    path("test/breaks/<str:how>", breaks),
    path("test/post", only_post),
    path("", include("agentry.urls")),
]
handler400 = "agentry.api.bad_request"
handler403 = "agentry.api.permission_denied"
handler404 = "agentry.api.page_not_found"
handler500 = "agentry.api.server_error"


@pytest.fixture(autouse=True)
def _addresses(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    yield


@pytest.fixture
def machine() -> Client:
    return Client(raise_request_exception=False, headers={"X-Patience": "yes"})


def error_of(response: Any) -> dict[str, Any]:
    """The one error object, after its shape is checked."""
    assert response["Content-Type"] == "application/json"
    body = json.loads(response.content)
    assert list(body) == ["error"]
    error: dict[str, Any] = body["error"]
    assert list(error)[:3] == ["code", "message", "hint"]
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", error["code"])
    assert re.fullmatch(r"[A-Z].*[.]", error["message"]) and re.fullmatch(r"[A-Z].*[.]", error["hint"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Request-ID"]
    return error


# With DEBUG a person's pages show the traceback; a machine's answers never do.
ADDRESSES = [
    ("/v1/test/breaks/{}", False),
    ("/v1/test/rest/{}", False),
    ("/test/breaks/{}.json", False),
    ("/v1/test/breaks/{}", True),
    ("/v1/test/rest/{}", True),
]


@pytest.mark.parametrize(("address", "debug"), ADDRESSES)
@pytest.mark.parametrize("how", BUGS)
def test_every_exception_has_the_shape(
    db: None, machine: Client, address: str, how: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        response = machine.get(address.format(how))
    error = error_of(response)
    assert (response.status_code, error["code"]) == EXPECTED[how]
    assert "agd_" not in response.content.decode() and "Traceback" not in response.content.decode()


def test_what_an_error_carries_is_in_its_answer(machine: Client) -> None:
    response = machine.get("/v1/test/breaks/agentry")
    assert json.loads(response.content) == {
        "error": {"code": "odd", "message": "It is odd.", "hint": "Make it even.", "line": 7}
    }
    assert response["Retry-After"] == "3"
    assert machine.get("/v1/test/rest/drf_throttled")["Retry-After"] == "8"
    assert machine.get("/v1/test/rest/drf_signed_out")["WWW-Authenticate"] == "Bearer"
    assert machine.get("/v1/test/breaks/postgres")["Retry-After"] == "5"


@pytest.mark.parametrize(
    "address", ["/v1/nothing", "/v1/", "/api/nothing/", "/q/a/b.json", "/healthz/x", "/v1/\x00"]
)
def test_an_unknown_address(db: None, machine: Client, address: str) -> None:
    response = machine.get(address)
    assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


@pytest.mark.parametrize("address", ["/v1/test/post", "/v1/test/rest"])
def test_a_wrong_method_names_the_right_ones(machine: Client, address: str) -> None:
    response = machine.delete(address)
    assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type", "headers", "status", "code"),
    [
        ("{", "application/json", {}, 400, "not_json"),
        (b"\xff\xfe", "application/json", {}, 400, "not_json"),
        ("NaN", "application/json", {}, 400, "not_json"),
        ("[" * 100_000, "application/json", {}, 400, "not_json"),
        ("a=b", "application/x-www-form-urlencoded", {}, 415, "unsupported_media_type"),
        ("<a/>", "text/xml", {}, 415, "unsupported_media_type"),
        ("{}", "application/json", {"Accept": "text/xml"}, 406, "not_acceptable"),
    ],
)
def test_what_the_framework_refuses(
    machine: Client, body: Any, content_type: str, headers: dict[str, str], status: int, code: str
) -> None:
    response = machine.post("/v1/test/rest", body, content_type=content_type, headers=headers)
    assert (response.status_code, error_of(response)["code"]) == (status, code)


def test_a_throttled_request_hears_how_long(db: None) -> None:
    response = Client().post("/v1/test/rest", "{}", content_type="application/json")
    assert (response.status_code, error_of(response)["code"]) == (429, "too_many_requests")
    assert response["Retry-After"] == "12"


@pytest.mark.parametrize("host", ["evil.example", "a b", "", "x" * 300])
def test_a_foreign_host(machine: Client, host: str) -> None:
    response = machine.get("/v1/test/breaks/agentry", headers={"Host": host or "\t"})
    assert (response.status_code, error_of(response)["code"]) == (400, "bad_request")


def test_too_many_fields(machine: Client) -> None:
    form = "&".join(f"f{number}=1" for number in range(1001))
    for address in ("/v1/test/post", "/test/post"):
        response = machine.post(address, form, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 400
    assert "The form has too many fields." in response.content.decode()


PAGES = {
    "missing": 404,
    "denied": 403,
    "bad": 400,
    "suspicious": 400,
    "bug": 500,
    "postgres": 503,
    "agentry": 422,
}


@pytest.mark.parametrize(("how", "status"), PAGES.items())
def test_a_person_gets_a_page(db: None, team: Team, user: User, how: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    response = client.get(f"/test/breaks/{how}")
    page = response.content.decode()
    assert response.status_code == status and response["Content-Type"].startswith("text/html")
    assert f'<p class="status">{status}</p>' in page and "<h1>" in page and 'href="/"' in page
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert response["X-Request-ID"] in page or status == 404


def test_a_wrong_method_is_a_page_too(db: None) -> None:
    response = Client().get("/test/post")
    assert response.status_code == 405 and "<h1>" in response.content.decode()
    assert response["Allow"] == "POST"


def test_a_form_without_its_token_is_explained(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post(
        "/accounts/login/", {"login": "a@b.test", "password": "x"}
    )
    assert response.status_code == 403 and "open for too long" in response.content.decode()


def test_a_page_without_a_database_says_so(
    user: User, client: Client, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    client.force_login(user)
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "PORT", str(free_port()))
        response = client.get("/teams/new")
        away.undo()
    connection.close()
    assert response.status_code == 503 and "The database does not answer." in response.content.decode()
    assert response["Retry-After"] == "5"


def test_a_bug_is_logged_with_its_request_id_and_without_secrets(
    machine: Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = machine.get("/v1/test/breaks/bug?key=agp_secret", headers={"X-Request-ID": "trace-42"})
    assert response["X-Request-ID"] == "trace-42"
    said = capfd.readouterr().err + caplog.text
    assert "ZeroDivisionError" in said and "trace-42" in said
    assert "s" * 20 not in said and "agp_" not in said
