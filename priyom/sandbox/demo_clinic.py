"""The demo clinic itself, as tables: two branches in different zones, eight doctors with hours, services, staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from priyom.alerts.models import Recipient
from priyom.appointments.models import WorkingHours
from priyom.clinic import staff
from priyom.clinic.house import house
from priyom.clinic.models import Branch, Practitioner, Service, Staff
from priyom.contracts import registry
from priyom.contracts.card import Audience
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.sandbox.demo_people import MARK

CLINIC = "Клиника «Приём»"

BRANCHES = (
    ("almaty", "Филиал в Алматы", "пр. Абая, 150, 2 этаж", "+77270000150", "Asia/Almaty"),
    ("ekb", "Филиал в Екатеринбурге", "ул. Малышева, 51", "+73430000051", "Asia/Yekaterinburg"),
)

DOCTORS = (
    # id, name, specialty, branch, opens, closes, day off (0 is Monday), services
    ("d1", "Сейткали Айгерим Маратовна", "Терапевт", 0, 8, 14, 6, ("s1", "s2", "s10")),
    ("d2", "Юсупов Тимур Рашидович", "Кардиолог", 0, 9, 15, 5, ("s3", "s4")),
    ("d3", "Ковалева Ирина Андреевна", "Гинеколог", 0, 12, 18, 2, ("s5", "s6")),
    ("d4", "Бейсенов Арман Қайратұлы", "Стоматолог", 0, 14, 20, 0, ("s8", "s9")),
    ("d5", "Петров Сергей Иванович", "Терапевт", 1, 8, 14, 6, ("s1", "s2")),
    ("d6", "Лаврова Анна Викторовна", "Кардиолог", 1, 10, 16, 5, ("s3", "s4")),
    ("d7", "Громов Олег Павлович", "Уролог", 1, 13, 19, 3, ("s7", "s6")),
    ("d8", "Белова Мария Сергеевна", "Стоматолог", 1, 14, 20, 1, ("s8", "s9")),
)

SERVICES = (
    # id, name, sensitive, minutes
    ("s1", "Прием терапевта", False, 30),
    ("s2", "Повторный прием терапевта", False, 30),
    ("s3", "Прием кардиолога", False, 30),
    ("s4", "ЭКГ с расшифровкой", False, 30),
    ("s5", "Прием гинеколога", False, 30),
    ("s6", "Анализ на инфекции, передаваемые половым путем", True, 30),
    ("s7", "Прием уролога", True, 30),
    ("s8", "Лечение кариеса", False, 60),
    ("s9", "Осмотр стоматолога", False, 30),
    ("s10", "Вакцинация", False, 30),
)

SIGN_IN: tuple[tuple[str, str, str], ...] = (
    ("registrar", "demo-registrar", "регистратор: день, переписка, звонки"),
    ("owner", "demo-owner", "руководитель: вся клиника"),
    ("doctor", "demo-doctor", "врач: визиты и пациенты, только просмотр"),
    ("admin", "demo-admin", "администратор системы: каналы и настройки"),
)

ROUTED = frozenset({"telegram", "max_messenger", "smsc", "smtp", "vk", "whatsapp"})
"""Channels the demo clinic's reminders go through at once; the others stand by, connected."""

NAMES = {"registrar": "Гульмира Смагулова", "owner": "Виктор Ким", "doctor": "Айгерим Сейткали", "admin": "Олег Титов"}


@dataclass(frozen=True, slots=True)
class DemoDoctor:
    """A doctor with hours and what they do."""

    row: Practitioner
    branch: Branch
    opens: time
    closes: time
    day_off: int
    services: tuple[tuple[Service, int], ...]
    """(service, minutes)"""


def make_house() -> None:
    """The house's rules, as a fresh installation has them, under the demo clinic's name."""
    rules = house()
    if rules.name == "Клиника":
        rules.name = CLINIC
        rules.save(update_fields=["name"])


def make_staff() -> None:
    """Those who can sign in; an account that exists keeps its password."""
    known = set(Staff.objects.filter(username__in=NAMES).values_list("username", flat=True))
    for login, password, _ in SIGN_IN:
        if login not in known:
            staff.create(login, password, login, name=NAMES[login])
    Staff.objects.filter(username="doctor", practitioner=None).update(
        practitioner=Practitioner.objects.filter(external_id=f"{MARK}d1").first()
    )


def make_recipients() -> None:
    """The registrar in every messenger of the staff, so that call tasks arrive there. Where somebody is told already,
    nobody is added."""
    cards = {card.key: card for card in registry.cards() if card.audience is Audience.STAFF and card.example}
    registrar = Staff.objects.get(username="registrar")
    for account in Account.objects.filter(demo=True, channel__in=cards, recipients=None):
        Recipient.objects.create(
            account=account, address=cards[account.channel].example, name=NAMES["registrar"], staff=registrar,
            alarms=True, chats=True, created_at=now(),
        )  # fmt: skip


def make_clinic() -> list[DemoDoctor]:
    """Branches, services, doctors and their hours; what is there already stays as the clinic changed it."""
    branches = [
        Branch.objects.get_or_create(
            external_id=MARK + key, defaults={"name": name, "address": address, "phone": phone, "time_zone": zone}
        )[0]
        for key, name, address, phone, zone in BRANCHES
    ]
    services = {key: (_service(key, name, private), minutes) for key, name, private, minutes in SERVICES}
    return [
        _doctor(key, name, specialty, branches[branch], (time(opens), time(closes)), off, [services[s] for s in does])
        for key, name, specialty, branch, opens, closes, off, does in DOCTORS
    ]


def _service(key: str, name: str, sensitive: bool) -> Service:
    defaults = {"name": name, "sensitive": sensitive}
    return Service.objects.get_or_create(external_id=MARK + key, defaults=defaults)[0]


def _doctor(
    key: str, name: str, specialty: str, branch: Branch, shift: tuple[time, time], off: int,
    services: list[tuple[Service, int]],
) -> DemoDoctor:  # fmt: skip
    row, made = Practitioner.objects.get_or_create(
        external_id=MARK + key, defaults={"name": name, "specialty": specialty}
    )
    if made:
        WorkingHours.objects.bulk_create(
            WorkingHours(practitioner=row, branch=branch, weekday=day, opens=shift[0], closes=shift[1])
            for day in range(7)
            if day != off
        )
    return DemoDoctor(row, branch, shift[0], shift[1], off, tuple(services))
