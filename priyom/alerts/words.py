"""What the staff read: short, and with what they need to act."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings

from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Account
from priyom.delivery.weather_day import Share
from priyom.delivery.weather_models import Spell
from priyom.foundation.phone import show
from priyom.inbox.desk_models import Note
from priyom.inbox.models import CallTask, Conversation
from priyom.notifications.variables import moment

BUTTONS = ((("take", "Взял"),), (("reached", "Дозвонился, придет"), ("unreached", "Не дозвонился")),
           (("gone", "Отменил визит"),))  # fmt: skip
"""Rows of (action, label) under a call task."""
ASKED = (
    "Вас пока не подключили к оповещениям. Руководитель видит вашу просьбу в Приёме: Каналы, Оповещения сотрудников."
)


def link(path: str) -> str:
    """An address in the program."""
    return urljoin(settings.PUBLIC_URL + "/", path.lstrip("/"))


def of_task(task: CallTask, *, details: bool) -> str:
    """«Позвонить до 13:00: Анна Иванова, +7 ...»."""
    zone = ZoneInfo(task.visit.branch.time_zone if task.visit else settings.TIME_ZONE)
    head = f"☎ Позвонить до {_clock(task.due_at, zone)}"
    where = link(f"/tasks?task={task.pk}")
    if not details:
        return f"{head}: пациент не ответил на сообщения.\n{where}"
    lines = [f"{head}: {task.patient.full_name}"]
    phone = task.patient.contacts.filter(kind="phone", removed_at=None).order_by("id").first()
    lines += [show(phone.address)] if phone else ["номера телефона нет"]
    if task.visit is not None:
        words = moment("v", task.visit.starts_at, zone, "ru")
        lines.append(
            f"Визит: {words['v.local_date']}, {words['v.local_time']}, {task.visit.practitioner.short_name}, "
            f"{task.visit.branch.name}"
        )
    lines += [f"Почему: {task.why}"] if task.why else []
    return "\n".join([*lines, where])


def of_chat(conversation: Conversation, *, details: bool) -> str:
    """«Вам передан диалог: Анна Иванова: ...»."""
    where = link(f"/chats?chat={conversation.pk}")
    if not details or conversation.patient is None:
        return f"✉ Вам передан диалог.\n{where}"
    return f"✉ Вам передан диалог: {conversation.patient.full_name}\n«{conversation.last_text}»\n{where}"


def of_note(note: Note, *, details: bool) -> str:
    """«Ольга Ли упоминает вас в заметке: Анна Иванова: ...»."""
    where = link(f"/chats?chat={note.conversation_id}&at=n{note.pk}")
    who = (note.author.get_full_name() or note.author.username) if note.author else "Коллега"
    if not details:
        return f"✉ {who} упоминает вас в заметке.\n{where}"
    of = f" · {note.conversation.patient.full_name}" if note.conversation.patient else ""
    return f"✉ {who} упоминает вас в заметке{of}\n«{note.text[:300]}»\n{where}"


def of_channel(account: Account, health: str, why: str) -> str:
    """«Канал Telegram не работает: ...»."""
    name = f"{find_channel(account.channel).card.title} ({account.name})"
    where = link(f"/accounts/{account.pk}")
    if health == "ok":
        return f"✓ Канал {name} снова работает."
    state = "остановлен, нужен человек" if health == "broken" else "не отвечает, пробуем снова"
    return f"! Канал {name} {state}: {why or 'причина неизвестна'}. Сообщения идут другими каналами.\n{where}"


def of_weather(spell: Spell, zone: ZoneInfo) -> str:
    """«SMS-центр: доставка упала с 97 % до 61 % с 14:20 ...», at the beginning of a spell."""
    name = of_place(spell)
    since = f"{spell.since.astimezone(zone):%H:%M}"
    usual = "" if spell.usual is None else f", обычно {percent(spell.usual)}"
    share = percent(spell.share or 0)
    if spell.kind == "down":
        said = f"не отвечает с {since}"
    elif spell.kind == "answers":
        said = f"с {since} отвечают на {share} сообщений{usual}; шлюз их принимает, доходят ли - неизвестно"
    elif spell.kind == "taken" or not _tells(spell.account):
        said = f"с {since} принимает {share} сообщений{usual}"
    else:
        said = f"с {since} доходит {share} сообщений{usual}"
    return (
        f"! {name} {said}. Напоминания идут другими каналами, у кого они есть; вернутся сами.\n"
        f"{link(f'/accounts/{spell.account_id}')}"
    )


def of_weather_over(spell: Spell, zone: ZoneInfo) -> str:
    """«✓ SMS-центр снова доставляет как обычно: было с 14:20 до 15:05.»."""
    ended = spell.ended_at or spell.noticed_at
    return (
        f"✓ {of_place(spell)} снова работает как обычно: плохо было с {_clock(spell.since, zone)} "
        f"до {_clock(ended, zone)}. Напоминания возвращаются сюда."
    )


def of_place(spell: Spell) -> str:
    """Whose weather it is: «SMSC (Проба), номера Казахстана»."""
    place = {"RU": ", номера России", "KZ": ", номера Казахстана"}.get(spell.place, "")
    return f"{find_channel(spell.account.channel).card.title} ({spell.account.name}){place}"


def _tells(account: Account) -> bool:
    return Signal.DELIVERED in find_channel(account.channel).card.signals


def percent(share: float) -> str:
    """«61 %», cut and not rounded: 94.9 is not 95."""
    return f"{int(share * 100 + 1e-9)} %"


def of_day(day: date) -> str:
    """«за 02.03» as it stands in alarms of a day; by it a day's alarm is known."""
    return f"за {day:%d.%m}"


def of_share(share: Share, when: str, *, over: bool) -> str:
    """«За 02.03 доходит 61 % ...»."""
    name, where = "Все каналы вместе", link("/accounts/numbers")
    if share.account is not None:
        name = f"{find_channel(share.account.channel).card.title} ({share.account.name})"
        where = link(f"/accounts/{share.account.pk}")
    verb = "дошло" if over else "пока дошло"
    return (
        f"! {name}: {when} {verb} {percent(share.arrived / share.ended)} сообщений о визитах, {share.arrived} из "
        f"{share.ended}. Норма от 95 %.\n{where}"
    )


def closed(text: str, why: str) -> str:
    """The message of a thing that needs nobody any more."""
    return f"{text}\n\n✓ {why}" if why else text


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M} {local:%d.%m}"
