"""Addresses of the webhook door; `config.urls` includes them at the root."""

from __future__ import annotations

from django.urls import path

from priyom.webhooks.receive import hook

urlpatterns = [
    path("hooks/<slug:channel>/<slug:key>", hook, name="hook"),
    path("hooks/<slug:channel>/<slug:key>/<path:rest>", hook, name="hook_below"),
]
