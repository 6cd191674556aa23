"""Publications as strangers see them: /q/{id}, /q/{id}.json, /q/{id}.csv."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from agentry.errors import AgentryError
from publications import tally
from publications.answers import answer_of
from publications.page import age_words
from publications.visit import enter, key_in_address

Form = Literal["html", "json", "csv"]
View = Callable[[HttpRequest, str], HttpResponse]

# One cookie for each form: a cookie of path /q/pub_1 is not sent to /q/pub_1.csv.
COOKIES: dict[Form, tuple[str, str]] = {
    "html": ("agentry_link", ""),
    "json": ("agentry_link_json", ".json"),
    "csv": ("agentry_link_csv", ".csv"),
}
COOKIE_DAYS = 90
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def public(form: Form) -> Callable[[View], View]:
    """For what a stranger may GET: the headers on every answer, errors as a page or as the one shape."""

    def decorate(view: View) -> View:
        @csrf_exempt  # so that a POST hears 405, as every other method does
        @wraps(view)
        def guarded(request: HttpRequest, publication_id: str) -> HttpResponse:
            try:
                if request.method not in {"GET", "HEAD"}:
                    message = "A publication can only be read."
                    raise AgentryError(405, "method_not_allowed", message, "Send GET.")
                response = view(request, publication_id)
            except AgentryError as error:
                response = refusal(error, form)
            for name, value in HEADERS.items():
                response.headers[name] = value
            return response

        return guarded

    return decorate


def refusal(error: AgentryError, form: Form) -> HttpResponse:
    response: HttpResponse
    if form == "html":
        page = render_to_string("publication_refused.html", {"error": error})
        response = HttpResponse(page, status=error.status, headers=error.headers())
    else:
        response = error.response()
    if error.status == 405:
        response["Allow"] = "GET, HEAD"
    return response


@public("html")
def publication(request: HttpRequest, publication_id: str) -> HttpResponse:
    """The page. A key in the address is exchanged for cookies first, so that it leaves the address bar."""
    shared = enter(request, publication_id, COOKIES["html"][0])
    key = key_in_address(request)
    if key:
        return exchange(key, publication_id)
    answer = answer_of(shared)
    tally.count(shared.link_id)
    return HttpResponse(answer.before_age + age_words(answer.age).encode() + answer.after_age)


@public("json")
def publication_json(request: HttpRequest, publication_id: str) -> HttpResponse:
    """The answer as a query's answer: `analytics.answer.to_json`."""
    shared = enter(request, publication_id, COOKIES["json"][0])
    answer = answer_of(shared)
    tally.count(shared.link_id)
    return HttpResponse(answer.json, content_type="application/json")


@public("csv")
def publication_csv(request: HttpRequest, publication_id: str) -> HttpResponse:
    """The answer as a file: UTF-8 without a BOM, safe to open in a spreadsheet."""
    shared = enter(request, publication_id, COOKIES["csv"][0])
    answer = answer_of(shared)
    tally.count(shared.link_id)
    disposition = f'attachment; filename="{publication_id}.csv"'
    return HttpResponse(
        answer.csv, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


def exchange(key: str, publication_id: str) -> HttpResponse:
    """303 to the address without the key, which goes into HttpOnly cookies scoped to this publication."""
    path = f"/q/{publication_id}"
    response = HttpResponse(status=303, headers={"Location": path})
    for name, suffix in COOKIES.values():
        response.set_cookie(
            name,
            key,
            max_age=COOKIE_DAYS * 86_400,
            path=path + suffix,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
