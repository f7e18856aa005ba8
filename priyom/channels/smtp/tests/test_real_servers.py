"""The whole way through somebody else's servers: our letters through Postfix, what comes back through Dovecot."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as MAIL
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from priyom.channels.smtp import Settings, listen, receive, send
from priyom.channels.smtp.signature import record
from priyom.channels.smtp.tests import servers
from priyom.contracts.channel import Account
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Button, File, Message, Outgoing, Signal
from priyom.contracts.peer import python_peer
from priyom.contracts.suite_world import KeptPost
from priyom.foundation.http import Http

PEER = Path(__file__).parent / "peer_dkimpy.py"
SECRET = "s" * 32
ANNA = "anna@ok.test"
PAPER = File("Справка об оплате.pdf", "application/pdf", bytes(range(256)) * 40)
MESSAGE = Message("Ждём вас в 10:30", "Приём", ((Button("Приду", url="https://clinic.test/a"),),), (PAPER,))


@dataclass
class Mailboxes:
    """The patients' servers: ok.test takes everything, bad.test knows nobody, full.test has no room, spam.test refuses
    the letter itself."""

    letters: list[bytes] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """By the address."""
        if address.endswith("@bad.test"):
            return f"550 5.1.1 <{address}>: user unknown"
        if address.endswith("@full.test"):
            return "552 5.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep it, or take it for spam."""
        if envelope.rcpt_tos[0].endswith("@spam.test"):
            return "554 5.7.1 message content rejected"
        assert isinstance(envelope.content, bytes)
        self.letters.append(envelope.content)
        return "250 Ok"


@dataclass
class Post:
    """The clinic's servers with what stands around them."""

    account: Account
    http: Http
    mailboxes: Mailboxes
    kept: KeptPost

    async def send(self, to: str, key: str = "d7") -> str:
        return (await send.send(self.http, self.account, Outgoing(key, to, MESSAGE))).provider_id

    async def event(self, address: str = "") -> Event:
        """The next thing that the watch has found in the mailbox."""
        await until(lambda: bool(self.kept.taken))
        [event] = receive.parse(self.account, self.kept.taken.pop(0)).events
        return event


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(servers.PATIENCE):
        while not true():  # noqa: ASYNC110 - any state may be waited for
            await asyncio.sleep(0.05)


def pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form).decode()


@asynccontextmanager
async def clinic() -> AsyncIterator[Post]:
    """Postfix, Dovecot, the patients' servers, and our watch over the clinic's mailbox."""
    mailboxes, loop = Mailboxes(), asyncio.get_running_loop()
    patients = await loop.create_server(lambda: SMTP(mailboxes, hostname="patients.test", loop=loop), "127.0.0.1", 0)
    there = patients.sockets[0].getsockname()[1]
    domains = ("ok.test", "bad.test", "full.test", "spam.test")
    with closing(patients):
        async with _between(dict.fromkeys(domains, there), mailboxes) as post:
            yield post


@asynccontextmanager
async def _between(transports: dict[str, int], mailboxes: Mailboxes) -> AsyncIterator[Post]:
    async with servers.folder() as home:
        servers.maildir(home)
        async with (
            servers.postfix(home, transports) as out,
            servers.dovecot(home) as box,
            Http(timeout=servers.PATIENCE) as http,
        ):
            settings = Settings(
                "127.0.0.1", servers.USER, out, "none", from_name="Клиника", bounce_address=servers.USER,
                success_reports=True, dkim_selector="s1", dkim_key=pem(), imap_host="127.0.0.1", imap_port=box,
                imap_security="none", imap_user=servers.USER, imap_password=servers.PASSWORD,
            )  # fmt: skip
            account = Account("main", settings, SECRET)
            post = Post(account, http, mailboxes, KeptPost(lambda request: receive.identify(account, request)))
            session = listen.open(http, account, post.kept)
            assert session is not None
            task = asyncio.create_task(session.run())
            try:
                await until(lambda: task.done() or bool(post.kept.position))
                yield post
                assert not task.done()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def test_through_postfix_and_dovecot(tmp_path: Path) -> None:
    async with clinic() as post:
        identity = await send.check(post.http, post.account)
        assert "s1._domainkey.clinic.test TXT v=DKIM1; k=rsa; p=" in identity.note
        await _a_letter_arrives_whole_and_signed(post, tmp_path)
        await _refusals_come_back(post)
        await _a_patient_answers_with_a_file(post)
        await _the_same_name_twice_is_two_letters(post)
        await _a_wrong_password_is_told(post)


