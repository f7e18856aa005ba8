"""Whatever happens in whatever order: nothing stale leaves, nothing is told twice, nothing rings at night, nobody is
forgotten, no signal falls back."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.analytics.standing import standings
from priyom.appointments import change
from priyom.appointments.models import LIVE, Visit
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.notifications.models import Notification
from priyom.notifications.rules import Quiet
from tests.driver import BLOCKED, REJECTED, Refused, open_house, press, rest, say, settle_house, tell, turn
from tests.factories import CHAT, MAIL, MONDAY, PHONE, SETTINGS, make_account, make_patient, make_visit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUIET = (time(21), time(8))
WORDS = [Signal.ACCEPTED, Signal.UNCERTAIN, REJECTED, BLOCKED]

steps = st.one_of(
    st.tuples(st.just("turn"), st.sampled_from([1, 30, 60, 5 * 60, 13 * 60, 24 * 60])),
    st.tuples(st.just("overtake"), st.sampled_from(["move", "cancel"])),
    st.tuples(st.just("book"), st.integers(1, 80)),
    st.tuples(st.just("move"), st.integers(1, 80)),
    st.tuples(st.just("cancel"), st.just(0)),
    st.tuples(st.just("confirm"), st.just(0)),
    st.tuples(st.just("miss"), st.just(0)),
    st.tuples(st.just("press"), st.integers(0, 30)),
    st.tuples(st.just("say"), st.sampled_from(["1", "2", "да", "нет", "стоп", "старт", "Где вход?"])),
    st.tuples(st.just("tell"), st.sampled_from([Signal.SENT, Signal.DELIVERED, Signal.READ, Signal.FAILED])),
    st.tuples(st.just("gateway"), st.sampled_from([*WORDS, None, None])),
)


class Life:
    """One patient's days, and what must hold on each of them."""

    def __init__(self, contacts: dict[str, str]) -> None:
        clock.freeze(MONDAY)
        open_house()
        self.accounts = {channel: make_account(channel) for channel in SETTINGS}
        self.patient = make_patient(**contacts)
        self.word: Signal | Refused | None = Signal.ACCEPTED  # None: the gateways are down
        self.left: list[Delivery] = []
        self.best: dict[int, int] = {}
        make_visit(self.patient, MONDAY + 50 * HOUR)

    def do(self, verb: str, how: object) -> None:
        last = Visit.objects.filter(patient=self.patient).order_by("id").last()
        assert last is not None
        live, hours = last.state in LIVE, timedelta(hours=how if isinstance(how, int) else 1)
        match verb:
            case "turn":
                assert isinstance(how, int)
                if self.word is None:
                    clock.freeze(now() + how * MINUTE)
                else:
                    self.saw(turn(how * MINUTE, self.say_for))
            case "overtake":  # the visit changes while its message waits for a gateway that is down
                word, self.word = self.word, None
                self.do("book", 60)
                self.do(str(how), 70)
                self.word = word
            case "book":
                make_visit(self.patient, now() + hours, branch=last.branch)
            case "move" if live:
                change.move(last.pk, now() + hours, now() + hours + HOUR, by="mis")
            case "cancel" if live:
                change.cancel(last.pk, by="mis")
            case "confirm" if live:
                change.confirm(last.pk, by="staff", channel="call", evidence="по телефону")
            case "miss" if live and last.starts_at < now():
                change.miss(last.pk)
            case "press":
                asked = [d for d in self.left if d.body.get("rows") and d.account.channel == "telegram"]
                if asked:
                    assert isinstance(how, int)
                    row = asked[how % len(asked)]
                    labels = [b["label"] for r in row.body["rows"] for b in r]
                    press(row, labels[how % len(labels)])
            case "say":
                say(
                    self.accounts["smsc" if now().minute % 2 else "telegram"],
                    PHONE if now().minute % 2 else CHAT,
                    str(how),
                )
            case "tell":
                assert isinstance(how, Signal)
                if self.left and self.left[-1].provider_id:
                    tell(self.left[-1], how)
            case "gateway":
                assert how is None or isinstance(how, Signal | Refused)
                self.word = how
        settle_house()
        self.nothing_stale()
        if self.word is not None:
            self.saw(rest(self.say_for))

    def say_for(self, delivery: Delivery) -> Signal | Refused:
        if delivery.origin == "notification":
            self.fits(delivery)
        assert self.word is not None
        return self.word if delivery.op == "send" else Signal.ACCEPTED

    def saw(self, left: list[Delivery]) -> None:
        for row in left:
            self.left.append(row)

    def check(self) -> None:
        self.told_once()
        self.quiet_at_night()
        self.nobody_forgotten()
        self.no_signal_falls()

    def nothing_stale(self) -> None:
        """What waits to leave is of its visit's present version, and of a visit still to come; so is what leaves."""
        for row in Delivery.objects.filter(state="waiting", origin="notification"):
            self.fits(row)

    def fits(self, row: Delivery) -> None:
        notice = Notification.objects.select_related("visit").get(pk=row.origin_id or 0)
        assert notice.visit is not None
        assert notice.visit_version == notice.visit.version
        assert notice.visit.state in LIVE or notice.kind in ("cancelled", "no_show")

    def told_once(self) -> None:
        keys = list(Notification.objects.values_list("visit", "visit_version", "kind"))
        assert len(keys) == len(set(keys))
        once = [(d.origin_id, d.account_id, d.address) for d in self.left if d.origin == "notification"]
        assert len(once) == len(set(once))

    def quiet_at_night(self) -> None:
        night = Quiet(*QUIET, ZoneInfo("Asia/Almaty"))
        for row in self.left:
            if (
                row.origin != "notification"
                or not night.holds(row.signal_at or row.created_at)
                or row.signal == "answered"
            ):
                continue
            if row.signal in ("delivered", "read", "failed", "sent"):
                continue  # a later report has the last word on the moment
            card = find_channel(row.account.channel).card
            notice = Notification.objects.get(pk=row.origin_id or 0)
            assert card.sort == "mail" or (card.can_be_quiet and notice.fresh and row.quiet)

    def nobody_forgotten(self) -> None:
        visits = list(Visit.objects.filter(state__in=LIVE, starts_at__gt=now()).select_related("branch"))
        for number, standing in standings(visits, now()).items():
            visit = next(v for v in visits if v.pk == number)
            assert visit.state == "confirmed" or standing.silent or standing.next_text, (visit.state, standing)

    def no_signal_falls(self) -> None:
        for pk, signal in Delivery.objects.values_list("pk", "signal"):
            rung = Signal(signal).rung if signal else 0
            assert rung >= self.best.get(pk, 0) or signal == "failed"
            self.best[pk] = rung


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contacts=st.sampled_from(
        [{"telegram": CHAT, "phone": PHONE}, {"telegram": CHAT}, {"phone": PHONE, "email": MAIL}, {"email": MAIL}, {}]
    ),
    days=st.lists(steps, min_size=1, max_size=10),
)
def test_any_order_of_things(db: None, contacts: dict[str, str], days: list[tuple[str, object]]) -> None:
    with transaction.atomic():
        life = Life(contacts)
        for verb, how in days:
            life.do(verb, how)
            life.check()
        transaction.set_rollback(True)
