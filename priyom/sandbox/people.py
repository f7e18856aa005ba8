"""Whose phones are whose: the house's patients and staff with their addresses, so that one person is one phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from priyom.alerts.models import Recipient
from priyom.appointments.models import LIVE, Visit
from priyom.contracts import registry
from priyom.contracts.card import Audience
from priyom.contracts.emulator import Phone, PhoneMessage
from priyom.foundation.clock import now
from priyom.foundation.phone import show
from priyom.patients.models import ContactPoint, Patient
from priyom.sandbox.duration import write_moment
from priyom.sandbox.phones import BY_NUMBER, HIDDEN_NUMBER, Phones, shown

MOST = 400
"""So many people are listed at once; the search finds the others."""
PATIENTS, STAFF, SITE = "patients", "staff", "site"
"""The groups of the page."""
SITE_KIND = "webchat"


@dataclass(frozen=True, slots=True)
class Person:
    """A patient or one of the staff: addresses as (kind, address), and a patient's next visit."""

    id: str
    name: str
    addresses: tuple[tuple[str, str], ...]
    group: str = PATIENTS
    language: str = ""
    visit: str = ""
    visit_at: datetime | None = None
    zone: str = ""


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
        f"p{patient.pk}",
        patient.full_name,
        addresses,
        language=patient.language,
        visit=visit.practitioner.short_name if visit else "",
        visit_at=visit.starts_at if visit else None,
        zone=visit.branch.time_zone if visit else "",
    )


def read_staff(search: str) -> list[Person]:
    """Who of the staff is told things over the demo accounts, a person with all messengers, a group chat by itself."""
    known = Recipient.objects.filter(account__demo=True, account__channel__in=registry.names()).order_by("name", "id")
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for row in known.select_related("account")[:MOST]:
        key = f"s{row.staff_id}" if row.staff_id else f"r{row.pk}"
        _, addresses = found.setdefault(key, (row.name, []))
        addresses.append((registry.channel(row.account.channel).card.contact_kind, row.address))
    return [
        Person(key, name, tuple(addresses), STAFF)
        for key, (name, addresses) in found.items()
        if _matches(search, name, *(address for _, address in addresses))
    ]


def arrange(people: Iterable[Person], phones: Phones, search: str) -> list[dict[str, Any]]:
    """People as the page lists them: those of the house with their tabs, then phones nobody of the house owns."""
    table = phones.directory()
    anybody = {gateway.kind: gateway for gateway in phones.gateways.values() if not gateway.needs_start}
    listed, owned = [], set()
    for person in people:
        tabs = []
        for kind, address in person.addresses:
            owned.add((kind, address))
            owners = table.get((kind, address))
            if owners is not None:
                tabs.append(phones.whole(owners))
            elif kind in anybody and not HIDDEN_NUMBER.fullmatch(address):
                unused = Phone(address, person.name, started=True)
                tabs.append((phones.picture(anybody[kind], unused), 0, None))
        listed.append(_listed(person, tabs))
    for (kind, address), owners in table.items():
        gateway, phone = owners[0]
        if (kind, address) in owned or not _matches(search, phone.name, address) or len(listed) >= MOST * 2:
            continue
        group = STAFF if gateway.card.audience is Audience.STAFF else SITE if kind == SITE_KIND else PATIENTS
        own = Person(f"{kind}:{address}", phone.name or address, ((kind, address),), group)
        listed.append(_listed(own, [phones.whole(owners)]))
    return sorted(listed, key=lambda item: item["last"]["at"] if item["last"] else "", reverse=True)


def _matches(search: str, *texts: str) -> bool:
    hay = " ".join(texts).lower()
    return all(word.lower().lstrip("+") in hay for word in search.split())


Tab = tuple[dict[str, Any], int, PhoneMessage | None]


def _listed(person: Person, found: Sequence[Tab]) -> dict[str, Any]:
    tabs: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    for picture, count, message in found:
        address = picture["address"]
        label = show(address) if picture["kind"] in BY_NUMBER else address
        tabs.append({**picture, "label": label, "count": count})
        if message is not None and (last is None or shown(message)["at"] > last["at"]):
            last = shown(message, picture["channel"])
    return {
        "id": person.id,
        "group": person.group,
        "name": person.name,
        "language": person.language,
        "tabs": tabs,
        "last": last and {"at": last["at"], "text": last["text"][:120] or ", ".join(last["files"])[:120],
                          "kind": next(tab["kind"] for tab in tabs if tab["channel"] == last["channel"]),
                          "channel": last["channel"], "direction": last["direction"]},
        "visit": person.visit,
        "visit_at": write_moment(person.visit_at) if person.visit_at else "",
        "zone": person.zone,
    }  # fmt: skip
