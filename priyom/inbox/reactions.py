"""Call tasks close themselves when the visit is answered for; conversations find somebody who answers."""

from __future__ import annotations

from priyom.appointments.facts import (
    VisitArrived,
    VisitCancelled,
    VisitCompleted,
    VisitConfirmed,
    VisitMissed,
    VisitMoved,
)
from priyom.inbox.assign import hand_out
from priyom.inbox.facts import NobodyAnswers
from priyom.inbox.models import TaskState
from priyom.inbox.tasks import close_for_visit
from priyom.journal.record import Seen, reacts_to


@reacts_to(VisitConfirmed)
def visit_confirmed(fact: VisitConfirmed, seen: Seen) -> None:
    """The patient answered."""
    close_for_visit(fact.visit_id, TaskState.ANSWERED, fact.evidence)


@reacts_to(VisitMoved)
def visit_moved(fact: VisitMoved, seen: Seen) -> None:
    """Another time, another question."""
    by_patient = fact.by == "patient"
    close_for_visit(
        fact.visit_id, TaskState.ANSWERED if by_patient else TaskState.DROPPED, fact.evidence or "визит перенесен"
    )


@reacts_to(VisitCancelled)
def visit_cancelled(fact: VisitCancelled, seen: Seen) -> None:
    """Nobody to call."""
    by_patient = fact.by == "patient"
    close_for_visit(
        fact.visit_id, TaskState.ANSWERED if by_patient else TaskState.DROPPED, fact.evidence or "визит отменен"
    )


@reacts_to(VisitArrived)
def visit_arrived(fact: VisitArrived, seen: Seen) -> None:
    """They are here."""
    close_for_visit(fact.visit_id, TaskState.DROPPED, "пациент пришел")


@reacts_to(VisitCompleted)
def visit_completed(fact: VisitCompleted, seen: Seen) -> None:
    """It is over."""
    close_for_visit(fact.visit_id, TaskState.DROPPED, "визит состоялся")


@reacts_to(VisitMissed)
def visit_missed(fact: VisitMissed, seen: Seen) -> None:
    """It is over."""
    close_for_visit(fact.visit_id, TaskState.DROPPED, "пациент не пришел")


@reacts_to(NobodyAnswers)
def nobody_answers(fact: NobodyAnswers, seen: Seen) -> None:
    """Somebody at the desk gets it."""
    hand_out(fact.conversation_id)
