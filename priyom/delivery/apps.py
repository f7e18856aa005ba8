"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The room `delivery`."""

    name = "priyom.delivery"
    label = "delivery"
