"""The protected line: a certificate that is trusted by the setting, and one that is not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from priyom.channels.smpp import send
from priyom.channels.smpp.tests.stage import SmppStage
from priyom.contracts.errors import Misconfigured, Unavailable
from priyom.contracts.message import Message, Outgoing
from priyom.foundation.clock import now


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smpp.operator.example")])
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
    path = tmp_path_factory.mktemp("tls") / "smpp.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return path


@pytest.fixture
def pem(certificate: Path) -> str:
    """What the clinic pastes into the setting."""
    return certificate.read_text()


@asynccontextmanager
async def wrapped(stage: SmppStage, certificate: Path) -> AsyncIterator[int]:
    """A TLS door in front of the fake gateway, as operators put one; its port."""
    inside = int(stage.settings["port"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inside)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)
        writer.close()

    server = await asyncio.start_server(pipe, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def changed(stage: SmppStage, **changes: str) -> dict[str, str]:
    return {**stage.settings, **changes}


async def test_a_trusted_certificate(stage: SmppStage, certificate: Path, pem: str) -> None:
    async with wrapped(stage, certificate) as port:
        stage.hold(port=port, security="tls", ca_pem=pem)
        await stage.ready()
        assert (await send.check(stage.http, stage.bare)).note == "Шлюз: PRIYOM-SMSC"
        await send.send(stage.http, stage.account, Outgoing("d1", "+77011234567", Message("Да")))
        assert len(await stage.heard()) == 1
        await stage.now.end()


async def test_a_certificate_nobody_vouches_for(stage: SmppStage, certificate: Path) -> None:
    async with wrapped(stage, certificate) as port:
        settings = changed(stage, port=str(port), security="tls")
        with pytest.raises(Misconfigured):
            await send.check(stage.http, stage.channel.account("tls", settings, "s"))
        plain = changed(stage, port=str(port))
        with pytest.raises(Unavailable):
            await send.check(stage.http, stage.channel.account("tls", plain, "s"))
