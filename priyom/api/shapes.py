"""What the API answers with. Ids are the caller's own; moments are RFC 3339 in UTC."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Schema


class TakenShape(Schema):
    """What became of one event: result is taken or repeated."""

    id: str
    source: str
    result: str


class EventsTaken(Schema):
    """The answer to a request with events."""

    taken: int
    repeated: int
    events: list[TakenShape]


class ConfirmationShape(Schema):
    """Who confirmed (patient, staff, mis), over which channel, how we know, when."""

    by: str
    channel: str
    evidence: str
    at: datetime


class MomentShape(Schema):
    """One line of a visit's timeline."""

    at: datetime
    kind: str
    text: str
    channel: str
    signal: str
    evidence: str


class LegShape(Schema):
    """One attempt of a route: the channel, the address, and the best signal there is with its evidence."""

    channel: str
    address: str
    state: str
    signal: str
    evidence: str
    at: datetime | None


class NotificationShape(Schema):
    """One thing that was to be told, and its route."""

    kind: str
    state: str
    goal: str
    reason: str
    legs: list[LegShape]


class NamedShape(Schema):
    """A practitioner, service or branch."""

    id: str
    name: str


class ReachShape(Schema):
    """Whether a channel is proven to reach this patient, and which."""

    proven: bool
    channels: list[str]
    text: str


class VisitRow(Schema):
    """A visit in a list. `known`: what is known of the patient's coming."""

    id: str
    patient: str
    state: str
    start: datetime
    end: datetime
    version: int
    practitioner: NamedShape
    service: NamedShape
    branch: NamedShape
    silent: bool
    known: str
    reachability: ReachShape


class VisitShape(VisitRow):
    """A visit with everything that happened around it."""

    moved_from: datetime | None
    confirmation: ConfirmationShape | None
    next: str
    timeline: list[MomentShape]
    notifications: list[NotificationShape]


class VisitPage(Schema):
    """Visits by start; `next` is the cursor of the following page or null."""

    items: list[VisitRow]
    next: str | None


class ReachedShape(Schema):
    """What is known of an address on one channel: lost is '' or why routes skip it."""

    channel: str
    lost: str
    delivered_at: datetime | None
    answered_at: datetime | None


class ContactShape(Schema):
    """An address; `channel` is its kind (phone, email, telegram, max, vk, whatsapp)."""

    channel: str
    address: str
    relation: str
    linked_by: str
    reach: list[ReachedShape]


class PatientShape(Schema):
    """A patient with the addresses in use and the ids of their visits, the newest first (at most 100)."""

    id: str
    family: str
    given: str
    patronymic: str
    birth_date: date | None
    sex: str
    language: str
    contacts: list[ContactShape]
    visits: list[str]


class TriedShape(Schema):
    """What was tried before a person was asked to call."""

    at: datetime
    channel: str
    address: str
    result: str


class TaskShape(Schema):
    """A job for a person. `state`: open, done, unreached, answered, dropped."""

    id: int
    kind: str
    state: str
    why: str
    visit: str | None
    patient: str
    due_at: datetime
    tried: list[TriedShape]
    result: str


class TaskPage(Schema):
    """Tasks by due time; `next` is the cursor of the following page or null."""

    items: list[TaskShape]
    next: str | None


class DoubtShape(Schema):
    """A message that may be lost (`kind` lost) or stand in the chat twice (twice). `state`: open, or what ended it:
    evidence, policy, person, with `how` in words. `message` is its id in the conversation."""

    id: int
    kind: str
    since: datetime
    why: str
    state: str
    resolved_at: datetime | None
    how: str
    message: str
    patient: str | None
    channel: str
    account: str
    address: str
    text: str
    signal: str


class DoubtPage(Schema):
    """Doubts, the newest first; `next` is the cursor of the following page or null."""

    items: list[DoubtShape]
    next: str | None


class MessageShape(Schema):
    """One message of a conversation; `edited_text` is what it says now where it was edited after sending."""

    id: str
    at: datetime
    direction: str
    channel: str
    account: str
    address: str
    text: str
    automatic: bool
    kind: str
    buttons: list[str]
    pressed: bool
    signal: str
    evidence: str
    edited_text: str
    staff: str
    files: list[str]


class ConversationPage(Schema):
    """Messages of all channels, oldest first. Without a cursor the newest; `next` leads to older ones, or is null."""

    patient: str
    items: list[MessageShape]
    next: str | None
