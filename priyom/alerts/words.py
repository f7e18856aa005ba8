"""What the staff read: short, and with what they need to act."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings

from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Account
from priyom.foundation.phone import show
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


def of_channel(account: Account, health: str, why: str) -> str:
    """«Канал Telegram не работает: ...»."""
    name = f"{find_channel(account.channel).card.title} ({account.name})"
    where = link(f"/accounts/{account.pk}")
    if health == "ok":
        return f"✓ Канал {name} снова работает."
    state = "остановлен, нужен человек" if health == "broken" else "не отвечает, пробуем снова"
    return f"! Канал {name} {state}: {why or 'причина неизвестна'}. Сообщения идут другими каналами.\n{where}"


def of_share(account: Account, arrived: int, sent: int) -> str:
    """«За сутки дошло 61 % ...»."""
    title = find_channel(account.channel).card.title
    share = 100 * arrived // sent
    return (
        f"! {title} ({account.name}): за сутки дошло {share} % сообщений, {arrived} из {sent}. "
        f"Обычно больше 95 %.\n{link(f'/accounts/{account.pk}')}"
    )


def closed(text: str, why: str) -> str:
    """The message of a thing that needs nobody any more."""
    return f"{text}\n\n✓ {why}" if why else text


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M} {local:%d.%m}"
