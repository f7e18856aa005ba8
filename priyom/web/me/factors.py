"""The second step: the app with codes, passkeys, recovery codes. Whatever changes it asks for the password first."""

from __future__ import annotations

import json

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import flows as app_flows
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.internal import flows as passkey_flows
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from priyom.clinic.house import house
from priyom.clinic.models import Role
from priyom.web import frame
from priyom.web.frame import StaffRequest, screen
from priyom.web.me import required, sessions
from priyom.web.me.sure import surely
from priyom.web.me.views import done
from priyom.web.signin import passing, second

FRESH = "fresh_recovery_codes"
"""In the session from the moment codes are made until the person says they are kept: so long they can be seen."""


@sensitive_post_parameters(*passing.SECRETS)
@screen(*Role)
@surely("web:security")
def app(request: StaffRequest) -> HttpResponseBase:
    """`/me/app`: scan a picture, type the code it gives."""
    if _of(request, Authenticator.Type.TOTP):
        return done("app")
    posted = {"code": second.plain(request.POST.get("code", ""))} if request.method == "POST" else None
    form = ActivateTOTPForm(user=request.user, data=posted)
    if posted is not None and form.is_valid():
        fresh = app_flows.activate_totp(request, form)[1]
        return _added(request, "app", fresh is not None)
    context = {
        "picture": _picture(request, form.secret),
        "secret": form.secret,
        "wrong": _("The code is not right. Is the phone's clock right? Type the code the app shows now.")
        if posted is not None
        else "",
    }
    return frame.show(request, "web/me/app.html", "me", context, 200 if posted is None else 422)


@screen(*Role)
@require_POST
@surely("web:security")
def app_off(request: StaffRequest) -> HttpResponseBase:
    """No codes any more."""
    for row in _of(request, Authenticator.Type.TOTP):
        app_flows.deactivate_totp(request, row)
    return done("app-off")


@screen(*Role)
@surely("web:security")
def passkey_new(request: StaffRequest) -> HttpResponseBase:
    """`/me/passkeys/new`: the device makes a key, the page brings it."""
    name, wrong = request.POST.get("name", "").strip()[:80], ""
    if request.method == "POST":
        form = AddWebAuthnForm(user=request.user, data={**request.POST.dict(), "name": name, "passwordless": "on"})
        if form.is_valid():
            credential = form.cleaned_data["credential"]
            fresh = passkey_flows.add_authenticator(request, form.cleaned_data["name"], credential)[1]
            return _added(request, "passkey", fresh is not None)
        wrong = _("The passkey was not made. Try again.")
    agent = request.headers.get("User-Agent", "")
    context = {
        "options": json.dumps(passkeys.begin_registration(request.user, True)),
        "name": name or sessions.browser(agent),
        "wrong": wrong,
    }
    return frame.show(request, "web/me/passkey.html", "me", context, 422 if wrong else 200)


@screen(*Role)
@require_POST
@surely("web:security")
def passkey_remove(request: StaffRequest, key_id: int) -> HttpResponseBase:
    """This key opens nothing any more."""
    row = Authenticator.objects.get(user=request.user, type=Authenticator.Type.WEBAUTHN, pk=key_id)
    passkey_flows.remove_authenticator(request, row)
    return done("passkey-off")


@screen(*Role)
@require_POST
@surely("web:security")
def codes_new(request: StaffRequest) -> HttpResponseBase:
    """New recovery codes; the old ones end."""
    if not _of(request, Authenticator.Type.TOTP) and not _of(request, Authenticator.Type.WEBAUTHN):
        return done("")
    recovery.generate_recovery_codes(request)
    request.session[FRESH] = True
    return HttpResponseRedirect(reverse("web:codes"))


@screen(*Role)
def codes(request: StaffRequest) -> HttpResponseBase:
    """`/me/codes`: the codes, as long as the person has not said that they are kept."""
    found = _fresh(request)
    if not found:
        return done("")
    return frame.show(request, "web/me/codes.html", "me", {"codes": found})


@screen(*Role)
def codes_file(request: StaffRequest) -> HttpResponseBase:
    """`/me/codes/file`: the same as a small text."""
    found = _fresh(request)
    if not found:
        return done("")
    head = _("Recovery codes of %(login)s, %(clinic)s. Each works once.") % {
        "login": request.user.username,
        "clinic": house().name,
    }
    answer = HttpResponse("\r\n".join([head, "", *found, ""]), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="priyom-codes.txt"'
    return answer


@screen(*Role)
@require_POST
def codes_kept(request: StaffRequest) -> HttpResponseBase:
    """They are not shown again."""
    request.session.pop(FRESH, None)
    return done("kept")


def _of(request: StaffRequest, kind: str) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=request.user, type=kind))


def _added(request: StaffRequest, what: str, fresh: bool) -> HttpResponseRedirect:
    required.release(request)
    if not fresh:
        return done(what)
    request.session[FRESH] = True
    return HttpResponseRedirect(reverse("web:codes"))


def _fresh(request: StaffRequest) -> list[str]:
    rows = _of(request, Authenticator.Type.RECOVERY_CODES) if request.session.get(FRESH) else []
    return [str(code) for row in rows for code in row.wrap().get_unused_codes()]


def _picture(request: StaffRequest, secret: str) -> SafeString:
    """What the app scans, as SVG."""
    adapter = get_adapter()
    drawn: str = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return mark_safe(drawn)
