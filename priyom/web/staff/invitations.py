"""Invite a colleague: a letter with a link where the clinic sends mail, else the link to hand over."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from priyom.clinic import invite
from priyom.clinic.house import house
from priyom.clinic.invite import Guest
from priyom.clinic.models import Invitation, Practitioner, Role
from priyom.clinic.staff import BadStaff
from priyom.web import frame
from priyom.web.frame import SETS, StaffRequest, screen
from priyom.web.me.sure import surely
from priyom.web.staff import letter, people, views

log = logging.getLogger(__name__)

LANGUAGES = dict(settings.LANGUAGES)


@screen(*SETS)
@surely("web:staff")
def new(request: StaffRequest) -> HttpResponse:
    """`/staff/invite`."""
    if request.method != "POST":
        return _form(request, Guest("", "", Role.REGISTRAR, language=request.user.language or "ru"), {})
    guest = _guest(request)
    errors = _errors(guest)
    if errors:
        return _form(request, guest, errors)
    try:
        row, secret = invite.invite(request.user, guest)
    except BadStaff as error:
        return _form(request, guest, {}, bad=_(str(error)))
    return _handed(request, row, secret)


@screen(*SETS)
@require_POST
@surely("web:staff")
def again(request: StaffRequest, invitation_id: int) -> HttpResponse:
    """A new letter or link; the old link ends."""
    return _handed(request, *invite.again(invitation_id))


@screen(*SETS)
@require_POST
def withdraw(request: StaffRequest, invitation_id: int) -> HttpResponse:
    """The link opens nothing any more."""
    row = invite.withdraw(invitation_id)
    log.warning("invitation of %s withdrawn by %s", row.email, request.user.username)
    return views.back("withdrawn")


def _handed(request: StaffRequest, row: Invitation, secret: str) -> HttpResponse:
    """The letter is ordered; without mail the page shows the link, this once."""
    log.warning("%s invited as %s by %s", row.email, row.role, request.user.username)
    link = f"{settings.PUBLIC_URL}{reverse('web:join', args=[secret])}"
    if _written(row, link):
        return views.back("invited")
    shown = {
        "link": link,
        "link_words": _("The invitation of %(name)s") % {"name": row.name},
        "link_help": _("It is shown only now, works once, and for three days."),
        "mail_failed": True,
    }
    return views.listed(request, extra=shown)


def _written(row: Invitation, link: str) -> bool:
    with override(row.language or "ru"):
        subject = _("%(clinic)s invites you to Priyom") % {"clinic": house().name}
        text = _(
            "%(name)s, you have been invited to work in Priyom: %(clinic)s.\n\nYour role: %(role)s.\n\n"
            "Choose a password here, within three days; the link works once:\n%(link)s\n\n"
            "If you do not know what this is about, do nothing."
        ) % {"name": row.name, "clinic": house().name, "role": _(row.get_role_display()), "link": link}
    return letter.post(row.email, subject, text, invite.LASTS)


def _guest(request: StaffRequest) -> Guest:
    wanted, language = request.POST.get("practitioner", ""), request.POST.get("language", "")
    doctor = Practitioner.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 18 else None
    return Guest(
        email=request.POST.get("email", "").strip()[:254],
        name=" ".join(request.POST.get("name", "").split())[:150],
        role=request.POST.get("role", ""),
        branches=tuple(people.chosen(request.POST.getlist("branches"))),
        practitioner=doctor,
        language=language if language in LANGUAGES else "ru",
    )


def _errors(guest: Guest) -> dict[str, str]:
    errors: dict[str, str] = {}
    try:
        validate_email(guest.email)
    except ValidationError:
        errors["email"] = _("This is no e-mail address. It looks like name@clinic.ru.")
    if not guest.name:
        errors["name"] = _("Write how your colleague is called.")
    return errors


def _form(request: StaffRequest, guest: Guest, errors: dict[str, str], bad: str = "") -> HttpResponse:
    ticked = {row.pk for row in guest.branches}
    context: dict[str, Any] = {
        "mail": letter.account() is not None,
        "email": guest.email,
        "name": guest.name,
        "guest_language": guest.language,
        "errors": errors,
        "bad": bad,
        **views.part(guest.role, guest.practitioner.pk if guest.practitioner else None, ticked),
    }
    return frame.show(request, "web/staff/invite.html", "staff", context, 422 if errors or bad else 200)
