"""The composer: what the way to the patient carries is said before sending, and whatever is refused stays typed."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.contracts.card import Card
from priyom.delivery.models import StoredFile
from priyom.foundation import sms
from priyom.foundation.clock import now
from priyom.inbox.later import Hold, moment_to_undo
from priyom.inbox.looking import Answer, answered_meanwhile, newest_answer, stops_writing
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.ready import GAP
from priyom.inbox.reply import CannotCarry, NowhereToWrite, Route, WindowClosed, fits, keep, reply, show_typing, where
from priyom.patients.models import ContactPoint
from priyom.web import frame, guard, say
from priyom.web.chats import hours, pieces
from priyom.web.chats.files import plain
from priyom.web.frame import WORKS, StaffRequest, screen

LONGEST = 4000
MOST_FILES = 10
BIGGEST = 50 * 1024 * 1024
"""Bytes of one file, whatever the channel: it stands in the database."""
SOON = timedelta(hours=3)
"""So long before the window closes the composer says until when it is open."""
SEAL = "priyom.composer"
SAID_ALL = 300
"""So many signs of a colleague's answer are shown before one sends one's own all the same."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed and picked. `quoting` is the provider id of the message it answers; `kept` are files that stand
    here already: of an answer that was taken back."""

    text: str
    files: tuple[UploadedFile[Any], ...] = ()
    quoting: str = ""
    kept: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why it was not sent. Where it can be all the same: the words of a button, and its value for the field `sure`."""

    text: str
    anyway: str = ""
    sure: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """How many paid parts a text makes; `left`: so many more signs fit in the last one, where that is known."""

    count: int
    left: int | None


def composer(
    request: StaffRequest, conversation: Conversation, draft: Draft | None = None, wrong: Wrong | None = None
) -> dict[str, Any]:
    """The context of `_composer.html`: where an answer goes, what it can carry, and until when."""
    route = where(conversation)
    text = draft.text if draft else ""
    context: dict[str, Any] = {"conversation": conversation, "route": route, "wrong": wrong, "text": text}
    context |= {"mark": mark(route), "quoting": "", "quoted": "", "seen": newest_answer(conversation)}
    context |= hours.waiting(request, conversation)
    if draft is not None and draft.quoting:
        quoted = Incoming.objects.filter(conversation=conversation, provider_id=draft.quoting).first()
        context |= {"quoting": draft.quoting, "quoted": quoted.text if quoted else ""}
    if route is None or route.closed:
        context["phone"] = _phone(conversation)
    if route is not None and route.closed:
        context |= pieces.closed(conversation, route)
    if route is not None:
        context |= {"limit": limit(route.card), "most_files": MOST_FILES, "longest": _longest(route.card)}
        context |= {"counted": route.card.segments is not None, "parts": parts(route.card, text)}
        context |= {"until": _soon(route.open_until), "hours": hours.hours(context["hour_zone"])}
        context["window"] = int(route.card.window / timedelta(hours=1)) if route.card.window else 0
        context["kept"] = [(_sealed(conversation, file), file) for file in (draft.kept if draft else ())]
    return context


def mark(route: Route | None) -> str:
    """A word that changes with the way: an open page asks for its composer anew."""
    return "" if route is None else f"{route.account.pk}:{route.address}:{int(route.closed)}"


def limit(card: Card) -> int:
    """Bytes of one file that may go out; 0: none may."""
    return min(card.file_limit or BIGGEST, BIGGEST) if card.carries_files else 0


def parts(card: Card, text: str) -> Parts | None:
    """None where a message costs the same however long it is, or nothing is typed."""
    if card.segments is None or not text:
        return None
    count, cut = card.segments(text), sms.cut(text)
    return Parts(count, cut.left if len(cut.parts) == count else None)


def wrong_with(route: Route | None, draft: Draft) -> str:
    """Why this cannot be sent, in plain words; '' when it can."""
    if route is None:
        return _("There is no channel to write to this patient. Call them, or link a chat.")
    if route.closed:
        return _("%(channel)s takes no free words now: the patient has to write first.") % _of(route)
    if not draft.text and not draft.files and not draft.kept:
        return _("Write something first.")
    if GAP in draft.text:
        return _("Fill in what is marked «%(gap)s»: it is not known here.") % {"gap": GAP}
    longest = _longest(route.card)
    if len(draft.text) > longest:
        return _("The text is too long: %(n)d characters of %(most)d.") % {"n": len(draft.text), "most": longest}
    sizes = [(file.name, file.size or 0) for file in draft.kept]
    sizes += [(file.name or "file", file.size or 0) for file in draft.files]
    return _wrong_files(route, sizes)


