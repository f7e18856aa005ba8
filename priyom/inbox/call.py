"""A call, from taking the task to what came of it. What a registrar notes can be taken back for a few seconds; then it
is carried out, by the workers' loop: the visit changes, the patient is told, the task closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import transaction

from priyom.appointments.change import NotLive, TimeTaken, cancel, confirm, give_up, move
from priyom.appointments.free import claim
from priyom.appointments.models import Visit
from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Presence
from priyom.inbox.models import CallTask, TaskState
from priyom.inbox.presence import GONE_AFTER, let_go
from priyom.inbox.tasks import NotOpen, close, entry, locked
from priyom.journal.due import Due

__all__ = [
    "OUTCOMES", "InHand", "NotOpen", "Said", "TimeTaken", "TooLate", "carry_out_once", "done", "free",
    "held_by_another", "in_hand", "latest", "next_due", "no_answer", "note", "take", "take_back", "unreached",
]  # fmt: skip

DUE = Due(CallTask, "said_until")
TRY_AGAIN = timedelta(minutes=30)
HELD = timedelta(minutes=15)
"""Whoever takes a task has it for so long; then a colleague may call."""
WORDS = {"confirmed": "придет", "cancelled": "отменил", "moved": "перенес", "other": "другое"}
OUTCOMES = (*WORDS, "later", "unreached")


class InHand(Exception):
    """A colleague is calling; the message is their name."""


class TooLate(Exception):
    """What was noted is carried out already; or a call at that time would not help any more."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a call: `how` is of OUTCOMES; moved: `to` is the new beginning; later: call again at `again`."""

    how: str
    note: str = ""
    to: datetime | None = None
    again: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """As the task keeps it until it is carried out."""
        moments = {"to": self.to, "again": self.again}
        return {"how": self.how, "note": self.note, **{k: v.isoformat() for k, v in moments.items() if v is not None}}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Read back what `stored` gave."""
        to, again = (datetime.fromisoformat(stored[k]) if k in stored else None for k in ("to", "again"))
        return cls(stored["how"], stored["note"], to, again)


def in_hand(task: CallTask) -> bool:
    """Whether somebody is calling: they took it less than a quarter of an hour ago, and have not left their desk."""
    at = now()
    if not task.taken_name or task.taken_at is None or at - task.taken_at >= HELD:
        return False
    presence: Presence | None = getattr(task.taken_by, "presence", None)
    if presence is None or task.taken_at - presence.seen_at >= GONE_AFTER:
        return True  # no page told that they are there: taken by messenger, or as the computer woke
    return at - max(presence.seen_at, task.taken_at) < GONE_AFTER


def held_by_another(task: CallTask, staff: Staff | None) -> bool:
    """Whether a colleague of this person is calling."""
    return in_hand(task) and (staff is None or task.taken_by_id != staff.pk)


@transaction.atomic
def take(task: CallTask, staff: Staff | None, who: str = "", *, over: bool = False) -> bool:
    """This person calls; colleagues see it. False when one of them was quicker (`over`: it is taken from them), or when
    nobody has to call any more. `who`: the name of one who is known only by their messenger."""
    row = CallTask.objects.select_for_update(of=("self",)).select_related("taken_by__presence").get(pk=task.pk)
    name = _name(staff, who)[:200]
    mine = row.taken_by_id == staff.pk if staff else row.taken_name == name
    if row.state != TaskState.OPEN or row.said_until is not None or (in_hand(row) and not mine and not over):
        return False
    row.taken_by, row.taken_name, row.taken_at = staff, name, now()
    row.save(update_fields=["taken_by", "taken_name", "taken_at"])
    if staff is not None:
        let_go(staff, but=row.pk)
    return True


def free(task: CallTask, staff: Staff) -> None:
    """They do not call after all."""
    held = CallTask.objects.filter(pk=task.pk, state=TaskState.OPEN, taken_by=staff, said_until=None)
    held.update(taken_by=None, taken_at=None, taken_name="")


def latest(task: CallTask) -> datetime:
    """Until when another call still helps: the last moment planned, or the visit itself once that has passed."""
    return task.visit.starts_at if task.visit is not None and task.due_at <= now() else task.due_at


@transaction.atomic
def note(task: CallTask, staff: Staff, said: Said) -> bool:
    """What came of a call of this person. It waits as long as the house lets one take things back (True), or is carried
    out at once (False). Raises NotOpen, InHand, TooLate, TimeTaken."""
    row = locked(task)
    if row.said_until is not None:
        raise NotOpen
    if held_by_another(row, staff):
        raise InHand(row.taken_name)
    if said.again is not None and not now() < said.again <= latest(row):
        raise TooLate
    if said.to is not None and row.visit is not None:  # somebody may have taken it since the page showed it
        visit = row.visit
        claim(visit.practitioner_id, said.to, said.to + (visit.ends_at - visit.starts_at), leave_out=visit.pk)
    row.taken_by, row.taken_name, row.taken_at = staff, _name(staff, "")[:200], now()
    if not (seconds := house().undo_seconds):
        _carry_out(row, said)
        return False
    row.said, row.said_until = said.stored(), now() + timedelta(seconds=seconds)
    row.save()
    return True


@transaction.atomic
def take_back(task: CallTask, staff: Staff) -> None:
    """What they have just noted was a mistake: the task is in their hand again. Raises NotOpen, TooLate."""
    row = locked(task)
    if row.said_until is None or row.taken_by_id != staff.pk:
        raise TooLate
    row.said, row.said_until, row.taken_at = None, None, now()
    row.save(update_fields=["said", "said_until", "taken_at"])


@transaction.atomic
def carry_out_once() -> bool:
    """Carry out one result that can no longer be taken back. True when there was one."""
    number = DUE.take()
    if number is None:
        return False
    row = CallTask.objects.select_related("taken_by").get(pk=number)
    said = Said.of(row.said or {})
    row.said, row.said_until = None, None
    _carry_out(row, said)
    return True


def next_due() -> datetime | None:
    """When the next result is to be carried out."""
    return DUE.nearest()


@transaction.atomic
def done(task: CallTask, staff: Staff | None, outcome: str, note: str = "", who: str = "") -> None:
    """The patient was reached: confirmed, cancelled or other, at once. Raises NotOpen."""
    _reached(locked(task), staff, Said(outcome, note), who)


@transaction.atomic
def no_answer(task: CallTask, staff: Staff | None, who: str = "") -> None:
    """Nobody picked up: try again in half an hour. Raises NotOpen."""
    _put_off(locked(task), staff, now() + TRY_AGAIN, who)


@transaction.atomic
def unreached(task: CallTask, staff: Staff | None, note: str = "") -> None:
    """Could not be reached: nobody is on this visit any more, it is silent and said so. Raises NotOpen."""
    _give_up(locked(task), staff, note)


def _carry_out(row: CallTask, said: Said) -> None:
    staff = row.taken_by
    if said.how == "later":
        _put_off(row, staff, said.again or now() + TRY_AGAIN, row.taken_name)
    elif said.how == "unreached":
        _give_up(row, staff, said.note)
    else:
        _reached(row, staff, said, row.taken_name)


def _reached(row: CallTask, staff: Staff | None, said: Said, who: str) -> None:
    evidence = f"по телефону, {_name(staff, who)}"
    try:
        with transaction.atomic():
            words = WORDS[said.how] + (_moved(row, said.to, evidence) if said.to is not None else "")
            close(row, TaskState.DONE, f"{words}. {said.note}".strip(". "), staff)
            if row.visit_id is not None and said.how == "confirmed":
                confirm(row.visit_id, by="staff", channel="call", evidence=evidence)
            elif row.visit_id is not None and said.how == "cancelled":
                cancel(row.visit_id, by="staff", channel="call", evidence=evidence, why=said.note)
    except TimeTaken:
        _comes_back(row, "не вышло перенести: это время только что заняли")
    except NotLive:
        close(row, TaskState.DROPPED, "визит уже отменен или прошел", staff)


def _moved(row: CallTask, to: datetime, evidence: str) -> str:
    """Move the visit, keeping its length; the words that say where to. Raises TimeTaken, NotLive."""
    if row.visit_id is None:
        return ""
    visit = Visit.objects.select_related("branch").get(pk=row.visit_id)
    ends_at = to + (visit.ends_at - visit.starts_at)
    move(visit.pk, to, ends_at, by="staff", channel="call", evidence=evidence, claim_time=True)
    return f" на {to.astimezone(ZoneInfo(visit.branch.time_zone)):%d.%m %H:%M}"


def _comes_back(row: CallTask, why: str) -> None:
    """Nobody could foresee it: the patient has to be called again, now."""
    row.refresh_from_db()
    row.tried = [*row.tried, entry(now(), "call", phone_of(row), why)]
    row.said, row.said_until, row.next_try_at = None, None, None
    _drop_hand(row)


def _put_off(row: CallTask, staff: Staff | None, again: datetime, who: str) -> None:
    row.tried = [*row.tried, entry(now(), "call", phone_of(row), f"не ответил, {_name(staff, who)}")]
    row.next_try_at = again
    _drop_hand(row)


def _give_up(row: CallTask, staff: Staff | None, note: str) -> None:
    close(row, TaskState.UNREACHED, note or "не удалось дозвониться", staff)
    if row.visit_id is not None:
        give_up(row.visit_id)


def _drop_hand(row: CallTask) -> None:
    row.taken_by, row.taken_at, row.taken_name = None, None, ""
    row.save()


def phone_of(row: CallTask) -> str:
    """The number that is called first."""
    point = row.patient.contacts.filter(kind="phone", removed_at=None).order_by("id").first()
    return point.address if point else ""


def _name(staff: Staff | None, who: str) -> str:
    return (staff.get_full_name() or staff.username) if staff else who
