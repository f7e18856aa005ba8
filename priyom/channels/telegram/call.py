"""One call of a Bot API method, and what its failure means.

The token is part of every address: no text of an error here may carry the address.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from typing import Any

from priyom.channels.telegram.errors import DONE, failure
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Upload, Via

UPLOAD_SECONDS = 120.0
"""Fifty megabytes over a slow line."""


async def call(
    http: Http,
    account: Account,
    method: str,
    body: Mapping[str, Any],
    *,
    files: Mapping[str, Upload] | None = None,
    once: bool = False,
    timeout: float | None = None,
) -> Any:
    """The `result` of one method; with `files` the body goes as a form, its objects as JSON text.

    `once`: repeating it would do harm, so an unknown outcome is Uncertain (else Unavailable), and «is so already» is
    an error like any other. Raises the errors of `contracts.errors`.
    """
    url = f"{account.settings.base_url.rstrip('/')}/bot{account.settings.token}/{method}"
    if files:
        answer = await exchange(
            http, account, "POST", url, form=_form(body), files=files, once=once, timeout=timeout or UPLOAD_SECONDS
        )
    else:
        answer = await exchange(http, account, "POST", url, json=body, once=once, timeout=timeout)
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and said.get("ok") is True:
        return said.get("result")
    if answer.status == 400 and isinstance(said, dict) and not once:
        low = str(said.get("description", "")).lower()
        if any(piece in low for piece in DONE):
            return None
    error = failure(answer.status, said, answer.headers)
    raise error if once else repeatable(error)


async def exchange(
    http: Http,
    account: Account,
    verb: str,
    url: str,
    *,
    json: object = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, Upload] | None = None,
    once: bool = False,
    timeout: float | None = None,
) -> Answer:
    """One exchange over the account's proxy. Raises Unavailable, Misconfigured; Uncertain when `once`."""
    proxy = account.settings.proxy
    via = Via(proxy=proxy) if proxy else DIRECT
    try:
        return await http.request(verb, url, json=json, form=form, files=files, timeout=timeout, via=via)
    except NotSent:
        raise Unavailable("Нет связи с Telegram: проверьте сеть и прокси") from None
    except NoAnswer:
        if once:
            raise Uncertain("Telegram не ответил: неизвестно, ушло ли сообщение") from None
        raise Unavailable("Telegram не ответил") from None
    except ValueError:
        raise Misconfigured("Адрес Bot API или прокси записан неверно") from None


def repeatable(error: ChannelError) -> ChannelError:
    """The same error of a call that may be made again."""
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error


def _form(body: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else jsonlib.dumps(value, ensure_ascii=False)
        for name, value in body.items()
    }
