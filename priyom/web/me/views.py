"""My security: one page that says how my account is kept, and the password."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.models import Authenticator
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from priyom.clinic.models import Role
from priyom.web import frame, say
from priyom.web.frame import StaffRequest, screen
from priyom.web.me import passwords, required, sessions
from priyom.web.signin import passing

DONE = {
    "password": gettext_noop("The password is changed; everywhere else you are signed out."),
    "app": gettext_noop("The app is on: its code is asked for after the password."),
    "app-off": gettext_noop("The app is off."),
    "passkey": gettext_noop("The passkey is added."),
    "passkey-off": gettext_noop("The passkey is removed. Remove it on the device too."),
    "kept": gettext_noop("The second step is set up."),
    "session": gettext_noop("Signed out there."),
    "sessions": gettext_noop("Signed out everywhere else."),
}


def done(what: str) -> HttpResponseRedirect:
    """Back to the page, with a word of what was done."""
    return HttpResponseRedirect(f"{reverse('web:security')}?done={what}")


@screen(*Role)
def security(request: StaffRequest) -> HttpResponse:
    """`/me/security`."""
    zone = frame.zone_of(request)
    told = request.GET.get("done", "")
    context = {
        "person": request.user,
        "must": required.is_held(request),
        "welcome": told == "welcome",
        "start": reverse("web:today"),
        "good": _(DONE[told]) if told in DONE else "",
        "sessions": sessions.shown(request.user, request.session.session_key, zone),
        **_factors(request, zone),
    }
    return frame.show(request, "web/me/security.html", "me", context)


def _factors(request: StaffRequest, zone: ZoneInfo) -> dict[str, Any]:
    rows = list(Authenticator.objects.filter(user=request.user).order_by("created_at"))
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "app": any(row.type == Authenticator.Type.TOTP for row in rows),
        "passkeys": [_key(row, zone) for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }


def _key(row: Authenticator, zone: ZoneInfo) -> dict[str, Any]:
    used: datetime | None = row.last_used_at
    return {
        "pk": row.pk,
        "name": row.wrap().name,
        "added": say.when(row.created_at, zone),
        "used": say.when(used, zone) if used else "",
    }


@sensitive_post_parameters(*passing.SECRETS)
@screen(*Role)
def password(request: StaffRequest) -> HttpResponseBase:
    """`/me/password`: the old one is asked for in the same form."""
    person, errors, wait = request.user, {}, ""
    if request.method == "POST":
        wait = passing.locked(person.username, request)
        if not wait and not person.check_password(request.POST.get("old", "")):
            wait, errors = passing.failed(person.username, request), {"old": _("The password is not right.")}
        elif not wait:
            errors = passwords.wrong(request.POST.get("new", ""), request.POST.get("again", ""), person)
        if not wait and not errors:
            passwords.change(person, request.POST["new"], request)
            reauthenticate_by_password(request)
            return done("password")
    context = {"person": person, "errors": errors, "locked": wait}
    return frame.show(request, "web/me/password.html", "me", context, 429 if wait else 422 if errors else 200)


@screen(*Role)
@require_POST
def session_end(request: StaffRequest, session_id: int) -> HttpResponseBase:
    """Sign out in one other browser."""
    sessions.end(request.user, session_id, request.session.session_key)
    return done("session")


@screen(*Role)
@require_POST
def sessions_end(request: StaffRequest) -> HttpResponseBase:
    """Sign out everywhere else."""
    sessions.end_all(request.user, but=request.session.session_key)
    return done("sessions")
