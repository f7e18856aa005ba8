"""A forgotten password: a letter with a link, and a new password. Nobody learns here whether an account exists."""

from __future__ import annotations

from datetime import timedelta

from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import override

from priyom.clinic import lockout
from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.web.me import passwords
from priyom.web.signin import passing
from priyom.web.signin.passing import at_the_door
from priyom.web.signin.views import name_of
from priyom.web.staff import letter

LASTS = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


@at_the_door
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """`/login/forgotten`: whoever is named gets a letter, if they work here and have an address."""
    context: dict[str, object] = {"mail": letter.account() is not None}
    if request.method == "POST" and context["mail"]:
        if ratelimit.consume(request, action="reset_password", key=request.POST.get("who", "").strip().casefold()):
            _post(request.POST.get("who", ""))
            context["sent"] = True
        else:
            context["wrong"] = _("Too many letters were asked for. Try again in an hour.")
    return passing.page(request, "web/signin/forgotten.html", context, 429 if "wrong" in context else 200)


@at_the_door
def renew(request: HttpRequest, who: str, token: str) -> HttpResponseBase:
    """`/login/new/<who>/<token>`: a new password; the link works once, for an hour."""
    staff = _of(who)
    if staff is None or not default_token_generator.check_token(staff, token):
        return passing.page(request, "web/signin/renew.html", {"over": True}, 410)
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = passwords.wrong(request.POST.get("new", ""), request.POST.get("again", ""), staff)
        if not errors:
            passwords.change(staff, request.POST["new"])
            lockout.succeeded(staff.username)
            return passing.enter(request, staff, reverse("web:today"))
    return _form(request, staff, errors)


def link(staff: Staff) -> str:
    """The address of their page for a new password; making one changes nothing, using one ends all others."""
    who = urlsafe_base64_encode(str(staff.pk).encode())
    path = reverse("web:renew", args=[who, default_token_generator.make_token(staff)])
    return f"{settings.PUBLIC_URL}{path}"


def write(staff: Staff) -> bool:
    """Send them the link; False when there is no address or no mail."""
    if not staff.email:
        return False
    with override(staff.language or "ru"):
        subject = _("A new password for %(clinic)s") % {"clinic": house().name}
        text = _(
            "Somebody (we hope, you) has asked for a new password for %(login)s.\n\nSet it here, within one hour:\n"
            "%(link)s\n\nIf it was not you, do nothing: the old password stays."
        ) % {"login": staff.username, "link": link(staff)}
    return letter.post(staff.email, subject, text, LASTS)


def _post(typed: str) -> None:
    staff = Staff.objects.filter(username=name_of(typed), is_active=True).first()
    if staff is not None:
        write(staff)


def _of(who: str) -> Staff | None:
    try:
        number = int(urlsafe_base64_decode(who).decode())
    except (ValueError, UnicodeDecodeError):
        return None
    return Staff.objects.filter(pk=number, is_active=True).first() if 0 < number < 2**63 else None


def _form(request: HttpRequest, staff: Staff, errors: dict[str, str]) -> HttpResponse:
    context = {"person": staff, "errors": errors}
    return passing.page(request, "web/signin/renew.html", context, 422 if errors else 200)
