"""Decisions about time and order, pure: when a message may go, in which order the ways to a person are tried, how long
each is given. Planned back from the visit: the last moment at which a call helps bounds everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

EVENING_MARGIN = timedelta(minutes=30)
"""A reminder moved to the evening goes so long before the quiet begins, to leave time for an answer."""
LEAST_WAIT = timedelta(minutes=1)
PATIENCE = 4
"""No leg but the last waits longer than so many times the usual answer."""
PROBE_OF = 20
LEAVE_LEAST, LEAVE_MOST, LEAVE_WITHIN = 20, 200, 15
"""Of the legs that wait in a storm a fifteenth leaves each minute, but 20 at least and 200 at most."""
MAIL_NEEDS = timedelta(hours=3)
"""Mail is read late: it makes sense only when so much time is left, or when there is nothing else."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours at a place: from..until, local; from == until means none."""

    starts: time
    ends: time
    zone: ZoneInfo

    def holds(self, moment: datetime) -> bool:
        """Is it quiet then?"""
        local = moment.astimezone(self.zone).time()
        if self.starts <= self.ends:
            return self.starts <= local < self.ends
        return local >= self.starts or local < self.ends

    def over(self, moment: datetime) -> datetime:
        """The first moment at or after `moment` that is not quiet; UTC."""
        if not self.holds(moment):
            return moment
        day = moment.astimezone(self.zone).date()
        end = datetime.combine(day, self.ends, self.zone)
        if end.astimezone(UTC) <= moment:
            end = datetime.combine(day + timedelta(days=1), self.ends, self.zone)
        return end.astimezone(UTC)

    def next_start(self, moment: datetime) -> datetime | None:
        """When the next quiet begins after `moment` (which is not quiet); None when there is none; UTC."""
        if self.starts == self.ends:
            return None
        day = moment.astimezone(self.zone).date()
        start = datetime.combine(day, self.starts, self.zone).astimezone(UTC)
        if start <= moment:
            start = datetime.combine(day + timedelta(days=1), self.starts, self.zone).astimezone(UTC)
        return start

    def last_start(self, moment: datetime) -> datetime:
        """When the quiet that holds at `moment` began; UTC."""
        day = moment.astimezone(self.zone).date()
        start = datetime.combine(day, self.starts, self.zone).astimezone(UTC)
        return start if start <= moment else start - timedelta(days=1)

    def open_time(self, begin: datetime, end: datetime) -> timedelta:
        """How much of begin..end is not quiet."""
        total, at = timedelta(0), self.over(begin)
        while at < end:
            stop = self.next_start(at) or end
            total += min(stop, end) - at
            at = self.over(max(stop, at))
            if stop >= end:
                break
        return total

    def after_open(self, begin: datetime, length: timedelta) -> datetime:
        """The moment at which `length` of time that is not quiet has passed since `begin`; UTC."""
        at, left = self.over(begin), length
        while True:
            stop = self.next_start(at)
            if stop is None or at + left <= stop:
                return at + left
            left -= stop - at
            at = self.over(stop)


def reminder_moment(start: datetime, before: timedelta, quiet: Quiet, now: datetime) -> datetime | None:
    """When a reminder due `before` the visit goes: in quiet hours, the evening before. None: it is too late for it."""
    due = start - before
    if not quiet.holds(due):
        return due if due >= now else None
    evening = quiet.last_start(due) - EVENING_MARGIN
    if evening >= now:
        return evening
    morning = quiet.over(max(due, now))
    return morning if morning <= start - min(before, EVENING_MARGIN) else None


