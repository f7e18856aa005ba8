"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.imports import views

patterns = [
    path("imports", views.page, name="imports"),
    path("imports/new", views.begin, name="import_begin"),
    path("imports/<int:import_id>", views.one, name="import"),
    path("imports/<int:import_id>/preview", views.look, name="import_preview"),
    path("imports/<int:import_id>/start", views.start, name="import_start"),
    path("imports/<int:import_id>/progress", views.progress, name="import_progress"),
    path("imports/<int:import_id>/refused", views.refused, name="import_refused"),
]
