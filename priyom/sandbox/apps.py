"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The room `sandbox`."""

    name = "priyom.sandbox"
    label = "sandbox"
