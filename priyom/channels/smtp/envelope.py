"""The envelope of a letter: who gets its bounce, and what reports its server is asked for (DSN, RFC 3461)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from priyom.channels.smtp import Settings
from priyom.channels.smtp.letter import ascii_address


@dataclass(frozen=True, slots=True)
class Envelope:
    """Addresses and options of MAIL and RCPT; the options only for a server that offers DSN."""

    sender: str
    recipient: str
    sender_options: tuple[str, ...]
    recipient_options: tuple[str, ...]


def envelope(settings: Settings, recipient: str, mark: str) -> Envelope:
    """The envelope of the letter with this mark (`<key>.<tag>`). Raises BadAddress."""
    wanted = "NOTIFY=SUCCESS,FAILURE" if settings.success_reports else "NOTIFY=FAILURE"
    return Envelope(
        bounces_to(settings, mark),
        recipient,
        ("RET=HDRS", f"ENVID={_xtext(mark)}"),
        (wanted, f"ORCPT=rfc822;{_xtext(recipient)}"),
    )


def bounces_to(settings: Settings, mark: str) -> str:
    """The envelope's sender: a bounce that quotes nothing still comes back to the letter's own address."""
    if not settings.bounce_address:
        return ascii_address(settings.from_address)
    local, _, host = ascii_address(settings.bounce_address).rpartition("@")
    return f"{local}+{mark}@{host}"


def _xtext(text: str) -> str:
    return re.sub(r"[^!-*,-<>-~]", lambda match: "".join(f"+{byte:02X}" for byte in match[0].encode()), text)
