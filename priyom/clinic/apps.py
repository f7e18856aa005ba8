"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """The room `clinic`."""

    name = "priyom.clinic"
    label = "clinic"
