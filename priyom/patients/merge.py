"""Two cards of one person become one, and can be made two again. Called by `inbox.merge`, which knows what a thread is.

The emptied card stays as a sign to the one that was kept: its source may go on using its id (see `sources`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.patients.models import ContactPoint, Merge, Opened, Patient, Reach, TwoPeople
from priyom.patients.moves import Link, Moves, give_back, ids_of, links

APART = {model._meta.label for model in (Patient, Merge, TwoPeople, Opened)}
"""Tables whose rows never change hands: what became of cards, and whose data somebody has looked at."""
MOMENTS = ("started_at", "accepted_at", "delivered_at", "answered_at", "muted_until")
FILLED = ("patronymic", "birth_date", "sex", "language", "time_zone")


class CannotMerge(ValueError):
    """It is the same card, or one of them is part of another one already."""


class NotTheLast(ValueError):
    """Something was joined to this card later: that has to be parted first."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A card that may be the same person's, and in what it is the same."""

    patient: Patient
    phone: bool
    birth: bool
    name: bool


def alike(patient: Patient, among: QuerySet[Patient], most: int = 3) -> list[Alike]:
    """Cards of `among` with the same phone and birth date, or the same name and one of the two; the surest first."""
    live = ContactPoint.objects.filter(kind="phone", removed_at=None)
    phones = set(live.filter(patient=patient).values_list("address", flat=True))
    # Two looks by index, not one condition with «or» over a million people.
    near = Q(pk__in=list(live.filter(address__in=phones).values_list("patient", flat=True)[:50]))
    if patient.birth_date is not None:
        near |= Q(family=patient.family, given=patient.given, birth_date=patient.birth_date)
    rows = among.filter(near, ~_apart(patient), merged_into=None).exclude(pk=patient.pk).prefetch_related("contacts")
    found = [_compare(patient, other, phones) for other in rows[:20]]
    sure = [one for one in found if one.phone + one.birth + one.name >= 2]
    return sorted(sure, key=lambda one: (-(one.phone + one.birth + one.name), one.patient.pk))[:most]


def tell_apart(patient: Patient, other: Patient, staff: Staff) -> None:
    """They are two people: neither card is shown as the other's any more."""
    first, second = sorted((patient.pk, other.pk))
    TwoPeople.objects.get_or_create(first_id=first, second_id=second, defaults={"by": staff, "at": now()})


def doubt_again(patient: Patient, other: Patient) -> None:
    """What `tell_apart` said was a slip."""
    first, second = sorted((patient.pk, other.pk))
    TwoPeople.objects.filter(first=first, second=second).delete()


def _apart(patient: Patient) -> Exists:
    """Whether the card of that row was told apart from this one."""
    here = Q(first=patient, second=OuterRef("pk")) | Q(first=OuterRef("pk"), second=patient)
    return Exists(TwoPeople.objects.filter(here))


def _compare(patient: Patient, other: Patient, phones: set[str]) -> Alike:
    theirs = {point.address for point in other.contacts.all() if point.kind == "phone" and point.removed_at is None}
    return Alike(
        other,
        phone=bool(phones & theirs),
        birth=patient.birth_date is not None and patient.birth_date == other.birth_date,
        name=_spelled(patient) == _spelled(other),
    )


def _spelled(patient: Patient) -> str:
    return f"{patient.family} {patient.given}".casefold().replace("ё", "е")


def join(kept: Patient, gone: Patient, apart: frozenset[str]) -> Moves:
    """Hand over what belongs to `gone`, but for the tables `apart` (labels), which the caller joins itself. Inside a
    transaction. Raises CannotMerge."""
    rows = Patient.objects.select_for_update().filter(pk__in=[kept.pk, gone.pk]).order_by("pk")
    if len(rows) != 2 or any(row.merged_into_id for row in rows):
        raise CannotMerge
    moves = Moves()
    for link in links(Patient):
        if link[0]._meta.label not in APART | apart:
            moves.hand_over(link, gone.pk, kept.pk)
    for point in ContactPoint.objects.filter(patient=gone).order_by("pk"):
        _fold(moves, point, ContactPoint.objects.get(patient=kept, kind=point.kind, address=point.address))
    kept.refresh_from_db()
    blank = {name: getattr(gone, name) for name in FILLED if not getattr(kept, name) and getattr(gone, name)}
    if blank:
        moves.write(kept, blank)
    Patient.objects.filter(pk=gone.pk).update(merged_into=kept)
    return moves


def part(merge: Merge, staff: Staff) -> None:
    """Give everything back. Inside a transaction. Raises NotTheLast."""
    row = Merge.objects.select_for_update().select_related("kept", "gone").get(pk=merge.pk)
    later = Merge.objects.filter(kept=row.kept, undone_at=None, pk__gt=row.pk)
    if row.undone_at is not None or row.kept.merged_into_id is not None or later.exists():
        raise NotTheLast
    steps = row.moved.get("steps", [])
    Patient.objects.filter(pk=row.gone_id).update(merged_into=None)
    give_back(steps)
    for link in links(Patient):
        _follow(link, ids_of(steps, "appointments.Visit", "patient"), row.kept_id, row.gone_id)
    row.undone_at, row.undone_by = now(), staff
    row.save(update_fields=["undone_at", "undone_by"])


def standing(patient: Patient) -> list[Merge]:
    """Merges into this card that were not undone, the newest first: only that one can be undone."""
    return list(Merge.objects.filter(kept=patient, undone_at=None).select_related("gone", "by").order_by("-pk"))


def _follow(link: Link, visits: list[int], kept_id: int, gone_id: int) -> None:
    """What was said and noted meanwhile of a visit that goes back goes with it."""
    model, name = link
    if visits and model._meta.label not in APART and any(f.attname == "visit_id" for f in model._meta.concrete_fields):
        model._default_manager.filter(visit_id__in=visits, **{name: kept_id}).update(**{name: gone_id})


def _fold(moves: Moves, point: ContactPoint, twin: ContactPoint) -> None:
    """Both cards have this address. What points at it moves, what is known of it is added up, and the gone card's row
    is put away: two live rows would make it a family's."""
    for link in links(ContactPoint):
        moves.hand_over(link, point.pk, twin.pk)
    for reach in Reach.objects.filter(contact_point=point):
        moves.write((other := Reach.objects.get(contact_point=twin, channel=reach.channel)), _known(other, reach))
    if point.removed_at is not None:
        return
    if twin.removed_at is not None:
        moves.write(twin, {"removed_at": None, "relation": point.relation, "linked_by": point.linked_by})
    moves.write(point, {"removed_at": now()})


def _known(ours: Reach, theirs: Reach) -> dict[str, object]:
    """The newest of what two cards know of one address on one channel; a sign of life outweighs an older loss."""
    values: dict[str, object] = {name: _newest(getattr(ours, name), getattr(theirs, name)) for name in MOMENTS}
    values["usual_answer_seconds"] = ours.usual_answer_seconds or theirs.usual_answer_seconds
    alive = _newest(*(getattr(row, name) for row in (ours, theirs) for name in MOMENTS[:4] if name != "accepted_at"))
    lost = max((row for row in (ours, theirs) if row.lost_at), key=lambda row: (row.lost_at, row.pk), default=None)
    if lost is None or lost.lost_at is None or (alive is not None and alive > lost.lost_at):
        return {**values, "lost": "", "lost_at": None, "lost_why": ""}
    return {**values, "lost": lost.lost, "lost_at": lost.lost_at, "lost_why": lost.lost_why}


def _newest(*moments: datetime | None) -> datetime | None:
    return max((at for at in moments if at is not None), default=None)
