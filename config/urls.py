"""Which entrance answers which address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from priyom.api import probes
from priyom.portal.site_chat import post as site_chat

handler400 = "priyom.web.faults.bad"
handler403 = "priyom.web.faults.forbidden"
handler404 = "priyom.web.faults.not_found"
handler500 = "priyom.web.faults.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("api/v1/", include("priyom.api.urls")),
    path("p/", include("priyom.portal.urls")),
    path("chat/", include("priyom.portal.site_chat.urls")),
    path("hooks/webchat/<slug:key>", site_chat.update, name="chat_hook"),  # strangers post here: counted
    path("", include("priyom.webhooks.urls")),
    path("", include("priyom.web.urls")),
    path("", include("priyom.web.signin.library_urls")),
]
