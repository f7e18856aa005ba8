"""Registers the room with Django."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The room `exchange`."""

    name = "priyom.exchange"
    label = "exchange"

    def ready(self) -> None:
        """The jobs register themselves when imported."""
        import_module(f"{self.name}.jobs")
