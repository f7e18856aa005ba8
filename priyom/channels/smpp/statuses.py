"""What the gateway's numbers mean: `command_status` of its answers, and the states a message goes through.

Source: SMPP Protocol Specification v3.4, 5.1.3 (command_status), 5.2.28 (message_state) and appendix B (receipts).
"""

from __future__ import annotations

from priyom.channels.smpp.settings import Settings
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Throttled, Unavailable
from priyom.contracts.message import Signal

ALREADY_BOUND, BIND_FAILED = 0x05, 0x0D
TEMPORARY = 0x64
"""ESME_RX_T_APPN: what we answer when we could not keep what came; the gateway tries again."""

PAUSE = 1.0
"""Seconds to be silent after «throttled»; the specification names none, gateways count by the second."""
FULL_PAUSE = 5.0

_REFUSALS: dict[int, tuple[type[ChannelError], str]] = {
    0x01: (Rejected, "неверная длина сообщения"),
    0x02: (Rejected, "неверная длина команды"),
    0x03: (Rejected, "шлюз не знает этой команды"),
    0x04: (Unavailable, "сеанс ещё не открыт"),
    0x05: (Unavailable, "все разрешённые соединения уже открыты"),
    0x08: (Unavailable, "системная ошибка шлюза"),
    0x0A: (Misconfigured, "шлюз не принимает этого отправителя"),
    0x0B: (NotReachable, "неверный номер получателя"),
    0x0D: (Misconfigured, "шлюз не открыл сеанс: логин, адрес сервера или вид сеанса"),
    0x0E: (Misconfigured, "неверный пароль"),
    0x0F: (Misconfigured, "неверный логин (system_id)"),
    0x43: (Rejected, "шлюз не принимает такой esm_class"),
    0x45: (Rejected, "шлюз не принял сообщение"),
    0x48: (Misconfigured, "шлюз не принимает TON отправителя"),
    0x49: (Misconfigured, "шлюз не принимает NPI отправителя"),
    0x50: (NotReachable, "неверный TON получателя"),
    0x51: (NotReachable, "неверный NPI получателя"),
    0x53: (Misconfigured, "неверный system_type"),
    0x61: (Rejected, "неверное время отправки"),
    0x62: (Rejected, "неверный срок жизни сообщения"),
    0x64: (Unavailable, "временная ошибка получателя"),
    0x65: (Rejected, "постоянная ошибка получателя"),
    0x66: (Rejected, "получатель отказался"),
    0x67: (Rejected, "шлюз не отвечает на вопрос о сообщении"),
}

_STATES: dict[int, tuple[str, Signal]] = {
    0: ("SCHEDULED", Signal.ACCEPTED),
    1: ("ENROUTE", Signal.SENT),
    2: ("DELIVRD", Signal.DELIVERED),
    3: ("EXPIRED", Signal.FAILED),
    4: ("DELETED", Signal.FAILED),
    5: ("UNDELIV", Signal.FAILED),
    6: ("ACCEPTD", Signal.ACCEPTED),
    7: ("UNKNOWN", Signal.FAILED),
    8: ("REJECTD", Signal.FAILED),
    9: ("SKIPPED", Signal.FAILED),
}
_SIGNALS = dict(_STATES.values()) | {
    "DELIVERED": Signal.DELIVERED,
    "UNDELIVERABLE": Signal.FAILED,
    "FAILED": Signal.FAILED,
    "BUFFRED": Signal.SENT,
    "BUFFERED": Signal.SENT,
    "ACCEPTED": Signal.ACCEPTED,
    "REJECTED": Signal.FAILED,
}


def refusal(status: int, settings: Settings) -> ChannelError:
    """The error of a `command_status` that is not 0; codes above 0x400 are the gateway's own."""
    code = f"0x{status:02X}"
    if status in (0x58, 0x14):
        pause = PAUSE if status == 0x58 else FULL_PAUSE
        return Throttled(f"шлюз SMPP: слишком часто ({code})", pause, code)
    if status in numbers(settings.stop_statuses):
        return Misconfigured(f"шлюз SMPP остановил отправку ({code})", code)
    kind, words = _REFUSALS.get(status, (Rejected, "отказ"))
    return kind(f"шлюз SMPP: {words} ({code})", code)


def numbers(listed: str) -> frozenset[int]:
    """`0x400, 12` of a setting as numbers; what is none is passed over."""
    found = set()
    for item in listed.replace(";", ",").split(","):
        try:
            found.add(int(item.strip(), 0))
        except ValueError:
            continue
    return frozenset(found)


def state_word(state: int) -> str:
    """The word of a `message_state`: `DELIVRD`; the number itself when it is unknown."""
    return _STATES[state][0] if state in _STATES else str(state)


def signal(word: str) -> Signal | None:
    """What the word of a receipt says, None for words unknown to us."""
    return _SIGNALS.get(word.upper())
