"""Messages of the bot to people and group chats, their edits, their files, and who has read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from priyom.channels.pachca.api import call, exchange
from priyom.channels.pachca.markup import escaped
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Edit, File, Message, Outgoing, Receipt, Signal
from priyom.foundation.http import Http, Upload

ADDRESS = re.compile(r"(user|chat):([1-9]\d{0,9})")
SCOPES = frozenset({"messages:create", "messages:read", "messages:update", "uploads:write", "profile:read"})
FILE_LIMIT = 50 * 1024 * 1024  # ours: a file is held in memory


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """POST /messages. A personal chat is made by Pachca when there is none yet; message numbers are unique.

    Raises the errors of `contracts.errors`; Uncertain when no answer came, for there is no key against doubles.
    """
    kind, number = _target(outgoing.address)
    message: dict[str, Any] = {
        "entity_type": "user" if kind == "user" else "discussion",
        "entity_id": number,
        "content": escaped(outgoing.message.text),
    }
    if outgoing.message.rows:
        message["buttons"] = _buttons(outgoing.message)
    if outgoing.reply_to.isdecimal():
        message["parent_message_id"] = int(outgoing.reply_to)
    if account.settings.sender_name:
        message["display_name"] = account.settings.sender_name[:255]
    if outgoing.message.files:
        message["files"] = [await _uploaded(http, account, file) for file in outgoing.message.files]
    said = await call(http, account, "POST", "/messages", {"message": message}, to_somebody=True)
    try:
        return Receipt(str(int(said["data"]["id"])))
    except (KeyError, TypeError, ValueError):
        raise Uncertain("Пачка ответила непонятно: неизвестно, ушло ли сообщение") from None


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """PUT /messages/{id}: text and buttons are replaced. Raises Rejected when the message is gone."""
    if not edit.provider_id.isdecimal():
        raise Rejected(f"«{edit.provider_id}» - не номер сообщения Пачки")
    message = {"content": escaped(edit.message.text), "buttons": _buttons(edit.message)}
    await call(http, account, "PUT", f"/messages/{edit.provider_id}", {"message": message})


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """Nothing to do: a pressed button of Pachca waits for no answer; the message is edited instead."""


async def check(http: Http, account: Account) -> Identity:
    """GET /profile and /oauth/token/info: the bot, its number, and the scopes its token lacks."""
    me = (await call(http, account, "GET", "/profile") or {}).get("data")
    token = (await call(http, account, "GET", "/oauth/token/info") or {}).get("data")
    if not isinstance(me, dict) or not isinstance(token, dict):
        raise Misconfigured("По этому адресу отвечает не Пачка")
    missing = sorted(SCOPES - set(map(str, token.get("scopes") or ())))
    notes = [f"Номер бота: {me.get('id', '')}."]
    if me.get("bot") is False:
        notes.append("Это токен человека, а не бота: сообщения пойдут от его имени.")
    if missing:
        notes.append(f"Токену не хватает прав: {', '.join(missing)}.")
    if account.settings.mode == "webhook" and not account.settings.signing_secret:
        notes.append("Без signing secret мы не примем ни одного нажатия.")
    return Identity(str(me.get("nickname") or ""), str(me.get("first_name") or me.get("nickname")), " ".join(notes))


async def connect(http: Http, account: Account, url: str) -> None:
    """PUT /bot/webhook: the bot registers our address by itself (scope bot_self:webhook:write).

    Raises Misconfigured also when the address stands but the bot's own settings would keep presses or words from us.
    """
    try:
        said = await call(http, account, "PUT", "/bot/webhook", {"webhook": {"outgoing_url": url}})
    except Rejected as error:
        raise Misconfigured(error.text, error.code) from None
    webhook = (said or {}).get("data", {}).get("webhook") or {}
    if "button_click" not in webhook.get("events", ("button_click",)):
        raise Misconfigured("Адрес записан, но у бота не отмечено событие «Нажатие кнопок»")
    if webhook.get("trigger_on") == "commands":
        raise Misconfigured("Адрес записан, но бот слышит только команды: выберите в Пачке «О любых сообщениях»")


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """GET /messages/{id}/read_member_ids for each: read by the person, or by anybody in a group chat.

    The list has no times. The first trouble ends the round with what has been learned, so that a limit is not pressed.
    """
    found: list[Reported] = []
    for one in asked:
        if not one.provider_id.isdecimal() or not ADDRESS.fullmatch(one.address):
            continue
        try:
            said = await call(http, account, "GET", f"/messages/{one.provider_id}/read_member_ids?limit=300")
        except Rejected:
            continue  # the message is gone
        except ChannelError:
            if found:
                break
            raise
        if readers := _readers(said, one.address, account.settings.bot_id):
            found.append(Reported(one.provider_id, Signal.READ, f"Пачка: прочитали {readers}"))
    return found


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of the (first) file of the message `ref`. Raises Rejected when it has none or is too big."""
    said = await call(http, account, "GET", f"/messages/{ref}")
    files = (said or {}).get("data", {}).get("files") or []
    url = files[0].get("url") if files and isinstance(files[0], dict) else None
    if not isinstance(url, str):
        raise Rejected("В этом сообщении Пачки нет файла")
    # A signed address of the storage: it takes no token, and must not be shown one.
    answer = await exchange(http, account, "GET", url)
    if answer.status != 200:
        raise Rejected(f"Хранилище Пачки не отдало файл (HTTP {answer.status})", str(answer.status))
    if len(answer.body) > FILE_LIMIT:
        raise Rejected("Файл больше 50 МБ")
    return answer.body


def _target(address: str) -> tuple[str, int]:
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise NotReachable(f"«{address}» - не адрес в Пачке: нужно user:номер или chat:номер")
    return found[1], int(found[2])


def _buttons(message: Message) -> list[list[dict[str, str]]]:
    return [
        [
            {"text": button.label, "url": button.url} if button.url else {"text": button.label, "data": button.payload}
            for button in row
        ]
        for row in message.rows
    ]


def _readers(said: Any, address: str, bot_id: str) -> int:
    readers = {str(number) for number in (said or {}).get("data") or ()} - {bot_id}
    kind, _, number = address.partition(":")
    return len(readers & {number}) if kind == "user" else len(readers)


async def _uploaded(http: Http, account: Account, file: File) -> dict[str, Any]:
    """A file in Pachca's storage, by its three steps; what is to be put into the message."""
    form = await call(http, account, "POST", "/uploads")
    try:
        url, key = str(form.pop("direct_url")), str(form["key"])
    except (AttributeError, KeyError):
        raise Unavailable("Пачка не приняла файл: непонятный ответ") from None
    parts = {str(name): str(value) for name, value in form.items()}
    upload = {"file": Upload(file.name, file.mime, file.content)}
    answer = await exchange(http, account, "POST", url, form=parts, files=upload)
    if not 200 <= answer.status < 300:
        error = Unavailable if answer.status >= 500 else Rejected
        raise error(f"Хранилище Пачки не приняло файл (HTTP {answer.status})", str(answer.status))
    kind = "image" if file.mime.startswith("image/") else "file"
    name = {"key": key.replace("${filename}", file.name), "name": file.name}
    return {**name, "file_type": kind, "size": len(file.content)}
