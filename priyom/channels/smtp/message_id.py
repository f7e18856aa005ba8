"""The name of each letter: `<key>.<tag>@<our domain>`, the same on every try of the same delivery.

The tag is an HMAC of the key under the account's secret. A reply or a bounce is believed to concern our letter only
when it quotes a name with a right tag: whoever has not seen the letter cannot make one up, so forged bounces kill no
address. The same `<key>.<tag>` travels as the envelope's id (RFC 3461) and in the bounce address.
"""

from __future__ import annotations

import hashlib
import hmac
import re

_NAME = re.compile(r"<?\s*([^<>\s@]{1,60})\.([0-9a-f]{12})@([^<>\s@]{1,255})\s*>?")
_MARK = re.compile(r"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{1,60})\.([0-9a-f]{12})(?![0-9a-z])")


def message_id(key: str, secret: str, from_address: str) -> str:
    """The Message-ID without its angle brackets. `key` is ASCII; what may not stand in a Message-ID becomes `-`."""
    return f"{mark(key, secret)}@{domain(from_address)}"


def mark(key: str, secret: str) -> str:
    """`<key>.<tag>`, the part of the name before the @."""
    local = re.sub(r"[^A-Za-z0-9_-]", "-", key)
    return f"{local}.{_tag(local, secret)}"


def ours(text: str, secret: str) -> str:
    """The last of our letters' names in a header's text, or ''."""
    for match in reversed(list(_NAME.finditer(text))):
        if _right(match, secret):
            return f"{match[1]}.{match[2]}@{match[3]}"
    return ""


def marked(text: str, secret: str, from_address: str) -> str:
    """The name of the letter whose mark stands in an envelope's id or a bounce address, or ''."""
    for match in _MARK.finditer(text):
        if _right(match, secret):
            return f"{match[1]}.{match[2]}@{domain(from_address)}"
    return ""


def domain(address: str) -> str:
    """The address's domain in ASCII (punycode), lower case. Raises ValueError when it has none."""
    name = address.rpartition("@")[2].strip().lower()
    if not name:
        raise ValueError("no domain")
    return name.encode("idna").decode() if not name.isascii() else name


def _right(match: re.Match[str], secret: str) -> bool:
    return hmac.compare_digest(_tag(match[1], secret).encode(), match[2].encode())


def _tag(local: str, secret: str) -> str:
    return hmac.new(secret.encode(), local.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:12]
