"""Addresses of patients' pages; `config.urls` includes them under `p/`."""

from __future__ import annotations

from django.urls import path

from priyom.portal.unsubscribe import unsubscribe_page
from priyom.portal.visit import visit_page

app_name = "portal"
urlpatterns = [
    path("u/<str:token>", unsubscribe_page, name="unsubscribe"),
    path("<str:token>", visit_page, name="visit"),
]
