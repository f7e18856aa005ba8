"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.today import views

patterns = [
    path("", views.page, name="today"),
    path("today/rows", views.rows, name="today_rows"),
]
