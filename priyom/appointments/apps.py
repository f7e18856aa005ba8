"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    """The room `appointments`."""

    name = "priyom.appointments"
    label = "appointments"
