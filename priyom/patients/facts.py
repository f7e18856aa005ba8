"""What happens to people and their contact points."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChanged(Recorded):
    """A patient was made or changed."""

    created: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLinked(Recorded):
    """A chat was tied to the patient; `by` is link, phone or staff."""

    contact_point_id: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLost(Recorded):
    """A channel of a contact point is lost; `how` is blocked or gone."""

    contact_point_id: int
    channel: str
    how: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOpened(Recorded):
    """A person opened (or opened again) the dialog on a channel."""

    contact_point_id: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientMerged(Recorded):
    """The card `gone_id` became part of this patient's."""

    gone_id: int
    by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientParted(Recorded):
    """The card `gone_id` stands for itself again."""

    gone_id: int
    by_id: int
