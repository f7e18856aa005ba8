"""What the trunk's answer to a call means: one table of SIP codes (RFC 3261, section 21) for the sender, who asks
whether our account is at fault, and for the report of a call that came to nothing."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.channels.sip_voice.sip import SipMessage
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
)

NO_SUCH_NUMBER = frozenset({404, 410, 484, 604})
OUR_FAULT = {
    401: "оператор не принял логин или пароль", 407: "оператор не принял логин или пароль",
    403: "оператор запретил звонок: проверьте логин, пароль, номер звонящего и договор",
    402: "у оператора кончились деньги на счете",
}  # fmt: skip
_DEFAULT_PAUSE, _LONGEST_PAUSE = 10.0, 600.0


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended that nobody took. `code` is ours, `words` are for people, Russian; `gone`: no such number."""

    code: str
    words: str
    sip: int = 0
    gone: bool = False


BUSY = End("busy", "номер занят")
NO_ANSWER = End("no-answer", "никто не взял трубку")
REJECTED = End("rejected", "звонок отклонен")
MACHINE = End("machine", "ответил автоответчик")
HUNG_UP = End("hung-up", "трубку положили, не дослушав")
UNREACHABLE = End("unreachable", "телефон выключен или вне сети")
INTERRUPTED = End("interrupted", "звонок прерван: программа остановлена")
_ENDS = {
    486: BUSY, 600: BUSY, 408: NO_ANSWER, 487: NO_ANSWER, 603: REJECTED, 607: REJECTED, 608: REJECTED,
    480: UNREACHABLE,
}  # fmt: skip


def end_of(status: int) -> End:
    """The outcome of a call that ended with this code instead of an answer."""
    if status in NO_SUCH_NUMBER:
        return End("no-such-number", "такого номера нет", status, gone=True)
    known = _ENDS.get(status)
    if known is not None:
        return End(known.code, known.words, status)
    return End("failed", f"оператор не соединил ({status})", status)


def refusal(response: SipMessage) -> ChannelError | None:
    """The error of a trunk that refuses us, or the number, and not only this moment; None: the person's affair."""
    status, code = response.status, str(response.status)
    if status in OUR_FAULT:
        return Misconfigured(OUR_FAULT[status], code)
    if status in NO_SUCH_NUMBER:
        return NotReachable("такого номера нет", code)
    if status in (500, 502, 503, 504):
        pause = retry_after(response)
        if pause is not None:
            return Throttled("оператор просит звонить реже", pause, code)
        return Unavailable(f"оператор сейчас не соединяет ({code})", code)
    if status in (400, 405, 413, 415, 416, 420, 482, 483, 488, 606):
        return Rejected(f"оператор не понял звонка ({code})", code)
    return None


def retry_after(response: SipMessage) -> float | None:
    """Seconds of Retry-After, None when the trunk names none."""
    value = response.get("retry-after")
    if not value:
        return None
    number = value.split(";")[0].split("(")[0].strip()
    return min(max(float(number), 1.0), _LONGEST_PAUSE) if number.isdecimal() else _DEFAULT_PAUSE
