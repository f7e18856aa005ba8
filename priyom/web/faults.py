"""What is shown when there is nothing to show: no such page, a refusal, a form from yesterday, a failure, no database.

These pages ask the database nothing: it may be the very thing that is away. Programs get a line of text, parts of pages
a note in their place, people a page in our look.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from priyom.web import frame

LANGUAGES = ("ru", "kk", "en")
PATIENTS = ("/p/", "/chat/")
"""Addresses where a way to the staff's pages helps nobody."""
RETRY = "30"
"""Seconds after which a program may ask again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of page. `again`: the same address may work in a moment."""

    status: int
    heading: str
    text: str
    again: bool = False


NOT_FOUND = Fault(
    404,
    gettext_noop("Not found"),
    gettext_noop("There is no page at this address. Perhaps a letter is missing in it, or what stood here is gone."),
)
FORBIDDEN = Fault(403, gettext_noop("Not open"), gettext_noop("This page is not open to you."))
BAD = Fault(
    400,
    gettext_noop("Not understood"),
    gettext_noop("The browser sent something the program does not understand. Go back and try again."),
)
STALE = Fault(
    403,
    gettext_noop("The page is too old"),
    gettext_noop(
        "This page has stood open for too long, or cookies are turned off in the browser. Load it again and repeat: "
        "nothing was done."
    ),
)
BROKEN = Fault(
    500,
    gettext_noop("Something broke"),
    gettext_noop(
        "The program stumbled, and this is written down for the administrator. Try again; if it happens once more, "
        "tell the administrator what you pressed and when."
    ),
    again=True,
)
AWAY = Fault(
    503,
    gettext_noop("Back in a moment"),
    gettext_noop(
        "The program is being looked after or has lost its database. Messages of patients are not lost: they wait. "
        "Try again in a minute."
    ),
    again=True,
)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No address of ours."""
    return _answer(request, NOT_FOUND)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused outside of the frame."""
    return _answer(request, FORBIDDEN)


def bad(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that means mischief or a fault of the browser."""
    return _answer(request, BAD)


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without our secret, or with an old one."""
    return _answer(request, STALE)


def broken(request: HttpRequest) -> HttpResponse:
    """An error nobody expected; or the database is away, and then it is nobody's fault here."""
    away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    answer = _answer(request, AWAY if away else BROKEN)
    if away:
        answer["Retry-After"] = RETRY
    return answer


def _answer(request: HttpRequest, fault: Fault) -> HttpResponse:
    language = request.COOKIES.get("django_language", "")
    with translation.override(language if language in LANGUAGES else "ru"):
        if request.headers.get("HX-Request"):
            answer = _part(fault)
        elif "text/html" not in request.headers.get("Accept", ""):
            answer = HttpResponse(f"{_(fault.heading)}\n", content_type="text/plain; charset=utf-8")
        else:
            answer = _page(request, fault)
    answer.status_code = fault.status
    frame.seal(answer)
    return answer


def _part(fault: Fault) -> HttpResponse:
    return HttpResponse(render_to_string("web/fault_part.html", {"fault": fault}))


def _page(request: HttpRequest, fault: Fault) -> HttpResponse:
    context = {
        "fault": fault,
        "language": translation.get_language(),
        "theme": frame.theme(request),
        "again": request.get_full_path() if fault.again and request.method == "GET" else "",
        "home": not request.path.startswith(PATIENTS),
    }
    return HttpResponse(render_to_string("web/fault.html", context))
