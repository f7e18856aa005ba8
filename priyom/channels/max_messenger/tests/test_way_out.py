"""The root certificate of an account: as text, as a file's path, missing, and what cannot be one."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from priyom.contracts import registry
from priyom.contracts.errors import Misconfigured
from priyom.foundation.clock import now
from priyom.foundation.http import Http

CHANNEL = registry.channel("max_messenger")


@dataclass(frozen=True, slots=True)
class Vendor:
    """A MAX of our own over TLS, and the file with the root certificate that vouches for it."""

    url: str
    root: Path

    async def name(self, ca_pem: str) -> str:
        """Who we are there, asked with that root certificate."""
        settings = {"token": "made-up-token-that-nobody-may-see-01", "base_url": self.url, "ca_pem": ca_pem}
        async with Http() as http:
            return (await CHANNEL.sender.check(http, CHANNEL.account("a", settings, "s" * 32))).name


@pytest_asyncio.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    """Answers who the bot is and that it has no webhook."""
    root, both = _certificates(tmp_path)

    async def take(request: web.Request) -> web.Response:
        return web.json_response({"username": "id1_bot", "name": "Клиника", "subscriptions": []})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield Vendor(f"https://127.0.0.1:{runner.addresses[0][1]}", root)
    await runner.cleanup()


async def test_the_root_is_taken_as_text_and_as_a_path(vendor: Vendor) -> None:
    assert await vendor.name(vendor.root.read_text()) == "id1_bot"
    assert await vendor.name(f"  {vendor.root}\n") == "id1_bot"


async def test_without_the_root_the_clinic_is_told_what_is_missing(vendor: Vendor) -> None:
    with pytest.raises(Misconfigured, match="Минцифры"):
        await vendor.name("")


async def test_what_is_no_certificate_is_told(vendor: Vendor, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here")
    for given in (str(empty), str(tmp_path / "absent.pem"), "nonsense"):
        with pytest.raises(Misconfigured, match="сертификат"):
            await vendor.name(given)
    with pytest.raises(Misconfigured):
        await vendor.name("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----")


def _certificates(folder: Path) -> tuple[Path, Path]:
    """(a root, a certificate of 127.0.0.1 under it with its key)."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Made-up root")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "max.example")])
    made: list[bytes] = []
    for subject, public, extension in (
        (root_name, root_key.public_key(), x509.BasicConstraints(ca=True, path_length=0)),
        (name, key.public_key(), x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])),
    ):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(len(made) + 1)
            .not_valid_before(now() - timedelta(days=1))
            .not_valid_after(now() + timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        )
        made.append(builder.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    root, both = folder / "root.pem", folder / "vendor.pem"
    root.write_bytes(made[0])
    both.write_bytes(made[1] + secret)
    return root, both
