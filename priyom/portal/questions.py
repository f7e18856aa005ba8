"""Which page is shown for which action and standing of a visit. Only reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from priyom.appointments.models import Visit
from priyom.appointments.rebook import rebooked
from priyom.foundation.clock import now
from priyom.inbox.models import Conversation
from priyom.notifications.offers import offers
from priyom.portal.page import Choice, Page
from priyom.portal.rules import Action, Stand, stand
from priyom.portal.times import at_words, label
from priyom.portal.words import Words, words

OTHER_TIME = "Просит другое время (страница визита)"
"""What the thread says when a person shall find a time: for the staff, so in one language."""
MARKS = {Stand.CONFIRMED: "✓", Stand.CANCELLED: "✕"}


@dataclass(frozen=True, slots=True)
class Asking:
    """A visit and the language it is spoken of in."""

    visit: Visit
    language: str = "ru"

    @property
    def words(self) -> Words:
        """The lines of that language."""
        return words(self.language)

    @property
    def zone(self) -> ZoneInfo:
        """Where the visit takes place."""
        return ZoneInfo(self.visit.branch.time_zone)

    @property
    def stand(self) -> Stand:
        """How the visit stands now."""
        return stand(self.visit.state, self.visit.ends_at, now())

    @property
    def live(self) -> bool:
        """Whether the visit is still to come."""
        return self.stand in (Stand.OPEN, Stand.CONFIRMED)

    def when(self, line: str) -> str:
        """The line with the visit's time inside."""
        return line.format(when=at_words(self.visit.starts_at, self.zone, self.language))

    def choice(self, text: str, verb: str, look: str = "plain", *, posts: bool = False) -> Choice:
        """A button of this visit as it stands."""
        return Choice(text, str(Action(verb, self.visit.pk, self.visit.version)), look, posts)

    def settled(self, action: Action) -> bool:
        """Whether this very action is done already: pressed twice, or the page was loaded again."""
        visit = self.visit
        if action.visit_id != visit.pk:
            return False
        if action.verb == "slot":
            return (action.version + 1, action.start) == (visit.version, visit.starts_at) and self.live
        confirmed, cancelled = Stand.CONFIRMED, Stand.CANCELLED
        if action.verb == "other_time":
            waiting = Conversation.objects.filter(patient=visit.patient, needs_answer=True, last_text=OTHER_TIME)
            return self.allows(action) and waiting.exists()
        ends = {"confirm": confirmed, "keep": confirmed, "cancel": cancelled, "cancel_yes": cancelled}
        if action.verb == "rebook":
            return self.stand == Stand.MISSED and rebooked(visit) is not None
        return action.version == visit.version and ends.get(action.verb) == self.stand

    def allows(self, action: Action) -> bool:
        """Whether the action is about the visit as it stands now: an old button does nothing."""
        if (action.visit_id, action.version) != (self.visit.pk, self.visit.version):
            return False
        if action.verb == "rebook":
            return self.stand == Stand.MISSED
        return self.live or (action.verb == "other_time" and self.stand == Stand.MISSED)


def after(asking: Asking, action: Action) -> Page:
    """The page once the action is done: now, or by an earlier press."""
    special = {"slot": moved, "other_time": handed_over}
    return special.get(action.verb, standing)(asking)


def question(asking: Asking, action: Action | None) -> Page:
    """The page that asks for this action; how things stand, when it is asked for nothing or for something past."""
    if action is None:
        return standing(asking)
    if asking.settled(action):
        return after(asking, action)
    if not asking.allows(action):
        return stale(asking)
    line = asking.words
    match action.verb:
        case "confirm" | "keep":
            return _page(asking, asking.when(line.ask_confirm), _answers(asking))
        case "cancel" | "cancel_yes":
            return ask_cancel(asking)
        case "other_time":
            return _page(
                asking, line.ask_other_time, (asking.choice(line.other_time, "other_time", "main", posts=True),)
            )
        case "slot" | "rebook":
            return _ask_time(asking, action)
        case _:
            return times(asking)


