"""An invited colleague makes their account: how they are called, under which name they sign in, the password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from priyom.clinic import invite
from priyom.clinic.models import Invitation, Staff
from priyom.clinic.staff import BadStaff, named
from priyom.web.me import passwords
from priyom.web.signin import passing
from priyom.web.signin.passing import at_the_door


@at_the_door
def join(request: HttpRequest, secret: str) -> HttpResponseBase:
    """`/join/<secret>`: looking changes nothing (mail scanners open links); the form makes the account, once."""
    guest = invite.find(secret)
    if guest is None:
        return passing.page(request, "web/signin/join.html", {"guest": None}, 410)
    name, login = guest.name, guest.email.partition("@")[0]
    errors: dict[str, str] = {}
    wrong = ""
    if request.method == "POST":
        name, login = request.POST.get("name", "").strip()[:150], request.POST.get("username", "").strip()
        errors = _errors(request, guest, name, login)
        if not errors:
            try:
                made = invite.accept(secret, login, request.POST["new"], name or guest.name)
            except BadStaff as error:
                wrong = _(str(error))
            else:
                return passing.enter(request, made, f"{reverse('web:security')}?done=welcome")
    context = {
        "guest": guest, "branches": list(guest.branches.values_list("name", flat=True)), "name": name, "login": login,
        "errors": errors, "wrong": wrong,
    }  # fmt: skip
    return passing.page(request, "web/signin/join.html", context, 422 if errors or wrong else 200)


def _errors(request: HttpRequest, guest: Invitation, name: str, login: str) -> dict[str, str]:
    first, last = named(name)
    would_be = Staff(username=login, first_name=first, last_name=last, email=guest.email)
    errors = passwords.wrong(request.POST.get("new", ""), request.POST.get("again", ""), would_be)
    if odd := passwords.odd_login(login):
        errors["username"] = odd
    elif Staff.objects.filter(username__iexact=login).exists():
        errors["username"] = _("Somebody here signs in under this name already. Choose another one.")
    return errors
