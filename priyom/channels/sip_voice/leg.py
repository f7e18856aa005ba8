"""The signalling of one outgoing call: dialled with credentials where the trunk asks for them, taken back before it is
answered, hung up after, and whatever the other side says meanwhile (RFC 3261, sections 12 to 15)."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from priyom.channels.sip_voice import digest
from priyom.channels.sip_voice.sip import (
    Headers,
    SipMessage,
    address_uri,
    new_branch,
    new_tag,
    parameters,
    uri_parts,
)
from priyom.channels.sip_voice.wire import Address, NoReply, Wire

AGENT = "Priyom"
ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY"
_TRIES = 3
_BYE_SECONDS = 4.0
_SIGNAL = re.compile(r"Signal\s*=\s*([0-9A-D*#])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Trunk:
    """The operator's side: where requests go, the name of its domain, and who we are there."""

    server: Address
    domain: str
    user: str
    login: str
    password: str


def request(
    trunk: Trunk, here: Address, method: str, uri: str, to: str, call: str, number: int, tag: str
) -> SipMessage:
    """A request of ours outside any dialog, with all that RFC 3261 demands of one."""
    host = f"[{here[0]}]" if ":" in here[0] else here[0]
    headers: Headers = [
        ("via", f"SIP/2.0/UDP {host}:{here[1]};branch={new_branch()};rport"),
        ("max-forwards", "70"),
        ("from", f"<sip:{trunk.user}@{trunk.domain}>;tag={tag}"),
        ("to", to),
        ("call-id", call),
        ("cseq", f"{number} {method}"),
        ("user-agent", AGENT),
    ]
    return SipMessage(method=method, uri=uri, headers=headers)


def credentials(trunk: Trunk, refused: SipMessage, method: str, uri: str) -> tuple[str, str] | None:
    """The header that answers a 401 or 407, None where we cannot answer it."""
    theirs, ours = ("www-authenticate", "authorization")
    if refused.status == 407:
        theirs, ours = ("proxy-authenticate", "proxy-authorization")
    for challenge in refused.all(theirs):
        with suppress(digest.CannotAnswer):
            return ours, digest.answer(challenge, trunk.login, trunk.password, method, uri)
    return None


def is_stale(refused: SipMessage) -> bool:
    """Whether the trunk says that only its nonce was too old."""
    challenges = refused.all("www-authenticate") + refused.all("proxy-authenticate")
    return any(digest.fields(one).get("stale", "").lower() == "true" for one in challenges)


