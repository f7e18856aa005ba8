"""Sign in, sign out, and what a person sets for themselves: the language of the pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from priyom.clinic.house import house
from priyom.clinic.models import Role
from priyom.web import frame
from priyom.web.frame import StaffRequest, screen

LANGUAGES = dict(settings.LANGUAGES)


@sensitive_post_parameters("password")
@never_cache
def signin(request: HttpRequest) -> HttpResponseBase:
    """`/login`: name and password; then where they wanted to go."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "ru")
    with translation.override(language if language in LANGUAGES else "ru"):
        form = AuthenticationForm(request, data=request.POST or None)
        if request.method == "POST" and form.is_valid():
            login(request, form.get_user())
            return HttpResponseRedirect(_next(request))
        context = {
            "form": form,
            "house": house(),
            "next": request.GET.get("next", ""),
            "theme": frame.theme(request),
            "language": translation.get_language(),
            "languages": settings.LANGUAGES,
        }
        return frame.seal(
            render(
                request, "web/signin/page.html", context, status=200 if form.is_valid() or not form.is_bound else 422
            )
        )


@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """`/logout`."""
    logout(request)
    return HttpResponseRedirect(reverse("web:signin"))


@screen(*Role)
@require_POST
def language(request: StaffRequest) -> HttpResponse:
    """`/me/language`: the pages' language of this person."""
    wanted = request.POST.get("language", "")
    if wanted in LANGUAGES:
        request.user.language = wanted
        request.user.save(update_fields=["language"])
    response = HttpResponseRedirect(_next(request))
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, request.user.language, max_age=365 * 86400, samesite="Lax")
    return response


@require_POST
def door_language(request: HttpRequest) -> HttpResponse:
    """`/login/language`: the language of the sign-in page."""
    wanted = request.POST.get("language", "")
    response = HttpResponseRedirect(reverse("web:signin"))
    if wanted in LANGUAGES:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 86400, samesite="Lax")
    return response


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if allowed else reverse("web:today")
