"""What of the house a member of staff may see, by role and branch: every screen takes its rows through here."""

from __future__ import annotations

from django.db.models import Case, Q, QuerySet, When

from priyom.appointments.models import Visit
from priyom.clinic.access import EVERYWHERE, branches, own_branches
from priyom.clinic.models import Role, Staff
from priyom.delivery.models import Doubt
from priyom.foundation.clock import now
from priyom.inbox.models import CallTask, Conversation, TaskState
from priyom.patients.access import comes_here, visible
from priyom.patients.models import Patient

__all__ = [
    "ANSWERS", "colleagues", "conversation", "conversations", "doubt", "doubts", "patient", "sees_all", "task", "tasks",
    "visit", "visits",
]  # fmt: skip

ANSWERS = (Role.REGISTRAR, Role.OWNER, Role.ADMIN)
"""Roles that write to patients."""


def sees_all(staff: Staff) -> bool:
    """Whether no branch is closed to them. A doctor has patients, not branches."""
    return staff.role in EVERYWHERE or (staff.role != Role.DOCTOR and not own_branches(staff))


def visits(staff: Staff) -> QuerySet[Visit]:
    """Visits at their branches, with what a row shows; a doctor's own ones."""
    rows = Visit.objects.select_related("patient", "practitioner", "service", "branch")
    if staff.role == Role.DOCTOR:
        return rows.filter(practitioner=staff.practitioner_id) if staff.practitioner_id else rows.none()
    return rows if sees_all(staff) else rows.filter(branch__in=branches(staff))


def visit(staff: Staff, visit_id: int) -> Visit:
    """One visit. Raises Visit.DoesNotExist also for one of a closed branch."""
    return visits(staff).get(pk=visit_id)


def patient(staff: Staff, patient_id: int) -> Patient:
    """One patient. Raises Patient.DoesNotExist also for one they may not see."""
    return visible(staff).get(pk=patient_id)


def conversations(staff: Staff) -> QuerySet[Conversation]:
    """Threads of the patients they may see, and the chats nobody is known for yet."""
    rows = Conversation.objects.select_related("patient", "account", "assigned_to")
    if sees_all(staff):
        return rows
    if staff.role == Role.DOCTOR:
        return rows.filter(patient__in=visible(staff).values("pk"))
    here = comes_here([branch.pk for branch in branches(staff)], "patient")
    return rows.alias(here=here).filter(here=True)


def conversation(staff: Staff, conversation_id: int) -> Conversation:
    """One thread. Raises Conversation.DoesNotExist also for one they may not see."""
    return conversations(staff).get(pk=conversation_id)


def colleagues(conversation: Conversation) -> QuerySet[Staff]:
    """Those a thread can be given to: they answer patients, and work where this patient goes."""
    rows = Staff.objects.filter(is_active=True, role__in=ANSWERS).order_by("last_name", "first_name", "username")
    if conversation.patient_id is None or not Visit.objects.filter(patient=conversation.patient_id).exists():
        return rows
    there = Staff.objects.filter(branches__visits__patient=conversation.patient_id)
    return rows.filter(Q(role__in=EVERYWHERE) | Q(branches=None) | Q(pk__in=there.values("pk"))).distinct()


def tasks(staff: Staff, *, closed: bool = False) -> QuerySet[CallTask]:
    """Open call tasks (or all of them) of their branches: the most urgent first, then those put off to a later hour,
    those whose visit has begun last. One whose result was just noted is no longer among the open ones."""
    at = now()
    later = Case(When(visit__starts_at__lte=at, then=2), When(next_try_at__gt=at, then=1), default=0)
    rows = CallTask.objects.select_related(
        "patient", "visit", "visit__practitioner", "visit__service", "visit__branch", "taken_by__presence"
    ).order_by(later, "due_at", "id")
    if staff.role == Role.DOCTOR:
        rows = rows.filter(visit__in=visits(staff).values("pk"))
    if not closed:
        rows = rows.filter(state=TaskState.OPEN, said_until=None)
    if sees_all(staff):
        return rows
    return rows.filter(Q(visit__branch__in=branches(staff)) | Q(visit=None, patient__in=visible(staff).values("pk")))


def task(staff: Staff, task_id: int) -> CallTask:
    """One call task, closed ones too. Raises CallTask.DoesNotExist also for one they may not see."""
    return tasks(staff, closed=True).get(pk=task_id)


def doubts(staff: Staff) -> QuerySet[Doubt]:
    """Messages that may not have arrived: to patients they may see, and to those nobody is known for."""
    rows = Doubt.objects.select_related("delivery__account", "delivery__patient", "delivery__leg__notification")
    if sees_all(staff):
        return rows
    return rows.filter(Q(delivery__patient=None) | Q(delivery__patient__in=visible(staff).values("pk")))


def doubt(staff: Staff, doubt_id: int) -> Doubt:
    """One doubt, ended ones too. Raises Doubt.DoesNotExist also for one they may not see."""
    return doubts(staff).get(pk=doubt_id)
