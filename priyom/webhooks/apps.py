"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """The room `webhooks`."""

    name = "priyom.webhooks"
    label = "webhooks"
