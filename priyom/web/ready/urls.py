"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.ready import views

patterns = [
    path("ready", views.page, name="ready"),
    path("ready/new", views.new, name="ready_new"),
    path("ready/<int:ready_id>", views.change, name="ready_change"),
    path("ready/<int:ready_id>/remove", views.remove, name="ready_remove"),
]
