"""Whose phones are whose: the house's patients with their addresses, so that one person is shown as one phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from priyom.appointments.models import LIVE, Visit
from priyom.foundation.clock import now
from priyom.foundation.phone import show
from priyom.patients.models import ContactPoint, Patient
from priyom.sandbox.duration import write_moment
from priyom.sandbox.phones import BY_NUMBER, Phones, shown

MOST = 400
"""So many people are listed at once; the search finds the others."""


@dataclass(frozen=True, slots=True)
class Person:
    """A patient of the house: addresses as (kind, address), and the next visit."""

    id: int
    name: str
    language: str
    addresses: tuple[tuple[str, str], ...]
    visit: str
    visit_at: datetime | None
    zone: str


def read_people(search: str) -> list[Person]:
    """Patients whose name or address holds `search`, those with a visit soon first."""
    found = Patient.objects.all()
    for word in search.split():
        mark = Q(family__istartswith=word) | Q(given__istartswith=word) | Q(patronymic__istartswith=word)
        found = found.filter(mark | Q(contacts__address__icontains=word.lstrip("+")))
    coming = Visit.objects.filter(state__in=LIVE, starts_at__gt=now()).order_by("starts_at")
    soon = coming.filter(patient__in=found.values("id")).select_related("practitioner", "branch", "patient")[:MOST]
    visits: dict[int, Visit] = {}
    for visit in soon:
        visits.setdefault(visit.patient_id, visit)
    others = found.exclude(id__in=visits).distinct().order_by("family", "given")[: max(0, MOST - len(visits))]
    patients = [visit.patient for visit in visits.values()] + list(others)
    points: dict[int, list[tuple[str, str]]] = {}
    rows = ContactPoint.objects.filter(patient__in=patients, removed_at__isnull=True).order_by("id")
    for patient_id, kind, address in rows.values_list("patient_id", "kind", "address"):
        points.setdefault(patient_id, []).append((kind, address))
    return [_person(patient, visits.get(patient.pk), tuple(points.get(patient.pk, ()))) for patient in patients]


def _person(patient: Patient, visit: Visit | None, addresses: tuple[tuple[str, str], ...]) -> Person:
    return Person(
        patient.pk,
        patient.full_name,
        patient.language,
        addresses,
        visit.practitioner.short_name if visit else "",
        visit.starts_at if visit else None,
        visit.branch.time_zone if visit else "",
    )


def arrange(people: Iterable[Person], phones: Phones, search: str) -> list[dict[str, Any]]:
    """People as the page lists them: patients with their tabs, then phones nobody of the house owns."""
    table = {(p["kind"], p["address"]): p for p in phones.everyone()}
    free = {g.emulator.contact_kind for g in phones.gateways.values() if not g.needs_start}
    channels = {g.emulator.contact_kind: g.key for g in phones.gateways.values()}
    listed, owned = [], set()
    for person in people:
        tabs = []
        for kind, address in person.addresses:
            owned.add((kind, address))
            phone = table.get((kind, address))
            if phone is None and kind in free:
                phone = {"kind": kind, "channel": channels[kind], "address": address, "name": person.name,
                         "started": True, "blocked": False}  # fmt: skip
            if phone is not None:
                tabs.append(phone)
        listed.append(_listed(f"p{person.id}", person.name, tabs, phones, person))
    for (kind, address), phone in table.items():
        if (kind, address) not in owned and _matches(phone, search) and len(listed) < MOST * 2:
            listed.append(_listed(f"{kind}:{address}", phone["name"] or address, [phone], phones))
    return sorted(listed, key=lambda item: item["last"]["at"] if item["last"] else "", reverse=True)


def _matches(phone: Mapping[str, Any], search: str) -> bool:
    hay = f"{phone['name']} {phone['address']}".lower()
    return all(word.lower().lstrip("+") in hay for word in search.split())


def _listed(
    key: str, name: str, tabs: list[dict[str, Any]], phones: Phones, person: Person | None = None
) -> dict[str, Any]:
    last: dict[str, Any] | None = None
    for tab in tabs:
        emulator = phones.gateways[tab["channel"]].emulator
        gateway = phones.gateways[tab["channel"]]
        chat = emulator.messages(tab["address"]) if phones.find(gateway, tab["address"]) else []
        tab["label"] = show(tab["address"]) if tab["kind"] in BY_NUMBER else tab["address"]
        tab["count"] = len(chat)
        if chat and (last is None or shown(chat[-1])["at"] > last["at"]):
            last = {**shown(chat[-1]), "channel": tab["channel"]}
    return {
        "id": key,
        "patient": person is not None,
        "name": name,
        "language": person.language if person else "",
        "tabs": tabs,
        "last": last and {"at": last["at"], "text": last["text"][:120], "channel": last["channel"],
                          "direction": last["direction"]},
        "visit": person.visit if person else "",
        "visit_at": write_moment(person.visit_at) if person and person.visit_at else "",
        "zone": person.zone if person else "",
    }  # fmt: skip
