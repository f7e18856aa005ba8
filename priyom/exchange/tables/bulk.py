"""Loads past visits by the batch, in four statements: no facts, no scenarios, nothing per row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from priyom.exchange.clinic_rows import (
    BranchData,
    PractitionerData,
    ServiceData,
    keep_branch,
    keep_practitioner,
    keep_service,
)
from priyom.exchange.tables.row import Person, Planned
from priyom.foundation.sql import Statements

SQL = Statements(Path(__file__).resolve().parent.parent / "sql")


class ClinicRows:
    """Ids of branches, services and practitioners by outside id, asked for once per import."""

    def __init__(self) -> None:
        self._branches: dict[str, int] = {}
        self._services: dict[str, int] = {}
        self._practitioners: dict[str, int] = {}

    def ids(self, visit: Planned) -> tuple[int, int, int]:
        """(practitioner, service, branch); made where they are new."""
        doctor, service, branch = visit.practitioner, visit.service, visit.branch
        if doctor.external_id not in self._practitioners:
            made = keep_practitioner(PractitionerData(doctor.external_id, doctor.name))
            self._practitioners[doctor.external_id] = made.pk
        if service.external_id not in self._services:
            self._services[service.external_id] = keep_service(ServiceData(service.external_id, service.name)).pk
        if branch.external_id not in self._branches:
            self._branches[branch.external_id] = branch_of(visit).pk
        return (
            self._practitioners[doctor.external_id],
            self._services[service.external_id],
            self._branches[branch.external_id],
        )


def branch_of(visit: Planned) -> Any:
    """The branch of a row. Its zone counts only where the branch is new: a table does not move a branch."""
    named = visit.branch
    try:
        return keep_branch(BranchData(named.external_id, named.name))
    except ValueError:
        return keep_branch(BranchData(named.external_id, named.name, visit.time_zone))


def load_past(rows: Sequence[tuple[Person, Planned]], clinic: ClinicRows, at: datetime) -> None:
    """Write these past visits and their people. Visits must be unique by their outside id."""
    people = {person.external_id: person for person, _ in reversed(rows)}
    ids = _people([people[key] for key in sorted(people)], at)
    visits = sorted((visit for _, visit in rows), key=lambda visit: visit.external_id)
    owner = {visit.external_id: ids[person.external_id] for person, visit in rows}
    places = [clinic.ids(visit) for visit in visits]
    with connection.cursor() as cursor:
        cursor.execute(
            SQL["keep_visits"],
            {
                "external_ids": [v.external_id for v in visits],
                "patient_ids": [owner[v.external_id] for v in visits],
                "practitioner_ids": [place[0] for place in places],
                "service_ids": [place[1] for place in places],
                "branch_ids": [place[2] for place in places],
                "starts": [v.starts_at for v in visits],
                "ends": [v.ends_at for v in visits],
                "states": [v.state or "booked" for v in visits],
                "bookings": [v.booked_at for v in visits],
                "at": at,
            },
        )


def _people(people: Sequence[Person], at: datetime) -> dict[str, int]:
    names = [p.external_id for p in people]
    with connection.cursor() as cursor:
        cursor.execute(
            SQL["keep_patients"],
            {
                "external_ids": names,
                "families": [p.family for p in people],
                "givens": [p.given for p in people],
                "patronymics": [p.patronymic for p in people],
                "birth_dates": [p.birth_date for p in people],
                "sexes": [p.sex for p in people],
                "languages": [p.language for p in people],
                "at": at,
            },
        )
        cursor.execute(SQL["patients_by_id"], {"external_ids": names})
        ids: dict[str, int] = dict(cursor.fetchall())
        contacts = [
            (ids[p.external_id], kind, address)
            for p in people
            for kind, address in (("phone", p.phone), ("email", p.email))
            if address
        ]
        if contacts:
            cursor.execute(
                SQL["keep_contacts"],
                {
                    "patient_ids": [c[0] for c in contacts],
                    "kinds": [c[1] for c in contacts],
                    "addresses": [c[2] for c in contacts],
                    "at": at,
                },
            )
    return ids
