"""Two weeks of visits around today: the past as history, the present in every state, the future booked through the real
verbs, so that scenarios plan its reminders. A day that has visits already is left alone, so a later start adds days."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from priyom.appointments import change
from priyom.appointments.book import VisitRecord, book
from priyom.appointments.models import LIVE, State, Visit
from priyom.clinic.models import Branch
from priyom.contracts import registry
from priyom.contracts.card import Buttons
from priyom.foundation.clock import now
from priyom.notifications.notify import Order, notify
from priyom.patients.models import ContactPoint, Patient
from priyom.sandbox.demo_clinic import ROUTED, DemoDoctor
from priyom.sandbox.demo_people import MARK

DAYS_BACK, DAYS_AHEAD = 6, 8
STEP = timedelta(minutes=30)
DAY = timedelta(hours=24)
SOON = timedelta(hours=36)
"""Among the visits within this time some are confirmed already."""

PRESSED = ("кнопка «Приду»", "кнопка «Приду»", "ответ «да»")
TYPED = ("ответ «да»", "ответ «1»", "ответ «приду»")


def make_visits(doctors: Sequence[DemoDoctor], people: Mapping[int, Sequence[Patient]]) -> int:
    """Fill the days that are empty; `people` by branch id. Returns how many visits were made."""
    close_forgotten()
    made = 0
    for branch in {doctor.branch.pk: doctor.branch for doctor in doctors}.values():
        today = now().astimezone(ZoneInfo(branch.time_zone)).date()
        own = [doctor for doctor in doctors if doctor.branch.pk == branch.pk]
        for offset in range(-DAYS_BACK, DAYS_AHEAD + 1):
            day = today + timedelta(days=offset)
            if not Visit.objects.filter(external_id__startswith=_prefix(branch, day)).exists():
                made += _fill(branch, day, offset, own, list(people[branch.pk]))
    return made


def close_forgotten() -> None:
    """Demo visits of former days that nobody closed took place: no medical system will tell of them."""
    old = now() - timedelta(hours=18)
    forgotten = Visit.objects.filter(external_id__startswith=f"{MARK}v", state__in=LIVE, ends_at__lt=old)
    for visit_id in list(forgotten.values_list("pk", flat=True)):
        change.complete(visit_id)


def _prefix(branch: Branch, day: date) -> str:
    return f"{MARK}v-{branch.external_id.removeprefix(MARK)}-{day:%Y%m%d}-"


def _fill(branch: Branch, day: date, offset: int, doctors: Sequence[DemoDoctor], people: list[Patient]) -> int:
    luck = random.Random(_prefix(branch, day))
    luck.shuffle(people)
    share = 0.5 if offset <= 0 else max(0.15, 0.42 - 0.04 * offset)
    slots = [(doctor, slot) for doctor in doctors for slot in _slots(doctor, day, share, luck)]
    for number, ((doctor, (starts, ends, place)), patient) in enumerate(zip(slots, people, strict=False), 1):
        service = doctor.services[place][0]
        record = VisitRecord(
            external_id=f"{_prefix(branch, day)}{number:02d}",
            patient=patient,
            practitioner=doctor.row,
            service=service,
            branch=branch,
            starts_at=starts,
            ends_at=ends,
            booked_at=min(starts - timedelta(days=luck.randint(3, 15)), now() - timedelta(hours=luck.randint(20, 90))),
        )
        _book(record, luck)
    return min(len(slots), len(people))


def _slots(
    doctor: DemoDoctor, day: date, share: float, luck: random.Random
) -> Iterator[tuple[datetime, datetime, int]]:
    """(start, end, index of the service): some of the doctor's times, the others stay free."""
    if day.weekday() == doctor.day_off:
        return
    zone = ZoneInfo(doctor.branch.time_zone)
    at = datetime.combine(day, doctor.opens, zone)
    closes = datetime.combine(day, doctor.closes, zone)
    while at < closes:
        place = luck.randrange(len(doctor.services))
        ends = at + timedelta(minutes=doctor.services[place][1])
        if luck.random() < share and ends <= closes:
            yield at, ends, place
            at = ends
        else:
            at += STEP


def _book(record: VisitRecord, luck: random.Random) -> None:
    at, lot = now(), luck.random()
    if record.starts_at < at:
        state = State.COMPLETED if lot < 0.84 else State.MISSED if lot < 0.93 else State.CANCELLED
        if state is State.COMPLETED and record.ends_at > at - timedelta(minutes=30):
            state = State.ARRIVED
        book(_settled(record, state))
        return
    soon = record.starts_at - at < SOON
    if soon and lot > 0.96:
        book(_settled(record, State.CANCELLED))
        return
    visit, _ = book(record)
    if soon and lot < 0.45:
        _confirm(visit, luck)
    elif soon and lot > 0.92:
        change.give_up(visit.pk)
    elif record.starts_at - at < DAY:
        # Its scenario would have asked before this clinic existed: ask now, so that the day has visits that wait.
        notify(Order(visit, "reminder_24h", goal="answered", must_reach=True))


def _settled(record: VisitRecord, state: State) -> VisitRecord:
    """The same as history: nothing shall follow from it."""
    return VisitRecord(
        record.external_id, record.patient, record.practitioner, record.service, record.branch, record.starts_at,
        record.ends_at, record.booked_at, history=True, state=state,
    )  # fmt: skip


def _confirm(visit: Visit, luck: random.Random) -> None:
    kinds = set(ContactPoint.objects.filter(patient=visit.patient).values_list("kind", flat=True))
    reached = [c for c in registry.cards() if c.key in ROUTED and c.contact_kind in kinds - {"email"}]
    if not reached:
        change.confirm(visit.pk, by="staff", evidence="звонок: придет")
        return
    card = luck.choice(reached)
    how = TYPED if card.buttons == Buttons.DIGITS else PRESSED
    change.confirm(visit.pk, by="patient", channel=card.key, evidence=f"{luck.choice(how)} в {card.title}")
