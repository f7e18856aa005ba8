"""Calls of the Cloud API. What may be said is decided here, by the window alone: free words while it is open, else the
approved template; with neither, the message is refused before anything leaves.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from priyom.channels.whatsapp import graph, shapes, standing
from priyom.channels.whatsapp.compose import Placed, free_bodies, kind_of, template_body
from priyom.channels.whatsapp.identity import recipient
from priyom.channels.whatsapp.receive import SECRET_HEADER
from priyom.channels.whatsapp.standing import TEMPLATE_FIELDS
from priyom.channels.whatsapp.templates import body_of, registered
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Unavailable, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, File, Outgoing, Receipt, Signal
from priyom.contracts.vitals import Draft, Registered, Standing, Vitals
from priyom.foundation.clock import now
from priyom.foundation.http import Http, Upload

MARGIN = timedelta(seconds=30)
"""A window that closes sooner counts as closed: the request needs its time, and clocks differ."""
PAGE = 100
PAGES = 70
TAKEN = "2388024"
"""Meta's subcode for «this name already exists in this language»."""


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """One message; the receipt's id is the `wamid` of its last part. Raises the errors of `contracts.errors`."""
    recipient(outgoing.address)  # before any file is laid down for nobody
    bodies = await (_free(http, account, outgoing) if _open(outgoing) else _template(http, account, outgoing))
    provider_id = ""
    for number, body in enumerate(bodies):
        try:
            provider_id = _message_id(
                await graph.call(http, account, "POST", graph.paths(account).messages, body=body, once=True)
            )
        except ChannelError as error:
            if error.code in ("132000", "132012"):
                shapes.forget(http, account)
            if number:  # a part already stands: to repeat the whole would double it
                raise Uncertain(f"Ушла только часть сообщения: {error.text}", error.code) from None
            raise
    return Receipt(provider_id)


async def check(http: Http, account: Account) -> Identity:
    """Who the number is. `name` is its digits, for `wa.me`. For Meta the app secret is proven too, because with a wrong
    one every webhook would be refused later, and nobody would know why."""
    if graph.is_reseller(account):
        return await standing.reseller_identity(http, account)
    secret, token = account.settings.app_secret.strip(), account.settings.token.strip()
    if not secret:
        raise Misconfigured("Заполните секрет приложения: без него вебхуки не проверить")
    proof = hmac.new(secret.encode(), token.encode(), sha256).hexdigest()
    return await standing.identity(http, account, {"appsecret_proof": proof})


async def connect(http: Http, account: Account, url: str) -> None:
    """Send this number's webhooks to our address. Meta first asks the address for the verify token (`challenge`)."""
    where = graph.paths(account).subscribe
    if graph.is_reseller(account):
        body: dict[str, Any] = {"url": url, "headers": {SECRET_HEADER: account.hook_secret}}
    else:
        body = {"override_callback_uri": url, "verify_token": account.hook_secret}
    try:
        await graph.call(http, account, "POST", where, body=body)
    except Rejected as refused:
        raise Misconfigured(f"Адрес вебхуков не принят: {refused.text}", refused.code) from None


async def vitals(http: Http, account: Account) -> Vitals:
    """Rating, daily limit, and what ails the number."""
    return await standing.vitals(http, account)


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """Nothing spins after a press in WhatsApp: the press is marked as read. `text` is shown to nobody."""
    await read(http, account, press_id)


async def read(http: Http, account: Account, provider_id: str, *, typing: bool = False) -> None:
    """Two blue ticks for what the person wrote, up to this message; with `typing` also «is typing» for 25 seconds. The
    vendor does both by the message's id only, so there is no typing for a bare address. Too late counts as done."""
    body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
    if typing:
        body["typing_indicator"] = {"type": "text"}
    try:
        await graph.call(http, account, "POST", graph.paths(account).messages, body=body)
    except Rejected:
        return


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file by its media id (kept 7 days). Raises Rejected when it is gone."""
    query = {} if graph.is_reseller(account) else {"phone_number_id": account.settings.phone_number_id.strip()}
    found = await graph.call(http, account, "GET", ref, query=query)
    url = found.get("url")
    if not isinstance(url, str) or not url:
        raise Rejected("WhatsApp не отдал файл")
    if graph.is_reseller(account):  # the file comes through the reseller, under Meta's own path
        path = url.split("://", 1)[-1].partition("/")[2]
        url = f"{graph.base(account)}/{path}"
    if not graph.may_see_key(account, url):
        raise Rejected("WhatsApp назвал чужой адрес файла")
    answer = await graph.exchange(http, account, "GET", url)
    if answer.status != 200:
        raise Rejected(f"WhatsApp не отдал файл (HTTP {answer.status})", str(answer.status))
    return answer.body


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these, by `message_history`. 360dialog has no such thing, nor has every app of Meta's: then there
    is nothing to say. Raises Unavailable and Throttled."""
    if graph.is_reseller(account):
        return ()
    found: list[Reported] = []
    path = f"{account.settings.phone_number_id.strip()}/message_history"
    for item in asked:
        query = {"message_id": item.provider_id, "fields": "message_id,events{delivery_status,timestamp}"}
        try:
            said = await graph.call(http, account, "GET", path, query=query)
        except (Rejected, Misconfigured):
            return tuple(found)
        if report := _history(item.provider_id, said):
            found.append(report)
    return tuple(found)


