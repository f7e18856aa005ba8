"""Contact points on the card: added, told apart, put away, and found to be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.models import Staff
from priyom.patients import contacts as points
from priyom.patients.keep import BadContact
from priyom.patients.models import ContactPoint, Patient, Reach
from priyom.web import frame, guard, say
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.words import RELATIONS, relation


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contact point on one channel. `at` belongs to the text."""

    channel: str
    text: str
    live: bool
    lost: bool
    at: Any = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact point as the card shows it. `whose`: «мама», '' for the patient's own."""

    point: ContactPoint
    known: list[Known]
    whose: str
    wrong: bool


def contacts(patient: Patient) -> list[Contact]:
    """Live contact points: own phones first, then own chats and mail, then those of others; wrong ones last."""
    rows = ContactPoint.objects.filter(patient=patient, removed_at=None).prefetch_related(
        Prefetch("reaches", Reach.objects.order_by("channel"))
    )
    found = [_contact(point) for point in rows]
    return sorted(found, key=lambda c: (c.wrong, bool(c.whose), c.point.kind != "phone", c.point.pk))


def _contact(point: ContactPoint) -> Contact:
    reaches = list(point.reaches.all())
    wrong = points.is_wrong(reaches)
    whose = "" if point.relation == "own" else relation(point.relation)
    return Contact(point, [] if wrong else [_known(reach) for reach in reaches], whose, wrong)


def _known(reach: Reach) -> Known:
    if reach.lost == "blocked":
        return Known(reach.channel, _("blocked the clinic"), False, True, reach.lost_at)
    if reach.lost:
        return Known(reach.channel, _("no such address there"), False, True, reach.lost_at)
    words = (
        (reach.answered_at, _("answered")),
        (reach.delivered_at, _("messages arrive")),
        (reach.started_at, _("opened the chat")),
        (reach.accepted_at, _("taken by the gateway, arrival not proven")),
    )
    for at, text in words:
        if at is not None:
            return Known(reach.channel, text, at is not reach.accepted_at or reach.accepted_at is None, False, at)
    return Known(reach.channel, _("nothing is known yet"), False, False)


def context(staff: Staff, patient: Patient) -> dict[str, Any]:
    """What `web/patients/_contacts.html` shows."""
    return {
        "patient": patient,
        "contacts": contacts(patient),
        "relations": RELATIONS.items(),
        "relation_keys": RELATIONS.keys(),
        "contact_kinds": [(kind.value, say.kind_title(kind.value)) for kind in points.TYPED],
        "may_work": staff.role in WORKS,
    }


@screen(*WORKS)
@require_POST
def add(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`kind`, `address`, `relation`: told at the desk."""
    patient = guard.patient(request.user, patient_id)
    kind, relation_key = request.POST.get("kind", ""), request.POST.get("relation", "own")
    if kind not in points.TYPED or relation_key not in RELATIONS:
        raise Http404
    typed = request.POST.get("address", "").strip()[:254]
    try:
        points.add(patient, kind, typed, relation_key)
    except BadContact:
        mail = kind == "email"
        bad = _("This is no address of e-mail. Check it.") if mail else _("This is no phone number. Check the digits.")
        return _shown(
            request, patient, contact_bad=bad, typed_address=typed, typed_kind=kind, typed_relation=relation_key
        )
    return _shown(request, patient)


@screen(*WORKS)
@require_POST
def relate(request: StaffRequest, patient_id: int, point_id: int) -> HttpResponse:
    """Whose it is: `relation`."""
    point = _point(request, patient_id, point_id)
    if request.POST.get("relation") not in RELATIONS:
        raise Http404
    points.relate(point, request.POST["relation"])
    return _shown(request, point.patient)


@screen(*WORKS)
@require_POST
def remove(request: StaffRequest, patient_id: int, point_id: int) -> HttpResponse:
    """Nothing goes there any more; can be put back at once."""
    point = _point(request, patient_id, point_id)
    points.remove(point)
    return _shown(request, point.patient, contact_removed=point)


@screen(*WORKS)
@require_POST
def put_back(request: StaffRequest, patient_id: int, point_id: int) -> HttpResponse:
    """Removed by mistake."""
    point = _point(request, patient_id, point_id)
    points.put_back(point)
    return _shown(request, point.patient)


@screen(*WORKS)
@require_POST
def wrong(request: StaffRequest, patient_id: int, point_id: int) -> HttpResponse:
    """Somebody else answers there (`wrong` 1), or it is theirs after all (0)."""
    point = _point(request, patient_id, point_id)
    if request.POST.get("wrong") == "0":
        points.right(point)
    else:
        points.wrong(point, request.user)
    return _shown(request, point.patient)


def _point(request: StaffRequest, patient_id: int, point_id: int) -> ContactPoint:
    patient = guard.patient(request.user, patient_id)
    return ContactPoint.objects.select_related("patient").get(pk=point_id, patient=patient)


def _shown(request: StaffRequest, patient: Patient, **more: Any) -> HttpResponse:
    zone = {"person_zone": patient.time_zone or frame.zone_of(request)}
    return frame.told(
        render(request, "web/patients/_contacts.html", {**context(request.user, patient), **zone, **more})
    )
