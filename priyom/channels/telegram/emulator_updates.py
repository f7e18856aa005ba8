"""How the fake Telegram tells its bots what happened: by webhook, chat by chat in order, or by long polling.

A press nobody took within 150 s of the world's clock is lost, words and blocks within a day. What waits stays waiting
when a bot changes from the one way to the other.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.telegram.emulator_checks import Given, Refused, bad, flag, nested
from priyom.channels.telegram.emulator_state import Bot, State
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import HookPost, Parcel

PORTS = (443, 80, 88, 8443)
BACKLOG = 1000
POLL_LIMIT = 50.0
DAY = timedelta(days=1)
PRESS_LIFE = timedelta(seconds=150)


@dataclass(slots=True)
class _Poll:
    """A getUpdates under way; `news` wakes it, `ousted` says that another one has come after it."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    ousted: bool = False


class Updates:
    """`loopback`: webhooks may be plain HTTP on any port of this machine."""

    def __init__(self, state: State, world: World, *, loopback: bool = True) -> None:
        self._state, self._world = state, world
        self.loopback = loopback
        self.post = HookPost(world, lambda status: 200 <= status < 300)
        self._polls: dict[str, _Poll] = {}

    def tell(self, bot: Bot, chat: int, kind: str, content: dict[str, Any]) -> None:
        """Something has happened in a chat."""
        if bot.allowed and kind not in bot.allowed:
            return
        update = {"update_id": bot.next_update, kind: content}
        bot.next_update += 1
        expires = self._world.now() + (PRESS_LIFE if kind == "callback_query" else DAY)
        if bot.hook_url:
            self._send(bot, str(chat), update, expires)
            return
        waiting = {"chat": str(chat), "update": update, "expires": expires.timestamp()}
        bot.loose = [*bot.loose, waiting][-BACKLOG:]
        if poll := self._polls.get(bot.token):
            poll.news.set()

    def release(self) -> None:
        """Let everybody go who waits for news."""
        for poll in self._polls.values():
            poll.news.set()

    def attach(self, bot: Bot, url: str, secret: str) -> None:
        """As if the bot had called setWebhook; calls go there too when the same path is named at another address."""
        bot.door = url
        if bot.hook_secret != secret or not _same_path(bot.hook_url, url):
            self._hook(bot, url, secret)

    # -- methods --

    def set_webhook(self, bot: Bot, given: Given) -> Any:
        """setWebhook. Raises Refused."""
        url, secret = str(given.get("url") or ""), str(given.get("secret_token") or "")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token contains unallowed characters")
        if url and not (self.loopback and _same_path(url, bot.door)):
            self._check(url)
        allowed = nested(given, "allowed_updates")
        if allowed is not None:
            bot.allowed = [str(kind) for kind in allowed] if isinstance(allowed, list) else []
        if flag(given, "drop_pending_updates"):
            self._take_back(bot)
            bot.loose.clear()
        self._hook(bot, url, secret)
        return True

    def delete_webhook(self, bot: Bot, given: Given) -> Any:
        """deleteWebhook."""
        return self.set_webhook(bot, {"drop_pending_updates": given.get("drop_pending_updates")})

    def webhook_info(self, bot: Bot, given: Given) -> Any:
        """getWebhookInfo."""
        made: dict[str, Any] = {
            "url": bot.hook_url,
            "has_custom_certificate": False,
            "pending_update_count": self.post.waiting() if bot.hook_url else len(bot.loose),
            "max_connections": 40,
        }
        if bot.allowed:
            made["allowed_updates"] = bot.allowed
        if bot.hook_url and self.post.last_failure is not None:
            at, status = self.post.last_failure
            made["last_error_date"] = int(at.timestamp())
            made["last_error_message"] = (
                f"Wrong response from the webhook: {status}" if status else "Connection refused"
            )
        return made

    async def get_updates(self, bot: Bot, given: Given) -> Any:
        """getUpdates: waits up to `timeout` seconds for the first one. Raises Refused."""
        self._alone(bot)
        allowed = nested(given, "allowed_updates")
        if isinstance(allowed, list):
            bot.allowed = [str(kind) for kind in allowed]
        offset, limit = int(given.get("offset") or 0), min(max(int(given.get("limit") or 100), 1), 100)
        if offset < 0:
            bot.loose = bot.loose[offset:]
        bot.loose = [item for item in bot.loose if item["update"]["update_id"] >= offset and self._fresh(item)]
        if not bot.loose:
            await self._wait(bot, min(float(given.get("timeout") or 0), POLL_LIMIT))
        return [item["update"] for item in bot.loose[:limit]]

    async def _wait(self, bot: Bot, seconds: float) -> None:
        poll, before = _Poll(), self._polls.get(bot.token)
        if before is not None:
            before.ousted = True
            before.news.set()
        self._polls[bot.token] = poll
        try:
            await asyncio.wait_for(poll.news.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            if self._polls.get(bot.token) is poll:
                del self._polls[bot.token]
        if poll.ousted:
            raise Refused(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        if bot.hook_url:
            raise Refused(409, "Conflict: terminated by setWebhook request")

    def _alone(self, bot: Bot) -> None:
        if bot.hook_url:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )

    # -- the two ways --

    def _hook(self, bot: Bot, url: str, secret: str) -> None:
        if (bot.hook_url, bot.hook_secret) == (url, secret):
            return
        self._take_back(bot)
        bot.hook_url, bot.hook_secret = url, secret
        if not url:
            return
        if poll := self._polls.get(bot.token):
            poll.news.set()
        waiting, bot.loose = bot.loose, []
        for item in filter(self._fresh, waiting):
            expires = datetime.fromtimestamp(item["expires"], self._world.now().tzinfo)
            self._send(bot, item["chat"], item["update"], expires)

    def _send(self, bot: Bot, chat: str, update: dict[str, Any], expires: datetime) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": bot.hook_secret} if bot.hook_secret else {}
        url = bot.door if _same_path(bot.hook_url, bot.door) else bot.hook_url
        self.post.put(f"{bot.id}:{chat}", Parcel(Hook(url, headers, json.dumps(update).encode()), expires))

    def _take_back(self, bot: Bot) -> None:
        """What the webhook has not taken waits for the next way."""
        mine: list[Mapping[str, Any]] = []
        others: list[Mapping[str, Any]] = []
        for item in self.post.dump():
            (mine if item["chat"].startswith(f"{bot.id}:") else others).append(item)
        self.post.load(others)
        for parcel in mine:
            expires = datetime.fromisoformat(parcel["expires"]).timestamp()
            chat = parcel["chat"].partition(":")[2]
            bot.loose.append({"chat": chat, "update": json.loads(parcel["body"]), "expires": expires})
        bot.loose.sort(key=lambda item: int(item["update"]["update_id"]))

    def _fresh(self, item: dict[str, Any]) -> bool:
        return bool(item["expires"] >= self._world.now().timestamp())

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        local = _is_local(parts.hostname or "")
        if local and self.loopback:
            return
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if local:
            raise bad(f"bad webhook: IP address {parts.hostname} is reserved")


def _same_path(url: str, door: str) -> bool:
    return bool(door) and urlsplit(url).path == urlsplit(door).path


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