async def submit(http: Http, account: Account, draft: Draft) -> Registered:
    """Hand in a template; one that was refused before is edited in place. Raises Rejected with Meta's reason."""
    body = body_of(draft, account.settings.template_ttl)
    shapes.forget(http, account)
    path = graph.paths(account).templates
    try:
        said = await graph.call(http, account, "POST", path, body=body)
    except Rejected as refused:
        known = await _known(http, account, draft) if refused.code == TAKEN else None
        if known is None or graph.is_reseller(account):
            raise
        changes = {key: body[key] for key in ("category", "components")}
        await graph.call(http, account, "POST", known.provider_id, body=changes)
        return Registered(draft.name, draft.language, Standing.PENDING, draft.category, "", known.provider_id)
    made = registered({**said, "name": draft.name, "language": draft.language})
    return made or Registered(draft.name, draft.language, Standing.PENDING, draft.category, "", str(said.get("id", "")))


async def templates(http: Http, account: Account) -> Sequence[Registered]:
    """All templates of the account."""
    return [known for item in await _listed(http, account) if (known := registered(item))]


def _open(outgoing: Outgoing) -> bool:
    return outgoing.window_until is not None and outgoing.window_until > now() + MARGIN


async def _template(http: Http, account: Account, outgoing: Outgoing) -> list[dict[str, Any]]:
    template = outgoing.template
    if template is None:
        raise Rejected("Человек не писал последние 24 часа, а одобренного шаблона для этого текста нет", "131047")
    if outgoing.message.files:
        raise Rejected("Человек не писал последние 24 часа: файлы ему сейчас не отправить", "131047")
    shape = await shapes.shape_of(http, account, template.name, template.language, _listed)
    return [template_body(outgoing, template, shape)]


async def _free(http: Http, account: Account, outgoing: Outgoing) -> list[dict[str, Any]]:
    kinds = [kind_of(file) for file in outgoing.message.files]
    free_bodies(outgoing, [Placed(kind, "", "") for kind in kinds])  # refused before any file is laid down
    placed = [await _place(http, account, file, kind) for file, kind in zip(outgoing.message.files, kinds, strict=True)]
    return free_bodies(outgoing, placed)


async def _place(http: Http, account: Account, file: File, kind: str) -> Placed:
    form = {"messaging_product": "whatsapp", "type": file.mime}
    upload = {"file": Upload(file.name, file.mime, file.content)}
    said = await graph.call(http, account, "POST", graph.paths(account).media, form=form, files=upload)
    if not said.get("id"):
        raise Unavailable("WhatsApp не принял файл")
    return Placed(kind, str(said["id"]), file.name)


def _message_id(said: Mapping[str, Any]) -> str:
    try:
        return str(said["messages"][0]["id"])
    except (KeyError, IndexError, TypeError):
        raise Uncertain("WhatsApp ответил непонятно: неизвестно, ушло ли сообщение") from None


async def _listed(http: Http, account: Account) -> list[Mapping[str, Any]]:
    """Every template as the vendor has it, page by page (Meta by cursor, 360dialog by offset)."""
    found: list[Mapping[str, Any]] = []
    path, reseller = graph.paths(account).templates, graph.is_reseller(account)
    query = {"limit": str(PAGE)} if reseller else {"limit": str(PAGE), "fields": TEMPLATE_FIELDS}
    for _ in range(PAGES):
        said = await graph.call(http, account, "GET", path, query=query)
        items = said.get("waba_templates" if reseller else "data")
        page = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        found += page
        after = standing.after(said)
        if len(page) < PAGE or not (after or reseller):
            break
        query = {**query, "offset": str(len(found))} if reseller else {**query, "after": after}
    return found


async def _known(http: Http, account: Account, draft: Draft) -> Registered | None:
    for item in await templates(http, account):
        if (item.name, item.language) == (draft.name, draft.language):
            return item
    return None


def _history(provider_id: str, said: Mapping[str, Any]) -> Reported | None:
    """The highest rung of a message's history; a failure only where nothing stands above it."""
    words = {"SENT": Signal.SENT, "DELIVERED": Signal.DELIVERED, "READ": Signal.READ, "FAILED": Signal.FAILED}
    best: tuple[Signal, datetime | None] | None = None
    for entry in said.get("data") or []:
        for event in ((entry.get("events") or {}).get("data") or []) if isinstance(entry, dict) else []:
            signal = words.get(str(event.get("delivery_status", "")).upper())
            if signal and (best is None or signal.rung > best[0].rung):
                best = signal, _moment(event.get("timestamp"))
    return Reported(provider_id, best[0], f"WhatsApp: {best[0]} (спрошено)", best[1]) if best else None


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
