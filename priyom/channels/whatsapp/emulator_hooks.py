"""Webhooks of the fake WhatsApp: how they are wrapped and signed, and how a new address is asked whether it is ours."""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from priyom.channels.whatsapp.emulator_state import Letter, Number, Person
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import HookPost, Parcel

FREE_SERVICE = 1000
"""Free words a number may deliver each month without pay, since October 2026."""
LOCAL = ("127.0.0.1", "localhost", "::1")


class Hooks:
    """Sends what happened, chat by chat; only 200 counts as taken."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.post = HookPost(world, lambda status: status == 200)

    def message(self, number: Number, person: Person, content: dict[str, Any], wamid: str) -> None:
        """Something a person did."""
        known = {"from": person.wa_id} if person.wa_id else {}
        head = {**known, "from_user_id": person.user_id, "id": wamid, "timestamp": self._stamp()}
        self._talk(number, person, {"contacts": [person.contact()], "messages": [{**head, **content}]})

    def status(self, number: Number, address: str, person: Person | None, letter: Letter, word: str) -> None:
        """What became of a message of ours."""
        letter.status = word
        letter.events.append((word, self._world.now().timestamp()))
        status: dict[str, Any] = {"id": letter.id, "status": word, "timestamp": self._stamp()}
        status["recipient_id"] = address.removeprefix("+")
        if letter.key:
            status["biz_opaque_callback_data"] = letter.key
        value: dict[str, Any] = {"statuses": [status]}
        if person is not None:
            if not person.wa_id:
                del status["recipient_id"]
            status["recipient_user_id"] = person.user_id
            value["contacts"] = [person.contact()]
        if word in ("sent", "delivered"):
            status["pricing"] = self._pricing(number, letter, word)
        self._talk(number, person or address, value)

    def failed(self, number: Number, address: str, letter: Letter, error: dict[str, Any]) -> None:
        """A refusal after the fact: without `contacts`, as Meta has it."""
        letter.status = "failed"
        letter.events.append(("failed", self._world.now().timestamp()))
        status = {"id": letter.id, "status": "failed", "timestamp": self._stamp(), "errors": [error]}
        status["recipient_id"] = address.removeprefix("+")
        if letter.key:
            status["biz_opaque_callback_data"] = letter.key
        self._talk(number, address, {"statuses": [status]})

    def preference(self, number: Number, person: Person, value: str) -> None:
        """Marketing stopped or let in again."""
        known = {"wa_id": person.wa_id} if person.wa_id else {}
        told: dict[str, Any] = {**known, "user_id": person.user_id, "category": "marketing_messages", "value": value}
        told |= {"detail": "User's request", "timestamp": int(self._world.now().timestamp())}
        about = self._about(number, {"contacts": [person.contact()], "user_preferences": [told]})
        self._change(number, "user_preferences", person.phone.address, about)

    def account(self, number: Number, field: str, value: dict[str, Any]) -> None:
        """A change of the account or of a template."""
        self._change(number, field, f"account:{number.business}", value)

    async def asked(self, url: str, token: str) -> bool:
        """Whether the address gives our challenge back. Only addresses on this machine are asked."""
        if urlsplit(url).hostname not in LOCAL:
            return False
        word = secrets.token_hex(8)
        query = {"hub.mode": "subscribe", "hub.challenge": word, "hub.verify_token": token}
        try:
            async with aiohttp.ClientSession() as session, session.get(url, params=query) as answer:
                return answer.status == 200 and await answer.text() == word
        except aiohttp.ClientError:
            return False

    def _talk(self, number: Number, whose: Person | str, value: dict[str, Any]) -> None:
        chat = whose if isinstance(whose, str) else whose.phone.address
        self._change(number, "messages", chat, self._about(number, value))

    def _about(self, number: Number, value: dict[str, Any]) -> dict[str, Any]:
        metadata = {"display_phone_number": number.digits, "phone_number_id": number.id}
        return {"messaging_product": "whatsapp", "metadata": metadata, **value}

    def _change(self, number: Number, field: str, chat: str, value: dict[str, Any]) -> None:
        if not number.hook_url:
            return
        entry: dict[str, Any] = {"id": number.business, "changes": [{"field": field, "value": value}]}
        if "messaging_product" not in value:
            entry["time"] = int(self._world.now().timestamp())
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()  # \uXXXX, as Meta's
        headers = dict(number.hook_headers)
        if number.signs:
            signature = hmac.new(number.app_secret.encode(), body, sha256).hexdigest()
            headers["X-Hub-Signature-256"] = f"sha256={signature}"
        self.post.put(f"{number.id}:{chat}", Parcel(Hook(number.hook_url, headers, body)))

    def _pricing(self, number: Number, letter: Letter, word: str) -> dict[str, Any]:
        """By the rules since October 2026: everything delivered is paid, but for a thousand answers a month."""
        kind = "regular"
        if letter.category == "service":
            month = datetime.fromtimestamp(letter.at, UTC).strftime("%Y-%m")
            used = number.free_service.get(month, 0)
            if used < FREE_SERVICE:
                kind = "free_customer_service"
                number.free_service[month] = used + (word == "delivered")
        return {"billable": kind == "regular", "pricing_model": "PMP", "type": kind, "category": letter.category}

    def _stamp(self) -> str:
        return str(int(self._world.now().timestamp()))
