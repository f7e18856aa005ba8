"""One exchange with IntellectDialog: every answer is wrapped as `{"response": {"status", "error", "data", ...}}`; the
key goes bare into `Authorization`, without a word before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.reading import clean
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Upload, Via


async def call(
    http: Http,
    account: Account,
    verb: str,
    page: str,
    *,
    body: object = None,
    query: Mapping[str, str] | None = None,
    files: Mapping[str, Upload] | None = None,
    once: bool = False,
) -> dict[str, Any]:
    """The `response` of a successful answer. `once`: an unknown outcome is Uncertain, otherwise Unavailable. Raises the
    errors of `contracts.errors`."""
    unknown: type[ChannelError] = Uncertain if once else Unavailable
    settings = account.settings
    url = f"{settings.base_url.strip().rstrip('/')}/{page}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": settings.api_key.strip()}
    via = Via(proxy=settings.proxy) if settings.proxy else DIRECT
    try:
        answer = await http.request(verb, url, json=body, files=files, headers=headers, via=via)
    except NotSent:
        raise Unavailable("Нет связи с IntellectDialog: проверьте адрес API и сеть") from None
    except NoAnswer:
        raise unknown("IntellectDialog не ответил: неизвестно, ушло ли сообщение") from None
    except ValueError:
        raise Misconfigured("Адрес API или прокси записан неверно") from None
    return _understood(answer, unknown)


def _understood(answer: Answer, unknown: type[ChannelError]) -> dict[str, Any]:
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    told = said.get("response") if isinstance(said, dict) else None
    code = str(answer.status)
    if answer.status in (401, 403):
        raise Misconfigured("IntellectDialog не принял ключ API", code)
    if answer.status == 429:
        raise Throttled("IntellectDialog просит слать реже", 5.0, code)
    if answer.status in (502, 503):
        raise Unavailable("IntellectDialog временно недоступен", code)
    if answer.status >= 500:
        raise unknown(f"Ошибка сервера IntellectDialog (HTTP {code})", code)
    if not isinstance(told, dict):
        if 200 <= answer.status < 300:
            raise unknown("IntellectDialog ответил непонятно")
        raise Misconfigured(f"Вместо IntellectDialog ответил кто-то другой (HTTP {code}): проверьте адрес", code)
    if told.get("status") == "success" and 200 <= answer.status < 300:
        return told
    why = told.get("error")
    raise Rejected(f"IntellectDialog отказал: {clean(str(why))[:300]}", code)
