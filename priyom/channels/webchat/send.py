"""Puts a message before a visitor. Usually that takes no network at all: the delivery stands in the database, where the
portal reads it, and the receipt says so. With `relay_url` another program shows the messages and is told of each.

A repeat is harmless: a page shows every id once.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from priyom.channels.webchat import CARD, Settings
from priyom.channels.webchat.receive import INLINE, STORED
from priyom.channels.webchat.signing import VISITOR, message_id, relay_signature
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Edit, Message, Outgoing, Receipt
from priyom.contracts.reading import clean
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent

PAUSE_SECONDS = 5.0
WHO = "окно чата"


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Accept the message for this visitor. `provider_id` is the id under which pages know it. Raises NotReachable for
    what is no visitor, Rejected for what no page shows; with a relay, what the relay says."""
    _fits(outgoing.address, outgoing.message)
    name = message_id(account.hook_secret, outgoing.address, outgoing.key)
    if account.settings.relay_url:
        files = [
            {"name": clean(file.name), "mime": file.mime, "content": base64.b64encode(file.content).decode()}
            for file in outgoing.message.files
        ]
        shown = _shown(name, outgoing.address, outgoing.message)
        more = {"files": files, "reply_to": outgoing.reply_to, "quiet": outgoing.quiet}
        await _relay(http, account, "messages", {**shown, **more})
    return Receipt(name)


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """Replace a message that stands. The portal reads the change from the database, as it reads messages."""
    _fits(edit.address, edit.message)
    if account.settings.relay_url:
        await _relay(http, account, "edits", _shown(edit.provider_id, edit.address, edit.message))


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """A short note for whoever pressed; without a relay there is nothing to stop. Too late counts as done."""
    if account.settings.relay_url:
        visitor = press_id.partition(".")[0]
        try:
            await _relay(http, account, "notes", {"to": visitor, "press_id": press_id, "text": clean(text)})
        except (NotReachable, OptedOut, Rejected):
            return


async def typing(http: Http, account: Account, address: str) -> None:
    """Show that we are writing. The portal knows it without us."""
    if account.settings.relay_url:
        await _relay(http, account, "typing", {"to": address})


async def check(http: Http, account: Account) -> Identity:
    """The site's address, which personal links lead to; with a relay, whether it answers and knows our secret."""
    settings: Settings = account.settings
    if not settings.site_url.startswith(("https://", "http://")):
        raise Misconfigured("адрес страницы сайта должен начинаться с https://")
    if "#" in settings.site_url or "{" in settings.site_url:
        raise Misconfigured("адрес страницы сайта: без # и без фигурных скобок")
    if not settings.relay_url:
        return Identity(settings.site_url, settings.title or settings.site_url, "сообщения показывает портал")
    said = await _relay(http, account, "me", {}, harmless=True)
    title = settings.title or clean(str(said.get("title", ""))) or settings.site_url
    return Identity(settings.site_url, title, "сообщения показывает другая программа")


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file: out of the reference itself, or from where the portal has put it. Raises Rejected when it
    is gone."""
    if ref.startswith(INLINE):
        try:
            return base64.b64decode(ref.removeprefix(INLINE), validate=True)
        except (binascii.Error, ValueError):
            raise Rejected("файл не читается") from None
    visitor, _, stored = ref.removeprefix(STORED).partition("/")
    if not ref.startswith(STORED) or not stored:
        raise Rejected("ссылка на файл не читается")
    if not account.settings.files_url:
        raise Misconfigured("не указано, где лежат файлы посетителей")
    found = await _post(http, account, account.settings.files_url, {"visitor": visitor, "ref": stored}, harmless=True)
    if found.status == 200:
        return found.body
    raise Rejected("файла больше нет", "404") if found.status == 404 else _failure(found)


def _fits(address: str, message: Message) -> None:
    """What a vendor would refuse, we refuse: the page has room for so much."""
    if not VISITOR.fullmatch(address):
        raise NotReachable("это не посетитель сайта")
    if len(message.text) > CARD.text_limit:
        raise Rejected(f"текст длиннее {CARD.text_limit} знаков", "too_long")
    if any(len(button.label) > CARD.label_limit for row in message.rows for button in row):
        raise Rejected(f"надпись на кнопке длиннее {CARD.label_limit} знаков", "label_too_long")
    if sum(len(file.content) for file in message.files) > CARD.file_limit:
        raise Rejected("файлы слишком велики для окна чата", "files_too_big")


def _shown(name: str, visitor: str, message: Message) -> dict[str, Any]:
    rows = [
        [
            {"label": clean(button.label), "url": button.url}
            if button.url
            else {"label": clean(button.label), "payload": button.payload}
            for button in row
        ]
        for row in message.rows
    ]
    return {"id": name, "to": visitor, "text": clean(message.text), "rows": rows}


async def _relay(
    http: Http, account: Account, page: str, body: Mapping[str, Any], *, harmless: bool = False
) -> dict[str, Any]:
    answer = await _post(http, account, f"{account.settings.relay_url.rstrip('/')}/{page}", body, harmless=harmless)
    if answer.status != 200:
        raise _failure(answer)
    said = _said(answer)
    if said is None:
        raise Misconfigured(f"{WHO}: по этому адресу отвечает кто-то другой", "200")
    return said


async def _post(http: Http, account: Account, url: str, body: Mapping[str, Any], *, harmless: bool) -> Answer:
    """One signed POST. `harmless`: nothing is lost by asking again."""
    if not url.startswith(("https://", "http://")):
        raise Misconfigured(f"{WHO}: адрес должен начинаться с https://")
    raw = json.dumps(body, ensure_ascii=False).encode()
    signed = relay_signature(account.hook_secret, raw)
    headers = {"content-type": "application/json", "x-priyom-signature": signed}
    try:
        answer = await http.request("POST", url, body=raw, headers=headers)
    except NotSent:
        raise Unavailable(f"{WHO}: нет связи") from None
    except NoAnswer:
        raise (Unavailable if harmless else Uncertain)(f"{WHO}: ответа нет") from None
    except ValueError:
        raise Misconfigured(f"{WHO}: неверный адрес") from None
    if answer.status >= 500 and answer.status != 503 and not harmless:
        raise Uncertain(f"{WHO}: ошибка сервера", str(answer.status))
    return answer


def _said(answer: Answer) -> dict[str, Any] | None:
    try:
        said: object = answer.json()
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _failure(answer: Answer) -> ChannelError:
    """What a refusal means. A page that is not JSON is some proxy's, and says nothing of the person."""
    status, code = answer.status, str(answer.status)
    if status >= 500:
        return Unavailable(f"{WHO}: временно не работает", code)
    if status == 429:
        return Throttled(f"{WHO}: слишком часто", _pause(answer), code)
    if status == 413:
        return Rejected(f"{WHO}: слишком много", code)
    said = _said(answer)
    why = clean(str(said.get("error", ""))) if said else ""
    match status, why:
        case 403, "left":
            return OptedOut("посетитель завершил чат", code)
        case 404, "visitor":
            return NotReachable("такой посетитель чата не открывал", code)
        case 404, "message":
            return Rejected("такого сообщения в чате нет", code)
        case 400, _ if said:
            return Rejected(f"{WHO} не приняло: {why[:200]}", code)
        case 401, _ if said:
            return Misconfigured(f"{WHO} не узнало подпись", code)
    return Misconfigured(f"{WHO}: по этому адресу отвечает кто-то другой ({code})", code)


def _pause(answer: Answer) -> float:
    try:
        asked = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return PAUSE_SECONDS
    return min(asked, 600.0) if asked > 0 else PAUSE_SECONDS
