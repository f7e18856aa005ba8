"""Conversations of the demo clinic, as they stand in the middle of a day: some wait for an answer, one of them
urgently, some for the patient, some are over. Written as they would have come about; their phones begin empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from priyom.clinic.models import Staff
from priyom.contracts import registry
from priyom.contracts.message import Signal
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import turn
from priyom.inbox.assign import assign
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.models import Conversation, Incoming
from priyom.patients.models import ContactPoint, Reach
from priyom.sandbox.demo_people import MARK

PATIENT, CLINIC = "patient", "clinic"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation with somebody of that language who writes there; `said`: minutes ago, who, what. `over`: nothing
    more is expected; `taken`: the registrar has taken it."""

    channel: str
    language: str
    said: tuple[tuple[int, str, str], ...]
    over: bool = False
    taken: bool = False


TALKS = (
    Talk("telegram", "ru", (
        (1, PATIENT, "После вчерашнего укола рука отекла и сильно болит. Что мне делать?"),
    )),
    Talk("max_messenger", "ru", (
        (6, PATIENT, "Здравствуйте! Можно завтра прийти с ребенком? Не с кем оставить"),
    )),
    Talk("telegram", "kk", (
        (23, PATIENT, "Сәлеметсіз бе! Анализге ашқарынға келу керек пе?"),
    )),
    Talk("telegram", "ru", (
        (78, PATIENT, "Добрый день, хочу перенести прием, не успеваю с работы"),
        (74, CLINIC, "Здравствуйте! Перенесем, конечно. Какой день и какое время вам удобны?"),
    ), taken=True),
    Talk("telegram", "kk", (
        (135, PATIENT, "Маған жұмысқа анықтама керек еді"),
        (121, CLINIC, "Анықтаманы дәрігер қабылдаудан кейін береді. Қай күнге керек?"),
    )),
    Talk("telegram", "ru", (
        (195, PATIENT, "Подскажите, готовы ли мои анализы крови?"),
        (188, CLINIC, "Здравствуйте! Да, готовы с утра. Забрать их можно в регистратуре до 20:00."),
        (186, PATIENT, "Спасибо большое!"),
    ), over=True),
    Talk("vk", "ru", (
        (1530, PATIENT, "Перед ЭКГ можно пить кофе?"),
        (1521, CLINIC, "Лучше не надо: за два часа до ЭКГ не пьют кофе и не курят. Воду можно."),
        (1519, PATIENT, "А таблетки от давления?"),
        (1517, CLINIC, "Их принимайте как обычно и скажите о них врачу."),
        (1516, PATIENT, "Хорошо, спасибо"),
    ), over=True),
    Talk("max_messenger", "ru", (
        (1610, PATIENT, "Забыла у вас зонт на втором этаже, синий"),
        (1598, CLINIC, "Нашли, он ждет вас в регистратуре."),
        (1590, PATIENT, "Ура, зайду завтра!"),
    ), over=True),
)  # fmt: skip


def make_chats() -> None:
    """Let them have been held; where there is any conversation already, none is added."""
    if Conversation.objects.exists():
        return
    registrar = Staff.objects.get(username="registrar")
    taken: set[int] = set()
    for talk in TALKS:
        account = Account.objects.filter(channel=talk.channel, demo=True).first()
        point = next((point for point in _people(talk, taken)), None)
        if account is not None and point is not None:
            taken.add(point.patient_id)
            _hold(talk, account, point, registrar)


def _people(talk: Talk, taken: set[int]) -> Iterator[ContactPoint]:
    """Addresses of those who have answered on that channel and are in no other talk."""
    reached = Reach.objects.filter(
        channel=talk.channel, lost_at=None, answered_at__isnull=False, contact_point__removed_at=None,
        contact_point__patient__language=talk.language, contact_point__patient__external_id__startswith=MARK,
    ).select_related("contact_point__patient")  # fmt: skip
    for reach in reached.exclude(contact_point__patient__in=taken).order_by("contact_point_id"):
        yield reach.contact_point


def _hold(talk: Talk, account: Account, point: ContactPoint, registrar: Staff) -> None:
    at = now()
    thread = conversation_of(point.patient)
    last = talk.said[-1]
    for line in talk.said:
        minutes, who, text = line
        with clock.standing(at - minutes * MINUTE):
            if who == PATIENT:
                _hears(thread, account, point.address, text, thanks=talk.over and line == last)
            else:
                _answers(thread, account, point, text, registrar)
            if talk.over and line == last:
                turn.rests(thread, registrar)
    if talk.taken:
        assign(thread, registrar, registrar)


def _hears(thread: Conversation, account: Account, address: str, text: str, *, thanks: bool) -> None:
    Incoming.objects.create(conversation=thread, account=account, address=address, at=now(), text=text)
    touch(thread, text, now(), needs_answer=not thanks, channel=account.channel)


def _answers(thread: Conversation, account: Account, point: ContactPoint, text: str, registrar: Staff) -> None:
    seen = max(registry.channel(account.channel).card.signals, key=lambda signal: signal.rung, default=Signal.ACCEPTED)
    Delivery.objects.create(
        account=account, address=point.address, contact_point=point, patient=point.patient, body={"text": text},
        origin="staff", origin_id=registrar.pk, state="settled", signal=seen, created_at=now(), due_at=now(),
        sent_at=now(),
    )  # fmt: skip
    Conversation.objects.filter(pk=thread.pk).update(last_at=now(), last_text=text, unread=0)
    turn.expects(thread, registrar)
