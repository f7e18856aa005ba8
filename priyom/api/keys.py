"""Who may call the API: programs with a key (`Authorization: Bearer prk_...`)."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from priyom.clinic import api_keys
from priyom.clinic.models import ApiKey


class Key(HttpBearer):
    """A key made by `priyom api-key create` or in the staff pages."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """The key's row, or None: not let in."""
        return api_keys.check(token.strip())
