"""One call of Pachca's API: envelope, errors, and what an unknown outcome means."""

from __future__ import annotations

from typing import Any

from priyom.channels.pachca.errors import failure
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Upload, Via


async def call(
    http: Http, account: Account, verb: str, path: str, body: object = None, *, to_somebody: bool = False
) -> Any:
    """The decoded answer of `path` (from the base address on); None when it is empty.

    Raises the errors of `contracts.errors`; an unknown outcome is Uncertain only for messages (`to_somebody`), for
    everything else it is Unavailable, because a repeat does no harm.
    """
    settings = account.settings
    headers = {"authorization": f"Bearer {settings.token}"}
    url = settings.base_url.rstrip("/") + path
    answer = await exchange(http, account, verb, url, json=body, headers=headers, once=to_somebody)
    said: Any
    try:
        said = answer.json() if answer.body else None
    except (ValueError, RecursionError):
        said = None
    if 200 <= answer.status < 300 and (isinstance(said, dict) or not answer.body):
        return said
    error = failure(answer.status, said, answer.headers, to_somebody=to_somebody)
    raise error if to_somebody else _repeatable(error)


async def exchange(
    http: Http,
    account: Account,
    verb: str,
    url: str,
    *,
    json: object = None,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    files: dict[str, Upload] | None = None,
    once: bool = False,
) -> Answer:
    """One exchange through the account's proxy. `once`: an unknown outcome is Uncertain."""
    proxy = account.settings.proxy
    via = Via(proxy=proxy) if proxy else DIRECT
    try:
        return await http.request(verb, url, json=json, headers=headers, form=form, files=files, via=via)
    except NotSent:
        raise Unavailable("Нет связи с Пачкой: проверьте сеть и прокси") from None
    except NoAnswer:
        if once:
            raise Uncertain("Пачка не ответила: неизвестно, ушло ли сообщение") from None
        raise Unavailable("Пачка не ответила") from None
    except ValueError:
        raise Misconfigured("Адрес API или прокси записан неверно") from None


def _repeatable(error: ChannelError) -> ChannelError:
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error
