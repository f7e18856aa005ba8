"""Rows for tests: a branch, a doctor, a patient with contacts, a visit, an account of a channel. Nothing is faked; what
the rooms' own verbs can make is made by them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from priyom.appointments.book import VisitRecord, book
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Practitioner, Service, Staff
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import emulator
from priyom.delivery import accounts
from priyom.delivery.models import Account, Delivery, Doubt, RawUpdate
from priyom.foundation.clock import now
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import ContactPoint, Patient, Reach
from priyom.sandbox.world import StillWorld

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""Monday, 11:00 in Almaty: the day the tests' clinic lives in."""

SETTINGS: dict[str, dict[str, object]] = {
    "telegram": {"token": "7000000001:test"},
    "max_messenger": {"token": "max-test"},
    "smsc": {"login": "clinic", "password": "secret"},
    "smtp": {"host": "127.0.0.1", "from_address": "clinic@example.org", "security": "none"},
}
PHONE, CHAT, MAX_CHAT, MAIL = "+77011234567", "500100200", "210045", "anna@example.org"
ADDRESSES = {"phone": PHONE, "telegram": CHAT, "max": MAX_CHAT, "email": MAIL}

_number = itertools.count(1)


def make_branch(zone: str = "Asia/Almaty", **over: object) -> Branch:
    """A branch open from 8 to 20."""
    n = next(_number)
    values: dict[str, object] = {
        "name": f"На Абая {n}", "address": f"пр. Абая, {n}", "phone": "+77272000000", "time_zone": zone,
    }  # fmt: skip
    return Branch.objects.create(external_id=f"b-{n}", **{**values, **over})


def make_practitioner(name: str = "Ахметова Айгуль Кайратовна") -> Practitioner:
    """A doctor."""
    return Practitioner.objects.create(external_id=f"d-{next(_number)}", name=name, specialty="терапевт")


def make_service(name: str = "Прием терапевта", *, sensitive: bool = False) -> Service:
    """What is done."""
    return Service.objects.create(external_id=f"s-{next(_number)}", name=name, sensitive=sensitive)


def make_staff(role: str = "registrar", *branches: Branch) -> Staff:
    """Somebody of the clinic; without branches they see all."""
    staff = Staff.objects.create(username=f"staff-{next(_number)}", role=role, first_name="Ольга", last_name="Ли")
    staff.branches.set(branches)
    return staff


def make_patient(**contacts: str) -> Patient:
    """A patient with contacts by kind: `make_patient(telegram="5001", phone="+7701...")`; also given= and language=."""
    given, language = contacts.pop("given", "Анна"), contacts.pop("language", "ru")
    records = tuple(ContactRecord(kind, address) for kind, address in contacts.items())
    return keep(PatientRecord(f"p-{next(_number)}", "Ким", given, language=language, contacts=records))[0]


def make_visit(patient: Patient, starts_at: datetime | None = None, **over: object) -> Visit:
    """A visit of half an hour, the day after tomorrow unless told; VisitBooked is recorded, nobody has reacted yet."""
    start = starts_at or now() + timedelta(days=2)
    parts: dict[str, object] = {
        "external_id": f"v-{next(_number)}", "patient": patient, "starts_at": start,
        "ends_at": start + timedelta(minutes=30),
    }  # fmt: skip
    for name, make in (("practitioner", make_practitioner), ("service", make_service), ("branch", make_branch)):
        parts[name] = over.pop(name) if name in over else make()
    return book(VisitRecord(**{**parts, **over}))[0]  # type: ignore[arg-type]


def make_account(channel: str, *, key: str = "", values: Mapping[str, object] | None = None) -> Account:
    """An account of the channel, its settings as one types them in; nothing is asked of any gateway."""
    account = accounts.create(channel, find_channel(channel).card.title, key or channel, values or _settings(channel))
    account.bot_name = "clinic_demo_bot"
    account.save(update_fields=["bot_name"])
    return account


def _settings(channel: str) -> Mapping[str, object]:
    """As one types them in: those of the channel's own emulator, where nothing simpler is given above."""
    return SETTINGS.get(channel) or emulator(channel, StillWorld()).demo_account("http://127.0.0.1:9")


def make_point(patient: Patient, kind: str, address: str = "", relation: str = "own") -> ContactPoint:
    """A contact point the source told of."""
    return ContactPoint.objects.create(
        patient=patient, kind=kind, address=address or ADDRESSES[kind], relation=relation, created_at=now(),
        linked_by="record",
    )  # fmt: skip


def make_reach(patient: Patient, kind: str, channel: str, **values: object) -> Reach:
    """What is known of a patient's contact point on a channel."""
    point = ContactPoint.objects.get(patient=patient, kind=kind)
    return Reach.objects.update_or_create(contact_point=point, channel=channel, defaults=values)[0]


def make_raw(account: Account, body: bytes = b"{}") -> RawUpdate:
    """A webhook as it is kept."""
    return RawUpdate.objects.create(
        account=account, update_key=f"u-{next(_number)}", body=body, received_at=now(), next_try_at=now()
    )


def make_doubt(account: Account, patient: Patient | None, origin: str = "staff", **over: object) -> Doubt:
    """A message that left and was not answered."""
    delivery = Delivery.objects.create(
        account=account, address=CHAT, body={"text": "Приходите к десяти"}, origin=origin, created_at=now(),
        due_at=now(), patient=patient, state="settled", signal="uncertain", evidence="нет ответа", sent_at=now(),
    )  # fmt: skip
    return Doubt.objects.create(delivery=delivery, **{"since": now(), "why": "нет ответа", **over})
