"""Sign in, sign out, and what a person sets for themselves: the language of the pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.models import Role, Staff
from priyom.web.frame import StaffRequest, screen
from priyom.web.signin import passing
from priyom.web.signin.passing import LANGUAGES, at_the_door


@at_the_door
def signin(request: HttpRequest) -> HttpResponseBase:
    """`/login`: name (or e-mail address) and password; then the second step, then where they wanted to go."""
    if request.method != "POST":
        return _page(request, AuthenticationForm(request))
    login = name_of(request.POST.get("username", ""))
    if wait := passing.locked(login, request):
        return _page(request, AuthenticationForm(request), locked=wait)  # the password is not even looked at
    form = AuthenticationForm(request, data={"username": login, "password": request.POST.get("password", "")})
    user = form.get_user() if form.is_valid() else None
    if isinstance(user, Staff):
        return passing.enter(request, user, passing.onward(request))
    wait = passing.failed(login, request)
    return _page(request, form, locked=wait, wrong=_(
        "The name or the password is not right. Mind the keyboard's language and Caps Lock."
    ))  # fmt: skip


def name_of(typed: str) -> str:
    """The login name behind what was typed: itself, or that of the only one with this e-mail address."""
    typed = typed.strip()
    if "@" not in typed or Staff.objects.filter(username=typed).exists():
        return typed
    found = list(Staff.objects.filter(email__iexact=typed, is_active=True).values_list("username", flat=True)[:2])
    return found[0] if len(found) == 1 else typed


def _page(request: HttpRequest, form: AuthenticationForm, *, locked: str = "", wrong: str = "") -> HttpResponse:
    context = {
        "form": form,
        "typed": request.POST.get("username", ""),
        "next": request.POST.get("next", request.GET.get("next", "")),
        "locked": locked,
        "wrong": wrong,
        "good": _("The password is changed.") if "changed" in request.GET else "",
    }
    status = 429 if locked else 422 if wrong else 200
    return passing.page(request, "web/signin/page.html", context, status)


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
    response = HttpResponseRedirect(passing.onward(request))
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, request.user.language, max_age=365 * 86400, samesite="Lax")
    return response


@require_POST
def door_language(request: HttpRequest) -> HttpResponse:
    """`/login/language`: the language of the pages at the door."""
    wanted, back = request.POST.get("language", ""), request.POST.get("back", "")
    allowed = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    response = HttpResponseRedirect(back if allowed and back else reverse("web:signin"))
    if wanted in LANGUAGES:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 86400, samesite="Lax")
    return response