def standing(asking: Asking) -> Page:
    """How the visit stands, with what can still be done."""
    line, visit = asking.words, asking.visit
    match asking.stand:
        case Stand.OPEN:
            return _page(asking, asking.when(line.your_visit), _answers(asking))
        case Stand.CONFIRMED:
            page = _page(asking, line.confirmed, _changes(asking))
            return replace(page, lines=(asking.when(line.confirmed_more),), mark=MARKS[Stand.CONFIRMED])
        case Stand.CANCELLED:
            return _ended(asking, line.cancelled, line.cancelled_more, MARKS[Stand.CANCELLED])
        case Stand.MISSED:
            again = rebooked(visit)
            if again is not None:
                return _ended(asking, line.rebooked, Asking(again, asking.language).when(line.rebooked_more), "✓")
            return replace(times(asking), heading=line.missed, lines=(line.missed_more,))
        case _:
            return _ended(asking, line.over, line.over_more)


def stale(asking: Asking) -> Page:
    """An old button: nothing is done, things are shown as they stand."""
    return replace(standing(asking), note=asking.words.stale, done=True)


def ask_cancel(asking: Asking) -> Page:
    """Asked once more before the time is given away."""
    line = asking.words
    both = (
        asking.choice(line.cancel_yes, "cancel_yes", "grave", posts=True),
        asking.choice(line.keep, "keep", posts=True),
    )
    return _page(asking, asking.when(line.ask_cancel), both)


def times(asking: Asking, note: str = "") -> Page:
    """The doctor's next free times as buttons."""
    line, visit = asking.words, asking.visit
    verb = "rebook" if asking.stand == Stand.MISSED else "slot"
    free = [
        Choice(
            label(start, asking.zone, asking.language), str(Action(verb, visit.pk, visit.version, start)), posts=True
        )
        for start, _ in offers(visit)
    ]
    other = asking.choice(line.other_time, "other_time", posts=True)
    if not free:
        page = _page(asking, line.no_times, (replace(other, look="main"),))
        return replace(page, lines=(line.no_times_more,), note=note)
    doctor = ((line.doctor, visit.practitioner.name),)
    return Page(line.offers, facts=doctor, choices=(*free, other), note=note, branch=visit.branch)


def moved(asking: Asking) -> Page:
    """The visit stands at its new time."""
    page = _page(asking, asking.words.moved, _changes(asking))
    return replace(page, lines=(asking.when(asking.words.moved_more),), mark="↻")


def handed_over(asking: Asking) -> Page:
    """A person goes on from here."""
    line = asking.words
    page = Page(line.handed_over, (line.handed_over_more,), mark="✓", branch=asking.visit.branch)
    return replace(page, lines=(*page.lines, asking.when(line.still))) if asking.live else page


def _ask_time(asking: Asking, action: Action) -> Page:
    line, start = asking.words, action.start
    assert start is not None
    asked, yes = (line.ask_slot, line.slot_yes) if action.verb == "slot" else (line.ask_rebook, line.rebook_yes)
    others = asking.choice(line.other_time, "move") if action.verb == "slot" else Choice(line.other_time, "")
    heading = asked.format(label=_spoken(asking, start))
    return replace(_page(asking, heading, (Choice(yes, str(action), "main", True), others)), facts=())


def _spoken(asking: Asking, at: datetime) -> str:
    text = label(at, asking.zone, asking.language)
    return text[0].lower() + text[1:] if asking.language == "ru" else text


def _answers(asking: Asking) -> tuple[Choice, ...]:
    return (asking.choice(asking.words.confirm, "confirm", "main", posts=True), *_changes(asking))


def _changes(asking: Asking) -> tuple[Choice, ...]:
    return asking.choice(asking.words.move, "move"), asking.choice(asking.words.cancel, "cancel")


def _page(asking: Asking, heading: str, choices: tuple[Choice, ...]) -> Page:
    return Page(heading, facts=_facts(asking), choices=choices, branch=asking.visit.branch)


def _ended(asking: Asking, heading: str, more: str, mark: str = "") -> Page:
    """What is over tells no more than that: a link lives longer than its visit, and letters are forwarded."""
    return Page(heading, (more,), mark=mark, branch=asking.visit.branch)


def _facts(asking: Asking) -> tuple[tuple[str, str], ...]:
    """What the visit is. A sensitive service is not named, nor is a specialty ever."""
    line, visit = asking.words, asking.visit
    found = [(line.when, label(visit.starts_at, asking.zone, asking.language)), (line.doctor, visit.practitioner.name)]
    if visit.service.name and not visit.service.sensitive:
        found.append((line.service, visit.service.name))
    return tuple(found)
