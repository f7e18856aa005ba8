"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.attention import views

patterns = [
    path("attention", views.page, name="attention"),
    path("attention/updates/<int:update_id>/replay", views.replay_update, name="replay_update"),
    path("attention/facts/<int:pending_id>/replay", views.replay_fact, name="replay_fact"),
]
