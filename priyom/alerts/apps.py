"""Registers the room with Django."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """The room `alerts`."""

    name = "priyom.alerts"
    label = "alerts"

    def ready(self) -> None:
        """The reactions register themselves when imported."""
        if find_spec(f"{self.name}.reactions"):
            import_module(f"{self.name}.reactions")
