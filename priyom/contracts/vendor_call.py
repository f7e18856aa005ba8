"""One exchange with a vendor over HTTP, told in the errors of `contracts.errors`: what surely was not taken, what may
have been, and what is not the vendor's word at all. What the vendor says in its answer is the channel's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from priyom.contracts.errors import ChannelError, Misconfigured, Throttled, Unavailable, Uncertain
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent, Via

LONGEST_PAUSE = 3599.0
"""Seconds; a vendor that asks for more is asked again sooner."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whom we call: `name` as people are told of it, the address its pages stand under, the way out, and the seconds to
    wait when it says «too many» without saying how long."""

    name: str
    base_url: str
    proxy: str = ""
    pause: float = 5.0


async def ask(
    http: Http,
    vendor: Vendor,
    page: str,
    *,
    form: Mapping[str, str] | None = None,
    json: object = None,
    headers: Mapping[str, str] | None = None,
    harmless: bool = False,
) -> Answer:
    """POST to `page` (a path, perhaps with a query). `harmless`: nothing is lost by asking again, so what would be
    `Uncertain` is `Unavailable`. Raises those two, Throttled, and Misconfigured for an address that cannot be one. Any
    answer below 500 but 429 comes back; no error names the address."""
    unknown: type[ChannelError] = Unavailable if harmless else Uncertain
    if not vendor.base_url.startswith(("https://", "http://")):
        raise Misconfigured(f"{vendor.name}: адрес должен начинаться с https://")
    url, via = vendor.base_url.rstrip("/") + "/" + page, Via(proxy=vendor.proxy)
    try:
        answer = await http.request("POST", url, form=form, json=json, headers=headers, via=via)
    except NotSent:
        raise Unavailable(f"{vendor.name}: нет связи") from None
    except NoAnswer:
        raise unknown(f"{vendor.name}: ответа нет") from None
    except ValueError:
        raise Misconfigured(f"{vendor.name}: неверный адрес сервиса или прокси") from None
    code = str(answer.status)
    if answer.status == 429:
        raise Throttled(f"{vendor.name}: слишком часто", _pause(answer, vendor.pause), code)
    if answer.status == 503:
        raise Unavailable(f"{vendor.name}: временно не работает", code)
    if answer.status >= 500:
        raise unknown(f"{vendor.name}: ошибка сервера ({code})", code)
    return answer


def told(answer: Answer, vendor: Vendor, *, harmless: bool = False) -> dict[str, Any]:
    """The JSON object the vendor answered. Something else is a proxy's page (Misconfigured when it refuses us) or an
    answer nobody can read (Uncertain; Unavailable where it is `harmless`)."""
    try:
        body: object = answer.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    code = str(answer.status)
    if not 200 <= answer.status < 300:
        raise Misconfigured(f"{vendor.name}: по этому адресу отвечает что-то другое ({code})", code)
    raise (Unavailable if harmless else Uncertain)(f"{vendor.name}: ответ не читается", code)


def _pause(answer: Answer, usual: float) -> float:
    """What `Retry-After` says in seconds; a date there is not worth reading."""
    try:
        asked = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return usual
    return min(asked, LONGEST_PAUSE) if asked > 0 else usual
