"""What the gateway's numbers mean: delivery statuses, causes of failure and refusals of a request.

Tables follow the gateway's own help pages («Статусы сообщений», «Коды ошибок»).
"""

from __future__ import annotations

from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Throttled
from priyom.contracts.message import Signal

NOT_FOUND = -3
DUPLICATE_PAUSE = 60.0
"""Seconds during which the gateway refuses the same text to the same number."""

_STATUSES: dict[int, tuple[Signal, str]] = {
    -2: (Signal.ACCEPTED, "остановлено"),
    -1: (Signal.ACCEPTED, "ожидает отправки"),
    0: (Signal.SENT, "передано оператору"),
    1: (Signal.DELIVERED, "доставлено"),
    2: (Signal.DELIVERED, "прочитано"),
    4: (Signal.DELIVERED, "нажата ссылка"),
    NOT_FOUND: (Signal.FAILED, "сообщение не найдено"),
    3: (Signal.FAILED, "просрочено"),
    20: (Signal.FAILED, "невозможно доставить"),
    22: (Signal.FAILED, "неверный номер"),
    23: (Signal.FAILED, "запрещено"),
    24: (Signal.FAILED, "недостаточно средств"),
    25: (Signal.FAILED, "недоступный номер"),
}

_CAUSES: dict[int, str] = {
    1: "абонент не существует",
    6: "абонент не в сети",
    11: "нет услуги SMS",
    12: "ошибка в телефоне абонента",
    13: "абонент заблокирован",
    200: "виртуальная отправка",
    219: "SIM-карта заменена",
    220: "переполнена очередь у оператора",
    238: "нет шаблона у оператора",
    239: "запрещенный IP-адрес",
    241: "сработал спам-фильтр",
    243: "нет договора с оператором",
    244: "рассылки запрещены",
    245: "статус не получен",
    246: "ограничение по времени",
    247: "превышен суточный лимит",
    248: "нет маршрута",
    249: "неверный формат номера",
    250: "номер запрещен настройками",
    251: "превышен лимит на номер",
    252: "номер запрещен",
    253: "запрещено спам-фильтром",
    254: "имя отправителя не зарегистрировано",
    255: "отклонено оператором",
}

_DEAD_CAUSES = frozenset({1, 11, 249})
_DEAD_STATUSES = frozenset({22})

_REFUSALS: dict[int, tuple[type[ChannelError], str]] = {
    1: (Rejected, "ошибка в параметрах запроса"),
    2: (Misconfigured, "неверный логин или пароль"),
    3: (Misconfigured, "на счете шлюза кончились деньги"),
    4: (Misconfigured, "шлюз закрыл доступ с нашего адреса"),
    5: (Rejected, "неверная дата"),
    6: (Rejected, "текст или имя отправителя запрещены"),
    7: (NotReachable, "неверный номер телефона"),
    8: (NotReachable, "на этот номер доставить нельзя"),
}


def known(status: int) -> bool:
    """Whether the status stands in the gateway's table."""
    return status in _STATUSES


def signal(status: int) -> Signal:
    """The signal of a known status. The gateway's «read» and «link followed» count as delivered: SMS has no more."""
    return _STATUSES[status][0]


def words(status: int, cause: int) -> str:
    """The gateway's word for it, as shown to staff as evidence."""
    text = f"{status}: {_STATUSES[status][1]}"
    return f"{text} ({cause}: {_CAUSES.get(cause, 'причина неизвестна')})" if cause else text


def gone(status: int, cause: int) -> bool:
    """Whether the number itself is dead for SMS, not only this message lost."""
    return signal(status) is Signal.FAILED and (cause in _DEAD_CAUSES or status in _DEAD_STATUSES)


def refusal(code: int, text: str) -> ChannelError:
    """The error of a refused request: `error_code` and `error` of the gateway's answer."""
    said = f"шлюз SMSC: {text}" if text else "шлюз SMSC отказал"
    if code == 9:
        return Throttled(f"{said} (слишком часто)", DUPLICATE_PAUSE, "9")
    kind, meaning = _REFUSALS.get(code, (Rejected, "неизвестный код отказа"))
    return kind(f"{said} ({meaning})", str(code))
