"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """The room `workers`."""

    name = "priyom.workers"
    label = "workers"
