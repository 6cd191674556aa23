"""Addresses of recipes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from publications.recipes import pages, rest

PROJECT = "t/<slug:team>/<slug:project>/recipes"
API = {
    "v1/analytics/<str:project>/recipes": rest.Recipes,
    "v1/analytics/<str:project>/recipes/<str:recipe_id>": rest.OneRecipe,
}

urlpatterns: list[URLPattern | URLResolver] = [
    path(PROJECT, pages.recipes, name="recipes"),
    path(f"{PROJECT}/<slug:recipe_id>", pages.recipe, name="recipe"),
    path(f"{PROJECT}/<slug:recipe_id>/answer.<slug:form>", pages.recipe_file, name="recipe_file"),
]
for route, view in API.items():  # with the slash, as documented, and without
    urlpatterns += [path(f"{route}/", view.as_view()), path(route, view.as_view())]
