"""What gateways call us with: kept as it came (but for its secrets) before it is answered, interpreted later, in order
per chat.

A repeat is known by its update key. What cannot be interpreted stays, with the reason, and can be replayed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from priyom.contracts import registry
from priyom.contracts.card import abouts
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Channel, Request
from priyom.contracts.errors import Malformed
from priyom.delivery.accounts import wire
from priyom.delivery.consequence import storable
from priyom.delivery.models import Account, RawState, RawUpdate
from priyom.delivery.settle import NotYetKnown
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

NEVER_KEPT = frozenset({"authorization", "proxy-authorization", "cookie"})
SHORTEST_SECRET = 8
"""Shorter ones would strike out harmless words."""
MOST_BYTES = 8 * 1024 * 1024
"""Of bodies that are interpreted together."""
GIVES_WAY = 100
"""Milliseconds for which several together wait for what another holds."""
MOST_TRIES = 5
MOST_WAITS = 9
"""A report may run ahead of the send it tells of: tried again after 0.2, 0.4 ... seconds, some 100 in all."""


@dataclass(frozen=True, slots=True)
class Known:
    """An account as its webhooks need it. `version` is its row's; `wire` is None while its secrets cannot be opened."""

    id: int
    version: str
    channel: Channel
    wire: Wire | None
    secrets: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A webhook as it is kept."""

    account: int
    version: str
    update_key: str
    chat_key: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    at: datetime


def store(account: Account, request: Request) -> bool:
    """Keep one verified webhook without what proved it; False when it is a repeat. Raises WrongKey."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql["raw_store"], raw_values(account.pk, registry.channel(account.channel), wire(account), request)
        )
        return cursor.fetchone() is not None


def raw_values(account_id: int, channel: Channel, known: Wire, request: Request) -> dict[str, Any]:
    """Parameters of `raw_store.sql`."""
    row = row_of(Known(account_id, "", channel, known, secrets_of(channel, known)), request)
    return {
        "account": row.account,
        "update_key": row.update_key,
        "chat_key": row.chat_key,
        "headers": Jsonb(row.headers),
        "query": Jsonb(row.query),
        "body": row.body,
        "now": row.at,
    }


def row_of(known: Known, request: Request) -> Row:
    """What is kept of a webhook of an account whose secrets can be opened."""
    assert known.wire is not None
    update_key, chat_key = _identified(known.channel, known.wire, request)
    return Row(
        known.id, known.version, storable(update_key, 200), storable(chat_key, 200),
        _harmless(request.headers, known.secrets), _harmless(request.query, known.secrets),
        _without(request.body, known.secrets), now(),
    )  # fmt: skip


