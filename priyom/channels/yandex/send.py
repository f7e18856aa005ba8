"""Messages of the bot to employees and group chats, by `messages/sendText/` and its neighbours.

`payload_id` is the key by which the vendor drops a double: ours is the delivery's. Files have no such key and no words
of their own; they go before the text, so that the text and its buttons stand last.
"""

from __future__ import annotations

import re
from typing import Any

from priyom.channels.yandex.errors import failure
from priyom.channels.yandex.markup import defused
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Edit, File, Message, Outgoing, Receipt
from priyom.foundation.http import DIRECT, Answer, Http, NoAnswer, NotSent, Upload, Via

CHAT = re.compile(r"[01]/\d+/[0-9a-f-]{8,64}")
LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62})(?:@[a-z0-9.-]{1,255})?")
ACTION = "priyom"
"""The name of our buttons' server action."""
FILE_LIMIT = 50 * 1024 * 1024  # ours: a file is held in memory


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Files, then sendText. The receipt's id is `<address>:<message>`, because numbers repeat between chats.

    Raises the errors of `contracts.errors`; Uncertain when no answer came: a repeat under the same key does no harm.
    """
    target = _target(outgoing.address)
    said: Any = None
    for file in outgoing.message.files:
        said = await _send_file(http, account, target, file)
    if outgoing.message.text or not outgoing.message.files:
        body: dict[str, Any] = {
            **target,
            "text": defused(outgoing.message.text),
            "payload_id": outgoing.key,
            # A preview is made by the vendor's machines following the link: a personal link is nobody else's.
            "disable_web_page_preview": True,
        }
        if outgoing.message.rows:
            body["suggest_buttons"] = _buttons(outgoing.message)
        if outgoing.quiet:
            body["disable_notification"] = True
        if account.settings.important:
            body["important"] = True
        if number := _number(outgoing.reply_to):
            body["reply_message_id"] = number
        said = await _call(http, account, "messages/sendText/", body, once=True)
    try:
        return Receipt(f"{outgoing.address}:{int(said['message_id'])}")
    except (KeyError, TypeError, ValueError):
        raise Uncertain("Яндекс Мессенджер ответил непонятно: неизвестно, ушло ли сообщение") from None


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """sendText with the message's number: text and buttons are replaced. Raises Rejected when it is gone."""
    address, _, _ = edit.provider_id.rpartition(":")
    number = _number(edit.provider_id)
    if not number:
        raise Rejected(f"«{edit.provider_id}» - не номер сообщения Яндекс Мессенджера")
    body = {
        **_target(address),
        "message_id": number,
        "text": defused(edit.message.text),
        "disable_web_page_preview": True,
    }
    await _call(http, account, "messages/sendText/", {**body, "suggest_buttons": _buttons(edit.message)})


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """Nothing to do: the Bot API has no call that answers a press; the message is edited instead."""


async def typing(http: Http, account: Account, address: str) -> None:
    """sendTyping: shown for about three seconds."""
    await _call(http, account, "messages/sendTyping/", _target(address))


async def check(http: Http, account: Account) -> Identity:
    """GET self/get. `note` tells of a webhook that stands in the way of polling, and the other way round."""
    me = await _call(http, account, "self/get/", None, verb="GET")
    if not isinstance(me, dict) or not me.get("login"):
        raise Misconfigured("По этому адресу отвечает не Яндекс Мессенджер")
    webhook = str(me.get("webhook_url") or "").partition("?")[0]
    note = ""
    if account.settings.mode == "webhook" and not webhook:
        note = "Адрес у бота не записан: нажмите «Подключить»."
    elif account.settings.mode == "polling" and webhook:
        note = "У бота записан адрес webhook: при опросе мы его снимем."
    return Identity(str(me["login"]), str(me.get("display_name") or me["login"]), note, webhook)


async def connect(http: Http, account: Account, url: str) -> None:
    """POST self/update. The vendor signs nothing, so our secret is part of the address.

    In polling mode the address is cleared instead: while one stands, getUpdates gives nothing.
    """
    wanted = f"{url}?secret={account.hook_secret}" if account.settings.mode == "webhook" else None
    try:
        await _call(http, account, "self/update/", {"webhook_url": wanted})
    except Rejected as error:
        raise Misconfigured(error.text, error.code) from None