def _wrong_files(route: Route, files: Sequence[tuple[str, int]]) -> str:
    most = limit(route.card)
    if files and not most:
        return _("%(channel)s does not carry files.") % _of(route)
    if len(files) > MOST_FILES:
        return _("At most %(most)d files at once.") % {"most": MOST_FILES}
    for name, size in files:
        if not size:
            return _("The file «%(name)s» is empty.") % {"name": name}
        if size > most:
            told = {"name": name, "most": most // 1024 // 1024, **_of(route)}
            return _("«%(name)s» is too big: %(channel)s takes %(most)d MB at most.") % told
    return ""


@screen(*WORKS)
def shown(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/composer`: the composer alone, when the way has changed under an open page."""
    conversation = guard.conversation(request.user, conversation_id)
    return render(request, "web/chats/_composer.html", alone(request, conversation))


def alone(
    request: StaffRequest, conversation: Conversation, draft: Draft | None = None, wrong: Wrong | None = None
) -> dict[str, Any]:
    """The composer's context with the zone its template needs, where the thread is not shown with it."""
    return {**composer(request, conversation, draft, wrong), "zone": frame.zone_of(request)}


@screen(*WORKS)
@require_POST
def typing(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Somebody is typing in the composer: the patient may see it."""
    show_typing(guard.conversation(request.user, conversation_id))
    return HttpResponse(status=204)


@screen(*WORKS)
@require_POST
def count(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/parts`: how many SMS the text would be. By POST: words to a patient belong in no address."""
    route = where(guard.conversation(request.user, conversation_id))
    text = request.POST.get("text", "").strip()[: LONGEST * 2]
    return render(request, "web/chats/_parts.html", {"parts": parts(route.card, text) if route else None})


def typed(request: StaffRequest, conversation: Conversation) -> Draft:
    """What the form brought."""
    files = tuple(request.FILES.getlist("files"))
    kept = _unsealed(conversation, request.POST.getlist("kept"))
    return Draft(request.POST.get("text", "").strip(), files, request.POST.get("quoting", "")[:200], kept)


def send(request: StaffRequest, conversation: Conversation, draft: Draft) -> Wrong | None:
    """Send it where the composer said, now or at the hour the form names. What is wrong; None when it is on its way."""
    route, (sure, code, moment) = where(conversation), _hour(request)
    if wrong := wrong_with(route, draft):
        return Wrong(wrong)
    assert route is not None
    there = hours.zone(request, conversation)
    try:
        at = hours.hour_in(code, moment, there)
    except hours.NotThen as error:
        return Wrong(str(error))
    if at is not None:
        if night := "" if sure == "night" else hours.at_night(conversation, at, there):
            return Wrong(night, _("Send at this time all the same"), "|".join(("night", code, moment)))
        if route.open_until is not None and at >= route.open_until:
            until = {"time": say.when(route.open_until, there), **_of(route)}
            return Wrong(_("%(channel)s takes free words until %(time)s. Choose an earlier time.") % until)
    try:
        with transaction.atomic():
            seen = request.POST.get("seen", "")
            answer = None if sure == "answered" else answered_meanwhile(conversation, request.user, seen)
            if answer is not None:
                return _answered(answer, "|".join(("answered", code, moment)))
            files = [*draft.kept, *_kept(route.card, draft.files)]
            hold = Hold(at, chosen=True) if at is not None else moment_to_undo()
            reply(request.user, conversation, draft.text, files, _quoting(route, conversation, draft), hold)
            stops_writing(conversation, request.user)
    except (NowhereToWrite, WindowClosed):  # it was still open a moment ago
        return Wrong(_("The way to the patient has just closed. Look below, and try again."))
    except CannotCarry as error:
        return Wrong(str(error))
    return None


def _hour(request: StaffRequest) -> tuple[str, str, str]:
    """What is sure, and the hour meant: its code, and the moment as it was typed. The button of a second press carries
    all three, so that the hour of before is meant and no other."""
    sure = request.POST.get("sure", "").split("|")
    if len(sure) == 3:
        return sure[0], sure[1], sure[2]
    return "", request.POST.get("later", ""), request.POST.get("later_at", "")[:20]


def _answered(answer: Answer, sure: str) -> Wrong:
    said = answer.text if len(answer.text) <= SAID_ALL else f"{answer.text[:SAID_ALL]}…"
    told = _("%(name)s has answered meanwhile: «%(text)s».") % {"name": answer.name, "text": said or _("a file")}
    return Wrong(told, _("Send all the same"), sure)


def _kept(card: Card, files: Sequence[UploadedFile[Any]]) -> list[StoredFile]:
    kept = []
    for file in files:
        name = file.name or "file"
        fits(card, name, file.size or 0)
        mime = plain(file.content_type or "") or mimetypes.guess_type(name)[0] or "application/octet-stream"
        kept.append(keep(name, mime, file.read()))
    return kept


def _sealed(conversation: Conversation, file: StoredFile) -> str:
    """A file of this thread as the form carries it: nobody can name another one."""
    return signing.dumps([file.pk, conversation.pk], salt=SEAL)


def _unsealed(conversation: Conversation, seals: Sequence[str]) -> tuple[StoredFile, ...]:
    numbers = []
    for seal in seals[:MOST_FILES]:
        try:
            number, of = signing.loads(seal, salt=SEAL)
        except signing.BadSignature:
            continue
        if of == conversation.pk:
            numbers.append(number)
    found = StoredFile.objects.in_bulk(numbers) if numbers else {}
    return tuple(found[number] for number in numbers if number in found)


def _quoting(route: Route, conversation: Conversation, draft: Draft) -> str:
    """Only what was said in this thread on this very chat can be quoted there."""
    if not draft.quoting or not route.card.replies:
        return ""
    said = Incoming.objects.filter(
        conversation=conversation, account=route.account, address=route.address, provider_id=draft.quoting
    )
    return draft.quoting if said.exists() else ""


def _phone(conversation: Conversation) -> str:
    points = ContactPoint.objects.filter(patient=conversation.patient_id, kind="phone", removed_at=None)
    found = sorted(points, key=lambda p: (p.relation != "own", p.pk)) if conversation.patient_id else []
    return found[0].address if found else ""


def _longest(card: Card) -> int:
    return min(LONGEST, card.text_limit)


def _soon(until: datetime | None) -> datetime | None:
    return until if until is not None and now() < until <= now() + SOON else None


def _of(route: Route) -> dict[str, str]:
    return {"channel": route.channel_title}
