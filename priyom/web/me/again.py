"""Who is it? Asked again before anything that changes who gets in."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.models import Authenticator
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from priyom.clinic.models import Role
from priyom.web import frame
from priyom.web.frame import StaffRequest, screen
from priyom.web.signin import passing, second


@sensitive_post_parameters(*passing.SECRETS)
@screen(*Role)
def again(request: StaffRequest) -> HttpResponseBase:
    """`/me/again`: the password, a code or a passkey; then on to what was asked for."""
    if request.method != "POST":
        return _page(request)
    login = request.user.username
    if wait := passing.locked(login, request):
        return _page(request, locked=wait)
    if _proven(request):
        return HttpResponseRedirect(passing.onward(request))
    wrong = second.wrong_of(request) if "password" not in request.POST else _("The password is not right.")
    return _page(request, locked=passing.failed(login, request), wrong=wrong)


def _proven(request: StaffRequest) -> bool:
    if "password" in request.POST:
        if not request.user.check_password(request.POST["password"]):
            return False
        reauthenticate_by_password(request)
        return True
    form = second.form_of(request, request.user, again=True)
    if not form.is_valid():
        return False
    form.save()
    return True


def _page(request: StaffRequest, *, locked: str = "", wrong: str = "") -> HttpResponse:
    context = {
        "person": request.user,
        "next": passing.onward(request),
        "app": Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists(),
        "passkeys": second.options(request.user),
        "locked": locked,
        "wrong": wrong,
    }
    return frame.show(request, "web/me/again.html", "me", context, 429 if locked else 422 if wrong else 200)