async def _a_letter_arrives_whole_and_signed(post: Post, tmp_path: Path) -> None:
    name = await post.send(ANNA)
    await until(lambda: bool(post.mailboxes.letters))
    [raw] = post.mailboxes.letters
    read = message_from_bytes(raw, policy=default)
    assert (read["Message-ID"], read["Subject"], read["To"]) == (f"<{name}>", "Приём", ANNA)
    [paper] = read.iter_attachments()
    assert (paper.get_filename(), paper.get_content()) == (PAPER.name, PAPER.content)
    (tmp_path / "letter.eml").write_bytes(raw)
    said = await python_peer(PEER, str(tmp_path / "letter.eml"), *record(post.account.settings))
    assert said["whole"] is True
    assert said["spoiled"]["body"] is False
    report = await post.event()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal) == (name, Signal.SENT), "the next server takes no DSN: relayed"


async def _refusals_come_back(post: Post) -> None:
    table = (("a@bad.test", "5.1.1", True), ("a@full.test", "5.2.2", False), ("a@spam.test", "5.7.1", False))
    for number, (address, code, gone) in enumerate(table):
        name = await post.send(address, f"d{number}")
        report = await post.event()
        assert isinstance(report, Reported)
        assert (report.provider_id, report.signal, report.code) == (name, Signal.FAILED, code)
        assert report.gone is gone
        assert "DSN failed" in report.evidence


async def _a_patient_answers_with_a_file(post: Post) -> None:
    asked = message_from_bytes(post.mailboxes.letters[-1], policy=default)
    answer = EmailMessage(policy=MAIL)
    answer["From"], answer["To"], answer["Subject"] = "Анна <anna@ok.test>", servers.USER, "Re: Приём"
    answer["Message-ID"], answer["In-Reply-To"] = "<a1@ok.test>", asked["Message-ID"]
    answer.set_content("Приду\n\n20.03.2026, 14:00, Клиника пишет:\n> Ждём\n")
    answer.add_attachment(PAPER.content, maintype="application", subtype="pdf", filename=PAPER.name)

    def hand_in() -> None:
        with smtplib.SMTP("127.0.0.1", post.account.settings.port, timeout=servers.PATIENCE) as line:
            line.sendmail(ANNA, [servers.USER], answer.as_bytes())

    await asyncio.to_thread(hand_in)
    said = await post.event()
    assert isinstance(said, Said)
    assert (said.address, said.text, said.name) == (ANNA, "Приду", "Анна")
    assert said.reply_to == str(asked["Message-ID"]).strip("<>")
    [file] = said.files
    assert (file.name, file.mime, file.size) == (PAPER.name, PAPER.mime, len(PAPER.content))
    assert await send.fetch(post.http, post.account, file.ref) == PAPER.content


async def _the_same_name_twice_is_two_letters(post: Post) -> None:
    """Why the card does not promise that a repeat is harmless."""
    before = len(post.mailboxes.letters)
    assert await post.send(ANNA, "d9") == await post.send(ANNA, "d9")
    await until(lambda: len(post.mailboxes.letters) == before + 2)


async def _a_wrong_password_is_told(post: Post) -> None:
    settings = replace(post.account.settings, imap_password="wrong")
    with pytest.raises(Exception, match="отказал") as caught:
        await send.check(post.http, replace(post.account, settings=settings))
    assert type(caught.value).__name__ == "Misconfigured"
