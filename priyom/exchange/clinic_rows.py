"""Finds a branch, service or practitioner by the source's own id, and makes it when it is new and enough is known.

The sources (events, tables, medical systems) are masters of these: a changed name or address is taken over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model

from priyom.clinic.models import Branch, Practitioner, Service

M = TypeVar("M", bound=Model)


class NotEnough(ValueError):
    """It was not seen before and cannot be made: `field` is what is missing."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


@dataclass(frozen=True, slots=True)
class BranchData:
    """A branch as a source names it; None: not told, leave as it is."""

    id: str
    name: str | None = None
    time_zone: str | None = None
    address: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceData:
    """A service as a source names it."""

    id: str
    name: str | None = None
    sensitive: bool | None = None


@dataclass(frozen=True, slots=True)
class PractitionerData:
    """A doctor or nurse as a source names them."""

    id: str
    name: str | None = None


def keep_branch(given: BranchData) -> Branch:
    """The branch, up to date. Raises NotEnough for a new one without a zone."""
    told = _told(name=given.name, time_zone=given.time_zone, address=given.address, phone=given.phone)
    known = Branch.objects.filter(external_id=given.id).first()
    if known is None and not given.time_zone:
        raise NotEnough("time_zone", f"Филиал «{given.id}» новый: нужен его часовой пояс, например Asia/Almaty")
    return _keep(Branch, known, given.id, {"name": given.id} | told if known is None else told)


def keep_service(given: ServiceData) -> Service:
    """The service, up to date. Raises NotEnough for a new one without a name."""
    known = Service.objects.filter(external_id=given.id).first()
    if known is None and not given.name:
        raise NotEnough("name", f"Услуга «{given.id}» новая: нужно ее название")
    return _keep(Service, known, given.id, _told(name=given.name, sensitive=given.sensitive))


def keep_practitioner(given: PractitionerData) -> Practitioner:
    """The practitioner, up to date. Raises NotEnough for a new one without a name."""
    known = Practitioner.objects.filter(external_id=given.id).first()
    if known is None and not given.name:
        raise NotEnough("name", f"Врач «{given.id}» новый: нужно его имя")
    return _keep(Practitioner, known, given.id, _told(name=given.name))


def _told(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _keep(model: type[M], known: M | None, external_id: str, told: dict[str, Any]) -> M:
    if known is None:
        made: M = model._default_manager.get_or_create(external_id=external_id, defaults=told)[0]
        return made
    changed = [name for name, value in told.items() if getattr(known, name) != value]
    for name in changed:
        setattr(known, name, told[name])
    if changed:
        known.save(update_fields=changed)
    return known
