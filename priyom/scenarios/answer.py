"""Act on an answer. An old button never acts on a changed visit; it shows how things stand now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from priyom.appointments.change import NotLive, cancel, confirm, move
from priyom.appointments.free import TimeTaken
from priyom.appointments.models import LIVE, State, Visit
from priyom.appointments.rebook import rebook, rebooked
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.inbox.facts import PatientReplied
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.tasks import open_call_task
from priyom.inbox.turn import asks
from priyom.notifications.notify import last_call
from priyom.notifications.offers import offers
from priyom.notifications.respond import respond
from priyom.patients.models import ContactPoint

UNFINISHED = {
    "reply_cancel_ask": "по телефону хочет отменить визит",
    "reply_offers": "по телефону просит другое время",
    "reply_taken": "выбранное время занято, просит другое",
}
"""Replies that ask something back, and what a person is told when there is nowhere to ask."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer with everything around it."""

    fact: PatientReplied
    account: Account
    point: ContactPoint
    visit: Visit
    version: int
    detail: str
    evidence: str

    def respond(self, kind: str, *, with_offers: bool = False) -> None:
        """Reply in the same chat; when no times are left, a person is asked for."""
        times = offers(self.visit) if with_offers else []
        if with_offers and not times:
            respond(self.account, self.point, "reply_no_times", self.visit)
            self.hand_over()
            return
        told = respond(self.account, self.point, kind, self.visit, times)
        if told is None and kind in UNFINISHED:
            self.call(UNFINISHED[kind])

    def call(self, why: str) -> None:
        """What was begun in a call of ours cannot be finished in writing: a person calls back."""
        due = last_call(self.visit)
        if due > now():
            open_call_task(self.visit, why, due)
        self.hand_over()

    def hand_over(self) -> None:
        """A person has to go on from here: the thread waits for an answer."""
        for thread in Conversation.objects.filter(patient_id=self.fact.patient_id):
            asks(thread, "", now())


def answer(fact: PatientReplied) -> None:
    """Perform the action of a reply; one without action (or about the channel itself) is left alone."""
    verb, _, rest = fact.action.partition(":")
    perform = VERBS.get(verb)
    asked = _asked(fact, rest) if perform else None
    if perform is None or asked is None:
        return
    if verb == "rebook":
        _rebook(asked)
    elif asked.visit.state not in LIVE:
        asked.respond("reply_over")
    elif asked.visit.version != asked.version:
        asked.respond("reply_stale")
    else:
        perform(asked)


def _asked(fact: PatientReplied, rest: str) -> Asked | None:
    visit_id, _, more = rest.partition(":")
    version, _, detail = more.partition(":")
    visit = (
        Visit.objects.select_for_update(of=("self",))  # nobody moves it between our look and our act
        .select_related("patient", "branch", "service", "practitioner")
        .filter(pk=int(visit_id), patient_id=fact.patient_id)
        .first()
    )
    point = ContactPoint.objects.select_related("patient").filter(pk=fact.contact_point_id or 0).first()
    if visit is None or point is None:
        return None
    account = Account.objects.get(pk=fact.account_id)
    return Asked(fact, account, point, visit, int(version), detail, _evidence(fact, account))


def _evidence(fact: PatientReplied, account: Account) -> str:
    title = find_channel(account.channel).card.title
    if fact.pressed:
        return f"кнопка в {title}"
    said = Incoming.objects.get(pk=fact.incoming_id).text
    return f"ответ «{said[:40]}» в {title}"


def _confirm(asked: Asked) -> None:
    confirm(asked.visit.pk, by="patient", channel=asked.account.channel, evidence=asked.evidence)
    card = find_channel(asked.account.channel).card
    # A pressed «Приду» is answered by the message itself, edited; everything else by a message.
    if not (asked.fact.pressed and card.edits and asked.fact.action.startswith("confirm:")):
        asked.respond("reply_confirmed")


def _cancel_ask(asked: Asked) -> None:
    asked.respond("reply_cancel_ask")


def _cancel(asked: Asked) -> None:
    cancel(asked.visit.pk, by="patient", channel=asked.account.channel, evidence=asked.evidence)


def _offer(asked: Asked) -> None:
    asked.respond("reply_offers", with_offers=True)


def _other_time(asked: Asked) -> None:
    asked.respond("reply_to_person")
    asked.hand_over()


def _span(asked: Asked) -> tuple[datetime, datetime]:
    start = datetime.fromtimestamp(int(asked.detail), UTC)
    return start, start + (asked.visit.ends_at - asked.visit.starts_at)


def _take_slot(asked: Asked) -> None:
    start, end = _span(asked)
    if start <= now():
        asked.respond("reply_offers", with_offers=True)
        return
    try:
        move(
            asked.visit.pk, start, end, by="patient", channel=asked.account.channel, evidence=asked.evidence,
            claim_time=True,
        )  # fmt: skip
    except TimeTaken:
        asked.respond("reply_taken", with_offers=True)
    except NotLive:
        asked.respond("reply_over")


def _rebook(asked: Asked) -> None:
    start, end = _span(asked)
    old = asked.visit
    if old.state != State.MISSED:
        asked.respond("reply_over")
        return
    made = rebooked(old)
    if made is not None:  # a second time pressed after one was taken: it is shown what stands
        replace(asked, visit=made).respond("reply_stale" if made.state in LIVE else "reply_over")
        return
    if start <= now():
        asked.respond("reply_offers", with_offers=True)
        return
    try:
        rebook(old, start, end)
    except TimeTaken:
        asked.respond("reply_taken", with_offers=True)


VERBS: dict[str, Callable[[Asked], None]] = {
    "confirm": _confirm,
    "keep": _confirm,
    "cancel": _cancel_ask,
    "cancel_yes": _cancel,
    "move": _offer,
    "slot": _take_slot,
    "other_time": _other_time,
    "rebook": _rebook,
}
