"""Alerts for the staff: persons and group chats in their own messengers, and what each of them is told."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.alerts import evening, tell
from priyom.alerts.models import Recipient
from priyom.clinic.house import house
from priyom.clinic.models import Branch, House, Staff
from priyom.contracts import registry
from priyom.contracts.card import Audience
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.web import frame
from priyom.web.frame import SETS, StaffRequest, screen

WANTS = ("tasks", "alarms", "chats", "details")
HELLO = "Проверка: сюда будут приходить оповещения Приёма."


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/accounts/staff`: everybody who is told, those who ask to be, and a form for another."""
    return frame.show(request, "web/staff_alerts/page.html", "accounts", _context(request))


@screen(*SETS)
@require_POST
def new(request: StaffRequest) -> HttpResponse:
    """Add a person or a group chat."""
    account = next((a for a in _accounts() if str(a.pk) == request.POST.get("account")), None)
    name, address = request.POST.get("name", "").strip()[:200], request.POST.get("address", "").strip()[:254]
    if account is None or not name or not address:
        return _part(request, bad=_("Choose the messenger, and write the name and the address."))
    made, fresh = Recipient.objects.get_or_create(
        account=account, address=address, defaults={"name": name, "created_at": now()}
    )
    if not fresh:
        return _part(request, bad=_("This address is on the list already: %(name)s.") % {"name": made.name})
    return _part(request, good=_("Added. Send a test to see that it arrives."))


@screen(*SETS)
@require_POST
def change(request: StaffRequest, recipient_id: int) -> HttpResponse:
    """What they are told, whose it is, and whether they were let in."""
    row = Recipient.objects.get(pk=recipient_id)
    for name in (*WANTS, "active"):
        setattr(row, name, bool(request.POST.get(name)))
    row.branch = _chosen(Branch.objects.all(), request.POST.get("branch", ""))
    row.staff = _chosen(Staff.objects.filter(is_active=True), request.POST.get("staff", ""))
    row.save()
    return _part(request, good=_("Saved."))


@screen(*SETS)
@require_POST
def test(request: StaffRequest, recipient_id: int) -> HttpResponse:
    """Send them a word."""
    tell.say(Recipient.objects.select_related("account").get(pk=recipient_id), HELLO)
    return _part(request, good=_("Sent. Look into the messenger."))


@screen(*SETS)
@require_POST
def remove(request: StaffRequest, recipient_id: int) -> HttpResponse:
    """Tell them nothing more."""
    Recipient.objects.get(pk=recipient_id).delete()
    return _part(request, good=_("Removed."))


@screen(*SETS)
@require_POST
def letter(request: StaffRequest) -> HttpResponse:
    """Whether the managers get a letter every evening."""
    House.objects.filter(pk=house().pk).update(silent_mail=bool(request.POST.get("silent_mail")))
    return _part(request, good=_("Saved."))


def _chosen(rows: Any, number: str) -> Any:
    if not number:
        return None
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    return rows.get(pk=int(number))


def _accounts() -> list[Account]:
    staff = [card.key for card in registry.cards() if card.audience is Audience.STAFF]
    return list(Account.objects.filter(channel__in=staff, enabled=True).order_by("name"))


def _context(request: StaffRequest) -> dict[str, Any]:
    rows = Recipient.objects.select_related("account", "branch", "staff").order_by("active", "name", "pk")
    return {
        "recipients": list(rows),
        "accounts": _accounts(),
        "branches": list(Branch.objects.order_by("name")),
        "people": list(Staff.objects.filter(is_active=True).order_by("last_name", "username")),
        "zone": frame.zone_of(request),
        "silent_mail": house().silent_mail,
        "readers": evening.readers(),
        "mailbox": evening.mail_account(),
    }


def _part(request: StaffRequest, **told: str) -> HttpResponse:
    if not frame.part(request):
        return HttpResponseRedirect(reverse("web:staff_alerts"))
    return render(request, "web/staff_alerts/_list.html", {**_context(request), **told})
