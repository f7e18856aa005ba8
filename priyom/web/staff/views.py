"""The staff: who works here, as what and where; roles, access, and who is locked out. Whatever changes an account asks
for the password of whoever changes it."""

from __future__ import annotations

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from priyom.clinic import lockout, staff
from priyom.clinic.house import house
from priyom.clinic.models import Branch, House, Practitioner, Role, Staff
from priyom.clinic.staff import BadStaff
from priyom.web import frame
from priyom.web.frame import SETS, StaffRequest, screen
from priyom.web.me import sessions
from priyom.web.me.sure import surely
from priyom.web.signin import renew
from priyom.web.staff import people

log = logging.getLogger(__name__)

DONE = {
    "invited": gettext_noop("The letter is on its way."),
    "withdrawn": gettext_noop("The invitation is withdrawn."),
    "lifted": gettext_noop("They may try again at once."),
    "rule": gettext_noop("Saved."),
    "saved": gettext_noop("Saved."),
    "off": gettext_noop("Switched off, and signed out everywhere."),
    "on": gettext_noop("May sign in again."),
    "factor": gettext_noop("The second step is off: the password alone opens the account now."),
}


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/staff`: everybody, the invited, the locked out, the rule of the second step."""
    return listed(request, DONE.get(request.GET.get("done", ""), ""))


def listed(request: StaffRequest, told: str = "", extra: dict[str, Any] | None = None) -> HttpResponse:
    """The list, with a word of what was done (a msgid) or a link to hand over."""
    zone = frame.zone_of(request)
    rows = people.shown(zone)
    active: list[Any] = [row for row in rows if row.is_active]
    context = {
        "people": rows,
        "active": len(active),
        "bare": sum(not row.factor for row in active),
        "invitations": people.invitations(zone),
        "locks": people.locks(zone),
        "second_factor": house().second_factor,
        "good": _(told) if told else "",
    }
    return frame.show(request, "web/staff/page.html", "staff", {**context, **(extra or {})})


@screen(*SETS)
@surely("web:staff")
def person(request: StaffRequest, staff_id: int) -> HttpResponse:
    """`/staff/<id>`: role and branches; the password's link, the second step, the access."""
    row = people.everybody().get(pk=staff_id)
    if request.method != "POST":
        return _person(request, row, good=DONE.get(request.GET.get("done", ""), ""))
    wanted = request.POST.get("practitioner", "")
    doctor = Practitioner.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 18 else None
    places = people.chosen(request.POST.getlist("branches"))
    try:
        staff.change(request.user, row.pk, request.POST.get("role", ""), places, doctor)
    except BadStaff as error:
        return _person(request, row, bad=str(error), status=422)
    _noted(request, "changed", row)
    return _done(row, "saved")


@screen(*SETS)
@require_POST
@surely("web:staff")
def switch(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Keep somebody out, at once and everywhere, or let them in again."""
    on = bool(request.POST.get("on"))
    try:
        row = staff.switch(request.user, staff_id, on=on)
    except BadStaff as error:
        return _person(request, people.everybody().get(pk=staff_id), bad=str(error), status=422)
    if not on:
        sessions.end_all(row)
    _noted(request, "let in again" if on else "switched off", row)
    return _done(row, "on" if on else "off")


@screen(*SETS)
@require_POST
@surely("web:staff")
def new_password(request: StaffRequest, staff_id: int) -> HttpResponse:
    """A link for a new password, for a colleague who has forgotten theirs; sent too where there is mail."""
    row = people.everybody().filter(is_active=True).get(pk=staff_id)
    _noted(request, "given a link for a new password", row)
    return _person(request, row, link=renew.link(row), mailed=renew.write(row))


@screen(*SETS)
@require_POST
@surely("web:staff")
def factor(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Their phone is lost: take the second step off, with everything that belongs to it."""
    row = Staff.objects.get(pk=staff_id)
    Authenticator.objects.filter(user=row).delete()
    _noted(request, "freed of the second step", row)
    return _done(row, "factor")


@screen(*SETS)
@require_POST
def lift(request: StaffRequest, lock_id: int) -> HttpResponse:
    """Let a locked name or address try again at once."""
    row = lockout.lift(lock_id)
    log.warning("sign-in lock of %s %r lifted by %s", row.kind, row.key, request.user.username)
    return back("lifted")


@screen(*SETS)
@require_POST
@surely("web:staff")
def rule(request: StaffRequest) -> HttpResponse:
    """The house's rule of the second step."""
    House.objects.filter(pk=house().pk).update(second_factor=bool(request.POST.get("second_factor")))
    return back("rule")


def back(done: str) -> HttpResponseRedirect:
    """To the list, with a word of what was done."""
    return HttpResponseRedirect(f"{reverse('web:staff')}?done={done}")


def part(role: str, doctor: int | None, ticked: set[int]) -> dict[str, Any]:
    """What the form of role and branches shows."""
    return {
        "roles": Role.choices,
        "role": role,
        "doctors": list(Practitioner.objects.order_by("name")),
        "practitioner": doctor,
        "all_branches": list(Branch.objects.order_by("name")),
        "chosen": ticked,
        "languages": settings.LANGUAGES,
    }


def _done(row: Staff, done: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('web:staff_person', args=[row.pk])}?done={done}")


def _noted(request: StaffRequest, what: str, row: Staff) -> None:
    log.warning("staff account %s %s by %s", row.username, what, request.user.username)


def _person(
    request: StaffRequest, row: Any, *, good: str = "", bad: str = "", status: int = 200, **link: Any
) -> HttpResponse:
    ticked = set(row.branches.values_list("pk", flat=True))
    context = {
        "person": row,
        "seen": people.seen(row, frame.zone_of(request)),
        "factor": row.factor,
        "myself": row.pk == request.user.pk,
        "good": _(good) if good else "",
        "bad": _(bad) if bad else "",
        **part(row.role, row.practitioner_id, ticked),
        **link,
    }
    return frame.show(request, "web/staff/person.html", "staff", context, status)
