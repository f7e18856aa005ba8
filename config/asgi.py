"""The web process as servers see it: `config.asgi:application`. Webhooks have a door of their own, before Django's."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_asgi_application()

from priyom.webhooks.door import Door  # noqa: E402 - needs Django to be set up

application = Door(_django)
