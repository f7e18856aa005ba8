"""Which code of VK means what. Codes are stable and texts are not, so only codes decide; the table is the official one
(https://dev.vk.com/ru/reference/errors and the pages of messages.send and messages.edit)."""

from __future__ import annotations

from collections.abc import Callable

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

# The person: never allowed us, has forbidden us, is banned, deleted, or cannot be written to for now.
# VK has one code (901) for «never allowed» and «forbidden»; the second is told by the event message_deny.
NOT_REACHABLE = {18, 37, 39, 113, 900, 901, 902, 932, 936, 950, 985, 987, 988, 1021, 3610}

# The key, its rights, the community's settings, the API's version. A captcha cannot be read by a server.
MISCONFIGURED = {
    2, 3, 4, 5, 7, 11, 14, 15, 16, 17, 20, 21, 23, 24, 25, 27, 28, 34, 35, 38, 40, 41, 42, 101, 125, 203, 912, 984,
    1114, 1116, 1117, 1118, 2000, 3300,
}  # fmt: skip

# Too fast: seconds to wait. VK tells none, and publishes none but the 20 calls a second behind code 6.
THROTTLED = {6: 1.0, 9: 60.0, 29: 1800.0, 601: 3000.0, 944: 3000.0, 1105: 60.0}

# VK's own trouble: the message may stand all the same.
UNCERTAIN = {1, 10, 13, 36}
UNAVAILABLE = {32, 43}

WORDS = {
    5: "VK не узнал ключ доступа сообщества",
    6: "VK просит слать реже",
    7: "У ключа доступа не хватает прав: нужны сообщения, фотографии, документы, управление",
    9: "VK заметил слишком много одинаковых действий и просит подождать",
    14: "VK требует ввести код с картинки: откройте сообщество в браузере и пройдите проверку",
    15: "VK не дает доступа: проверьте права ключа и включены ли сообщения сообщества",
    27: "VK отозвал ключ доступа сообщества",
    29: "VK: исчерпано число вызовов, подождите",
    900: "Человек в черном списке сообщества",
    901: "Человек не разрешил сообществу писать ему",
    902: "Человек закрыл сообщения настройками приватности",
    909: "Сообщение слишком старое: VK правит отправленное в течение суток",
    911: "VK не понял кнопки",
    912: "В сообществе выключены «Возможности ботов»: Управление, Сообщения, Настройки для бота",
    914: "Текст слишком длинный для VK",
    936: "Такого человека в VK нет",
    950: "Человек давно не писал: VK закрыл ему сообщения сообщества, пока он не напишет сам",
    984: "VK ограничил сообщество за спам",
    3610: "Страница человека в VK удалена",
}


def meaning(code: int, said: str) -> ChannelError:
    """The error that this code means; `said` is VK's own text, for codes we have no words for."""
    text = WORDS.get(code) or f"VK отказал: {said or 'без объяснений'}"
    told = str(code)
    if code in THROTTLED:
        return Throttled(text, THROTTLED[code], told)
    # An old API version is refused under the same code as a request that is broken.
    if code == 8 and "version" in said.lower():
        return Misconfigured("VK не принимает эту версию API: поменяйте ее в настройках", told)
    return _kind(code)(text, told)


def _kind(code: int) -> Callable[[str, str], ChannelError]:
    if code in NOT_REACHABLE:
        return NotReachable
    if code in MISCONFIGURED:
        return Misconfigured
    if code in UNCERTAIN:
        return Uncertain
    return Unavailable if code in UNAVAILABLE else Rejected


def stranger(status: int) -> ChannelError:
    """Somebody answered who does not speak VK's JSON: VK's own front door in trouble, or a proxy's page."""
    told = str(status)
    if status == 429:
        return Throttled("VK просит слать реже", 1.0, told)
    # 502 and 503 come from the front door, which found nobody to hand the request to: it was not taken.
    if status in (502, 503):
        return Unavailable(f"VK временно недоступен (HTTP {status})", told)
    if status >= 500:
        return Uncertain(f"VK ответил ошибкой сервера (HTTP {status}): неизвестно, ушло ли сообщение", told)
    return Misconfigured(f"Вместо VK ответил кто-то другой (HTTP {status}): проверьте адрес API", told)
