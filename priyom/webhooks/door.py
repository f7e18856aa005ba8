"""The door at which gateways knock, before Django's: a webhook is read in bounded memory, verified, kept raw together
with the others that came meanwhile, and only then answered. What it means is found out later, by a worker.

So a lost process loses nothing that was answered with «taken», a repeat changes nothing, and while the database is away
every vendor is told to repeat.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from django.urls import Resolver404, resolve

from priyom.contracts.channel import Request
from priyom.delivery.incoming import Known
from priyom.webhooks import body, verdict
from priyom.webhooks.keep import Crowded, Keeper
from priyom.webhooks.known import Accounts, Place
from priyom.webhooks.receive import hook
from priyom.webhooks.verdict import Answer
from priyom.webhooks.within import Away, Within

log = logging.getLogger(__name__)

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[body.Scope, body.Receive, Send], Awaitable[None]]

HERE = "/hooks/"
LONGEST_PATH = 300
TURNS = 3
"""How often an account may change between the look at a webhook and its keeping."""


class Door:
    """An ASGI application: webhooks itself, everything else by `inner`. One in each event loop."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._held = body.Held()

    @cached_property
    def _database(self) -> Within:
        return Within()

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self._database)

    @cached_property
    def _keeper(self) -> Keeper:
        return Keeper(self._database)

    async def __call__(self, scope: body.Scope, receive: body.Receive, send: Send) -> None:
        """One request."""
        found = _place(scope)
        if found is None:
            await self._inner(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, receive, *found)
        except body.Gone:
            return
        except Away:
            answer = verdict.AWAY
        except Crowded:
            answer = verdict.CROWDED
        except Exception:
            log.exception("a webhook at %s cannot be taken", scope["path"][:LONGEST_PATH])
            answer = verdict.AWAY
        await _say(send, answer, scope["method"])

    async def close(self) -> None:
        """Close what stands idle."""
        await self._database.close()

    async def _answer(self, scope: body.Scope, receive: body.Receive, place: Place, rest: str) -> Answer:
        method: str = scope["method"]
        known = self._accounts.remembered(place) if method == "POST" else None
        fresh = known is None
        if known is None:
            known = await self._accounts.fresh(place)
        if known is None:
            return verdict.NOBODY
        if answer := verdict.by_method(method, known.channel.receiver):
            return answer
        query = body.asked(scope["query_string"])
        if query is None:
            return verdict.UNREADABLE
        told = body.length(scope["headers"])
        try:
            content = await self._held.body(receive, told, known.channel.card.hook_limit)
        except body.TooLarge as error:
            return verdict.TOO_LARGE if error.ended else verdict.FAR_TOO_LARGE
        except body.TooMuch:
            return verdict.CROWDED
        except TimeoutError:
            return verdict.TOO_SLOW
        try:
            came = Request(body.named(scope["headers"]), query | ({"_path": rest} if rest else {}), content)
            return await self._taken(method, place, came, known, fresh)
        finally:
            self._held.drop(content)

    async def _taken(self, method: str, place: Place, came: Request, known: Known | None, fresh: bool) -> Answer:
        """Verified and kept; refused only by an account as it is now."""
        for _ in range(TURNS):
            if known is None:
                return verdict.NOBODY
            answer = verdict.LOCKED
            if known.wire is not None:
                receiver = known.channel.receiver
                proof = verdict.by_proof(method, receiver, known.wire, came)
                if proof is None and await self._keeper.keep(known, came):
                    return verdict.accepted(receiver, known.wire, came)
                answer = proof or verdict.AWAY
            if fresh and answer is not verdict.AWAY:
                return answer
            known, fresh = await self._accounts.fresh(place), True
        return verdict.AWAY


def _place(scope: body.Scope) -> tuple[Place, str] | None:
    """Whose address this is, and the rest of the path; None when it is not the webhook door's."""
    if scope["type"] != "http" or not scope["path"].startswith(HERE):
        return None
    path: str = scope["path"]
    return _resolved(path) if len(path) <= LONGEST_PATH else _resolved.__wrapped__(path)


@lru_cache(maxsize=1000)
def _resolved(path: str) -> tuple[Place, str] | None:
    """By the one table of addresses: some addresses below `/hooks/` are other rooms'."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    if found.func is not hook:
        return None
    return (found.kwargs["channel"], found.kwargs["key"]), found.kwargs.get("rest", "")


async def _say(send: Send, answer: Answer, method: str) -> None:
    headers = [
        (b"content-type", answer.kind.encode()),
        (b"content-length", str(len(answer.content)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.content})
