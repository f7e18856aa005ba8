"""What patients say, and what becomes of call tasks."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientReplied(Recorded):
    """A patient pressed or wrote. `action` is what it means (`confirm:<visit>:<version>`, `stop`); '' for a person.

    `delivery_id` is the message it answers, where known.
    """

    patient_id: int
    incoming_id: int
    account_id: int
    address: str
    channel: str
    action: str = ""
    pressed: bool = False
    delivery_id: int | None = None
    contact_point_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaskOpened(Recorded):
    """A person shall call."""

    task_id: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaskClosed(Recorded):
    """The call is done, was not possible, or is no longer needed; `state` is models.TaskState."""

    task_id: int
    state: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSpoke(Recorded):
    """Somebody wrote, pressed or opened the dialog in a staff channel. `delivery_id` and `action`: of the button."""

    account_id: int
    address: str
    name: str = ""
    text: str = ""
    action: str = ""
    delivery_id: int | None = None
    press_id: str = ""
    started: bool = False
    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationAssigned(Recorded):
    """A conversation was given to a member of staff (None: to nobody) by another; `by_id` 0: in turn, by itself."""

    conversation_id: int
    staff_id: int | None
    by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyAnswers(Recorded):
    """A person begins to wait in a conversation that is nobody's. Recorded where they are handed out in turn."""

    conversation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged(Recorded):
    """Somebody has come to the desk, has a break, or leaves; `state` is desk_models.Here."""

    staff_id: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(Recorded):
    """A colleague wrote a note in a thread; `mentioned`: ids of those who are named and shall look."""

    conversation_id: int
    note_id: int
    author_id: int
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTakenBack(Recorded):
    """Who wrote a note has taken it back."""

    conversation_id: int
    note_id: int