class Leg:
    """`trying`: the trunk has it; `decided`: it rings, or a final answer is there; `over`: the other side hung up."""

    def __init__(self, wire: Wire, trunk: Trunk, here: Address, number: str, call: str, offer: bytes) -> None:
        self.trying, self.decided, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.call = call
        self.more: Headers = []
        self.pressed: Callable[[str], None] = lambda key: None
        self._wire, self._trunk, self._here, self._offer = wire, trunk, here, offer
        self._uri = f"sip:{number}@{trunk.domain}"
        self._tag, self._their_tag, self._to = new_tag(), "", f"<{self._uri}>"
        self._number, self._target, self._route = 0, self._uri, list[str]()
        self._last: SipMessage | None = None
        self._unwanted = self._answered = self._cancelled = False
        self._later: set[asyncio.Task[object]] = set()

    async def dial(self, within: float) -> SipMessage:
        """Call until there is a final answer. `within` (seconds) bounds the wait for the trunk's first word. A call no
        longer wanted when it is answered is hung up at once. Raises NoReply."""
        extra: list[tuple[str, str]] = []
        for _ in range(_TRIES):
            invite = self._request("INVITE", extra)
            invite.headers += [
                ("contact", self._contact()), ("allow", ALLOWED), ("content-type", "application/sdp"), *self.more,
            ]  # fmt: skip
            invite.body = self._offer
            self._last = invite
            final = await self._wire.ask(invite, self._trunk.server, within=within, heard=self._heard)
            answer = credentials(self._trunk, final, "INVITE", self._uri) if final.status in (401, 407) else None
            if answer is None or self._unwanted or (extra and not is_stale(final)):
                break
            extra = [answer]
        if 200 <= final.status < 300:
            self._take(final)
            self._thank()
            if self._unwanted:
                self._spawn(self.hang_up())
        self.trying.set()
        self.decided.set()
        return final

    def give_up(self) -> None:
        """The call is no longer wanted: CANCEL it as soon as the trunk has spoken, hang up should it be answered."""
        self._unwanted = True
        if self.trying.is_set():
            self._cancel()

    async def hang_up(self) -> None:
        """BYE, unless the other side was first. What it answers changes nothing."""
        if not self._answered:
            self.give_up()
            return
        if self.over.is_set():
            return
        self.over.set()
        with suppress(NoReply):
            bye = self._request("BYE")
            said = await self._wire.ask(bye, self._next(), within=_BYE_SECONDS)
            if answer := credentials(self._trunk, said, "BYE", self._target) if said.status in (401, 407) else None:
                await self._wire.ask(self._request("BYE", [answer]), self._next(), within=_BYE_SECONDS)

    async def tell(self, kind: str, body: bytes) -> None:
        """An INFO inside the call. What is answered changes nothing."""
        info = self._request("INFO", [("content-type", kind)])
        info.body = body
        with suppress(NoReply):
            await self._wire.ask(info, self._next(), within=_BYE_SECONDS)

    def is_ours(self, message: SipMessage) -> bool:
        """Whether a request from outside belongs to this call."""
        return (message.get("call-id"), message.tag("to"), message.tag("from")) == (
            self.call, self._tag, self._their_tag,
        )  # fmt: skip

    def serve(self, message: SipMessage, sound: bytes) -> SipMessage:
        """Answer a request inside the call; `sound` is our SDP, for a re-INVITE."""
        match message.method:
            case "BYE":
                self.over.set()
            case "INFO":
                self._info(message)
            case "INVITE" | "UPDATE" if message.body or message.method == "INVITE":
                more = [("contact", self._contact()), ("content-type", "application/sdp")]
                return message.reply(200, "OK", more=more, body=sound)
        return message.reply(200, "OK", more=[("contact", self._contact())])

    async def settled(self) -> None:
        """Wait until what was left to be said is said."""
        while self._later:
            await asyncio.wait(set(self._later))

    def _info(self, message: SipMessage) -> None:
        text = message.body.decode("ascii", "replace").strip()
        kind = message.get("content-type").partition(";")[0].strip().lower()
        match = _SIGNAL.search(text) if kind == "application/dtmf-relay" else None
        key = match[1].upper() if match else text if kind == "application/dtmf" else ""
        if len(key) == 1 and key in "0123456789*#ABCD":
            self.pressed(key)

    def _heard(self, response: SipMessage) -> None:
        self.trying.set()
        if response.status > 100:
            self.decided.set()
        if self._unwanted:
            self._cancel()

    def _cancel(self) -> None:
        if self._cancelled or self._answered or self._last is None:
            return
        self._cancelled = True
        invite = self._last
        kept = [(n, v) for n, v in invite.headers if n in ("from", "to", "call-id", "max-forwards", "user-agent")]
        headers = [("via", invite.get("via")), *kept, ("cseq", f"{invite.cseq[0]} CANCEL")]
        cancel = SipMessage(method="CANCEL", uri=invite.uri, headers=headers)
        self._spawn(self._wire.ask(cancel, self._trunk.server, within=_BYE_SECONDS))

    def _take(self, final: SipMessage) -> None:
        """A call is made: who is at its other end, and by which way."""
        self._answered = True
        self._their_tag, self._to = final.tag("to"), final.get("to")
        contacts = final.all("contact")
        self._target = address_uri(contacts[0]) if contacts else self._uri
        self._route = list(reversed(final.all("record-route")))

    def _thank(self) -> None:
        assert self._last is not None
        number, self._number = self._number, self._last.cseq[0] - 1
        ack = self._request("ACK")
        self._number = number
        self._wire.thank(self._last, ack, self._next())

    def _next(self) -> Address:
        """Where the next request of this call goes: the first of the route, else the other end; the trunk itself where
        that is a name, or an address that only the trunk can see."""
        parts = uri_parts(address_uri(self._route[0]) if self._route else self._target)
        if parts is None:
            return self._trunk.server
        try:
            hidden = ipaddress.ip_address(parts[1]).is_private
            server_hidden = ipaddress.ip_address(self._trunk.server[0]).is_private
        except ValueError:
            return self._trunk.server
        return self._trunk.server if hidden and not server_hidden else (parts[1], parts[2])

    def _request(self, method: str, extra: Headers | None = None) -> SipMessage:
        self._number += 1
        made = request(
            self._trunk, self._here, method, self._target, self._to, self.call, self._number, self._tag
        )  # fmt: skip
        strict = bool(self._route) and "lr" not in parameters(self._route[0].replace(">", "").replace("<", ""))
        if not strict:
            made.headers += [("route", one) for one in self._route]
        made.headers += extra or []
        return made

    def _contact(self) -> str:
        host = f"[{self._here[0]}]" if ":" in self._here[0] else self._here[0]
        return f"<sip:{self._trunk.user}@{host}:{self._here[1]}>"

    def _spawn(self, work: object) -> None:
        async def quietly() -> None:
            with suppress(NoReply):
                await work  # type: ignore[misc]

        task = asyncio.get_running_loop().create_task(quietly())
        self._later.add(task)
        task.add_done_callback(self._later.discard)
