"""The web process as servers see it: `config.asgi:application`. Webhooks have a door of their own, before Django's."""

from __future__ import annotations

import os
from importlib import import_module

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_asgi_application()  # sets Django up, which the door needs
application = import_module("priyom.webhooks.door").Door(_django)
