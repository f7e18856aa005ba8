"""Which answer of the Graph API means what. Meta asks to branch on `code` alone, and the same code may come as an
answer or later in a webhook: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

_Maker = Callable[[str, str], ChannelError]

PAUSES: Mapping[int, float] = {
    4: 300.0, 80007: 300.0, 80008: 300.0, 130429: 5.0, 131056: 6.0, 131048: 3600.0, 133016: 3600.0, 131057: 60.0,
}  # fmt: skip
"""Seconds to wait after each «too fast»; for 4 and 8000x Meta may name a better one in a header."""

TABLE: Mapping[int, tuple[_Maker, str]] = {
    0: (Misconfigured, "WhatsApp не узнал токен"),
    190: (Misconfigured, "Токен WhatsApp неверен или истек"),
    3: (Misconfigured, "У токена нет нужного права"),
    10: (Misconfigured, "У токена нет нужного права"),
    131005: (Misconfigured, "У токена нет нужного права"),
    33: (Misconfigured, "Идентификатор номера неверен или номер удален"),
    368: (Misconfigured, "Meta ограничила аккаунт WhatsApp за нарушение правил"),
    131031: (Misconfigured, "Meta заблокировала аккаунт WhatsApp"),
    131042: (Misconfigured, "Meta не может списать оплату: проверьте способ оплаты"),
    131045: (Misconfigured, "Номер не зарегистрирован в Cloud API"),
    133010: (Misconfigured, "Номер не зарегистрирован в Cloud API"),
    133005: (Misconfigured, "Неверен PIN номера"),
    133006: (Misconfigured, "Номер не подтвержден"),
    131030: (Rejected, "Это тестовый номер: получателя нет в его списке"),
    131037: (Misconfigured, "Имя отправителя не одобрено"),
    131063: (Rejected, "Meta выключила маркетинг для этого аккаунта"),
    131064: (Rejected, "Meta ограничила аккаунт: шаблоны отнесены не к той категории"),
    134011: (Misconfigured, "Не приняты условия оплаты Meta"),
    139200: (Rejected, "Meta закрыла отправку без шаблонов"),
    1: (Unavailable, "WhatsApp ответил неизвестной ошибкой"),
    2: (Unavailable, "WhatsApp временно недоступен"),
    131000: (Unavailable, "WhatsApp ответил неизвестной ошибкой"),
    131016: (Unavailable, "WhatsApp временно недоступен"),
    133000: (Unavailable, "Номер перерегистрируют"),
    133004: (Unavailable, "WhatsApp временно недоступен"),
    133015: (Unavailable, "Номер только что удален"),
    131026: (NotReachable, "Доставить нельзя: номера нет в WhatsApp или приложение устарело"),
    130472: (Rejected, "Человек в выборке Meta, которой рекламу не шлют"),
    130497: (Rejected, "Аккаунту нельзя писать в эту страну"),
    130403: (Rejected, "Этого человека заблокировала сама клиника"),
    131008: (Rejected, "Не хватает части сообщения"),
    131009: (Rejected, "WhatsApp не принял часть сообщения"),
    131021: (Rejected, "Получатель и отправитель - один номер"),
    131047: (Rejected, "Прошло больше 24 часов: нужен одобренный шаблон"),
    131049: (Rejected, "Meta бережет человека от рекламы: сегодня ему больше не шлют"),
    131050: (Rejected, "Человек отказался от рекламы этой клиники"),
    131051: (Rejected, "WhatsApp не передает сообщения такого вида"),
    131052: (Rejected, "Файл не удалось получить"),
    131053: (Rejected, "WhatsApp не принял файл"),
    131062: (Rejected, "Этому человеку по его идентификатору такое не шлют: нужен номер"),
    132000: (Rejected, "Значений не столько, сколько мест в шаблоне"),
    132001: (Rejected, "Такого одобренного шаблона на этом языке нет"),
    132005: (Rejected, "Текст по шаблону слишком длинный"),
    132007: (Rejected, "Шаблон нарушает правила WhatsApp"),
    132012: (Rejected, "Значение не подходит к шаблону"),
    132015: (Rejected, "Шаблон приостановлен из-за жалоб"),
    132016: (Rejected, "Шаблон отключен навсегда"),
}
"""code -> (what follows, words for people)."""

GONE = frozenset({131026})
"""Reported codes that speak of the address, not of the message."""

ACCOUNT = frozenset({368, 131031, 131042, 131045, 133010})
"""Reported codes after which nothing of this account will go until somebody has looked."""


def words(code: int, details: str) -> str:
    """What a code means, for people, with Meta's own details."""
    known = TABLE.get(code)
    said = known[1] if known else "WhatsApp отказал"
    return f"{said} ({details[:300]})" if details else said


def failure(status: int, body: object, headers: Mapping[str, str]) -> ChannelError:
    """The error that an answer means. `body` is the decoded JSON, None when it is not JSON."""
    told = body.get("error") if isinstance(body, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("code"), int):
        return _stranger(status, headers)
    code, subcode = int(told["code"]), told.get("error_subcode")
    if code == 100 and subcode == 33:
        code = 33
    if code in PAUSES:
        return Throttled(words(code, _details(told)), _pause(code, headers), str(code))
    if 200 <= code < 300:
        code = 10
    if code in TABLE:
        maker, _ = TABLE[code]
        return maker(words(code, _details(told)), str(code))
    if told.get("is_transient") is True:
        return Unavailable(words(code, _details(told)), str(code))
    if status >= 500:
        return Uncertain(f"WhatsApp ответил ошибкой {code}: неизвестно, ушло ли сообщение", str(code))
    shown = subcode if isinstance(subcode, int) and subcode > 2_000_000 else code
    return Rejected(words(code, _details(told)), str(shown))


def _stranger(status: int, headers: Mapping[str, str]) -> ChannelError:
    """An answer that is not the Graph API's: of a proxy, a block page, or the reseller's own door."""
    if status in (502, 503):
        return Unavailable(f"WhatsApp временно недоступен (HTTP {status})", str(status))
    if status >= 500:
        return Uncertain(f"Ошибка сервера (HTTP {status}): неизвестно, ушло ли сообщение", str(status))
    if status == 429:
        return Throttled("WhatsApp просит слать реже", 5.0, "429")
    if status in (401, 403):
        return Misconfigured("WhatsApp не принял токен или ключ", str(status))
    return Misconfigured(f"Вместо WhatsApp ответил кто-то другой (HTTP {status}): проверьте адрес API", str(status))


def _details(told: Mapping[str, Any]) -> str:
    data = told.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    for found in (told.get("error_user_msg"), details, told.get("message")):
        if isinstance(found, str) and found:
            return found
    return ""


def _pause(code: int, headers: Mapping[str, str]) -> float:
    """Seconds until the next try: Meta's own estimate where it gives one (in minutes), at most an hour."""
    try:
        usage = json.loads(headers.get("x-business-use-case-usage", ""))
        minutes = max(int(item["estimated_time_to_regain_access"]) for kinds in usage.values() for item in kinds)
    except (ValueError, TypeError, KeyError, AttributeError):
        minutes = 0
    return min(3600.0, minutes * 60.0) if minutes > 0 else PAUSES[code]
