"""Who has the page of a chat open now, and which number they have proven. The portal that shows the page tells; whoever
answers there asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from priyom.foundation.clock import now
from priyom.inbox.models import Visitor

LASTS = timedelta(seconds=45)
"""A page that is heard of counts as open for so long: three beats of its stream."""

Place = tuple[int, str]
"""Account id and visitor."""


def here(places: Iterable[Place]) -> None:
    """These pages are open."""
    _put(places, LASTS)


def left(places: Iterable[Place]) -> None:
    """These pages were closed."""
    _put(places, timedelta())


def is_here(account_id: int, address: str) -> bool:
    """Whether somebody has that page open."""
    return Visitor.objects.filter(account_id=account_id, address=address, open_until__gt=now()).exists()


def prove(account_id: int, address: str, phone: str) -> None:
    """The number is this visitor's own."""
    values = {"phone": phone}
    first = {**values, "open_until": now()}
    Visitor.objects.update_or_create(account_id=account_id, address=address, defaults=values, create_defaults=first)


def phone_of(account_id: int, address: str) -> str:
    """The number this visitor has proven; ''."""
    found = Visitor.objects.filter(account_id=account_id, address=address).values_list("phone", flat=True).first()
    return found or ""


def _put(places: Iterable[Place], lasts: timedelta) -> None:
    until = now() + lasts
    rows = [Visitor(account_id=account, address=address, open_until=until) for account, address in sorted(set(places))]
    Visitor.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["account", "address"], update_fields=["open_until"]
    )
