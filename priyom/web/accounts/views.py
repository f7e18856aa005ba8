"""Channel accounts: which ways to patients the clinic has, how each of them is, and how to add one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.contracts import registry
from priyom.contracts.card import BadSettings, Card
from priyom.contracts.errors import ChannelError
from priyom.delivery import accounts
from priyom.delivery.models import Account, Delivery
from priyom.web import frame, say
from priyom.web.accounts import forms
from priyom.web.frame import SETS, StaffRequest, screen
from priyom.web.patients.views import qr


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
def poster(request: StaffRequest, account_id: int) -> HttpResponse:
    """`/accounts/<id>/poster`: a sheet for the wall, with the QR that opens the clinic's bot."""
    found = Account.objects.get(pk=account_id)
    address = _poster_address(found)
    if not address:
        raise Http404
    context = {"account": found, "address": address, "qr": qr(address)}
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
        "poster": bool(_poster_address(found)),
        "last": Delivery.objects.filter(account=found).aggregate(at=Max("sent_at"))["at"],
    }


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
    return {
        "accounts": list(Account.objects.annotate(waiting=waiting).order_by("name")),
        "cards": registry.cards(),
        "zone": frame.zone_of(request),
    }


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
