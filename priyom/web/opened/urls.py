"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.opened import views

patterns = [
    path("opened", views.page, name="opened"),
    path("opened/rows", views.rows, name="opened_rows"),
]
