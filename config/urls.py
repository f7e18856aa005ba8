"""Which entrance answers which address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from priyom.api import probes

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("api/v1/", include("priyom.api.urls")),
    path("p/", include("priyom.portal.urls")),
    path("", include("priyom.webhooks.urls")),
    path("", include("priyom.web.urls")),
]
