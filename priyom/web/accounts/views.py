"""Channel accounts: which ways to patients the clinic has, how each of them is, and how to add one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, Max, Q, When
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.analytics.numbers import numbers
from priyom.clinic.house import house
from priyom.contracts import registry
from priyom.contracts.card import BadSettings, Card, Templates
from priyom.contracts.errors import ChannelError
from priyom.contracts.vitals import Standing
from priyom.delivery import accounts
from priyom.delivery.models import Account, AccountState, Delivery, Purpose
from priyom.delivery.warm import ceiling
from priyom.delivery.weather_usual import clinic_zone
from priyom.foundation.clock import now
from priyom.notifications import templates
from priyom.notifications.catalogue import LANGUAGES
from priyom.notifications.models import Template
from priyom.web import frame, say
from priyom.web.accounts import forms, groups, poster_pdf, weather
from priyom.web.accounts.poster_pdf import Poster
from priyom.web.frame import SETS, StaffRequest, screen
from priyom.web.patients.views import qr

MONTH = timedelta(days=30)
SHAPES = {"wall": poster_pdf.wall, "tent": poster_pdf.tent}


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/accounts`: the list; `?account=` opens one beside it."""
    context = _list(request)
    account_id = frame.number(request, "account")
    if account_id is not None:
        context |= account_context(Account.objects.get(pk=account_id))
    return frame.show(request, "web/accounts/page.html", "accounts", context)


@screen(*SETS)
def account(request: StaffRequest, account_id: int) -> HttpResponse:
    """`/accounts/<id>`: a page, or the part beside the list."""
    return _answer(request, account_context(Account.objects.get(pk=account_id)))


@screen(*SETS)
def add(request: StaffRequest) -> HttpResponse:
    """`/accounts/add`: every channel there is, in groups."""
    if frame.part(request):
        return render(request, "web/accounts/_add.html", {**_choice(), "adding": True})
    return frame.show(request, "web/accounts/page.html", "accounts", {**_list(request), "adding": True})


@screen(*SETS)
def new(request: StaffRequest, channel: str) -> HttpResponse:
    """`/accounts/new/<channel>`: the empty form of that channel, and its storing."""
    card = _card(channel)
    context: dict[str, Any] = {"card": card, "fields": forms.fields(card, {}, {}), "name": "", "new": True}
    if request.method == "POST":
        values, name = forms.typed(card, request.POST), request.POST.get("name", "").strip()[:100]
        wrong = forms.problems(card, values)
        if not wrong and name:
            try:
                made = accounts.create(channel, name, _key(channel), values)
            except BadSettings as error:
                wrong = error.problems
            else:
                return _answer(request, {**account_context(made), **_check(made)}, made.pk)
        context |= {"fields": forms.fields(card, values, wrong), "name": name, "name_wrong": not name}
    if frame.part(request):
        return render(request, "web/accounts/_new.html", context)
    return frame.show(request, "web/accounts/page.html", "accounts", {**_list(request), **context})


@screen(*SETS)
@require_POST
def change(request: StaffRequest, account_id: int) -> HttpResponse:
    """New settings for a stored account; secrets left empty stay as they are."""
    found = Account.objects.get(pk=account_id)
    card = _card(found.channel)
    values = forms.typed(card, request.POST)
    try:
        anew = accounts.change(found, forms.changed(card, values))
    except BadSettings as error:
        return _answer(request, account_context(found, values, error.problems))
    found.refresh_from_db()
    told = _check(found, anew=anew)
    found.refresh_from_db()
    return _answer(request, {**account_context(found), **told})


@screen(*SETS)
@require_POST
def check(request: StaffRequest, account_id: int) -> HttpResponse:
    """Ask the vendor who we are, now."""
    found = Account.objects.get(pk=account_id)
    told = _check(found)
    found.refresh_from_db()
    return _answer(request, {**account_context(found), **told})


@screen(*SETS)
@require_POST
def test(request: StaffRequest, account_id: int) -> HttpResponse:
    """Send a test message to an address of one's own."""
    found = Account.objects.get(pk=account_id)
    address = request.POST.get("address", "").strip()[:254]
    if not address:
        return _answer(request, {**account_context(found), "bad": _("Write where to send the test.")})
    delivery = accounts.send_test(found, address)
    return _answer(request, {**account_context(found), "test": Delivery.objects.get(pk=delivery)})


