"""Calls of the Bot API. Texts go out plain (no parse_mode), so nothing in a patient's name can break a message.

The token is part of every address: no text of an error here may carry the address.
"""

from __future__ import annotations

from typing import Any

from priyom.channels.telegram.errors import DONE, failure
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Unavailable, Uncertain
from priyom.contracts.message import Edit, Message, Outgoing, Receipt
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Via

UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
FILE_LIMIT = 20 * 1024 * 1024  # https://core.telegram.org/bots/api#getfile


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """sendMessage. The receipt's id is `<chat>:<message>`, because message numbers repeat between chats.

    Raises the errors of `contracts.errors`; Uncertain when no answer came after the request had gone.
    """
    chat = _chat(outgoing.address)
    body: dict[str, Any] = {
        "chat_id": chat,
        "text": outgoing.message.text,
        # A preview is made by Telegram's machines following the link: a personal link is nobody's but the patient's.
        "link_preview_options": {"is_disabled": True},
    }
    if outgoing.quiet:
        body["disable_notification"] = True
    if markup := _markup(outgoing.message):
        body["reply_markup"] = markup
    result = await _call(http, account, "sendMessage", body, once=True)
    try:
        return Receipt(f"{chat}:{result['message_id']:d}")
    except (KeyError, TypeError, ValueError):
        raise Uncertain("Telegram ответил непонятно: неизвестно, ушло ли сообщение") from None


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """editMessageText; without buttons the keyboard goes. Raises Rejected when the message is gone or too old."""
    chat, _, number = edit.provider_id.rpartition(":")
    if not chat or not number.isdigit():
        raise Rejected(f"«{edit.provider_id}» - не номер сообщения Telegram")
    body: dict[str, Any] = {
        "chat_id": _chat(chat),
        "message_id": int(number),
        "text": edit.message.text,
        "link_preview_options": {"is_disabled": True},
    }
    if keyboard := _inline(edit.message):
        body["reply_markup"] = keyboard
    await _call(http, account, "editMessageText", body)


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """answerCallbackQuery, with a note of at most 200 characters. Too late counts as done."""
    await _call(http, account, "answerCallbackQuery", {"callback_query_id": press_id, "text": text[:200]})


async def check(http: Http, account: Account) -> Identity:
    """getMe and getWebhookInfo. `name` is the bot's username; `note` is Telegram's last trouble with our webhook."""
    me = await _call(http, account, "getMe", {})
    hook = await _call(http, account, "getWebhookInfo", {})
    try:
        note = str(hook.get("last_error_message") or "")
        return Identity(me["username"], me["first_name"], note, str(hook.get("url") or ""))
    except (KeyError, TypeError, AttributeError):
        raise Misconfigured("По этому адресу отвечает не Telegram") from None


async def connect(http: Http, account: Account, url: str) -> None:
    """setWebhook to our address with our secret. Raises Misconfigured when Telegram does not take the address."""
    body = {"url": url, "secret_token": account.hook_secret, "allowed_updates": UPDATES}
    await _call(http, account, "setWebhook", body)


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file by its `file_id`, at most 20 MB. Raises Rejected when it is bigger or gone."""
    found = await _call(http, account, "getFile", {"file_id": ref})
    path = found.get("file_path") if isinstance(found, dict) else None
    if not isinstance(path, str):
        raise Rejected("Telegram не отдал файл")
    settings = account.settings
    answer = await _exchange(
        http, account, "GET", f"{settings.base_url.rstrip('/')}/file/bot{settings.token}/{path}", None, once=False
    )
    if answer.status != 200:
        raise Rejected(f"Telegram не отдал файл (HTTP {answer.status})", str(answer.status))
    if len(answer.body) > FILE_LIMIT:
        raise Rejected("Файл больше 20 МБ")
    return answer.body


async def _call(http: Http, account: Account, method: str, body: dict[str, Any], *, once: bool = False) -> Any:
    """The `result` of one method. `once`: repeating it would do harm, so an unknown outcome is Uncertain."""
    settings = account.settings
    answer = await _exchange(
        http, account, "POST", f"{settings.base_url.rstrip('/')}/bot{settings.token}/{method}", body, once=once
    )
    said: Any
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and said.get("ok") is True:
        return said.get("result")
    if answer.status == 400 and isinstance(said, dict):
        low = str(said.get("description", "")).lower()
        if not once and any(piece in low for piece in DONE):
            return None
    error = failure(answer.status, said, answer.headers)
    raise _repeatable(error) if not once else error


async def _exchange(http: Http, account: Account, verb: str, url: str, json: object, *, once: bool) -> Answer:
    proxy = account.settings.proxy
    try:
        return await http.request(verb, url, json=json, via=Via(proxy=proxy) if proxy else DIRECT)
    except NotSent:
        raise Unavailable("Нет связи с Telegram: проверьте сеть и прокси") from None
    except NoAnswer:
        if once:
            raise Uncertain("Telegram не ответил: неизвестно, ушло ли сообщение") from None
        raise Unavailable("Telegram не ответил") from None
    except ValueError:
        raise Misconfigured("Адрес Bot API или прокси записан неверно") from None


def _repeatable(error: ChannelError) -> ChannelError:
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error


def _chat(address: str) -> int:
    try:
        return int(address)
    except ValueError:
        raise NotReachable(f"«{address}» - не номер чата Telegram") from None


def _markup(message: Message) -> dict[str, Any] | None:
    """A message carries one keyboard: the choices win over the contact button."""
    if inline := _inline(message):
        return inline
    if not message.ask_contact:
        return None
    button = {"text": message.ask_contact, "request_contact": True}
    return {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}


def _inline(message: Message) -> dict[str, Any] | None:
    if not message.rows:
        return None
    rows = [
        [
            {"text": button.label, "url": button.url}
            if button.url
            else {"text": button.label, "callback_data": button.payload}
            for button in row
        ]
        for row in message.rows
    ]
    return {"inline_keyboard": rows}
