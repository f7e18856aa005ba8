"""The fake Graph API: which call goes where, who may call, and what becomes of a message that was taken.

A refused body is answered at once; a closed window, a number without WhatsApp and a limit are told later, by a `failed`
status, as Meta does.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from priyom.channels.whatsapp.emulator_bodies import letter_of
from priyom.channels.whatsapp.emulator_hooks import Hooks
from priyom.channels.whatsapp.emulator_number import told
from priyom.channels.whatsapp.emulator_refusals import Refused, bad, no_such_object, status_error
from priyom.channels.whatsapp.emulator_state import WINDOW, Letter, Number, Person, State, Stored
from priyom.channels.whatsapp.emulator_templates import MOST, Desk
from priyom.channels.whatsapp.standing import tier
from priyom.contracts.emulator import World

THROUGHPUT = 80
"""Requests a second for one number."""
PAIR_BURST, PAIR_SECONDS = 45.0, 6.0
"""So many messages to one person at once, then one in so many seconds."""
KINDS = ("image/jpeg", "image/png", "audio/", "video/", "application/", "text/plain")


class Api:
    """The calls over one state. `loopback_url` is where files are given out."""

    def __init__(self, state: State, world: World, hooks: Hooks) -> None:
        self.state, self._world, self._hooks = state, world, hooks
        self.loses: Callable[[], bool] = lambda: False
        self.desk = Desk(state, world, hooks)

    def number_of(self, header: str, node: str) -> Number:
        """Whose bearer token this is: the number asked for, or any that it may speak for. Raises Refused."""
        mine = [n for n in self.state.numbers.values() if n.token and header == f"Bearer {n.token}"]
        if not mine:
            raise Refused(190, "Invalid OAuth access token - Cannot parse access token")
        return next((n for n in mine if node in (n.id, n.business)), mine[0])

    async def graph(self, number: Number, verb: str, path: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """One call of Meta's own. `given` is the query with the body over it. Raises Refused."""
        node, _, edge = path.partition("/")
        self._check_proof(number, given)
        match verb, node == number.id, node == number.business, edge:
            case "POST", True, _, "messages":
                return self.messages(number, given)
            case "GET", True, _, "":
                return told(number, str(given.get("fields") or "id,display_phone_number,verified_name"))
            case "GET", True, _, "message_history":
                return self._history(number, str(given.get("message_id") or ""))
            case "GET" | "POST" | "DELETE", _, True, "message_templates":
                return self._templates(number, verb, given)
            case "POST", _, True, "subscribed_apps":
                return await self._subscribe(number, given)
            case "GET" | "DELETE" | "POST", False, False, "":
                return self._object(number, verb, node, given)
        raise no_such_object(node)

    def messages(self, number: Number, given: Mapping[str, Any]) -> dict[str, Any]:
        """Send, or mark as read."""
        if given.get("messaging_product") != "whatsapp":
            raise bad("The parameter messaging_product is required.")
        now = self._world.now().timestamp()
        number.spent = [moment for moment in number.spent if now - moment < 1] + [now]
        if len(number.spent) > THROUGHPUT:
            raise Refused(130429, "Cloud API message throughput has been reached.")
        if given.get("status") == "read":
            return self._mark_read(given)
        address = _address(given)
        key = str(given.get("biz_opaque_callback_data") or "")
        context = str((given.get("context") or {}).get("message_id") or "")
        letter = Letter(self.state.wamid(), number.id, now, "in", "", context=context, key=key)
        letter_of(self.state, number.business, given, letter)
        person = self.state.person(address)
        if person is not None:
            self._pair(person, now)
        self._deliver(number, person, address, letter)
        known = {"wa_id": address.removeprefix("+")} if address.startswith("+") else {"user_id": address}
        asked = str(given.get("to") or given.get("recipient"))
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": asked, **known}],
            "messages": [{"id": letter.id, **({"message_status": "accepted"} if letter.kind == "template" else {})}],
        }

    def keep(self, mime: str, name: str, content: bytes) -> str:
        """Lay down a file; its media id. Raises Refused for kinds that WhatsApp does not carry."""
        if not mime.startswith(KINDS):
            raise bad("Param file must be a file with one of the following types: ... Received file of type " + mime)
        number = str(1_000_000_000_000 + self.state.next())
        encoded = base64.b64encode(content).decode()
        self.state.media[number] = Stored(mime, name, encoded, self._world.now().timestamp())
        return number

    def media(self, node: str, root: str) -> dict[str, Any]:
        """Where a file can be fetched."""
        stored = self.state.media.get(node)
        if stored is None:
            raise no_such_object(node)
        return {
            "messaging_product": "whatsapp",
            "url": f"{root}/whatsapp_business/attachments/?mid={node}",
            "mime_type": stored.mime,
            "sha256": sha256(stored.bytes()).hexdigest(),
            "file_size": len(stored.bytes()),
            "id": node,
        }

    def template_page(self, number: Number, given: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """(templates, Meta's `paging`)."""
        items, after, more = self.desk.listed(number, {k: str(v) for k, v in given.items()})
        paging: dict[str, Any] = {"cursors": {"before": "0", "after": str(after)}}
        if more:
            paging["next"] = f"https://graph.facebook.com/next?after={after}"
        return items, paging

    # -- what becomes of a message --

    def _deliver(self, number: Number, person: Person | None, address: str, letter: Letter) -> None:
        if self.loses():
            letter.hidden = True
            if person is not None:
                person.letters.append(letter)
            return
        error = self._later_refusal(number, person, address, letter)
        if error is not None:
            self._hooks.failed(number, address, letter, error)
            letter.hidden = True
        if person is None:
            return
        person.letters.append(letter)
        if error is not None:
            return
        self._hooks.status(number, address, person, letter, "sent")
        if person.phone.blocked:
            letter.hidden = True  # Meta tells nobody that they were blocked: the message just never arrives
            return
        self._hooks.status(number, address, person, letter, "delivered")
        self._world.changed("whatsapp", person.phone.address)

    def _later_refusal(
        self, number: Number, person: Person | None, address: str, letter: Letter
    ) -> dict[str, Any] | None:
        if person is None:
            return status_error(131026, "Message Undeliverable.")
        now = self._world.now()
        is_open = person.window_open(number.id, now)
        if not is_open and letter.kind != "template":
            said = "Message failed to send because more than 24 hours have passed since the customer last replied."
            return status_error(131047, said)
        if letter.category == "marketing" and person.no_marketing:
            return status_error(131050)
        if not is_open and not self._within_limit(number, address, now.timestamp()):
            return status_error(131048, "The messaging limit of this business has been reached.")
        return None

    def _within_limit(self, number: Number, address: str, now: float) -> bool:
        number.reached = {a: at for a, at in number.reached.items() if now - at < WINDOW.total_seconds()}
        if address not in number.reached and len(number.reached) >= (tier(number.tier) or 0):
            return False
        number.reached.setdefault(address, now)
        return True

    def _pair(self, person: Person, now: float) -> None:
        level, at = person.pair if person.pair[1] else (PAIR_BURST, now)
        level = min(PAIR_BURST, level + (now - at) / PAIR_SECONDS)
        if level < 1:
            raise Refused(131056, "There were too many messages sent to this phone number from the same sender")
        person.pair = (level - 1, now)

    def _mark_read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        wamid = str(given.get("message_id") or "")
        for person in self.state.people.values():
            letter = person.letter(wamid)
            if letter is not None and letter.direction == "out":
                letter.status = "read"
                person.phone.extra["typing"] = "typing_indicator" in given
                self._world.changed("whatsapp", person.phone.address)
                return {"success": True}
        raise Refused(131009, "Message ID is not valid")

    # -- the number, its templates, other objects --

    def _check_proof(self, number: Number, given: Mapping[str, Any]) -> None:
        proof = given.get("appsecret_proof")
        right = hmac.new(number.app_secret.encode(), number.token.encode(), sha256).hexdigest()
        if proof is not None and proof != right:
            raise Refused(100, "Invalid appsecret_proof provided in the API argument")

    def _history(self, number: Number, wamid: str) -> dict[str, Any]:
        letters = [p.letter(wamid) for p in self.state.people.values()]
        mine = [letter for letter in letters if letter is not None and letter.number == number.id]
        data = [
            {
                "id": letter.id[-8:],
                "message_id": letter.id,
                "events": {"data": [{"delivery_status": w.upper(), "timestamp": int(at)} for w, at in letter.events]},
            }
            for letter in mine
        ]
        return {"data": data}

    def _templates(self, number: Number, verb: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if verb == "POST":
            return self.desk.create(number, given)
        if verb == "DELETE":
            return self.desk.delete(number, str(given.get("name") or ""))
        items, paging = self.template_page(number, given)
        page: dict[str, Any] = {"data": items, "paging": paging}
        if given.get("summary"):
            counts = {"total_count": len(items), "message_template_count": len(items), "message_template_limit": MOST}
            page["summary"] = {**counts, "are_translations_complete": True}
        return page

    async def _subscribe(self, number: Number, given: Mapping[str, Any]) -> dict[str, Any]:
        url = str(given.get("override_callback_uri") or "")
        if url:
            if not await self._hooks.asked(url, str(given.get("verify_token") or "")):
                raise Refused(2200, "Callback verification failed with the following errors: HTTP Status Code = 403")
            number.hook_url = url
        return {"success": True}

    def _object(self, number: Number, verb: str, node: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if node in self.state.media:
            if verb == "DELETE":
                del self.state.media[node]
                return {"success": True}
            return self.media(node, str(given["root"]))
        if verb == "POST":
            return self.desk.edit(number, node, given)
        found = next((p for p in self.state.patterns if (p.id, p.business) == (node, number.business)), None)
        if found is None or verb != "GET":
            raise no_such_object(node)
        return found.listed()


def _address(given: Mapping[str, Any]) -> str:
    to, recipient = str(given.get("to") or ""), str(given.get("recipient") or "")
    digits = "".join(c for c in to if c.isdecimal())
    if to and len(digits) < 7:
        raise Refused(131009, "Parameter value is not valid: to")
    if not to and not recipient:
        raise bad("The parameter to is required.")
    return f"+{digits}" if to else recipient