@screen(*SETS)
def tested(request: StaffRequest, account_id: int, delivery_id: int) -> HttpResponse:
    """How the test went: the line asks for itself until something is known."""
    found = Account.objects.get(pk=account_id)
    return render(request, "web/accounts/_test.html", {
        "account": found, "test": Delivery.objects.get(pk=delivery_id, account=found),
    })  # fmt: skip


@screen(*SETS)
@require_POST
def switch(request: StaffRequest, account_id: int) -> HttpResponse:
    """On or off: an account that is off sends nothing; pressing again undoes it."""
    found = Account.objects.get(pk=account_id)
    Account.objects.filter(pk=found.pk).update(enabled=not found.enabled)
    found.refresh_from_db()
    return _answer(request, account_context(found))


@screen(*SETS)
@require_POST
def purpose(request: StaffRequest, account_id: int) -> HttpResponse:
    """What the account is for."""
    found = Account.objects.get(pk=account_id)
    chosen = request.POST.get("purpose", "")
    if chosen not in Purpose.values:
        raise Http404
    Account.objects.filter(pk=found.pk).update(purpose=chosen)
    found.refresh_from_db()
    return _answer(
        request, {**account_context(found), "good": _("Saved: %(what)s") % {"what": _(say.PURPOSES[chosen])}}
    )


@screen(*SETS)
@require_POST
def warm(request: StaffRequest, account_id: int) -> HttpResponse:
    """The number is not new and need not be warmed up; pressing again begins the warming anew."""
    found = Account.objects.get(pk=account_id)
    since = now().date() if found.warm_since is None and _card(found.channel).warm_up else None
    Account.objects.filter(pk=found.pk).update(warm_since=since)
    found.refresh_from_db()
    return _answer(request, account_context(found))


@screen(*SETS)
@require_POST
def hand_in(request: StaffRequest, account_id: int) -> HttpResponse:
    """Hand every wording in that the vendor has not got yet, and ask how the others stand."""
    found = Account.objects.get(pk=account_id)
    if _card(found.channel).templates is Templates.NEVER:
        raise Http404
    try:
        refused = templates.submit_all(found)
    except ChannelError as error:
        return _answer(request, {**account_context(found), "bad": error.text})
    told = {"bad": "; ".join(refused)} if refused else {"good": _("Handed in. The vendor's answer will show here.")}
    return _answer(request, {**account_context(found), **told})


@screen(*SETS)
def numbers_page(request: StaffRequest) -> HttpResponse:
    """`/accounts/numbers`: how every number, bot and sender has been this month."""
    found = numbers(now() - MONTH, now().astimezone(frame.zone_of(request)).date())
    context = {"numbers": found, "zone": frame.zone_of(request)}
    return frame.show(request, "web/accounts/numbers.html", "accounts", context)


@screen(*SETS)
def poster_file(request: StaffRequest, account_id: int, shape: str) -> HttpResponse:
    """`/accounts/<id>/poster/<wall|tent>.pdf`: for printing."""
    found = Account.objects.get(pk=account_id)
    address = _poster_address(found)
    if not address or shape not in SHAPES:
        raise Http404
    drawn = SHAPES[shape](Poster(house().name, _card(found.channel).title, address, found.bot_name))
    response = HttpResponse(drawn, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.key}-{shape}.pdf"'
    return response


@screen(*SETS)
def poster(request: StaffRequest, account_id: int) -> HttpResponse:
    """`/accounts/<id>/poster`: a sheet for the wall, with the QR that opens the clinic's bot."""
    found = Account.objects.get(pk=account_id)
    address = _poster_address(found)
    if not address:
        raise Http404
    context = {"account": found, "address": address, "qr": qr(address), "clinic": house().name}
    return frame.show(request, "web/accounts/poster.html", "accounts", context)


