"""How we stand with the trunk: registered there (RFC 3261, section 10), or at least heard by it (OPTIONS)."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field

from priyom.channels.sip_voice import Settings
from priyom.channels.sip_voice.leg import Trunk, credentials, is_stale, request
from priyom.channels.sip_voice.sip import Headers, SipMessage, new_tag, parameters
from priyom.channels.sip_voice.wire import Address, Wire
from priyom.contracts.errors import Misconfigured, Unavailable

EXPIRES = 300
_TRIES = 3


def caller(settings: Settings) -> str:
    """The digits of the number people see."""
    return "".join(c for c in settings.caller_id if c.isdigit())


async def trunk_of(settings: Settings) -> Trunk:
    """The trunk these settings mean, its name resolved. Raises Unavailable, Misconfigured."""
    if not 0 < settings.port < 65_536:
        raise Misconfigured("порт оператора должен быть от 1 до 65535")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(settings.host, settings.port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise Unavailable("адрес оператора не находится") from None
    host, port = found[0][4][:2]
    login = settings.auth_user or settings.user
    domain = settings.domain or settings.host
    user = settings.user if settings.register else caller(settings) or settings.user
    return Trunk((str(host), int(port)), domain, user, login, settings.password)


def address_towards(server: Address) -> str:
    """Our own address as the server's network sees it leave. Raises Unavailable."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(server)
        except OSError:
            raise Unavailable("до оператора нет пути по сети") from None
        return str(probe.getsockname()[0])


@dataclass(slots=True)
class Registration:
    """One account's standing. `here` is our address as others reach it; it learns better from the trunk's answers."""

    wire: Wire
    trunk: Trunk
    here: Address
    call: str
    number: int = 0
    tag: str = field(default_factory=new_tag)

    async def register(self, expires: int, within: float) -> SipMessage:
        """Tell the trunk where we are (0: nowhere any more). The final answer; raises NoReply."""
        said = await self._ask("REGISTER", within, self._contact(expires))
        if said.status < 300 and expires and self._learn(said):
            said = await self._ask("REGISTER", within, self._contact(expires))
        return said

    async def query(self, within: float) -> SipMessage:
        """Ask for our bindings, which proves the password and changes nothing. Raises NoReply."""
        return await self._ask("REGISTER", within, [])

    async def options(self, within: float) -> SipMessage:
        """Ask whether anybody is there. Raises NoReply."""
        said = await self._ask("OPTIONS", within, [("accept", "application/sdp")])
        self._learn(said)
        return said

    async def _ask(self, method: str, within: float, more: Headers) -> SipMessage:
        extra: Headers = []
        uri = f"sip:{self.trunk.domain}"
        to = f"<sip:{self.trunk.user}@{self.trunk.domain}>" if method == "REGISTER" else f"<{uri}>"
        for _ in range(_TRIES):
            self.number += 1
            asked = request(self.trunk, self.here, method, uri, to, self.call, self.number, self.tag)
            asked.headers += [*more, *extra]
            said = await self.wire.ask(asked, self.trunk.server, within=within)
            answer = credentials(self.trunk, said, method, uri) if said.status in (401, 407) else None
            if answer is None or (extra and not is_stale(said)):
                return said
            extra = [answer]
        return said

    def _contact(self, expires: int) -> Headers:
        return [("contact", f"<sip:{self.trunk.user}@{self.here[0]}:{self.here[1]}>"), ("expires", str(expires))]

    def _learn(self, said: SipMessage) -> bool:
        """Take over the address the trunk has seen us under (RFC 3581); whether it was another."""
        via = parameters(said.all("via")[0])
        port = via.get("rport", "")
        seen = (via.get("received") or self.here[0], int(port) if port.isdecimal() and len(port) < 6 else self.here[1])
        if seen == self.here:
            return False
        self.here = seen
        return True


def lifetime(said: SipMessage) -> int:
    """For how many seconds the trunk has taken us in."""
    for contact in said.all("contact"):
        expires = parameters(contact).get("expires", "")
        if expires.isdecimal() and len(expires) < 7:
            return max(30, int(expires))
    expires = said.get("expires")
    return max(30, int(expires)) if expires.isdecimal() and len(expires) < 7 else EXPIRES
