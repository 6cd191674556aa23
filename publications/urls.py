"""Addresses of publications and their links."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from publications import export, rest, team, views

API = {
    "v1/analytics/<str:project>/publish": rest.Publish,
    "v1/analytics/<str:project>/export/<str:what>": export.Export,
    "v1/publications": rest.Publications,
    "v1/publications/<str:publication_id>": rest.OnePublication,
    "v1/publications/<str:publication_id>/rotate": rest.Rotate,
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("q/<str:publication_id>.json", views.publication_json, name="publication_json"),
    path("q/<str:publication_id>.csv", views.publication_csv, name="publication_csv"),
    path("q/<str:publication_id>", views.publication, name="publication"),
    path("t/<slug:team>/<slug:project>/export/<slug:what>", export.export_file, name="export"),
    path("", include("publications.recipes.urls")),
    path("t/<slug:team>/<slug:project>/publications", team.publications, name="publications"),
    path("t/<slug:team>/<slug:project>/publish", team.publish_form, name="publish"),
    path(
        "t/<slug:team>/<slug:project>/publications/<str:publication_id>/rotate",
        team.rotate_form,
        name="rotate",
    ),
    path(
        "t/<slug:team>/<slug:project>/publications/<str:publication_id>/revoke",
        team.revoke_form,
        name="revoke",
    ),
]
for route, view in API.items():  # with the slash, as documented, and without
    urlpatterns += [path(f"{route}/", view.as_view()), path(route, view.as_view())]
