"""A fake mail provider: a submission server on loopback (AUTH required), one mailbox per person, their replies, and the
clinic's own mailbox over IMAP.

Strict where providers are: no letter without login, none from a foreign address, `550 5.1.1` for a mailbox that does
not exist or has died, `554 5.6.0` for a letter without the headers RFC 5322 demands. A mailbox with
`extra["bounce"] = "5.2.2"` takes the letter and sends it back afterwards. The person presses a link's button on the
page behind it (a POST), and answers by a letter that quotes ours. What comes for the clinic stands in its mailbox and
is posted to its hook as well; the same letter twice changes nothing there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from priyom.channels.smtp import CARD
from priyom.channels.smtp.emulator_imap import Box, ImapServer
from priyom.channels.smtp.emulator_mail import Letter, bounce, received, reply
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File

USER, PASSWORD = "priem@clinic.example", "demo-password-1"
SLOW_SECONDS = 3.0
_LOOPBACK = "127.0.0.1"


class Caller(Session):
    """A session whose `login_data` is a plain field: aiosmtpd fills it itself and then logs that nobody should."""

    login_data: Any = None


class Line(SMTP):
    """One connection; the provider can drop it."""

    def __init__(self, provider: SmtpEmulator) -> None:
        super().__init__(
            provider,
            hostname="mail.clinic.example",
            ident="ESMTP",
            auth_require_tls=False,
            authenticator=provider.log_in,
            loop=asyncio.get_running_loop(),
        )
        self._provider = provider

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the call, unless the provider is down."""
        super().connection_made(transport)
        self._provider.lines.add(self)
        if self._provider.mode is Mode.DOWN:
            self.drop()

    def connection_lost(self, error: Exception | None) -> None:
        """The call is over."""
        self._provider.lines.discard(self)
        super().connection_lost(error)

    def _create_session(self) -> Session:
        return Caller(self.loop)

    def drop(self) -> None:
        """Break the connection without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class SmtpEmulator:
    """The provider, the clinic's one login, and the people's mailboxes. Set `port` before `start` to fix it."""

    channel = CARD.key
    contact_kind = CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.port = 0
        self.lines: set[Line] = set()
        self._mode = Mode.OK
        self._world = world
        self._post = HookPost(world, lambda status: 200 <= status < 300)
        self._hook: tuple[str, str] | None = None
        self._phones: dict[str, Phone] = {}
        self._letters: list[Letter] = []
        self._server: asyncio.Server | None = None
        self.box = Box()
        self.imap = ImapServer(self.box, USER, PASSWORD, lambda: self._mode is Mode.DOWN)

    @property
    def mode(self) -> Mode:
        """How the provider behaves. Going down breaks what is open."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        if mode is Mode.DOWN:
            for line in list(self.lines):
                line.drop()
            self.imap.drop()

    def routes(self) -> list[web.AbstractRouteDef]:
        """None: mail speaks no HTTP."""
        return []

    async def start(self) -> None:
        """Listen on `port`, or on a free one, which `port` then tells."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self), _LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        await self.imap.start()
        self._post.again()

    async def stop(self) -> None:
        """Stop listening and break what is open."""
        await self.imap.stop()
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in list(self.lines):
            line.drop()
        while self.lines:  # noqa: ASYNC110 - each leaves the set in one of the loop's next turns
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one login; `base_url` is not needed, the port is known after `start`."""
        return {
            "host": _LOOPBACK,
            "port": str(self.port),
            "security": "none",
            "user": USER,
            "password": PASSWORD,
            "from_address": USER,
            "from_name": "Клиника «Пример»",
            "imap_host": _LOOPBACK,
            "imap_port": str(self.imap.port),
            "imap_security": "none",
        }

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Where the clinic's mailbox posts what comes in."""
        self._hook = (hook_url, hook_secret)

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or rename a mailbox; anybody can be written to, so `started` changes nothing."""
        address = address.strip().lower()
        phone = self._phones.setdefault(address, Phone(address, name, True))
        phone.name = name
        return phone

    def phones(self) -> list[Phone]:
        """All mailboxes."""
        return list(self._phones.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        """Letters from and to the clinic; buttons are the links of the letter."""
        phone = self._phone(address)
        return [letter.shown() for letter in self._letters if letter.address == phone.address]

    async def press(self, address: str, message: str, button: str) -> None:
        """Open the link and press the button of its page, which posts to the same address."""
        phone = self._phone(address)
        links = [x.links for x in self._letters if (x.address, str(x.seq)) == (phone.address, message)]
        if not links or not button.isdecimal() or int(button) >= len(links[0]):
            raise Impossible("в этом письме нет такой кнопки")
        url = links[0][int(button)][1]
        status = await self._world.call(Hook(url, {}, b"", "application/x-www-form-urlencoded"))
        if not 200 <= status < 400:
            raise Impossible(f"страница не открылась: {status or 'нет ответа'}")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Answer the clinic's last letter, or write one of one's own."""
        phone = self._phone(address)
        if phone.blocked:
            raise Impossible("ящик не существует")
        last = next((x for x in reversed(self._letters) if x.address == phone.address and x.direction == "in"), None)
        said = Letter(len(self._letters) + 1, phone.address, self._world.now(), "out", text)
        said.name = f"reply-{said.seq}@{phone.address.rpartition('@')[2]}"
        said.subject = f"Re: {last.subject}" if last else "Вопрос"
        said.files = [file.name for file in files]
        self._letters.append(said)
        self._world.changed(self.contact_kind, phone.address)
        self.arrive(phone.address, reply(phone, said, last, USER, files))

    def arrive(self, chat: str, raw: bytes) -> None:
        """A letter for the clinic: into its mailbox, and to its hook."""
        self.box.put(self._world.now(), raw)
        if self._hook:
            url, secret = self._hook
            self._post.put(chat, Parcel(Hook(url, {"X-Priyom-Secret": secret}, raw, "message/rfc822")))

    async def start_chat(self, address: str, payload: str) -> None:
        """Mail has no bots."""
        raise Impossible("в почте нет ботов")

    async def share_phone(self, address: str, phone: str) -> None:
        """Mail has no contact button."""
        raise Impossible("в почте нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """The mailbox dies, or lives again."""
        phone = self._phone(address)
        phone.blocked = blocked
        self._world.changed(self.contact_kind, phone.address)

    def dump(self) -> dict[str, Any]:
        """Mailboxes, letters, and what nobody took."""
        return {
            "phones": [asdict(phone) for phone in self._phones.values()],
            "letters": [letter.dump() for letter in self._letters],
            "post": self._post.dump(),
            "box": self.box.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave; a state from before there was a clinic's mailbox has none."""
        self._phones = {item["address"]: Phone(**item) for item in state["phones"]}
        self._letters = [Letter.load(item) for item in state["letters"]]
        self._post.load(state["post"])
        if "box" in state:
            self.box.load(state["box"])

    # -- what the server asks while a letter comes in --

    def log_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """The demo login alone."""
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The envelope's sender."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self._mode is Mode.THROTTLE:
            return "450 4.7.0 Too many messages, slow down"
        if not _owned(address):
            return f"553 5.7.1 <{address}>: Sender address rejected: not owned by user {USER}"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The envelope's recipient."""
        phone = self._phones.get(address.lower())
        if phone is None or phone.blocked:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The letter itself."""
        if self._mode is Mode.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        letter = message_from_bytes(raw, policy=default)
        if any(len(letter.get_all(name, [])) != 1 for name in ("From", "Date", "Message-ID", "To")):
            return "554 5.6.0 Message lacks From, To, Date or Message-ID, or has two of them"
        if parseaddr(str(letter["From"]))[1].lower() != USER:
            return "550 5.7.1 Header From does not belong to the user"
        for address in envelope.rcpt_tos if self._mode is not Mode.LOSE else ():
            self._keep(address.lower(), letter)
            if status := str(self._phones[address.lower()].extra.get("bounce", "")):
                back = str(envelope.mail_from)
                self.arrive(back, bounce(letter, address, back, status, self._world.now(), len(self._letters)))
        while self._mode is Mode.HANG:  # noqa: ASYNC110 - ends with the connection too, which no event tells
            await asyncio.sleep(0.02)
        return f"250 2.0.0 Ok: queued as {len(self._letters):08X}"

    def _keep(self, address: str, letter: EmailMessage) -> None:
        self._letters.append(received(len(self._letters) + 1, address, self._world.now(), letter))
        self._world.changed(self.contact_kind, address)

    def _phone(self, address: str) -> Phone:
        try:
            return self._phones[address.strip().lower()]
        except KeyError:
            raise NoSuchPhone(address) from None


def _owned(address: str) -> bool:
    """The user's own address, or one of its subaddresses (`user+anything@`), as providers allow."""
    local, _, host = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{host}" == USER


def make(world: World) -> SmtpEmulator:
    """The provider in this world."""
    return SmtpEmulator(world)
