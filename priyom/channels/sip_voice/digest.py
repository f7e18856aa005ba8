"""Digest authentication of SIP (RFC 7616, and RFC 2617 where no `qop` is offered): the caller's answer to a challenge,
and the check of such an answer, which the emulator needs."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

_PAIR = re.compile(r'([a-zA-Z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class CannotAnswer(ValueError):
    """The challenge asks for something we do not know."""


def fields(value: str) -> dict[str, str]:
    """The pairs of a challenge or of an answer to one; {} unless it is of the scheme Digest."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(rest)}


def answer(challenge: str, user: str, password: str, method: str, uri: str) -> str:
    """The value of Authorization (Proxy-Authorization) for this challenge. Raises CannotAnswer."""
    asked = fields(challenge)
    algorithm = asked.get("algorithm", "MD5").upper()
    if not asked.get("nonce") or algorithm not in _HASHES:
        raise CannotAnswer("an unknown kind of challenge")
    offered = [word.strip().lower() for word in asked.get("qop", "").split(",") if word.strip()]
    if offered and "auth" not in offered:
        raise CannotAnswer("an unknown quality of protection")
    given = {
        "username": user, "realm": asked.get("realm", ""), "nonce": asked["nonce"], "uri": uri,
        "algorithm": asked.get("algorithm", "MD5"),
    }  # fmt: skip
    if offered:
        given |= {"qop": "auth", "nc": "00000001", "cnonce": secrets.token_hex(8)}
    given["response"] = response(given, password, method)
    if "opaque" in asked:
        given["opaque"] = asked["opaque"]
    bare = ("algorithm", "qop", "nc")
    return "Digest " + ", ".join(f"{n}={v}" if n in bare else f'{n}="{v}"' for n, v in given.items())


def right(given: Mapping[str, str], user: str, password: str, method: str) -> bool:
    """Whether an answer (`fields` of it) was made with this user's password."""
    if given.get("username") != user or given.get("algorithm", "MD5").upper() not in _HASHES:
        return False
    return hmac.compare_digest(response(given, password, method).encode(), given.get("response", "").encode())


def response(given: Mapping[str, str], password: str, method: str) -> str:
    """The hash of RFC 7616, section 3.4.1."""
    make = _HASHES[given.get("algorithm", "MD5").upper()]

    def digest(text: str) -> str:
        return make(text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{given.get('username', '')}:{given.get('realm', '')}:{password}")
    what = digest(f"{method}:{given.get('uri', '')}")
    if "qop" not in given:
        return digest(f"{secret}:{given.get('nonce', '')}:{what}")
    middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
    return digest(f"{secret}:{middle}:{what}")
