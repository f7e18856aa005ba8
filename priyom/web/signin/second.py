"""The second step of signing in, and signing in by a passkey alone."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.internal import flows
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from priyom.clinic.models import Staff
from priyom.web.signin import passing
from priyom.web.signin.passing import at_the_door


@at_the_door
def second(request: HttpRequest) -> HttpResponseBase:
    """`/login/second`: a code of the app, a recovery code, or a passkey; only after a right password."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    staff = stage.login.user if stage else None
    if stage is None or not isinstance(staff, Staff) or not staff.is_active:
        return HttpResponseRedirect(reverse("web:signin"))
    if request.method != "POST":
        return _page(request, staff)
    if wait := passing.locked(staff.username, request):
        return _page(request, staff, locked=wait)
    form = form_of(request, staff)
    if form.is_valid():
        form.save()
        answer: HttpResponseBase = stage.exit()
        return answer
    return _page(request, staff, locked=passing.failed(staff.username, request), wrong=wrong_of(request))


def form_of(request: HttpRequest, staff: Staff, *, again: bool = False) -> Any:
    """The posted code or passkey, to be checked. A code is typed as people type it: with gaps. `again`: for somebody
    who is signed in."""
    if "credential" in request.POST:
        kind = ReauthenticateWebAuthnForm if again else AuthenticateWebAuthnForm
        return kind(user=staff, data=request.POST)
    kind = ReauthenticateForm if again else AuthenticateForm
    return kind(user=staff, data={"code": plain(request.POST.get("code", ""))})


def wrong_of(request: HttpRequest) -> str:
    """What is said of a code or a passkey that does not fit."""
    if "credential" in request.POST:
        return _("This passkey does not belong here. Try another one.")
    return _("The code is not right. Codes change every half a minute: type the one the app shows now.")


def plain(code: str) -> str:
    """A code without gaps and dashes."""
    return "".join(sign for sign in code if sign.isalnum())[:32]


def options(staff: Staff) -> str:
    """What the browser is asked, as JSON; '' when they have no passkey."""
    if not Authenticator.objects.filter(user=staff, type=Authenticator.Type.WEBAUTHN).exists():
        return ""
    return json.dumps(passkeys.begin_authentication(staff))


@at_the_door
def passkey(request: HttpRequest) -> HttpResponseBase:
    """`/login/passkey`: GET: what to ask the device (JSON); POST: what it has answered."""
    if request.method != "POST":
        return JsonResponse(passkeys.begin_authentication(None))  # asks the device to make sure whose finger it is
    form = LoginWebAuthnForm(data=request.POST)
    if form.is_valid():
        key = form.cleaned_data["credential"]
        if key.user.is_active:
            login = Login(user=key.user, redirect_url=passing.onward(request))
            answer: HttpResponseBase = flows.perform_passwordless_login(request, key, login)
            return answer
    locked = passing.failed("", request)
    context = {"next": request.POST.get("next", ""), "locked": locked, "wrong": wrong_of(request)}
    return passing.page(request, "web/signin/page.html", context, 429 if locked else 422)


def _page(request: HttpRequest, staff: Staff, *, locked: str = "", wrong: str = "") -> HttpResponse:
    known = set(Authenticator.objects.filter(user=staff).values_list("type", flat=True))
    context = {
        "codes": Authenticator.Type.TOTP in known,
        "passkeys": options(staff),
        "locked": locked,
        "wrong": wrong,
    }
    return passing.page(request, "web/signin/second.html", context, 429 if locked else 422 if wrong else 200)
