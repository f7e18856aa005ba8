"""What is answered by itself to a person who writes: out of hours, when the desk opens; on a channel that is given up,
where to go on. It is no answer of ours: the person waits on, and a colleague sees the words as before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from priyom.clinic.house import house
from priyom.clinic.models import Branch
from priyom.contracts.card import Audience, Sort
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.foundation.phone import show
from priyom.foundation.remember import once
from priyom.inbox.auto_rules import CLINIC, LINK, OPENS, PHONE, filled, is_open, next_opening, said
from priyom.inbox.chat import Chat
from priyom.inbox.desk_models import AutoAnswer, AutoAnswered
from priyom.inbox.models import Conversation
from priyom.notifications.ways import window_until
from priyom.notifications.wording import languages
from priyom.patients.linking import make_token
from priyom.patients.models import ContactPoint, Patient

FRESH = timedelta(hours=1)
"""Words we learn of later than this are answered by people only: what was true when they were said no longer is."""
HOURS_TEXT = {
    "ru": "Здравствуйте! Сейчас мы закрыты, откроемся {{ opens }}. Ваше сообщение получили и ответим сразу после "
    "открытия. Если помощь нужна срочно, звоните 103.",
    "kk": "Сәлеметсіз бе! Қазір жабықпыз, {{ opens }} ашыламыз. Хабарламаңызды алдық, ашылған соң бірден жауап "
    "береміз. Шұғыл көмек керек болса, 103 нөміріне қоңырау шалыңыз.",
}
REDIRECT_TEXT = {
    "ru": "Здравствуйте! Теперь мы отвечаем здесь: {{ link }}. Откройте ссылку и продолжите там, мы вас узнаем.",
    "kk": "Сәлеметсіз бе! Енді біз мына жерде жауап береміз: {{ link }}. Сілтемені ашып, сол жерде жалғастырыңыз, біз "
    "сізді танимыз.",
}
"""What the settings offer until somebody writes better words."""


def answer_by_itself(chat: Chat, point: ContactPoint | None, thread: Conversation, moment: datetime) -> int | None:
    """Order the automatic answer to words a person has to read, if one is due; the delivery's id. Called with the
    thread's row held, in the transaction that stores the words: it goes once, or is stored with them not at all."""
    card = find_channel(chat.account.channel).card
    if card.sort in (Sort.VOICE, Sort.NOTICE) or card.audience is not Audience.PATIENTS or now() - moment > FRESH:
        return None
    patient = point.patient if point else None
    texts = []
    for answer, branch in _due(chat.account, thread):
        if _too_soon(answer, thread):
            continue
        texts.append(words(answer, branch, patient))
    if not texts:
        return None
    body: dict[str, Any] = {"kind": "auto_answer", "text": "\n\n".join(texts)[: card.text_limit]}
    if (until := window_until(card, now())) is not None:
        body["window_until"] = until.isoformat()
    return enqueue(
        Order(
            account_id=chat.account.pk, address=chat.address, body=body, origin="reply",
            contact_point_id=point.pk if point else None, patient_id=patient.pk if patient else None,
        )
    )  # fmt: skip


def words(answer: AutoAnswer, branch: Branch | None, patient: Patient | None) -> str:
    """What the person reads: in their language, or in both of the house's."""
    codes = languages(patient) if patient else house().languages.split(",")
    spoken = [code for code in codes if code in HOURS_TEXT] or ["ru"]
    link = _link(answer.to_account, patient) if answer.to_account is not None else ""
    return "\n\n".join(filled(text_of(answer, code), _values(branch, code, link)) for code in spoken)


def text_of(answer: AutoAnswer, code: str) -> str:
    """Its text in that language; one without words uses the other."""
    return (answer.text_kk if code == "kk" else answer.text_ru) or answer.text_ru or answer.text_kk


def example(text: str, branch: Branch | None, code: str, link: str) -> str:
    """How a text will read, were somebody to write now that the desk is closed."""
    return filled(text, _values(branch, code, link))


def _due(account: Account, thread: Conversation) -> list[tuple[AutoAnswer, Branch | None]]:
    """What holds now: the channel's redirect, and the hours of the branch this person goes to."""
    rows = _enabled()
    found: list[tuple[AutoAnswer, Branch | None]] = []
    for row in rows:
        if row.account_id == account.pk and leads_on(row, thread.branch):
            found.append((row, thread.branch))
    hours = {row.branch: row for row in rows if row.branch is not None}
    if not hours:
        return found
    branch = thread.branch or _opens_first(list(Branch.objects.order_by("pk")))
    if branch in hours and not is_open(now(), branch.opens, branch.closes, ZoneInfo(branch.time_zone)):
        found.append((hours[branch], branch))
    return found


def leads_on(redirect: AutoAnswer, branch: Branch | None = None) -> bool:
    """Whether people are asked to go on elsewhere now: its last day (where the branch is) is not over, and the other
    channel is there."""
    in_time = redirect.until is None or redirect.until >= _today(branch)
    return redirect.enabled and in_time and redirect.to_account is not None and redirect.to_account.enabled


@once
def _enabled() -> Sequence[AutoAnswer]:
    return list(AutoAnswer.objects.filter(enabled=True).select_related("branch", "to_account"))


def _opens_first(branches: list[Branch]) -> Branch | None:
    """For somebody of whom no branch is known: none while any desk is open, else the one that opens first."""
    at = now()
    if any(is_open(at, one.opens, one.closes, ZoneInfo(one.time_zone)) for one in branches):
        return None
    return min(branches, key=lambda one: next_opening(at, one.opens, ZoneInfo(one.time_zone)), default=None)


def _too_soon(answer: AutoAnswer, thread: Conversation) -> bool:
    """Whether they were told the same lately; if not, it is noted that they are told now."""
    at = now()
    last, created = AutoAnswered.objects.get_or_create(conversation=thread, answer=answer, defaults={"at": at})
    if created:
        return False
    if last.at <= at < last.at + timedelta(hours=answer.pause_hours):
        return True
    AutoAnswered.objects.filter(pk=last.pk).update(at=at)
    return False


def _link(account: Account, patient: Patient | None) -> str:
    """The way into the other channel: a personal link for somebody we know, the plain one for others."""
    link = find_channel(account.channel).card.deep_link
    if not link or not account.bot_name:
        return account.name
    if patient is not None:
        return link.format(bot=account.bot_name, token=make_token(patient))
    return plain(link).format(bot=account.bot_name)


def plain(link: str) -> str:
    """A deep link without the part that names a person."""
    head, found, _tail = link.partition("{token}")
    return head.rsplit("#" if "#" in head else "?", 1)[0] if found else link


def _values(branch: Branch | None, code: str, link: str) -> dict[str, str]:
    values = {LINK: link, CLINIC: house().name}
    if branch is not None:
        zone = ZoneInfo(branch.time_zone)
        at = now()
        opening = next_opening(at, branch.opens, zone)
        values[OPENS] = said(opening, at.astimezone(zone).date(), code)
        values[PHONE] = show(branch.phone) if branch.phone else ""
    return values


def _today(branch: Branch | None) -> date:
    """The day where this person goes; in UTC when that is not known."""
    return now().astimezone(ZoneInfo(branch.time_zone if branch is not None else "UTC")).date()
