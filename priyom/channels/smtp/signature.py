"""Signs letters with the clinic's own DKIM key (RFC 6376; Ed25519 after RFC 8463), for servers that do not sign.

Relaxed canonical forms for both parts: relays may fold headers and trim spaces. `From` is signed once more than it
stands, so that nobody can add a second one. List-Unsubscribe is covered, as RFC 8058 demands.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from priyom.channels.smtp import Settings
from priyom.channels.smtp.message_id import domain

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "Auto-Submitted",
    "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
LEAST_BITS = 1024
_SPACES = re.compile(rb"[ \t]+")


class BadKey(ValueError):
    """The private key cannot be used; the text says why and quotes nothing of it."""


def signed(settings: Settings, raw: bytes, at: datetime) -> bytes:
    """The letter (CRLF line ends) with a DKIM-Signature on top, or as it is without a selector. Raises BadKey."""
    if not settings.dkim_selector:
        return raw
    key = _key(settings.dkim_key)
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = list(_fields(head))
    names = [name for name in SIGNED if any(name.lower().encode() == field for field, _ in fields)]
    digest = base64.b64encode(hashlib.sha256(_body(body)).digest()).decode()
    parts = (
        f"v=1; a={_algorithm(key)}; c=relaxed/relaxed; d={_domain(settings)};",
        f"s={settings.dkim_selector}; t={int(at.timestamp())}; q=dns/txt;",
        f"h=From:{':'.join(names)};",
        f"bh={digest};",
        "b=",
    )
    unsigned = "\r\n\t".join(parts).encode()
    covered = b"".join(_relaxed(name.lower().encode(), dict(fields)[name.lower().encode()]) for name in names)
    text = covered + _relaxed(b"dkim-signature", unsigned).removesuffix(b"\r\n")
    value = base64.b64encode(_sign(key, text))
    folded = b"\r\n\t".join(value[at : at + 72] for at in range(0, len(value), 72))
    return b"DKIM-Signature: " + unsigned + b"\r\n\t" + folded + b"\r\n" + raw


def record(settings: Settings) -> tuple[str, str]:
    """(name, text) of the TXT record that publishes the key; ('', '') without a selector. Raises BadKey."""
    if not settings.dkim_selector:
        return "", ""
    key = _key(settings.dkim_key)
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        kind, form = "rsa", (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, form = "ed25519", (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    shown = base64.b64encode(public.public_bytes(*form)).decode()
    return f"{settings.dkim_selector}._domainkey.{_domain(settings)}", f"v=DKIM1; k={kind}; p={shown}"


@lru_cache(maxsize=16)
def _key(text: str) -> Key:
    plain = "".join(re.sub(r"-----[A-Z ]+-----", "", text).split())
    try:
        der = base64.b64decode(plain, validate=True)
        if len(der) == 32:
            return ed25519.Ed25519PrivateKey.from_private_bytes(der)
        key = serialization.load_der_private_key(der, None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("закрытый ключ DKIM не читается") from None
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_BITS
    ):
        return key
    raise BadKey("ключ DKIM: нужен RSA от 1024 бит или Ed25519")


def _domain(settings: Settings) -> str:
    try:
        return domain(settings.dkim_domain or settings.from_address)
    except ValueError:
        raise BadKey("домен DKIM не читается") from None


def _algorithm(key: Key) -> str:
    return "rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ed25519-sha256"


def _sign(key: Key, text: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(hashlib.sha256(text).digest())


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for field in re.split(rb"\r\n(?![ \t])", head):
        name, _, value = field.partition(b":")
        yield name.strip().lower(), value


def _relaxed(name: bytes, value: bytes) -> bytes:
    """One header field after RFC 6376 3.4.2."""
    return name + b":" + _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip() + b"\r\n"


def _body(body: bytes) -> bytes:
    """The body after RFC 6376 3.4.4."""
    lines = [_SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)