def many_values(rows: Sequence[Row]) -> dict[str, Any]:
    """Parameters of `raw_store_many.sql`."""
    told = [
        {
            "n": number, "account": row.account, "version": row.version, "update_key": row.update_key,
            "chat_key": row.chat_key, "headers": row.headers, "query": row.query, "at": row.at.isoformat(),
        }
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip
    return {"rows": json.dumps(told, ensure_ascii=False), "bodies": [row.body for row in rows]}


def _identified(channel: Channel, known: Wire, request: Request) -> tuple[str, str]:
    """The channel's own keys; of the body when it fails, for what is genuine is kept in any case."""
    try:
        return channel.receiver.identify(known, request)
    except Exception:
        log.exception("a webhook of %s has no key of its own", known.key)
        return "sha256:" + sha256(request.body).hexdigest(), ""


def secrets_of(channel: Channel, known: Wire) -> list[str]:
    """Everything by which somebody could call us in the gateway's name, or the gateway in ours."""
    hidden = [name for name, (about, _, _) in abouts(channel.card.settings).items() if about.secret]
    found = [known.hook_secret, *(str(getattr(known.settings, name)) for name in hidden)]
    return [secret for secret in found if len(secret) >= SHORTEST_SECRET]


def _harmless(pairs: Mapping[str, str], secrets: Sequence[str]) -> dict[str, str]:
    """The pairs as they may be kept."""
    return {
        storable(name, 100): storable(value, 1000)
        for name, value in pairs.items()
        if name.lower() not in NEVER_KEPT and not any(secret in value or secret in name for secret in secrets)
    }


def _without(body: bytes, secrets: Sequence[str]) -> bytes:
    """The body as it came, but for the secrets that some vendors put into it."""
    for secret in secrets:
        body = body.replace(secret.encode(), b"***")
    return body


def request_of(raw: RawUpdate) -> Request:
    """The webhook as it came, without its proof: to be parsed, not to be verified again."""
    return Request(raw.headers, raw.query, bytes(raw.body))


def claim(most: int = 1, only: Sequence[int] | None = None) -> list[RawUpdate]:
    """The next webhooks to interpret, in order, each the first of its chat, locked until the transaction ends: at most
    `most`, and no more bytes than `MOST_BYTES` unless one alone has them. `only`: those of them whose turn it is."""
    with connection.cursor() as cursor:
        cursor.execute(sql["raw_claim"], {"now": now(), "most": most, "only": None if only is None else list(only)})
        found = cursor.fetchall()
    sizes = accumulate(size for _, size in found)
    fitting = [number for (number, _), size in zip(found, sizes, strict=True) if size <= MOST_BYTES]
    rows = RawUpdate.objects.select_related("account").in_bulk(fitting or [number for number, _ in found[:1]])
    return [rows[number] for number, _ in found if number in rows]


def interpret_next(interpret: Callable[[RawUpdate], None], only: int | None = None) -> bool:
    """Hand the next webhook (or `only` that one, if it is its turn) to `interpret`, in a transaction of its own. True
    when there was one.

    An error undoes what was done and is kept on the row, not raised (but for a lost database): `Malformed` ends it at
    once, `NotYetKnown` waits, anything else is tried five times.
    """
    with transaction.atomic():
        batch = claim(only=None if only is None else [only])
        done([raw.pk for raw in batch if _understood(interpret, raw)])
    return bool(batch)


def interpret_together(interpret: Callable[[RawUpdate], None], only: Sequence[int]) -> list[int]:
    """The same with several, in one transaction, as if each were alone. Returned are those that are to be taken alone
    indeed: where another holds what one of them needs, this transaction ends with what it has, so that nobody ever
    waits for it in a circle."""
    understood: list[int] = []
    alone: list[int] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {GIVES_WAY}")
        batch = claim(len(only), only)
        for place, raw in enumerate(batch):
            try:
                if _understood(interpret, raw):
                    understood.append(raw.pk)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                alone = [left.pk for left in batch[place:]]
                break
        done(understood)
    return alone


def _understood(interpret: Callable[[RawUpdate], None], raw: RawUpdate) -> bool:
    """Whether it could be interpreted; if not, nothing of it was done, and the row tells why."""
    try:
        with transaction.atomic():
            interpret(raw)
    except OperationalError:
        raise
    except Exception as error:
        put_off(raw, error)
        return False
    return True


def done(raw_ids: Sequence[int]) -> None:
    """These are interpreted."""
    RawUpdate.objects.filter(pk__in=raw_ids).update(state=RawState.DONE, error="")


def next_due() -> datetime | None:
    """When the next webhook is to be interpreted; those that wait for another of their chat are not asked."""
    with connection.cursor() as cursor:
        cursor.execute(sql["raw_due"])
        found = cursor.fetchone()
    return found and cast(datetime, found[0])


def pending() -> int:
    """How many webhooks wait for interpretation."""
    return RawUpdate.objects.filter(state=RawState.NEW).count()


def replay(raw_id: int) -> None:
    """Interpret a failed webhook once more, with all its tries."""
    RawUpdate.objects.filter(pk=raw_id, state=RawState.FAILED).update(state=RawState.NEW, tries=0, next_try_at=now())


def put_off(raw: RawUpdate, error: Exception) -> None:
    """It could not be interpreted (yet): tried again later, or shown as failed when that would be in vain."""
    tries = raw.tries + 1
    most = 1 if isinstance(error, Malformed) else MOST_WAITS if isinstance(error, NotYetKnown) else MOST_TRIES
    if not isinstance(error, Malformed | NotYetKnown):
        log.error("update %s of %s cannot be interpreted", raw.pk, raw.account.key, exc_info=error)
    RawUpdate.objects.filter(pk=raw.pk).update(
        tries=tries,
        state=RawState.FAILED if tries >= most else RawState.NEW,
        next_try_at=now() + timedelta(seconds=0.2 * 2**raw.tries),
        error=storable(f"{type(error).__name__}: {error}", 2000),
    )
