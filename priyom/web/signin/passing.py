"""What all ways in share: the page at the door, who is locked out for how long, and the step through it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from math import ceil
from typing import Any, Concatenate, ParamSpec

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from priyom.clinic import lockout
from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.web import frame

LANGUAGES = dict(settings.LANGUAGES)
SECRETS = ("password", "new", "again", "old", "code", "credential")

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def at_the_door(view: View[P]) -> View[P]:
    """Decorator of a page that strangers may see: in the language of this browser, kept nowhere, secrets in no log."""

    @sensitive_post_parameters(*SECRETS)
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "ru")
        with translation.override(language if language in LANGUAGES else "ru"):
            return frame.seal(view(request, *args, **kwargs))

    return guarded


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page at the door: the clinic's name, the languages, the theme."""
    known = {
        "house": house(),
        "theme": frame.theme(request),
        "language": translation.get_language(),
        "languages": settings.LANGUAGES,
    }
    return render(request, template, {**known, **context}, status=status)


def place(request: HttpRequest) -> str:
    """The network address the request came from; the server has already looked behind its own proxy."""
    return str(request.META.get("REMOTE_ADDR", ""))


def locked(login: str, request: HttpRequest) -> str:
    """Why nobody may try now, in words; '' when they may."""
    until = lockout.locked_until(login, place(request))
    return in_words(until) if until else ""


def failed(login: str, request: HttpRequest) -> str:
    """Count a failed try; why nobody may try again at once, in words, or ''."""
    until = lockout.failed(login, place(request))
    return in_words(until) if until else ""


def in_words(until: datetime) -> str:
    """«Слишком много неверных попыток. Попробуйте через 4 минуты.»"""
    minutes = max(1, ceil((until - now()) / timedelta(minutes=1)))
    return ngettext(
        "Too many wrong tries. Try again in %(n)d minute.", "Too many wrong tries. Try again in %(n)d minutes.", minutes
    ) % {"n": minutes}


def enter(request: HttpRequest, staff: Staff, onward: str) -> HttpResponseBase:
    """Somebody has shown a right password (or the link that stands for one): sign them in, or ask for the second
    step first. Ends at `onward`, an address of ours. For a quarter of an hour it need not be shown again."""
    record_authentication(request, staff, method="password", username=staff.username, reauthenticated=True)
    answer: HttpResponseBase = perform_login(request, Login(user=staff, redirect_url=onward))
    return answer


def onward(request: HttpRequest) -> str:
    """Where they wanted to go; the first page when that is no address of ours."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if allowed and wanted else reverse("web:today")
