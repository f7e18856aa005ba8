"""Loads the demo clinic. Safe to repeat: what is there stays, what is missing is made. The channel accounts that lead
to the sandbox's emulators and the staff are made always; patients and visits when asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from priyom.clinic.models import Branch
from priyom.contracts import registry
from priyom.contracts.card import Audience, Card
from priyom.delivery import accounts
from priyom.delivery.models import Account, Purpose
from priyom.foundation.clock import now
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import ContactPoint, Patient, Reach
from priyom.patients.sources import home
from priyom.sandbox.demo_chats import make_chats
from priyom.sandbox.demo_clinic import BRANCHES, ROUTED, SIGN_IN, make_clinic, make_house, make_recipients, make_staff
from priyom.sandbox.demo_people import COUNT, MARK, DemoContact, DemoPatient, patients
from priyom.sandbox.demo_ready import make_ready
from priyom.sandbox.demo_visits import make_visits
from priyom.sandbox.world import StillWorld
from priyom.scenarios import catalogue

__all__ = ["SIGN_IN", "load"]


def load(with_patients: bool) -> None:
    """Make the demo clinic, in one transaction; `with_patients` False leaves it without patients and visits."""
    with transaction.atomic():
        make_house()
        _connect_channels(ROUTED | {"sip_voice"} if with_patients else ROUTED)
        catalogue.load()
        if with_patients:
            _open_site()
            doctors = make_clinic()
            make_visits(doctors, _make_patients())
        make_staff()
        if with_patients:
            make_recipients()
            make_ready()
            make_chats()


def _connect_channels(routed: Collection[str]) -> None:
    known = set(Account.objects.values_list("key", flat=True))
    for key in registry.names():
        if key in known:
            continue
        wanted = registry.emulator(key, StillWorld()).demo_account(settings.SANDBOX_URL)
        account = accounts.create(key, f"{registry.channel(key).card.title}, демо", key, wanted)
        account.demo, account.warm_since, account.purpose = True, None, _purpose(registry.channel(key).card, routed)
        account.save(update_fields=["demo", "warm_since", "purpose"])


SITE = "site"


def _open_site() -> None:
    """The chat that the portal itself shows, on a made-up site: no emulator plays its visitors, one is a visitor."""
    if Account.objects.filter(key=SITE).exists():
        return
    page = f"{settings.PUBLIC_URL}/chat/{SITE}/demo"
    stored = f"{settings.LOCAL_URL}/chat/{SITE}/stored"
    channel = next(card.key for card in registry.cards() if card.contact_kind == "webchat")
    account = accounts.create(channel, "Чат на учебном сайте", SITE, {"site_url": page, "files_url": stored})
    account.bot_name, account.purpose = page[:100], Purpose.TALK
    account.save(update_fields=["bot_name", "purpose"])


def _purpose(card: Card, routed: Collection[str]) -> Purpose:
    """One with another of its kind in use is its spare; one that would add a way of its own waits to be chosen."""
    if card.audience is Audience.STAFF or card.key in routed:
        return Purpose.ALL
    if card.contact_kind == "webchat":
        return Purpose.TALK
    used = {(other.sort, other.contact_kind) for key in routed if key in registry.names()
            for other in [registry.channel(key).card]}  # fmt: skip
    return Purpose.SPARE if (card.sort, card.contact_kind) in used else Purpose.CAMPAIGNS


def _make_patients() -> Mapping[int, Sequence[Patient]]:
    """The patients, by the id of the branch they go to."""
    branches = {branch.external_id: branch.pk for branch in Branch.objects.filter(external_id__startswith=MARK)}
    ids = [branches[MARK + row[0]] for row in BRANCHES]
    found: dict[int, list[Patient]] = {branch_id: [] for branch_id in ids}
    made = patients()
    if Patient.objects.filter(external_id__startswith=f"{MARK}p").count() < COUNT:
        for person in made:
            _make_patient(person)
    rows = Patient.objects.filter(external_id__startswith=f"{MARK}p").in_bulk(field_name="external_id")
    for person in made:
        found[ids[person.branch]].append(home(rows[person.external_id]))
    return found


def _make_patient(person: DemoPatient) -> None:
    contacts = tuple(ContactRecord(contact.kind, contact.address) for contact in person.contacts)
    patient, changed = keep(
        PatientRecord(
            person.external_id, person.family, person.given, person.patronymic, person.birth_date, person.sex,
            person.language, contacts,
        )
    )  # fmt: skip
    if changed:
        points = {point.kind: point for point in ContactPoint.objects.filter(patient=patient)}
        Reach.objects.bulk_create(
            row for contact in person.contacts for row in _reaches(points[contact.kind], contact, patient.pk)
        )


def _reaches(point: ContactPoint, contact: DemoContact, number: int) -> list[Reach]:
    """What is known of the address: written as it would have become known, without facts nobody shall react to."""
    rows = []
    for card in registry.cards():
        if card.contact_kind != contact.kind or card.key not in ROUTED:
            continue
        if not (contact.fresh or contact.blocked or card.needs_start):
            continue
        seen = now() - timedelta(days=3 + number % 40, minutes=number * 7 % 600)
        row = Reach(contact_point=point, channel=card.key)
        row.started_at = seen - timedelta(days=90) if card.needs_start else None
        if contact.blocked:
            row.lost, row.lost_at, row.lost_why = "blocked", seen, "пациент заблокировал бота"
        elif contact.fresh:
            row.accepted_at = seen
            if card.needs_start:
                row.answered_at, row.usual_answer_seconds = seen, 240 + number * 97 % 5000
            elif "delivered" in card.signals:
                row.delivered_at = seen
        rows.append(row)
    return rows