def account_context(
    found: Account, values: Mapping[str, object] | None = None, problems: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Everything the part beside the list shows of one account."""
    card = _card(found.channel)
    shown = found.settings if values is None else values
    locked = accounts.locked(found)
    return {
        "account": found,
        "locked": locked if found.health == "ok" or found.health_why != locked else "",
        "card": card,
        "fields": forms.fields(card, shown, problems or {}, kept=not locked),
        "hook": accounts.hook_url(found) if card.webhook else "",
        "stormy": weather.stormy(),
        "own_weather": [line for line in weather.lines(clinic_zone()) if line.account_id == found.pk],
        "poster": bool(_poster_address(found)),
        "embed": accounts.placed(found.key, card.embed),
        "purposes": [(value, _(text)) for value, text in say.PURPOSES.items()],
        "state": AccountState.objects.filter(account=found).first(),
        "warming": _warming(found, card),
        **_texts(found, card),
        "last": Delivery.objects.filter(account=found).aggregate(at=Max("sent_at"))["at"],
    }


def _warming(found: Account, card: Card) -> dict[str, int] | None:
    """Which day of warming it is and how many people may be written to; None when it is over or not needed."""
    if found.warm_since is None:
        return None
    today = now().date()
    most = ceiling(card.warm_up, found.warm_since, today)
    return None if most is None else {"day": (today - found.warm_since).days + 1, "most": most}


def _texts(found: Account, card: Card) -> dict[str, Any]:
    """The texts the vendor approves, and how many of them it has; `templates` is None where it approves none."""
    rows = _templates(found) if card.templates is not Templates.NEVER else None
    approved = [row for row in rows or () if row["row"] is not None and row["row"].standing == Standing.APPROVED]
    return {"templates": rows, "approved": len(approved)}


def _templates(found: Account) -> list[dict[str, Any]]:
    """The newest template of each kind and language, in the catalogue's order; a wording never handed in is empty."""
    newest = {(row.kind, row.language): row for row in Template.objects.filter(account=found).order_by("pk")}
    return [
        {"kind": kind, "language": code, "row": newest.get((kind, code))}
        for kind in templates.KINDS
        for code in LANGUAGES
    ]


def _check(found: Account, *, anew: bool = False) -> dict[str, Any]:
    """Ask the vendor who we are; and tell it our webhook where it has none of ours, or its secret is made anew."""
    try:
        identity = accounts.check(found)
    except ChannelError as error:
        return {"bad": error.text}
    told = {"good": _("It works: %(title)s") % {"title": identity.title or identity.name}}
    if _card(found.channel).webhook and (anew or identity.webhook != accounts.hook_url(found)):
        try:
            accounts.check(found, connect=True)
        except ChannelError as error:
            told["bad"] = _("The channel has not taken our webhook address: %(why)s") % {"why": error.text}
    return told


def _poster_address(found: Account) -> str:
    card = say.card(found.channel)
    if card is None or not card.deep_link or not found.bot_name:
        return ""
    bare = card.deep_link.split("?")[0]
    return bare.format(bot=found.bot_name, token="")


def _answer(request: StaffRequest, context: dict[str, Any], made: int | None = None) -> HttpResponse:
    context = {**context, "zone": frame.zone_of(request)}
    if frame.part(request):
        response = frame.told(render(request, "web/accounts/_account.html", context))
        if made is not None:
            response["HX-Push-Url"] = reverse("web:account", args=[made])
        return response
    if made is not None:
        return HttpResponseRedirect(reverse("web:account", args=[made]))
    return frame.show(request, "web/accounts/page.html", "accounts", {**_list(request), **context})


@screen(*SETS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/accounts/rows`: the list alone, for the live page."""
    return render(request, "web/accounts/_list.html", _list(request))


def _list(request: StaffRequest) -> dict[str, Any]:
    waiting = Count("deliveries", filter=Q(deliveries__state="waiting"))
    well = Case(When(health="ok", then=1), default=0)
    return {
        "stormy": weather.stormy(),
        "weather": [*weather.lines(frame.zone_of(request)), *weather.day_lines()],
        "accounts": list(Account.objects.annotate(waiting=waiting).order_by(well, "-enabled", "name")),
        "zone": frame.zone_of(request),
        **_choice(),
    }


def _choice() -> dict[str, Any]:
    """Every channel by group, and which are connected already."""
    taken = set(Account.objects.values_list("channel", flat=True))
    return {"groups": groups.grouped(registry.cards()), "taken": taken}


def _card(channel: str) -> Card:
    found = say.card(channel)
    if found is None:
        raise Http404
    return found


def _key(channel: str) -> str:
    """A free key for the webhook's address: the channel's own, then with a number."""
    base = slugify(channel)[:34] or "account"
    taken = set(Account.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for n in range(1, 10_000) if (key := base if n == 1 else f"{base}-{n}") not in taken)
