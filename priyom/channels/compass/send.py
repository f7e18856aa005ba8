"""Messages of the bot to people and groups of its space, by `user/send` and `group/send`."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from priyom.channels.compass.errors import failure
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Unavailable, Uncertain
from priyom.contracts.message import File, Message, Outgoing, Receipt
from priyom.contracts.vendor_call import Vendor, ask, told
from priyom.foundation.http import Http, NoAnswer, NotSent, Upload, Via

ADDRESS = re.compile(r"(user):([1-9]\d{0,15})|(chat):([A-Za-z0-9+/=_-]{1,249})")
COMMAND = "/do"
"""What people type before a choice's code; `receive` reads it back."""
TEXT_LIMIT = 2000
VERSIONS = (3, 4)


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Files first (each is a message of its own), then the text. The receipt's id is made of the vendor's key.

    Raises the errors of `contracts.errors`; Uncertain when no answer came: there is no key against doubles, and nobody
    to ask.
    """
    method, target = _target(outgoing.address)
    said: Any = None
    for file in outgoing.message.files:
        body = {**target, "type": "file", "file_id": await _uploaded(http, account, file)}
        said = await _call(http, account, method, body)
    text = _text(outgoing.message)
    if text or not outgoing.message.files:
        said = await _call(http, account, method, {**target, "type": "text", "text": text})
    number = said.get("message_id") if isinstance(said, dict) else None
    if not isinstance(number, str) or not number:
        raise Uncertain("Compass ответил непонятно: неизвестно, ушло ли сообщение")
    return Receipt(short(number))


def short(key: str) -> str:
    """A key of the vendor's as the house keeps it: theirs pass 200 signs, and no method of ours ever needs one back."""
    return key if len(key) <= 64 else "sha256:" + sha256(key.encode()).hexdigest()


async def check(http: Http, account: Account) -> Identity:
    """webhook/getVersion: the token is good, and the webhook speaks a version we know. Bots are not told their name."""
    said = await _call(http, account, "webhook/getVersion", {}, harmless=True)
    version = said.get("version")
    note = "Адрес для команд вписывают в карточке бота: включите там «Реагировать на команды»."
    if version not in VERSIONS:
        note = f"Версия webhook у бота {version}: задайте 3 методом webhook/setVersion, иначе ответы не придут."
    return Identity("compass", "Бот Compass", note)


async def _call(
    http: Http, account: Account, method: str, body: dict[str, Any], *, harmless: bool = False
) -> dict[str, Any]:
    """The `response` of one method. Raises the errors of `contracts.errors`."""
    vendor = _vendor(account)
    headers = {"authorization": f"bearer={account.settings.token}"}
    answer = await ask(http, vendor, method, json=body, headers=headers, harmless=harmless)
    said = told(answer, vendor, harmless=harmless)
    response = said.get("response")
    found = response if isinstance(response, dict) else {}
    if said.get("status") == "ok":
        return found
    if said.get("status") == "error":
        raise failure(found.get("error_code"), found.get("message"))
    raise Misconfigured("По этому адресу отвечает не Compass", str(answer.status))


async def _uploaded(http: Http, account: Account, file: File) -> str:
    """A file on the vendor's node, by a token good for one. The node takes no bot's token, and must not be shown it."""
    place = await _call(http, account, "file/getUrl", {}, harmless=True)
    url, token = place.get("node_url"), place.get("file_token")
    if not isinstance(url, str) or not isinstance(token, str):
        raise Unavailable("Compass не принял файл: непонятный ответ")
    upload = {"file": Upload(file.name, file.mime, file.content)}
    via = Via(proxy=account.settings.proxy)
    try:
        answer = await http.request("POST", url, form={"token": token}, files=upload, via=via)
    except (NotSent, NoAnswer):
        raise Unavailable("Файловый сервер Compass не ответил") from None
    except ValueError:
        raise Unavailable("Compass назвал неверный адрес файлового сервера") from None
    if answer.status == 413:
        raise Rejected("Файл слишком большой для Compass", "413")
    said = told(answer, _vendor(account), harmless=True)
    response = said.get("response")
    number = response.get("file_id") if isinstance(response, dict) else None
    if said.get("status") != "ok" or not isinstance(number, str):
        error: ChannelError = Unavailable("Файловый сервер Compass не принял файл")
        raise error
    return number


def _vendor(account: Account) -> Vendor:
    return Vendor("Compass", account.settings.base_url, account.settings.proxy)


def _target(address: str) -> tuple[str, dict[str, Any]]:
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise NotReachable(f"«{address}» - не адрес в Compass: нужно user:номер или chat:ключ группы")
    if found[1]:
        return "user/send", {"user_id": int(found[2])}
    return "group/send", {"group_id": found[4]}


def _text(message: Message) -> str:
    """The text, and each choice on a line of its own: a link to follow, or a command to type."""
    lines = [f"{button.label}: {button.url or f'{COMMAND} {button.payload}'}" for row in message.rows for button in row]
    choices = "\n\n" + "\n".join(lines) if lines else ""
    room = max(0, TEXT_LIMIT - len(choices))
    # «["@"|0|"all"]» is how a text calls people: what somebody was named must call nobody.
    text = message.text.replace('["@"|', '["@" |')
    if choices and len(text) > room:
        text = text[: max(0, room - 1)].rstrip() + "…"
    return text + choices
