"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.visit import views

patterns = [
    path("visits/<int:visit_id>", views.page, name="visit"),
    path("visits/<int:visit_id>/story", views.story, name="visit_story"),
    path("visits/<int:visit_id>/times", views.times, name="visit_times"),
    path("visits/<int:visit_id>/confirm", views.confirm, name="visit_confirm"),
    path("visits/<int:visit_id>/cancel", views.cancel, name="visit_cancel"),
    path("visits/<int:visit_id>/move", views.move, name="visit_move"),
]
