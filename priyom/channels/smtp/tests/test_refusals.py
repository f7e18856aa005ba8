"""What each answer of an SMTP server means."""

from __future__ import annotations

import pytest

from priyom.channels.smtp.refusals import Stage, refusal
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Throttled, Unavailable

TABLE: list[tuple[Stage, int, str, type[ChannelError]]] = [
    (Stage.RCPT, 550, "5.1.1 <a@b>: Recipient address rejected: User unknown", NotReachable),
    (Stage.RCPT, 550, "5.1.2 Bad destination system", NotReachable),
    (Stage.RCPT, 550, "5.1.10 Null MX", NotReachable),
    (Stage.RCPT, 550, "5.2.1 Mailbox disabled", NotReachable),
    (Stage.DATA, 550, "5.4.4 Host not found", NotReachable),
    (Stage.RCPT, 550, "No such user here", NotReachable),
    (Stage.RCPT, 550, "Mailbox busy thinking", Rejected),
    (Stage.RCPT, 554, "5.7.1 Relay access denied", Misconfigured),
    (Stage.RCPT, 550, "relay not permitted", Misconfigured),
    (Stage.RCPT, 552, "5.2.2 Mailbox full", Rejected),
    (Stage.RCPT, 452, "4.2.2 Mailbox full", Rejected),
    (Stage.RCPT, 450, "4.7.1 Greylisted, try again", Unavailable),
    (Stage.RCPT, 451, "4.3.0 Temporary lookup failure", Unavailable),
    (Stage.MAIL, 450, "4.7.0 Slow", Throttled),
    (Stage.MAIL, 421, "4.7.28 unusual rate of mail", Throttled),
    (Stage.MAIL, 451, "Too many messages", Throttled),
    (Stage.MAIL, 421, "Service not available", Unavailable),
    (Stage.MAIL, 530, "5.7.0 Authentication required", Misconfigured),
    (Stage.MAIL, 553, "5.7.1 not owned by user", Misconfigured),
    (Stage.MAIL, 550, "5.1.8 Bad sender's system address", Misconfigured),
    (Stage.MAIL, 553, "sender rejected", Misconfigured),
    (Stage.MAIL, 552, "too big", Rejected),
    (Stage.LOGIN, 535, "5.7.8 Authentication credentials invalid", Misconfigured),
    (Stage.LOGIN, 454, "4.7.0 Temporary authentication failure", Unavailable),
    (Stage.GREETING, 554, "No SMTP service here", Misconfigured),
    (Stage.GREETING, 421, "try later", Unavailable),
    (Stage.DATA, 550, "5.7.26 unauthenticated sender", Misconfigured),
    (Stage.DATA, 554, "Message rejected as spam", Misconfigured),
    (Stage.DATA, 552, "5.3.4 Message too big", Rejected),
    (Stage.DATA, 554, "5.6.0 bad message", Rejected),
    (Stage.DATA, 554, "no", Rejected),
    (Stage.DATA, 451, "4.3.2 try later", Unavailable),
]


@pytest.mark.parametrize(("stage", "code", "text", "kind"), TABLE)
def test_refusals(stage: Stage, code: int, text: str, kind: type[ChannelError]) -> None:
    error = refusal(stage, code, text)
    assert type(error) is kind
    assert text in error.text
    assert error.code == (text.split(" ", maxsplit=1)[0] if text[1:2] == "." else str(code))
