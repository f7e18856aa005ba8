"""Both ways to a protected connection, with a certificate that is trusted and one that is not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from priyom.channels.smtp import Settings, send
from priyom.channels.smtp.mailbox import mailbox
from priyom.contracts.channel import Account
from priyom.contracts.errors import Misconfigured, Unavailable
from priyom.contracts.message import Message, Outgoing
from priyom.foundation.clock import now
from priyom.foundation.http import Http

OUT = Outgoing("d7", "anna@mail.example", Message("Ждём вас", subject="Приём"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.clinic.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return path


class Mailbox:
    """Takes letters and remembers whether they came over TLS."""

    def __init__(self) -> None:
        self.letters: list[tuple[bytes, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep it."""
        assert isinstance(envelope.content, bytes)
        assert isinstance(server.transport, asyncio.Transport)
        self.letters.append((envelope.content, server.transport.get_extra_info("ssl_object") is not None))
        return "250 Ok"


@asynccontextmanager
async def serving(mailbox: Mailbox, security: str, certificate: Path) -> AsyncIterator[int]:
    """A server on loopback that speaks TLS from the start or after STARTTLS; gives its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()

    def line() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.clinic.example",
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            auth_require_tls=security == "starttls",
            authenticator=lambda *_: AuthResult(success=True),
            loop=loop,
        )

    server = await loop.create_server(line, "127.0.0.1", 0, ssl=context if security == "tls" else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0.05)


def account(port: int, security: str) -> Account:
    settings = Settings("127.0.0.1", "priem@clinic.example", port, security, "priem", "secret")
    return Account("main", settings, "s" * 32)


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_trusted_server_gets_the_letter(
    security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    mailbox = Mailbox()
    async with serving(mailbox, security, certificate) as port, Http(timeout=2) as http:
        await send.check(http, account(port, security))
        receipt = await send.send(http, account(port, security), OUT)
    [(raw, over_tls)] = mailbox.letters
    assert over_tls
    assert message_from_bytes(raw)["Message-ID"] == f"<{receipt.provider_id}>"


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_an_unknown_certificate_is_not_trusted(security: str, certificate: Path) -> None:
    mailbox = Mailbox()
    async with serving(mailbox, security, certificate) as port, Http(timeout=2) as http:
        with pytest.raises(Misconfigured):
            await send.send(http, account(port, security), OUT)
    assert mailbox.letters == []


@asynccontextmanager
async def a_mailbox(security: str, certificate: Path, *, injected: bytes = b"") -> AsyncIterator[Settings]:
    """An IMAP server that protects the line as asked and lets anybody in; `injected` comes before the protection."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    over_tls: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"* OK ready\r\n")
            while line := await reader.readline():
                tag, _, rest = line.partition(b" ")
                if not rest.startswith(b"STARTTLS"):
                    over_tls.append(writer.get_extra_info("ssl_object") is not None)
                if rest.startswith(b"EXAMINE"):
                    writer.write(b"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 5] x\r\n")
                writer.write(tag + b" OK done\r\n" + (injected if rest.startswith(b"STARTTLS") else b""))
                if rest.startswith(b"STARTTLS"):
                    await writer.start_tls(context)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context if security == "tls" else None)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Settings(
            "h", "priem@clinic.example", imap_host="127.0.0.1", imap_port=port, imap_security=security, user="u",
            password="p",
        )  # fmt: skip
        assert all(over_tls)
    finally:
        server.close()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_trusted_mailbox_is_read(security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_mailbox(security, certificate) as settings:
        with pytest.raises(Misconfigured):
            async with mailbox(settings, 10):
                pass
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with mailbox(settings, 10) as box:
            assert (box.validity, box.next) == (7, 5)


async def test_nothing_said_before_the_protection_is_heard(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with a_mailbox("starttls", certificate, injected=b"p2 OK welcome\r\n") as settings:
        with pytest.raises(Unavailable):
            async with mailbox(settings, 10):
                pass
