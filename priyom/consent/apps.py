"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """The room `consent`."""

    name = "priyom.consent"
    label = "consent"
