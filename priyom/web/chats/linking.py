"""Whose is an unknown chat: those it may be by what is known, the proof by phone, and a person's own word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from phonenumbers import PhoneNumberMatcher

from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.contracts.registry import channel as find_channel
from priyom.foundation.phone import BadPhone, normalize
from priyom.inbox import link_code
from priyom.inbox.link import link_by_staff
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.visitors import phone_of
from priyom.notifications.respond import respond_unknown
from priyom.patients.access import visible
from priyom.patients.models import ContactPoint, Kind, Patient
from priyom.web import frame, guard
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.views import search

READ = 30
"""So many of the newest messages are looked through for a number."""
MOST = 4


@dataclass(slots=True)
class Guess:
    """Somebody this chat may belong to, and why. `phones`: own numbers a code can go to."""

    patient: Patient
    reasons: list[str] = field(default_factory=list)
    phones: list[ContactPoint] = field(default_factory=list)


def unknown(staff: Staff, conversation: Conversation) -> dict[str, Any]:
    """The context of `web/chats/_unknown.html`: of a chat nobody is known for yet."""
    account = conversation.account
    return {
        "conversation": conversation,
        "guesses": guesses(staff, conversation),
        "link_code": link_code.standing(conversation),
        "can_ask_number": account is not None and find_channel(account.channel).card.asks_contact,
    }


def guesses(staff: Staff, conversation: Conversation) -> list[Guess]:
    """By a proven number, by a number in the words, by the name of the chat; the surest first."""
    found: dict[int, Guess] = {}
    for reason, patients in (
        (_("has proven this number"), _of_phones(staff, _proven(conversation))),
        (_("wrote this number"), _of_phones(staff, _written(conversation))),
        (_("has the same name"), _named(staff, conversation.name)),
    ):
        for patient in patients:
            found.setdefault(patient.pk, Guess(patient)).reasons.append(reason)
    chosen = sorted(found.values(), key=lambda guess: -len(guess.reasons))[:MOST]
    _own_phones(chosen)
    return chosen


@screen(*WORKS)
def who(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/who?q=`: patients this unknown chat may belong to."""
    conversation = _unknown(request, conversation_id)
    text = request.GET.get("q", "").strip()[:100]
    rows = list(search(request.user, text).prefetch_related("contacts")[:8]) if len(text) >= 2 else []
    found = [Guess(patient) for patient in rows]
    _own_phones(found)
    return render(request, "web/chats/_who.html", {"conversation": conversation, "found": found, "q": text})


@screen(*WORKS)
@require_POST
def attach(request: StaffRequest, conversation_id: int, patient_id: int) -> HttpResponse:
    """This chat is this patient's: a person has said so."""
    conversation = _unknown(request, conversation_id)
    patient = guard.patient(request.user, patient_id)
    link_by_staff(conversation, patient)
    return _theirs(patient)


@screen(*WORKS)
@require_POST
def send_code(request: StaffRequest, conversation_id: int, point_id: int) -> HttpResponse:
    """A code by SMS to a patient's own number: whoever writes here tells it, or types it into the chat."""
    conversation = _unknown(request, conversation_id)
    point = ContactPoint.objects.select_related("patient").get(pk=point_id, kind=Kind.PHONE, removed_at=None)
    guard.patient(request.user, point.patient_id)
    bad = ""
    try:
        link_code.send(conversation, point, request.user)
    except link_code.NoSms:
        bad = _("No SMS channel is well: a code cannot go out. Ask the person by phone.")
    except link_code.TooOften:
        bad = _("This number got several codes already. Try again in an hour, or ask by phone.")
    return _shown(request, conversation, bad=bad)


@screen(*WORKS)
@require_POST
def check_code(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`code`: what the person has told. Right: the chat is theirs."""
    conversation = _unknown(request, conversation_id)
    point = link_code.prove(conversation, request.POST.get("code", ""))
    if point is not None:
        return _theirs(point.patient)
    standing = link_code.standing(conversation)
    bad = _("This is not the code. Ask for it once more.") if standing else _("This code is void. Send a new one.")
    return _shown(request, conversation, bad=bad)


@screen(*WORKS)
@require_POST
def ask_number(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """The person gets the button that shares their own number, where the channel has one."""
    conversation = _unknown(request, conversation_id)
    account = conversation.account
    if account is None or not find_channel(account.channel).card.asks_contact:
        raise Http404
    respond_unknown(account, conversation.address, "ask_phone")
    return _shown(request, conversation, good=_("Asked. As soon as they press the button, the chat is tied by itself."))


def _shown(request: StaffRequest, conversation: Conversation, good: str = "", bad: str = "") -> HttpResponse:
    context = {**unknown(request.user, conversation), "link_good": good, "link_bad": bad}
    return frame.told(render(request, "web/chats/_unknown.html", context))


def _theirs(patient: Patient) -> HttpResponse:
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("web:chat_of", args=[patient.pk])
    return response


def _unknown(request: StaffRequest, conversation_id: int) -> Conversation:
    conversation = guard.conversation(request.user, conversation_id)
    if conversation.patient_id is not None:
        raise Http404
    return conversation


def _proven(conversation: Conversation) -> set[str]:
    """Numbers that are certainly this person's: shown by the vendor, or proven on our page."""
    if conversation.account is None:
        return set()
    kind = find_channel(conversation.account.channel).card.contact_kind
    phone = phone_of(conversation.account.pk, conversation.address)
    own = {conversation.address} if kind in (Kind.PHONE, Kind.WHATSAPP) else set()
    return own | ({phone} if phone else set())


def _written(conversation: Conversation) -> set[str]:
    """Numbers that stand in what the person wrote."""
    texts = Incoming.objects.filter(conversation=conversation).order_by("-id").values_list("text", flat=True)[:READ]
    country = house().country
    found = set()
    for text in texts:
        for match in PhoneNumberMatcher(text, country):
            try:
                found.add(normalize(match.raw_string, country))
            except BadPhone:
                continue
    return found


def _of_phones(staff: Staff, phones: Iterable[str]) -> list[Patient]:
    numbers = list(phones)
    if not numbers:
        return []
    points = ContactPoint.objects.filter(kind=Kind.PHONE, address__in=numbers, removed_at=None)
    return list(visible(staff).filter(pk__in=list(points.values_list("patient", flat=True)[:50]))[:MOST])


def _named(staff: Staff, name: str) -> list[Patient]:
    """Those whose given and family name the person goes by, in either order. One word says too little."""
    words = [word for word in name.replace(",", " ").split() if len(word) > 1][:3]
    if len(words) < 2:
        return []
    found = []
    for family, given in ((words[0], words[1]), (words[1], words[0]), (words[-1], words[0])):
        found += list(visible(staff).filter(family=family.capitalize(), given=given.capitalize()).order_by("pk")[:MOST])
    return list(dict.fromkeys(found))[:MOST]


def _own_phones(found: list[Guess]) -> None:
    rows = ContactPoint.objects.filter(
        patient__in=[guess.patient.pk for guess in found], kind=Kind.PHONE, relation="own", removed_at=None
    ).order_by("pk")
    for point in rows:
        next(guess for guess in found if guess.patient.pk == point.patient_id).phones.append(point)
