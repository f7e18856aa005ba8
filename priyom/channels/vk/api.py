"""One call of a method of VK's API: a form with the version, the community's key in a header, and an answer that is
either `response` or `error`, with HTTP 200 for both (https://dev.vk.com/ru/api/api-requests)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from priyom.channels.vk.errors import meaning, stranger
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent


async def call(http: Http, account: Account, method: str, given: Mapping[str, str], *, once: bool = False) -> Any:
    """The `response` of one method. `once`: repeating it would do harm, so an unknown outcome is Uncertain, else it is
    Unavailable. Raises the errors of `contracts.errors`."""
    settings = account.settings
    url = f"{settings.base_url.rstrip('/')}/method/{method}"
    headers = {"authorization": f"Bearer {settings.token}"}
    try:
        answer = await http.request("POST", url, form={**given, "v": settings.api_version}, headers=headers)
    except NotSent:
        raise Unavailable("Нет связи с VK") from None
    except NoAnswer:
        raise _unknown("VK не ответил: неизвестно, ушло ли сообщение", "", once=once) from None
    except ValueError:
        raise Misconfigured("Адрес API VK записан неверно") from None
    said = _object(answer)
    if "response" in said:
        return said["response"]
    error = _error(said, answer.status, settings.token)
    raise _unknown(error.text, error.code, once=once) if isinstance(error, Uncertain) else error


def refused(error: Mapping[str, Any]) -> ChannelError:
    """The error of one recipient among `peer_ids`, which VK writes in words of its own."""
    return meaning(_code(error.get("code")), str(error.get("description", "")))


def _error(said: Mapping[str, Any], status: int, token: str) -> ChannelError:
    error = said.get("error")
    if not isinstance(error, dict):
        return stranger(status)
    return meaning(_code(error.get("error_code")), str(error.get("error_msg", "")).replace(token, "(ключ)"))


def _object(answer: Answer) -> dict[str, Any]:
    try:
        said: Any = answer.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _code(value: object) -> int:
    return value if isinstance(value, int) else 0


def _unknown(text: str, code: str, *, once: bool) -> ChannelError:
    return Uncertain(text, code) if once else Unavailable(text, code)
