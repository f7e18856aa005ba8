"""Sends by `POST messages`; what became of a message is asked for by its id, because reports by webhook are not
documented. There is no key against doubles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from priyom.channels.intellectdialog.call import call
from priyom.channels.intellectdialog.messages import report_of
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Malformed,
    Misconfigured,
    NotReachable,
    Rejected,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, File, Outgoing, Receipt
from priyom.contracts.reading import Tree, clean
from priyom.contracts.vitals import Category, Draft, Registered, Standing
from priyom.foundation.clock import now
from priyom.foundation.http import Http, NoAnswer, NotSent, Upload

MARGIN = timedelta(seconds=30)
EVENTS = ["new_message", "new_status", "new_error"]
KINDS = ("pdf", "doc", "docx", "png", "webp", "jpg", "jpeg", "xls", "xlsx", "csv", "mp3", "mp4")
HOST = "intellectdialog.com"
STANDINGS = {
    "approved": Standing.APPROVED,
    "submitted": Standing.PENDING,
    "rejected": Standing.REJECTED,
    "failed": Standing.REJECTED,
    "paused": Standing.PAUSED,
    "deactivated": Standing.GONE,
}
CATEGORIES = {"MARKETING": Category.MARKETING, "AUTHENTICATION": Category.CODE}


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """One message; files go before it, one each. Raises the errors of `contracts.errors`."""
    head = {"phone": _digits(outgoing.address), "provider_id": account.settings.provider_id.strip()}
    bodies: list[dict[str, Any]] = []
    if _free(account, outgoing):
        links = [await _place(http, account, file) for file in outgoing.message.files]
        bodies = [{**head, "text": "", "attachment": link} for link in links[:-1]]
        last = {**head, "text": outgoing.message.text, "mark": outgoing.key}
        bodies.append({**last, "attachment": links[-1]} if links else last)
    else:
        bodies.append({**head, **_template(outgoing), "mark": outgoing.key})
    number = ""
    for place, body in enumerate(bodies):
        try:
            number = _number(await call(http, account, "POST", "messages", body=body, once=True))
        except ChannelError as error:
            if place:  # a part already stands
                raise Uncertain(f"Ушла только часть сообщения: {error.text}", error.code) from None
            raise
    return Receipt(number)


async def check(http: Http, account: Account) -> Identity:
    """The channel by its id, and the webhook's address on record. Raises Misconfigured."""
    page = f"providers/{quote(account.settings.provider_id.strip(), safe='')}"
    try:
        said = await call(http, account, "GET", page)
    except Rejected as refused:
        raise Misconfigured(f"Канал не найден: {refused.text}", refused.code) from None
    found = _data(said)
    name, kind = clean(str(found.get("name") or "")), clean(str(found.get("type") or ""))
    if not name:
        raise Misconfigured("По этому адресу отвечает не IntellectDialog")
    hook = _data(await call(http, account, "GET", "webhooks"))
    webhook = clean(str(hook.get("url") or "")).partition("?")[0]  # behind it stands our secret
    return Identity(name, f"{name} ({kind})" if kind else name, webhook=webhook)


async def connect(http: Http, account: Account, url: str) -> None:
    """Register our address; an organisation has only one. Our secret stands in it, because nothing is signed."""
    ours = f"{url}{'&' if '?' in url else '?'}key={account.hook_secret}"
    try:
        await call(http, account, "POST", "webhooks", body={"url": ours, "events": EVENTS})
    except Rejected:
        raise Misconfigured("IntellectDialog не принял адрес вебхуков") from None


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these, one request each. Raises Unavailable, Throttled, Misconfigured."""
    found: list[Reported] = []
    for item in asked:
        try:
            said = await call(http, account, "GET", f"messages/{quote(item.provider_id, safe='')}")
            data = said.get("data")
            report = report_of(Tree(data), account.settings.zone) if isinstance(data, dict) else None
        except (Rejected, Malformed):
            continue
        if isinstance(report, Reported):
            found.append(report)
    return tuple(found)


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """A file somebody sent, by its link; only from the service's own hosts. Raises Rejected."""
    told, ours = urlsplit(ref), urlsplit(account.settings.base_url.strip())
    host = told.hostname or ""
    own = (told.scheme, told.netloc) == (ours.scheme, ours.netloc)
    if not own and not (told.scheme == "https" and (host == HOST or host.endswith("." + HOST))):
        raise Rejected("Файл лежит не у IntellectDialog")
    try:
        answer = await http.request("GET", ref)
    except (NotSent, NoAnswer):
        raise Unavailable("IntellectDialog не отдал файл") from None
    if answer.status != 200:
        raise Rejected(f"IntellectDialog не отдал файл (HTTP {answer.status})", str(answer.status))
    return answer.body


async def submit(http: Http, account: Account, draft: Draft) -> Registered:
    """Not by the interface: templates are made in the cabinet. Always raises Rejected."""
    raise Rejected("Шаблоны IntellectDialog заводят в его кабинете: заведите там с тем же именем")


async def templates(http: Http, account: Account) -> Sequence[Registered]:
    """All templates of the channel; none where it is not official."""
    if not account.settings.official:
        return ()
    page = f"messages/{quote(account.settings.provider_id.strip(), safe='')}/templates"
    said = await call(http, account, "GET", page, query={"update": "1"})
    items = said.get("data")
    return [known for item in (items if isinstance(items, list) else []) if (known := _registered(item))]


def _free(account: Account, outgoing: Outgoing) -> bool:
    if not account.settings.official:
        return True
    return outgoing.window_until is not None and outgoing.window_until > now() + MARGIN


def _template(outgoing: Outgoing) -> dict[str, Any]:
    if outgoing.template is None:
        raise Rejected("Человек не писал последние 24 часа, а одобренного шаблона для этого текста нет")
    if outgoing.message.files:
        raise Rejected("Человек не писал последние 24 часа: файлы ему сейчас не отправить")
    values = [" ".join(value.split()) or "-" for value in outgoing.template.values]
    return {"template": outgoing.template.name, "vars": values}


async def _place(http: Http, account: Account, file: File) -> str:
    if file.name.rpartition(".")[2].lower() not in KINDS:
        raise Rejected(f"IntellectDialog не передает файлы такого вида («{file.name}»)")
    upload = {"file": Upload(file.name, file.mime, file.content)}
    said = await call(http, account, "POST", "files", files=upload)
    link = _data(said).get("url")
    if not isinstance(link, str) or not link:
        raise Unavailable("IntellectDialog не принял файл")
    return link


def _number(said: Mapping[str, Any]) -> str:
    number = _data(said).get("message_id")
    if not isinstance(number, str | int) or not number:
        raise Uncertain("IntellectDialog не назвал номера сообщения: неизвестно, ушло ли оно")
    return str(number)


def _data(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was asked for stands under `data`, or beside the status."""
    found = said.get("data")
    return found if isinstance(found, dict) else said


def _registered(item: Any) -> Registered | None:
    if not isinstance(item, dict) or not isinstance(item.get("elementName"), str):
        return None
    standing = STANDINGS.get(str(item.get("status", "")).lower(), Standing.PENDING)
    category = CATEGORIES.get(str(item.get("category", "")).upper(), Category.SERVICE)
    language = clean(str(item.get("languageCode") or ""))
    return Registered(clean(item["elementName"]), language, standing, category, "", clean(str(item.get("id") or "")))


def _digits(address: str) -> str:
    digits = address.removeprefix("+")
    if not address.startswith("+") or not (digits.isdecimal() and digits.isascii() and 7 <= len(digits) <= 15):
        raise NotReachable(f"«{address}» - не номер WhatsApp")
    return digits