@dataclass(frozen=True, slots=True)
class Desk:
    """When somebody of the branch can call: local hours, every day."""

    opens: time
    closes: time
    zone: ZoneInfo

    def _day(self, moment: datetime, shift: int) -> tuple[datetime, datetime]:
        day = moment.astimezone(self.zone).date() + timedelta(days=shift)
        return (
            datetime.combine(day, self.opens, self.zone).astimezone(UTC),
            datetime.combine(day, self.closes, self.zone).astimezone(UTC),
        )

    def last_call(self, start: datetime, lead: timedelta) -> datetime:
        """The last moment at which a call still helps: `lead` before the visit, or when the desk closed before that."""
        latest = start - lead
        for shift in (0, -1):
            opens, closes = self._day(latest, shift)
            if latest > opens:
                return min(latest, closes)
        return self._day(latest, -1)[1]

    def back(self, moment: datetime, length: timedelta) -> datetime:
        """The moment from which `length` of open desk time is left until `moment`."""
        left, at, shift = length, moment, 0
        while True:
            opens, closes = self._day(moment, shift)
            end = min(at, closes)
            if end > opens:
                if end - opens >= left:
                    return end - left
                left -= end - opens
            shift -= 1

    def call_at(self, now: datetime, last: datetime, needs: timedelta) -> datetime | None:
        """When a call task must be open: `needs` of desk time before the `last` call, but never more than half of the
        desk time that is left, so that messages have a chance first. None: the last call is over."""
        if last <= now:
            return None
        left = Quiet(self.closes, self.opens, self.zone).open_time(now, last)
        return max(now, self.back(last, min(needs, left / 2)))


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a person: a contact point on an account, with what is known of it."""

    contact_point_id: int
    account_id: int
    channel: str
    address: str
    sort: str  # messenger | notice | sms | mail | voice
    own: bool
    usual: timedelta
    """How long a signal that reaches the goal usually takes here, for this patient."""
    answered_at: datetime | None = None
    seen_at: datetime | None = None
    """The last sign of life other than an answer: started, accepted, delivered."""
    muted: bool = False
    hours: tuple[time, time] | None = None
    """Local hours in which the law lets this channel reach the person."""
    window_until: datetime | None = None
    """Until then free words are taken here, where the vendor sets such a window."""
    storm: bool = False
    """What the account sends to such addresses does not arrive as it usually does."""


SORTS = {"messenger": 0, "notice": 1, "sms": 2, "mail": 3, "voice": 4}


def order(ways: Sequence[Way]) -> list[Way]:
    """Where the patient last answered, then the other messengers, then notices, SMS, mail and a call by voice; own
    addresses before others'."""
    by_sort = sorted(
        ways,
        key=lambda w: (not w.own, SORTS[w.sort], w.muted, -_stamp(w.answered_at), -_stamp(w.seen_at), w.channel),
    )
    # Whoever once pressed a key in a call did not ask to be rung up first from then on.
    answered = [w for w in by_sort if w.answered_at is not None and w.own and w.sort != "voice"]
    if not answered:
        return by_sort
    first = max(answered, key=lambda w: _stamp(w.answered_at))
    return [first, *(w for w in by_sort if w is not first)]


def sheltered(ways: Sequence[Way]) -> list[Way]:
    """Ways in a storm behind the others, but before a voice, which rings people up, and before others' addresses."""
    if not any(w.storm for w in ways):
        return list(ways)
    return sorted(ways, key=lambda w: (not w.own, w.sort == "voice", w.storm))


def probes(notification_id: int) -> bool:
    """Whether this one of about `PROBE_OF` goes through a storm first, so that we see it pass: always the same ones."""
    return crc32(str(notification_id).encode()) % PROBE_OF == 0


def leave_now(waiting: int) -> int:
    """How many legs may leave a storm within this minute, so that the next channel is not flooded."""
    return min(LEAVE_MOST, max(LEAVE_LEAST, -(-waiting // LEAVE_WITHIN)))


def lawful(ways: Sequence[Way], moment: datetime, zone: ZoneInfo) -> list[Way]:
    """Those that may reach the person at this moment by the law's hours for their channel."""
    return [w for w in ways if w.hours is None or not Quiet(w.hours[1], w.hours[0], zone).holds(moment)]


def lawful_from(ways: Sequence[Way], moment: datetime, zone: ZoneInfo) -> datetime:
    """When the first of these ways, none of which may be used at `moment`, may be; UTC."""
    return min(Quiet(w.hours[1], w.hours[0], zone).over(moment) for w in ways if w.hours is not None)


def sensible(ways: Sequence[Way], left: timedelta) -> list[Way]:
    """Without mail when there is no time for it to be read, unless mail is all there is."""
    if left >= MAIL_NEEDS or all(w.sort == "mail" for w in ways):
        return list(ways)
    return [w for w in ways if w.sort != "mail"]


def wait_until(
    now: datetime, deadline: datetime, usual: Sequence[timedelta], quiet: Quiet, *, last_waits: bool
) -> datetime:
    """How long the first of the remaining legs (`usual`: their usual times, in order) waits for its goal.

    The open time until `deadline` is shared in proportion to what each channel usually needs; no leg waits longer
    than PATIENCE times its usual time, except the last one when a deadline bounds the route (`last_waits`).
    """
    left = quiet.open_time(now, deadline)
    if left <= timedelta(0):
        return now + LEAST_WAIT
    if len(usual) == 1 and last_waits:
        return max(deadline, now + LEAST_WAIT)
    share = left * (usual[0] / sum(usual, timedelta(0)))
    return quiet.after_open(now, max(LEAST_WAIT, min(share, usual[0] * PATIENCE)))


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
