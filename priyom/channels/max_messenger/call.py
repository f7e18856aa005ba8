"""One call of the MAX Bot API, and what its failure means; the way out (proxy, root certificate) of an account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from priyom.channels.max_messenger.errors import failure
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Upload, Via

BEGIN = "-----BEGIN CERTIFICATE-----"


async def call(
    http: Http,
    account: Account,
    verb: str,
    path: str,
    body: object = None,
    *,
    once: bool = False,
    timeout: float | None = None,
) -> Any:
    """The decoded answer. `once`: repeating it would do harm, so an unknown outcome is Uncertain (else Unavailable).
    Raises the errors of `contracts.errors`."""
    settings = account.settings
    url, headers = settings.base_url.rstrip("/") + path, {"Authorization": settings.token}
    answer = await exchange(http, account, verb, url, json=body, headers=headers, once=once, timeout=timeout)
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if answer.status == 200 and isinstance(said, dict) and said.get("success") is not False:
        return said
    error = failure(answer.status, said, answer.headers)
    raise error if once else repeatable(error)


async def exchange(
    http: Http,
    account: Account,
    verb: str,
    url: str,
    *,
    json: object = None,
    files: Mapping[str, Upload] | None = None,
    headers: Mapping[str, str] | None = None,
    once: bool = False,
    timeout: float | None = None,
) -> Answer:
    """One exchange on the account's way out. Raises Unavailable, Misconfigured; Uncertain when `once`."""
    way = via(account)
    try:
        return await http.request(verb, url, json=json, files=files, headers=headers, timeout=timeout, via=way)
    except NotSent as error:
        if "certificate" in str(error).lower():
            raise Misconfigured("Сертификату MAX нет доверия: добавьте корневой сертификат Минцифры") from None
        raise Unavailable("Нет связи с MAX: проверьте сеть и прокси") from None
    except NoAnswer:
        if once:
            raise Uncertain("MAX не ответил: неизвестно, ушло ли сообщение") from None
        raise Unavailable("MAX не ответил") from None
    except ValueError:
        raise Misconfigured("Адрес Bot API, прокси или сертификат записаны неверно") from None


def via(account: Account) -> Via:
    """The proxy and the root certificate, given as PEM text or as the path of a PEM file. Raises Misconfigured."""
    proxy, given = account.settings.proxy, account.settings.ca_pem.strip()
    if not given:
        return Via(proxy) if proxy else DIRECT
    if BEGIN not in given:
        try:
            given = Path(given).read_text("ascii", "replace")
        except (OSError, ValueError):
            raise Misconfigured("Файл с сертификатом Минцифры не читается: проверьте путь и права") from None
        if BEGIN not in given:
            raise Misconfigured("В файле с сертификатом Минцифры нет сертификата в виде PEM")
    return Via(proxy, given)


def repeatable(error: ChannelError) -> ChannelError:
    """The same error of a call that may be made again."""
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error
