"""REST of recipes: which there are, and what one answers. Both need the token's scope `query`."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from agentry.accounts.keystore import project_of
from agentry.accounts.models import Project, Scope
from agentry.errors import AgentryError
from analytics import answer, query
from publications import fields
from publications.recipes.catalog import RECIPES, described, recipe_of
from publications.rest import Api


class Recipes(Api):
    def get(self, request: Request, project: str) -> Response:
        project_of(self.access(Scope.QUERY), project)
        return Response(listing())


class OneRecipe(Api):
    def post(self, request: Request, project: str, recipe_id: str) -> Response:
        target = project_of(self.access(Scope.QUERY), project)
        if recipe_id not in RECIPES:
            hint = f"The recipes are {', '.join(RECIPES)}."
            raise AgentryError(404, "unknown_recipe", "There is no such recipe.", hint)
        fields.refuse_others(self.body, ["params"])
        return Response(run(target, recipe_id, self.body.get("params")))


def listing() -> dict[str, Any]:
    return {"recipes": [described(recipe) for recipe in RECIPES.values()]}


def run(project: Project, recipe_id: str, params: Any) -> dict[str, Any]:
    """A query's answer, and the `query` that gave it. Raises AgentryError as `query.run`; 400 for a recipe or
    a parameter."""
    given = {} if params is None else fields.mapping({"params": params}, "params")
    hogql = recipe_of(recipe_id).question(project, given)
    return {**answer.to_json(query.run(project, hogql)), "query": hogql}
