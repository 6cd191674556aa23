"""The page of Explore: a question, its answer, and what was asked and saved before.

It works as a plain form. With htmx the answer comes alone; whoever cancels, or leaves, ends the question in
the database (`agentry.departure`).
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics import answer, query
from analytics.explore import words
from analytics.explore.asked import Asked
from analytics.explore.examples import examples
from analytics.explore.history import history, remember
from analytics.explore.mend import mistake
from analytics.explore.pictures import pictures
from analytics.explore.saved import saved_queries, visible
from analytics.explore.table import ROWS, cells, headings
from analytics.hogql.scope import TABLES
from analytics.models import AskedQuery, SavedQuery
from analytics.query import Result

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
WORDS_SECONDS = 60
Context = dict[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Role.VIEWER)
def explore(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """`?query=` asks; `?saved=` and `?asked=` open a question that is kept."""
    given = request.POST if request.method == "POST" else request.GET
    asked = Asked.read(given)
    opened = None
    if request.method != "POST":
        asked, opened = _opened(request, project, asked)
    if is_fragment(request):
        return _answer(request, project, asked)
    if request.method == "POST" and asked.address():
        return redirect(request.path + asked.address(run=True))
    inline = asked.query is not None and (asked.run or request.method == "POST")
    context: Context = ask(request, project, asked) if inline else {"asked": asked}
    context |= kept(request, project, opened) | room(project)
    context["waits"] = asked.query is not None and not inline
    error = context.get("error")
    response = render(request, "explore.html", context, status=error.status if error else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@project_page(Role.VIEWER)
def explore_words(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """What the editor completes, as JSON: see `words.words_of`."""
    body = json.dumps(words.words_of(project), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Cache-Control": f"private, max-age={WORDS_SECONDS}",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Role.VIEWER)
def explore_file(request: ProjectRequest, project: Project, form: str) -> HttpResponseBase:
    """The answer as a file: every row that the engine gives."""
    if form not in FORMATS:
        raise Http404("no such file")
    asked = Asked.read(request.POST if request.method == "POST" else request.GET)
    result = query.run(project, asked.query or "")
    body = answer.to_csv(result) if form == "csv" else json.dumps(answer.to_json(result), ensure_ascii=False)
    disposition = f'attachment; filename="{project.slug}-answer.{form}"'
    return HttpResponse(
        body,
        content_type=FORMATS[form],
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


def is_fragment(request: HttpRequest) -> bool:
    """htmx asks for a part, except when it rebuilds a page that somebody goes back to."""
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def ask(request: ProjectRequest, project: Project, asked: Asked) -> Context:
    """The answer, or what is wrong, as the template shows it; and a line in the history."""
    hogql, began = asked.query or "", time.perf_counter()
    context: Context = {"asked": asked, "may_save": has_role(request.membership, Role.MEMBER)}
    try:
        result = query.run(project, hogql)
    except AgentryError as error:
        if error.code != "unavailable":
            remember(project, request.user, hogql, _since(began), None, error.code)
        return context | {"error": error, "mistake": mistake(project, hogql, error)}
    remember(project, request.user, hogql, result.elapsed_ms, len(result.rows))
    return context | _shown(project, asked, result)


def kept(request: ProjectRequest, project: Project, opened: SavedQuery | None) -> Context:
    return {
        "opened": opened,
        "saved": saved_queries(project, request.user),
        "history": history(project, request.user),
        "may_save": has_role(request.membership, Role.MEMBER),
    }


def _answer(request: ProjectRequest, project: Project, asked: Asked) -> HttpResponse:
    context = ask(request, project, asked)
    context |= {"history": history(project, request.user), "swapped": True}
    error = context.get("error")
    response = render(request, "explore.html#answer", context, status=error.status if error else 200)
    if request.method == "POST":
        response.headers["HX-Push-Url"] = request.path + _address(request, project, asked)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _address(request: ProjectRequest, project: Project, asked: Asked) -> str:
    """A saved question keeps its address for as long as it is the one that is asked."""
    number = request.POST.get("saved", "")
    if number.isascii() and number.isdigit():
        saved = visible(project, request.user).filter(pk=_number(number)).first()
        if saved is not None and saved.query == asked.query:
            return f"?saved={saved.pk}" + (f"&chart={asked.chart}" if asked.chart else "")
    return asked.address()


def _shown(project: Project, asked: Asked, result: Result) -> Context:
    return {
        "result": result,
        "headings": headings(result),
        "rows": cells(project, result),
        "rows_left": max(0, len(result.rows) - ROWS),
        "address": asked.address(),
        "pictures": pictures(result, asked.chart),
    }


def _opened(request: ProjectRequest, project: Project, asked: Asked) -> tuple[Asked, SavedQuery | None]:
    """What `?saved=` or `?asked=` names. Raises Http404 for what is not there or another's."""
    number = request.GET.get("saved")
    if number is not None:
        saved = visible(project, request.user).filter(pk=_number(number)).first()
        if saved is None:
            raise Http404("no such saved query")
        return Asked(saved.query, asked.chart or saved.chart, asked.run), saved
    number = request.GET.get("asked")
    if number is not None:
        past = AskedQuery.objects.filter(project=project, user=request.user, pk=_number(number)).first()
        if past is None:
            raise Http404("no such question")
        return Asked(past.query, asked.chart, asked.run), None
    return asked, None


def _number(text: str) -> int:
    """Raises Http404."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("no number")
    return int(text)


def room(project: Project) -> Context:
    """What there is to ask about."""
    return {
        "columns": [(table, list(of.items())) for table, of in TABLES.items()],
        "properties": list(words.properties_of(project).items()),
        "events": words.events_of(project),
        "examples": examples(project),
        "words": reverse("explore_words", args=[project.team.slug, project.slug]),
    }


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
