"""The partner's words for what became of a message. Which ones it uses is not published, so the usual ones are known
here, and the account's setting adds to them or overrides them: `viewed=read, 7=failed`."""

from __future__ import annotations

from priyom.contracts.message import Signal

USUAL = {
    "enqueued": Signal.ACCEPTED,
    "accepted": Signal.ACCEPTED,
    "queued": Signal.ACCEPTED,
    "sent": Signal.SENT,
    "delivered": Signal.DELIVERED,
    "read": Signal.READ,
    "viewed": Signal.READ,
    "seen": Signal.READ,
    "undelivered": Signal.FAILED,
    "not_delivered": Signal.FAILED,
    "undeliverable": Signal.FAILED,
    "rejected": Signal.FAILED,
    "failed": Signal.FAILED,
    "error": Signal.FAILED,
    "expired": Signal.FAILED,
    "vp_expired": Signal.FAILED,
}
TOLD = {str(signal): signal for signal in (Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ, Signal.FAILED)}


def signal_of(word: str, setting: str) -> Signal | None:
    """What the word means; None for one unknown to us."""
    own = dict(_pairs(setting))
    key = word.strip().lower()
    return TOLD.get(own[key]) if key in own else USUAL.get(key)


def wrong(setting: str) -> list[str]:
    """The meanings in the setting that are none of ours."""
    return [meaning for _, meaning in _pairs(setting) if meaning not in TOLD]


def _pairs(setting: str) -> list[tuple[str, str]]:
    entries = (entry.partition("=") for entry in setting.replace("\n", ",").split(",") if entry.strip())
    return [(word.strip().lower(), meaning.strip().lower()) for word, _, meaning in entries]
