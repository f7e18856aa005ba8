"""Who may say what: keys and marks of the site chat, all made of the account's `hook_secret` by HMAC-SHA256, in hex.

A visitor's browser holds only its own visitor's key, given to it by the portal. A message's id carries a mark made for
its visitor, so nobody can report another person's message as read.
"""

from __future__ import annotations

import hashlib
import hmac
import re

VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_MESSAGE = re.compile(r"([A-Za-z0-9_-]{1,40})\.([0-9a-f]{16})", re.ASCII)


def visitor_key(hook_secret: str, visitor: str) -> str:
    """The key that the portal gives to this visitor's browser: it signs updates of this visitor alone."""
    return _mac(hook_secret, f"visitor:{visitor}".encode())


def visitor_signature(key: str, body: bytes) -> str:
    """What the browser shows behind its id in `x-priyom-visitor`."""
    return _mac(key, b"update:" + body)


def relay_signature(hook_secret: str, body: bytes) -> str:
    """What we show in `x-priyom-signature` where messages are handed to another program."""
    return _mac(hook_secret, b"relay:" + body)


def message_id(hook_secret: str, visitor: str, key: str) -> str:
    """The id under which the visitor's page knows the delivery `key`."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", key)[:40]
    return f"{plain}.{_mac(hook_secret, f'message:{visitor}:{plain}'.encode())[:16]}"


def is_message_of(hook_secret: str, visitor: str, text: str) -> bool:
    """Whether this is the id of a message that we sent to this visitor."""
    found = _MESSAGE.fullmatch(text)
    return found is not None and same(message_id(hook_secret, visitor, found[1]), text)


def same(one: str, other: str) -> bool:
    """Equality that takes the same time whatever differs."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _mac(key: str, text: bytes) -> str:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
