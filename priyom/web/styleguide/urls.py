"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.styleguide import views

patterns = [path("styleguide", views.page, name="styleguide")]
