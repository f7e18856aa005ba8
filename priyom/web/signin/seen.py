"""Who was here when, and who is kept to one page: the two things that are looked at whatever page is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.web.me import required

EVERY = 300.0
"""Seconds between two notes of the same session by one process."""
MOST = 10_000
OPEN = frozenset({
    "web:security", "web:again", "web:password", "web:app", "web:passkey_new", "web:codes", "web:codes_file",
    "web:codes_kept", "web:signout", "web:language", "web:session_end", "web:sessions_end", "web:rail", "web:live",
})  # fmt: skip
"""Pages of a session that still needs its second step; the pages at the door are open to everybody."""


class Seen:
    """Middleware. A session is noted as seen at most once in five minutes, and only by a page that has looked up whose
    it is: no page pays a question to the database for it."""

    noted: ClassVar[dict[str, float]] = {}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        staff = getattr(request, "_cached_user", None)
        key = request.session.session_key
        if isinstance(staff, Staff) and key and self._due(key):
            note(request, staff, key)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """Keep a session without its second step to the page where one is set up."""
        match = request.resolver_match
        if match is None or match.namespace != "web" or match.view_name in OPEN or _at_the_door(match.route):
            return None
        if not request.session.session_key or not required.is_held(request):
            return None
        address = reverse("web:security")
        return HttpResponseRedirect(address) if not request.headers.get("HX-Request") else _whole(address)

    def _due(self, key: str) -> bool:
        """The first sight is not noted: the sign-in was."""
        at = time.monotonic()
        before = self.noted.get(key)
        if before is not None and at - before < EVERY:
            return False
        if len(self.noted) > MOST:
            self.noted.clear()
        self.noted[key] = at
        return before is not None


def note(request: HttpRequest, staff: Staff, key: str) -> None:
    """This session was used just now; one from before sessions were listed gets its line."""
    if not UserSession.objects.filter(session_key=key).update(last_seen_at=now()):
        UserSession.objects.get_or_create(
            session_key=key,
            defaults={
                "user": staff,
                "created_at": now(),
                "last_seen_at": now(),
                "ip": request.META.get("REMOTE_ADDR") or "127.0.0.1",
                "user_agent": request.headers.get("User-Agent", "")[:200],
            },
        )


def _at_the_door(route: str) -> bool:
    return route.startswith(("login", "join/"))


def _whole(address: str) -> HttpResponseBase:
    """A part of a page was asked for: the whole page moves."""
    return HttpResponse(status=204, headers={"HX-Redirect": address})
