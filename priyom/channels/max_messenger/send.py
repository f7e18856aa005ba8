"""Calls of the MAX Bot API. Texts go out plain (no `format`); people are addressed by `user_id`, in the query.

There is no key against doubles, and the history can be asked for only by `chat_id`, which an attempt does not know: an
unknown outcome stays unknown (no `find`).
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import quote, urlsplit

from priyom.channels.max_messenger.errors import failure
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Unavailable, Uncertain
from priyom.contracts.message import Edit, Message, Outgoing, Receipt
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Via

UPDATES = [
    "bot_started",
    "bot_stopped",
    "message_created",
    "message_edited",
    "message_callback",
    "dialog_muted",
    "dialog_unmuted",
    "dialog_removed",
]
DEFAULT_NOTE = "Принято"
FILE_LIMIT = 64 * 1024 * 1024
"""What we are ready to hold in memory; MAX itself lets people send gigabytes."""


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """POST /messages. The receipt's id is the message's `mid`, unique everywhere.

    Raises the errors of `contracts.errors`; Uncertain when no answer came after the request had gone.
    """
    if not outgoing.address.isdecimal():
        raise NotReachable(f"«{outgoing.address}» - не номер пользователя MAX")
    body: dict[str, Any] = {"text": outgoing.message.text}
    if keyboard := _keyboard(outgoing.message):
        body["attachments"] = [keyboard]
    if outgoing.quiet:
        body["notify"] = False
    # A preview is made by the vendor's machines following the link: a personal link is nobody's but the patient's.
    path = f"/messages?user_id={outgoing.address}&disable_link_preview=true"
    said = await _call(http, account, "POST", path, body, once=True)
    try:
        mid = said["message"]["body"]["mid"]
    except (KeyError, TypeError):
        mid = None
    if not isinstance(mid, str) or not mid:
        raise Uncertain("MAX ответил непонятно: неизвестно, ушло ли сообщение")
    return Receipt(mid)


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """PUT /messages; without buttons the keyboard goes. Raises Rejected when the message is gone or too old."""
    keyboard = _keyboard(edit.message)
    body = {"text": edit.message.text, "attachments": [keyboard] if keyboard else [], "notify": False}
    await _call(http, account, "PUT", f"/messages?message_id={quote(edit.provider_id, safe='')}", body)


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """POST /answers with a note. An empty answer is refused by MAX, so there is always one. Too late counts as done."""
    path = f"/answers?callback_id={quote(press_id, safe='')}"
    try:
        await _call(http, account, "POST", path, {"notification": text or DEFAULT_NOTE})
    except (Rejected, NotReachable):
        return  # the press is gone or too old: nobody waits for the note any more


async def check(http: Http, account: Account) -> Identity:
    """GET /me and /subscriptions. `name` is the bot's nick; `note` warns of several webhooks."""
    me = await _call(http, account, "GET", "/me", None)
    hooks = await _hooks(http, account)
    note = "Вебхуков несколько: каждое событие придёт несколько раз" if len(hooks) > 1 else ""
    try:
        return Identity(me["username"], me.get("name") or me["first_name"], note, hooks[0] if hooks else "")
    except (KeyError, TypeError):
        raise Misconfigured("По этому адресу отвечает не MAX") from None


async def connect(http: Http, account: Account, url: str) -> None:
    """POST /subscriptions. MAX keeps a list and calls each of it, so ours replaces all others (and its own double)."""
    before = await _hooks(http, account)
    if url in before:
        await _unhook(http, account, url)
    body = {"url": url, "secret": account.hook_secret, "update_types": UPDATES}
    try:
        await _call(http, account, "POST", "/subscriptions", body)
    except Rejected as error:
        raise Misconfigured(f"MAX не принял адрес вебхука: {error.text}", error.code) from None
    for other in set(before) - {url}:
        await _unhook(http, account, other)


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file by the address MAX gave; the token is not shown there. Raises Rejected."""
    if not _may_fetch(account, ref):
        raise Rejected("Адрес файла не похож на адрес MAX")
    answer = await _exchange(http, account, "GET", ref, None, {}, once=False)
    if answer.status != 200:
        raise Rejected(f"MAX не отдал файл (HTTP {answer.status})", str(answer.status))
    if len(answer.body) > FILE_LIMIT:
        raise Rejected("Файл больше 64 МБ")
    return answer.body


def _may_fetch(account: Account, ref: str) -> bool:
    """HTTPS on a named host, or the API's own: an address in a webhook must not lead into our own network."""
    try:
        wanted, api = urlsplit(ref), urlsplit(account.settings.base_url)
        host, same = wanted.hostname or "", (wanted.scheme, wanted.netloc) == (api.scheme, api.netloc)
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return same or (wanted.scheme == "https" and "." in host)
    return same


async def _hooks(http: Http, account: Account) -> list[str]:
    said = await _call(http, account, "GET", "/subscriptions", None)
    found = said.get("subscriptions") if isinstance(said, dict) else None
    return [str(item["url"]) for item in found or [] if isinstance(item, dict) and "url" in item]


async def _unhook(http: Http, account: Account, url: str) -> None:
    await _call(http, account, "DELETE", f"/subscriptions?url={quote(url, safe='')}", None)


async def _call(http: Http, account: Account, verb: str, path: str, body: object, *, once: bool = False) -> Any:
    """The decoded answer. `once`: repeating it would do harm, so an unknown outcome is Uncertain."""
    settings = account.settings
    headers = {"Authorization": settings.token}
    answer = await _exchange(http, account, verb, settings.base_url.rstrip("/") + path, body, headers, once=once)
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if answer.status == 200 and isinstance(said, dict) and said.get("success") is not False:
        return said
    error = failure(answer.status, said, answer.headers)
    raise error if once else _repeatable(error)


async def _exchange(
    http: Http, account: Account, verb: str, url: str, json: object, headers: dict[str, str], *, once: bool
) -> Answer:
    settings = account.settings
    via = Via(settings.proxy, settings.ca_pem) if settings.proxy or settings.ca_pem else DIRECT
    try:
        return await http.request(verb, url, json=json, headers=headers, via=via)
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


def _repeatable(error: ChannelError) -> ChannelError:
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error


def _keyboard(message: Message) -> dict[str, Any] | None:
    """The choices, and the contact button in a row of its own below them."""
    rows = [
        [
            {"type": "link", "text": button.label, "url": button.url}
            if button.url
            else {"type": "callback", "text": button.label, "payload": button.payload}
            for button in row
        ]
        for row in message.rows
    ]
    if message.ask_contact:
        rows.append([{"type": "request_contact", "text": message.ask_contact}])
    return {"type": "inline_keyboard", "payload": {"buttons": rows}} if rows else None
