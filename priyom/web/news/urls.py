"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.news import views

patterns = [path("news", views.page, name="news")]
