"""Registers the room with Django."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The room `notifications`."""

    name = "priyom.notifications"
    label = "notifications"

    def ready(self) -> None:
        """The reactions register themselves when imported."""
        if find_spec(f"{self.name}.reactions"):
            import_module(f"{self.name}.reactions")