async def updates(http: Http, account: Account, offset: int) -> list[dict[str, Any]]:
    """getUpdates: what waits from `offset` on, oldest first; everything before it is forgotten by the vendor."""
    said = await _call(http, account, "messages/getUpdates/", {"limit": 100, "offset": offset})
    found = said.get("updates") if isinstance(said, dict) else None
    if not isinstance(found, list):
        raise Unavailable("Яндекс Мессенджер ответил непонятно")
    return [item for item in found if isinstance(item, dict)]


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """getFile: the content of a file by its `file_id`. Raises Rejected when it is gone or too big."""
    answer = await _exchange(http, account, "POST", "messages/getFile/", json={"file_id": ref})
    if answer.status != 200 or answer.headers.get("content-type", "").startswith("application/json"):
        raise _repeatable(failure(answer.status, _decoded(answer), answer.headers))
    if len(answer.body) > FILE_LIMIT:
        raise Rejected("Файл больше 50 МБ")
    return answer.body


async def _call(
    http: Http, account: Account, path: str, body: dict[str, Any] | None, *, verb: str = "POST", once: bool = False
) -> Any:
    """The decoded answer. `once`: an unknown outcome is Uncertain, else Unavailable."""
    answer = await _exchange(http, account, verb, path, json=body, once=once)
    return _judged(answer, once=once)


async def _send_file(http: Http, account: Account, target: dict[str, str], file: File) -> Any:
    picture = file.mime.startswith("image/")
    path, field = ("messages/sendImage/", "image") if picture else ("messages/sendFile/", "document")
    upload = {field: Upload(file.name, file.mime, file.content)}
    answer = await _exchange(http, account, "POST", path, form=target, files=upload, once=True)
    return _judged(answer, once=True)


def _judged(answer: Answer, *, once: bool) -> Any:
    said = _decoded(answer)
    if answer.status == 200 and (not answer.body or (isinstance(said, dict) and said.get("ok") is not False)):
        return said
    error = failure(answer.status, said, answer.headers)
    raise error if once else _repeatable(error)


async def _exchange(
    http: Http,
    account: Account,
    verb: str,
    path: str,
    *,
    json: object = None,
    form: dict[str, str] | None = None,
    files: dict[str, Upload] | None = None,
    once: bool = False,
) -> Answer:
    settings = account.settings
    url = f"{settings.base_url.rstrip('/')}/{path}"
    headers = {"authorization": f"OAuth {settings.token}"}
    via = Via(proxy=settings.proxy) if settings.proxy else DIRECT
    try:
        return await http.request(verb, url, json=json, headers=headers, form=form, files=files, via=via)
    except NotSent:
        raise Unavailable("Нет связи с Яндекс Мессенджером: проверьте сеть и прокси") from None
    except NoAnswer:
        if once:
            raise Uncertain("Яндекс Мессенджер не ответил: неизвестно, ушло ли сообщение") from None
        raise Unavailable("Яндекс Мессенджер не ответил") from None
    except ValueError:
        raise Misconfigured("Адрес API или прокси записан неверно") from None


def _decoded(answer: Answer) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def _repeatable(error: ChannelError) -> ChannelError:
    return Unavailable(error.text, error.code) if isinstance(error, Uncertain) else error


def _target(address: str) -> dict[str, str]:
    if CHAT.fullmatch(address):
        return {"chat_id": address}
    if LOGIN.fullmatch(address):
        return {"login": address}
    raise NotReachable(f"«{address}» - не логин и не чат Яндекс Мессенджера")


def _number(provider_id: str) -> int:
    number = provider_id.rpartition(":")[2]
    return int(number) if number.isdecimal() and number.isascii() else 0


def _buttons(message: Message) -> dict[str, Any]:
    """`layout` is a text by the vendor's own definition; `persist` keeps the buttons when more is written below."""
    rows = [
        [
            {
                "id": f"{row}.{col}",
                "title": button.label,
                "directives": [
                    {"type": "open_uri", "uri": button.url}
                    if button.url
                    else {"type": "server_action", "name": ACTION, "payload": {"press": button.payload}}
                ],
            }
            for col, button in enumerate(line)
        ]
        for row, line in enumerate(message.rows)
    ]
    return {"layout": "true", "persist": True, "buttons": rows}
