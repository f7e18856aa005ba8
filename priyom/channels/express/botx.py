"""One call of the BotX API: the token, the envelope, and what an unknown outcome means."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from priyom.channels.express import tokens
from priyom.channels.express.errors import failure
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.foundation.clock import now
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent, Via


async def call(http: Http, account: Account, verb: str, path: str, body: object = None, *, once: bool = False) -> Any:
    """The `result` of `path` (from `/api` on).

    Raises the errors of `contracts.errors`; an unknown outcome is Uncertain only with `once`, else Unavailable.
    """
    headers = {"authorization": f"Bearer {await _token(http, account)}"}
    answer = await _exchange(http, account, verb, path, body, headers, once=once)
    try:
        return _result(answer)
    except Uncertain as error:
        if once:
            raise
        raise Unavailable(error.text, error.code) from None


def host(account: Account) -> str:
    """The server's name, as tokens carry it."""
    return urlsplit(account.settings.base_url).hostname or ""


def bot_id(account: Account) -> str:
    """The bot's id, spelled as tokens carry it."""
    return str(account.settings.bot_id).strip().lower()


async def _token(http: Http, account: Account) -> str:
    settings = account.settings
    if settings.auth_version == "v2":
        return tokens.ours(bot_id(account), host(account), settings.secret_key, now())
    signature = tokens.signature(bot_id(account), settings.secret_key)
    path = f"/api/v2/botx/bots/{bot_id(account)}/token?signature={signature}"
    try:
        found = _result(await _exchange(http, account, "GET", path, None, {}, once=False))
    except Uncertain as error:
        raise Unavailable(error.text, error.code) from None
    if not isinstance(found, str):
        raise Misconfigured("Сервер eXpress не выдал токен")
    return found


def _result(answer: Answer) -> Any:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if 200 <= answer.status < 300 and isinstance(said, dict) and said.get("status") == "ok":
        return said.get("result")
    raise failure(answer.status, said)


async def _exchange(
    http: Http, account: Account, verb: str, path: str, body: object, headers: dict[str, str], *, once: bool
) -> Answer:
    settings = account.settings
    via = Via(proxy=settings.proxy, ca_pem=settings.ca_pem)
    unknown: type[ChannelError] = Uncertain if once else Unavailable
    try:
        return await http.request(verb, settings.base_url.rstrip("/") + path, json=body, headers=headers, via=via)
    except NotSent:
        raise Unavailable("Нет связи с сервером eXpress: проверьте сеть и сертификат") from None
    except NoAnswer:
        raise unknown("Сервер eXpress не ответил: неизвестно, что с сообщением") from None
    except ValueError:
        raise Misconfigured("Адрес сервера eXpress, прокси или сертификат записан неверно") from None
