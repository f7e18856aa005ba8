"""JSON web tokens as eXpress uses them: HS256 under the bot's secret key, in both directions; and the signature by
which old servers give out a token of their own. Nothing else of that standard is needed, so it is written out here."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from priyom.contracts.errors import Forged

LIFE = 60  # seconds a token of ours is good for
LEEWAY = 60  # seconds the server's clock may differ from ours


def ours(bot_id: str, host: str, secret_key: str, now: datetime) -> str:
    """A token for one call of ours (auth version 2)."""
    issued = int(now.timestamp())
    claims = {"iss": bot_id, "aud": host, "iat": issued, "nbf": issued, "exp": issued + LIFE, "version": 2}
    return signed({**claims, "jti": secrets.token_hex(12)}, secret_key)


def signature(bot_id: str, secret_key: str) -> str:
    """What an old server wants to see before it gives out a token (auth version 1)."""
    return hmac.new(secret_key.encode(), bot_id.encode(), sha256).hexdigest().upper()


def signed(claims: Mapping[str, Any], secret_key: str) -> str:
    """These claims as a token."""
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = f"{head}.{_part(json.dumps(claims).encode())}"
    return f"{body}.{_part(hmac.new(secret_key.encode(), body.encode(), sha256).digest())}"


def opened(token: str, secret_key: str, now: datetime) -> dict[str, Any]:
    """The claims of a token that is signed with this key and good now. Raises Forged."""
    body, _, shown = token.rpartition(".")
    head, _, claims = body.partition(".")
    wanted = hmac.new(secret_key.encode(), body.encode("utf-8", "surrogateescape"), sha256).digest()
    try:
        if not hmac.compare_digest(wanted, _bytes(shown)) or json.loads(_bytes(head)).get("alg") != "HS256":
            raise Forged("the token is not signed with our key")
        found = json.loads(_bytes(claims))
        moment = now.timestamp()
        good = float(found["nbf"]) - LEEWAY <= moment <= float(found["exp"]) + LEEWAY
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Forged("the token cannot be read") from None
    if not good:
        raise Forged("the token is too old or not yet good")
    return dict(found)


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
