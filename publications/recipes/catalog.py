"""The recipes by id."""

from __future__ import annotations

from typing import Any

from publications import fields
from publications.recipes import calls, changes, runway
from publications.recipes.recipe import Recipe

_all = {recipe.id: recipe for recipe in (*changes.RECIPES, *calls.RECIPES, *runway.RECIPES)}
RECIPES: dict[str, Recipe] = {
    name: _all[name]
    for name in (
        "top_customers",
        "growing",
        "dropped",
        "new_customers",
        "cap_runway",
        "endpoint_split",
        "hour_of_day",
        "error_rate",
        "latency_by_endpoint",
        "sdk_versions",
    )
}


def recipe_of(recipe_id: str) -> Recipe:
    """Raises AgentryError 400 `unknown_recipe`."""
    found = RECIPES.get(recipe_id)
    if found is None:
        known = f"The recipes are {', '.join(RECIPES)}; raw_hogql publishes a query of your own."
        raise fields.refuse("unknown_recipe", "recipe_id", f"There is no recipe {recipe_id}.", known)
    return found


def described(recipe: Recipe) -> dict[str, Any]:
    """A recipe as the API shows it: `params` is a JSON schema."""
    return {
        "recipe_id": recipe.id,
        "title": recipe.title,
        "description": recipe.what,
        "note": recipe.note,
        "reads_raw_events": recipe.slow,
        "params": recipe.schema,
    }
