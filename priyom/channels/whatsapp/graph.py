"""One exchange with the Graph API, or with 360dialog, which passes the same bodies under its own paths and key.

What differs between the two stands here alone: addresses, the header with the key, and who may be asked what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from priyom.channels.whatsapp.errors import failure
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Upload, Via

META_URL = "https://graph.facebook.com"
DIALOG360_URL = "https://waba-v2.360dialog.io"
MEDIA_HOSTS = ("fbsbx.com", "facebook.com", "whatsapp.net", "fbcdn.net")
"""Where Meta keeps files; the token is shown to nobody else."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Where each thing is asked for, below the base address."""

    messages: str
    media: str
    templates: str
    subscribe: str
    number: str


def is_reseller(account: Account) -> bool:
    """Whether the account goes through 360dialog."""
    return bool(account.settings.style == "360dialog")


def paths(account: Account) -> Paths:
    """The account's paths. Raises Misconfigured when Meta's two ids are not filled in."""
    if is_reseller(account):
        return Paths("messages", "media", "v1/configs/templates", "v1/configs/webhook", "health_status")
    number, business = account.settings.phone_number_id.strip(), account.settings.waba_id.strip()
    if not number or not business:
        raise Misconfigured("Заполните идентификаторы номера и аккаунта WhatsApp Business")
    return Paths(
        f"{number}/messages",
        f"{number}/media",
        f"{business}/message_templates",
        f"{business}/subscribed_apps",
        number,
    )


async def call(
    http: Http,
    account: Account,
    verb: str,
    path: str,
    *,
    body: object = None,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, Upload] | None = None,
    once: bool = False,
) -> dict[str, Any]:
    """The JSON object of a successful answer. `once`: a repeat would do harm, so an unknown outcome is Uncertain;
    otherwise it is Unavailable. Raises the errors of `contracts.errors`."""
    url = f"{base(account)}/{path}" + (f"?{urlencode(query)}" if query else "")
    answer = await exchange(http, account, verb, url, body=body, form=form, files=files, once=once)
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if 200 <= answer.status < 300 and isinstance(said, dict) and "error" not in said:
        return said
    if 200 <= answer.status < 300 and once and said is None:
        raise Uncertain("WhatsApp ответил непонятно: неизвестно, ушло ли сообщение")
    error = failure(answer.status, said, answer.headers)
    raise error if once else _repeatable(error)


async def exchange(
    http: Http,
    account: Account,
    verb: str,
    url: str,
    *,
    body: object = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, Upload] | None = None,
    once: bool = False,
) -> Answer:
    """One request with the account's key, whatever the status of its answer."""
    proxy = account.settings.proxy
    via = Via(proxy=proxy) if proxy else DIRECT
    try:
        return await http.request(verb, url, json=body, form=form, files=files, headers=_key(account), via=via)
    except NotSent:
        raise Unavailable("Нет связи с WhatsApp: проверьте сеть и прокси") from None
    except NoAnswer:
        if once:
            raise Uncertain("WhatsApp не ответил: неизвестно, ушло ли сообщение") from None
        raise Unavailable("WhatsApp не ответил") from None
    except ValueError:
        raise Misconfigured("Адрес API или прокси записан неверно") from None


def base(account: Account) -> str:
    """The address below which everything is asked for."""
    given = account.settings.base_url.strip().rstrip("/")
    if is_reseller(account):
        return given or DIALOG360_URL
    return f"{given or META_URL}/{account.settings.version.strip()}"


def may_see_key(account: Account, url: str) -> bool:
    """Whether the key may go with a request to this address: Meta's own file hosts over HTTPS, or our gateway."""
    told, ours = urlsplit(url), urlsplit(base(account))
    if (told.scheme, told.netloc) == (ours.scheme, ours.netloc):
        return True
    host = told.hostname or ""
    return told.scheme == "https" and any(host == known or host.endswith("." + known) for known in MEDIA_HOSTS)


def _key(account: Account) -> dict[str, str]:
    token = account.settings.token.strip()
    return {"D360-API-KEY": token} if is_reseller(account) else {"Authorization": f"Bearer {token}"}


def _repeatable(error: ChannelError) -> ChannelError:
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error
