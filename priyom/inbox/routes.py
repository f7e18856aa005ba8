"""Where an answer may go: the way the person wrote last, every other one with what stands against it, and the choice of
one instead of another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from priyom.consent.ask import allowed_channels
from priyom.contracts.card import Card, Sort, Templates
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import family
from priyom.delivery.models import Account, Delivery
from priyom.inbox.answer_models import ChosenWay
from priyom.inbox.chat import Chat
from priyom.inbox.models import Conversation, Incoming
from priyom.notifications.templates import needed
from priyom.notifications.ways import Candidate, Use, candidates, choose, ways, window_until
from priyom.patients.models import ContactPoint


@dataclass(frozen=True, slots=True)
class Route:
    """Where an answer will go."""

    account: Account
    address: str
    channel_title: str
    contact_point_id: int | None
    costs: bool
    """True where each message costs money (SMS)."""
    card: Card
    closed: bool = False
    """The window for free words is over."""
    open_until: datetime | None = None
    """When that window will be over; None where there is none."""
    chosen: bool = False
    """Somebody has chosen it; else it is where the person wrote last, or the best one."""

    @property
    def key(self) -> str:
        """Names the way within its thread."""
        return f"{self.account.pk}:{self.address}"


class State(StrEnum):
    """What stands against a way."""

    OPEN = "open"
    CLOSED = "closed"  # free words are not taken now; an approved text is
    BLOCKED = "blocked"  # the person has stopped us there
    GONE = "gone"  # there is no such address
    REFUSED = "refused"  # the person does not want to be written to there


USABLE = (State.OPEN, State.CLOSED)


class Cost(StrEnum):
    """What a message costs, as far as the card tells."""

    FREE = "free"
    TARIFF = "tariff"  # by the vendor's tariff: some are free, some are not
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to this person. `last_cost` and `currency`: what the last message there has cost, where it was told."""

    route: Route
    state: State
    cost: Cost
    current: bool = False
    last_cost: Decimal | None = None
    currency: str = ""

    @property
    def usable(self) -> bool:
        """Whether something can be sent there at all."""
        return self.state in USABLE


def where(conversation: Conversation) -> Route | None:
    """Where the answer will go: as somebody has chosen; else where the person last wrote, if still open; else the best
    open way; None: nowhere."""
    last = _last(conversation)
    if conversation.patient_id is None:
        assert conversation.account is not None
        return route(conversation.account, conversation.address, None, last.at if last else None)
    found: Iterator[Route] = routes(conversation.patient_id, last)
    if (chosen := _chosen(conversation, last)) is not None:
        listed = list(found)
        for one in listed:
            if one.key == f"{chosen.account_id}:{chosen.address}":
                return replace(one, chosen=True)
        found = iter(listed)
    # A window that has closed is no way out while another stands open; alone it is shown, with what to do.
    best = next(found, None)
    return next((route for route in found if not route.closed), best) if best is not None and best.closed else best


def routes(patient_id: int, last: Incoming | None) -> Iterator[Route]:
    """Every way an answer may go, the best first; one may come twice."""
    if last is not None and last.account.enabled and last.action != "stop" and _can_be_answered(last.account):
        point = Chat.of(last.account, last.address).point_of(patient_id)
        # Whoever writes to us may be answered there, also after «стоп»; not where they have closed the chat.
        if point is not None and not point.reaches.filter(channel=last.account.channel).exclude(lost="").exists():
            yield route(last.account, last.address, point.pk, last.at)
    for way in ways(patient_id, "service", "delivered", Use.TALK):
        if _can_be_answered(account := Account.objects.get(pk=way.account_id)):
            yield route(account, way.address, way.contact_point_id, way.answered_at)


def route(account: Account, address: str, contact_point_id: int | None, last_word: datetime | None) -> Route:
    """That way, as it stands now; `last_word`: when the person last wrote there."""
    card = find_channel(account.channel).card
    until = window_until(card, last_word)
    costs = card.sort is Sort.SMS
    return Route(account, address, card.title, contact_point_id, costs, card, needed(card, until), until)


def choices(conversation: Conversation) -> list[Choice]:
    """Every way to this person: those that can be used first, the best of them first; then what stands closed, and
    why."""
    now_there = where(conversation)
    if conversation.patient_id is None:
        return [_choice(now_there, now_there)] if now_there is not None else []
    open_ones = {one.key: one for one in reversed(list(routes(conversation.patient_id, _last(conversation))))}
    listed = [_choice(one, now_there) for one in reversed(open_ones.values())]
    shut = [_choice(one, None, state) for one, state in _shut(conversation.patient_id, open_ones)]
    return listed + shut


def choose_way(conversation: Conversation, key: str) -> bool:
    """Let answers go this way until the person writes elsewhere. False when it is no way that can be used."""
    picked = next((one.route for one in choices(conversation) if one.usable and one.route.key == key), None)
    if picked is None or conversation.patient_id is None:
        return False
    last = _last(conversation)
    ChosenWay.objects.update_or_create(
        conversation=conversation,
        defaults={"account": picked.account, "address": picked.address, "after": last.pk if last else 0},
    )
    return True


def _last(conversation: Conversation) -> Incoming | None:
    return Incoming.objects.filter(conversation=conversation).select_related("account").order_by("-id").first()


def _chosen(conversation: Conversation, last: Incoming | None) -> ChosenWay | None:
    """The choice, while it holds: nothing has come since, or it came just there."""
    row = ChosenWay.objects.filter(conversation=conversation).first()
    if row is None or last is None or last.pk <= row.after:
        return row
    return row if (last.account_id, last.address) == (row.account_id, row.address) else None


def _shut(patient_id: int, open_ones: Iterable[str]) -> Iterator[tuple[Route, State]]:
    """Ways that are there and cannot be used."""
    accounts = [one for one in candidates(Use.TALK) if _can_be_answered(one[0])]
    allowed = allowed_channels(patient_id, "service", {account.channel for account, _ in accounts})
    points = ContactPoint.objects.filter(patient_id=patient_id, removed_at=None).prefetch_related("reaches")
    for point in points.order_by("pk"):
        for account, _card in choose(point, accounts):
            state = _against(point, (account, _card), allowed)
            if state is not None and f"{account.pk}:{point.address}" not in open_ones:
                yield route(account, point.address, point.pk, None), state


def _against(point: ContactPoint, candidate: Candidate, allowed: set[str]) -> State | None:
    channel = candidate[0].channel
    lost = {reach.channel: reach.lost for reach in point.reaches.all() if reach.lost}
    if any(lost.get(key) == "gone" for key in family(channel)):
        return State.GONE
    if channel in lost:
        return State.BLOCKED if lost[channel] == "blocked" else State.GONE
    return None if channel in allowed else State.REFUSED


def _choice(one: Route, now_there: Route | None, state: State | None = None) -> Choice:
    paid = Delivery.objects.filter(account=one.account, address=one.address, cost__gt=0).order_by("-id")
    last = paid.values_list("cost", "currency").first()
    return Choice(
        one, state or (State.CLOSED if one.closed else State.OPEN), _cost(one.card),
        now_there is not None and one.key == now_there.key, *(last or (None, "")),
    )  # fmt: skip


def _cost(card: Card) -> Cost:
    if card.segments is not None or card.sort is Sort.SMS:
        return Cost.PAID
    return Cost.FREE if card.templates is Templates.NEVER else Cost.TARIFF


def _can_be_answered(account: Account) -> bool:
    return find_channel(account.channel).card.sort not in (Sort.VOICE, Sort.NOTICE)
