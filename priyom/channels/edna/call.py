"""One exchange with edna Pulse, told in the errors of channels.
https://docs-pulse.edna.io/docs/api/messages/errorcodes"""

from __future__ import annotations

import re
from typing import Any

from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Throttled, Unavailable, Uncertain
from priyom.foundation.http import DIRECT, Http, NoAnswer, NotSent, Via

NOT_UNIQUE = "requestidisnotunique"
ACCOUNT = ("cascadenotfound", "insufficientbalance", "subjectunknown", "unauthorized", "systemblocked")
"""What a refusal says, letters only, when the account is at fault."""
WORDS = {
    "matchedtemplatenotfound": "Такого шаблона у edna нет: текст и кнопки должны совпасть с одобренными",
    "cascadenotfound": "Такого каскада у edna нет",
    "insufficientbalance": "На счету edna кончились деньги",
}


class NotUnique(Rejected):
    """edna has this request already."""


async def call(http: Http, account: Account, verb: str, page: str, body: object = None, *, once: bool = False) -> Any:
    """The JSON of a successful answer. `once`: an unknown outcome is Uncertain, otherwise Unavailable. Raises the
    errors of `contracts.errors`, and NotUnique."""
    settings = account.settings
    via = Via(proxy=settings.proxy) if settings.proxy else DIRECT
    headers = {"X-API-KEY": settings.api_key.strip()}
    unknown: type[ChannelError] = Uncertain if once else Unavailable
    try:
        url = settings.base_url.strip().rstrip("/") + "/api/" + page
        answer = await http.request(verb, url, json=body, headers=headers, via=via)
    except NotSent:
        raise Unavailable("Нет связи с edna: проверьте сеть и прокси") from None
    except NoAnswer:
        raise unknown("edna не ответила: неизвестно, ушло ли сообщение") from None
    except ValueError:
        raise Misconfigured("Адрес edna или прокси записан неверно") from None
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if answer.status >= 500 and answer.status not in (502, 503):
        raise unknown(f"Ошибка сервера edna (HTTP {answer.status})", str(answer.status))
    if 200 <= answer.status < 300:
        if said is None and answer.body.strip():
            raise unknown("edna ответила непонятно")
        return said
    raise _refusal(answer.status, said)


def _refusal(status: int, said: Any) -> ChannelError:
    code = str(status)
    if status in (502, 503):
        return Unavailable("edna временно недоступна", code)
    if status == 429:
        return Throttled("edna просит слать реже", 5.0, code)
    if status in (401, 403):
        return Misconfigured("edna не приняла ключ API", code)
    if not isinstance(said, dict):
        return Misconfigured(f"Вместо edna ответил кто-то другой (HTTP {status}): проверьте адрес", code)
    title = str(said.get("title") or said.get("code") or said.get("message") or "")
    detail = str(said.get("detail") or said.get("message") or title)[:300]
    bare = re.sub(r"[^a-z]", "", title.lower())
    words = next((told for piece, told in WORDS.items() if piece in bare), "edna отказала")
    text = f"{words} ({detail})" if detail else words
    if NOT_UNIQUE in bare:
        return NotUnique(text, "requestId-is-not-unique")
    if any(piece in bare for piece in ACCOUNT):
        return Misconfigured(text, title or code)
    return Rejected(text, title or code)
