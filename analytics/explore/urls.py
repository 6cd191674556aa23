"""Addresses of Explore."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from analytics.explore import pages, shelf

PROJECT = "t/<slug:team>/<slug:project>/explore"

urlpatterns: list[URLPattern | URLResolver] = [
    path(PROJECT, pages.explore, name="explore"),
    path(f"{PROJECT}/words.json", pages.explore_words, name="explore_words"),
    path(f"{PROJECT}/answer.<slug:form>", pages.explore_file, name="explore_file"),
    path(f"{PROJECT}/save", shelf.save_query, name="save_query"),
    path(f"{PROJECT}/saved/<int:saved_id>/change", shelf.change_query, name="change_query"),
    path(f"{PROJECT}/saved/<int:saved_id>/delete", shelf.delete_query, name="delete_query"),
]
