"""The pages of recipes: the list, and each with its parameters as a form and its answer beneath."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics import answer, query
from analytics.customers.one.address import COLUMNS, named_by
from analytics.customers.state import EVENT
from analytics.explore.asked import Asked
from analytics.explore.pages import FORMATS, is_fragment
from analytics.explore.pictures import pictures
from analytics.explore.words import events_of
from analytics.query import Result
from publications import fields
from publications.recipes.catalog import RECIPES
from publications.recipes.params import Param
from publications.recipes.recipe import Recipe, wrong
from publications.table import ROWS, Table, heading, table

Context = dict[str, Any]


@require_safe
@project_page(Role.VIEWER)
def recipes(request: ProjectRequest, project: Project) -> HttpResponse:
    return render(request, "recipes.html", {"recipes": RECIPES.values()})


@require_safe
@project_page(Role.VIEWER)
def recipe(request: ProjectRequest, project: Project, recipe_id: str) -> HttpResponseBase:
    """The page; the answer alone, when htmx asks. A slow recipe's page comes before its answer."""
    found, given = _found(recipe_id), request.GET
    fragment = is_fragment(request)
    context: Context = {"recipe": found, "may_publish": has_role(request.membership, Role.MEMBER)}
    context["waits"] = found.slow and not fragment and "run" not in given
    read = found.parse({name: given[name] for name in given})
    status = 200
    try:
        context |= _answer(project, found, read, given.get("chart", ""), asks=not context["waits"])
    except AgentryError as error:
        context |= {"error": error, "wrong": wrong(found, error)}
        status = error.status
    context["params"] = [
        _field(param, given.get(param.name), context.get("wrong", {})) for param in found.params
    ]
    context["chart"] = given.get("chart", "")
    context["kept"] = urlencode({name: given[name] for name in given if name in read})
    if not fragment:
        context["events"] = events_of(project)
    response = render(request, "recipe.html#answer" if fragment else "recipe.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@project_page(Role.VIEWER)
def recipe_file(request: ProjectRequest, project: Project, recipe_id: str, form: str) -> HttpResponseBase:
    """The answer as a file: every row that the engine gives."""
    found = _found(recipe_id)
    if form not in FORMATS:
        raise Http404("no such file")
    read = found.parse({name: request.GET[name] for name in request.GET})
    result = query.run(project, found.question(project, read))
    body = answer.to_csv(result) if form == "csv" else json.dumps(answer.to_json(result), ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="{project.slug}-{found.id}.{form}"'}
    return HttpResponse(body, content_type=FORMATS[form], headers=headers)


def _found(recipe_id: str) -> Recipe:
    if recipe_id not in RECIPES:
        raise Http404("no such recipe")
    return RECIPES[recipe_id]


def _answer(project: Project, found: Recipe, read: fields.Body, chart: str, *, asks: bool) -> Context:
    """Raises AgentryError."""
    hogql = found.question(project, read)
    values = found.read(read).known
    context: Context = {
        "hogql": hogql,
        "explore": Asked(hogql, found.chart).address(),
        "values": values,
        "description": _description(found, values),
    }
    if not asks:
        return context
    event = str(values.get("event", EVENT))
    return context | _shown(project, query.run(project, hogql), chart or found.chart, event)


def _shown(project: Project, result: Result, chart: str, event: str) -> Context:
    return {
        "result": result,
        "table": _linked(project, result, {} if event == EVENT else {"event": event}),
        "rows_left": max(0, len(result.rows) - ROWS),
        "pictures": pictures(_in_words(result), chart),
    }


def _linked(project: Project, result: Result, parts: dict[str, str]) -> Table:
    """The table; a customer in it leads to its page, with `parts` in the address."""
    drawn = table(result)
    for index, column in enumerate(result.columns):
        if column.name in COLUMNS:
            for cells, row in zip(drawn.rows, result.rows, strict=False):
                if link := named_by(project, column.name, row[index], parts):
                    cells[index] = replace(cells[index], link=link)
    return drawn


def _in_words(result: Result) -> Result:
    """With the columns named as the table heads them."""
    return replace(result, columns=[replace(each, name=heading(each).text) for each in result.columns])


def _description(found: Recipe, values: dict[str, int | str]) -> str:
    """The title of a publication: the recipe's, with what was chosen of customer and window."""
    about = [str(values["customer"])[:100]] if values.get("customer") else []
    if "days" in values:
        about.append("1 day" if values["days"] == 1 else f"{values['days']} days")
    return ", ".join([found.title, *about])


def _field(param: Param, given: str | None, wrong: dict[str, str]) -> Context:
    value = param.default if given is None else given
    return {"param": param, "value": value, "wrong": wrong.get(param.name, "")}
