"""Sends by `cascade/schedule`. The request's id is our key, so a repeat is refused as «not unique» and does no harm;
the same id comes back in reports. https://docs-pulse.edna.io/docs/api/messages/sending"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.edna import patterns
from priyom.channels.edna.call import NotUnique, call
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Unavailable
from priyom.contracts.message import Button, Message, Outgoing, Receipt
from priyom.contracts.reading import clean
from priyom.contracts.vitals import Draft, Quality, Registered, Standing, Vitals
from priyom.foundation.clock import now
from priyom.foundation.http import Http, NoAnswer, NotSent

MARGIN = timedelta(seconds=30)
QUALITIES = {"GREEN": Quality.HIGH, "HIGH": Quality.HIGH, "YELLOW": Quality.MEDIUM, "MEDIUM": Quality.MEDIUM,
             "RED": Quality.LOW, "LOW": Quality.LOW}  # fmt: skip
FILE_HOSTS = ("edna.ru", "edna.io", "edna.kz")


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """One message. Inside the window free words with buttons, outside it the words of the approved template. Raises the
    errors of `contracts.errors`."""
    settings = account.settings
    address = _digits(outgoing.address, eight=settings.leading_eight)
    if outgoing.message.files:
        raise Rejected("edna берет файлы только по ссылке из интернета")
    body = {
        "requestId": outgoing.key,
        "cascadeId": settings.cascade_id,
        "subscriberFilter": {"address": address, "type": "PHONE"},
        "content": {"whatsappContent": await _content(http, account, outgoing)},
    }
    try:
        await call(http, account, "POST", "cascade/schedule", body, once=True)
    except NotUnique:  # it was taken the first time
        return Receipt(outgoing.key)
    except Rejected as refused:
        if "template" in refused.code:
            patterns.forget(http, account)
        raise
    return Receipt(outgoing.key)


async def check(http: Http, account: Account) -> Identity:
    """The channel of our `subject_id`. Raises Misconfigured when the key knows none such."""
    found = await _profile(http, account)
    digits = "".join(c for c in str(found.get("channelAttribute") or "") if c.isdecimal())
    name = clean(str(found.get("name") or found.get("subject") or ""))
    note = "" if found.get("active") else clean(str(found.get("instruction") or "канал не работает"))
    return Identity(digits or str(account.settings.subject_id), f"{name} +{digits}" if digits else name, note)


async def vitals(http: Http, account: Account) -> Vitals:
    """Rating and daily limit, where edna tells them."""
    found = await _profile(http, account)
    quality = QUALITIES.get(str(found.get("qualityScore", "")).upper(), Quality.UNKNOWN)
    note = "канал работает" if found.get("active") else clean(str(found.get("instruction") or "канал не работает"))
    return Vitals(quality=quality, daily_limit=_limit(found.get("limit")), note=note)


async def connect(http: Http, account: Account, url: str) -> None:
    """Register our address for reports, messages and templates; our secret stands in it. edna tries it by HEAD."""
    ours = f"{url}{'&' if '?' in url else '?'}key={account.hook_secret}"
    names = ("statusCallbackUrl", "inMessageCallbackUrl", "messageMatcherCallbackUrl")
    body = {**dict.fromkeys(names, ours), "subjectId": account.settings.subject_id}
    try:
        await call(http, account, "POST", "callback/set", body)
    except Rejected as refused:
        raise Misconfigured("edna не приняла адрес вебхуков", refused.code) from None


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """Nothing spins after a press in WhatsApp."""


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """A file somebody sent, by its link; only from edna's own hosts. Raises Rejected."""
    told, ours = urlsplit(ref), urlsplit(account.settings.base_url)
    host = told.hostname or ""
    known = told.scheme == "https" and any(host == name or host.endswith("." + name) for name in FILE_HOSTS)
    if not known and (told.scheme, told.netloc) != (ours.scheme, ours.netloc):
        raise Rejected("Файл лежит не у edna")
    try:
        answer = await http.request("GET", ref)
    except (NotSent, NoAnswer):
        raise Unavailable("edna не отдала файл") from None
    if answer.status != 200:
        raise Rejected(f"edna не отдала файл (HTTP {answer.status})", str(answer.status))
    return answer.body


async def submit(http: Http, account: Account, draft: Draft) -> Registered:
    """Hand in a template. Raises Rejected with edna's reason."""
    settings = account.settings
    body = patterns.body_of(draft, settings.subject_id, settings.button_field)
    patterns.forget(http, account)
    said = await call(http, account, "POST", "message-matchers", body)
    made = patterns.registered({**body["messageMatcher"], **said}) if isinstance(said, dict) else None
    return made or Registered(draft.name, draft.language, Standing.PENDING, draft.category)


async def templates(http: Http, account: Account) -> Sequence[Registered]:
    """All templates of the channel."""
    return [known for item in await patterns.listed(http, account) if (known := patterns.registered(item))]


async def _content(http: Http, account: Account, outgoing: Outgoing) -> dict[str, Any]:
    until, template = outgoing.window_until, outgoing.template
    if until is not None and until > now() + MARGIN:
        return _free(outgoing.message, account.settings.button_field)
    if template is None:
        raise Rejected("Человек не писал последние 24 часа, а одобренного шаблона для этого текста нет")
    pattern = await patterns.pattern_of(http, account, template)
    made: dict[str, Any] = {"contentType": "TEXT", "text": patterns.filled(pattern["text"], template.values)}
    if isinstance(pattern.get("footer"), dict):
        made["footer"] = pattern["footer"]
    if keyboard := _meant(pattern.get("keyboard"), outgoing.message):
        made["keyboard"] = keyboard
    return made


def _free(message: Message, field: str) -> dict[str, Any]:
    rows = [[_button(button, field) for button in row] for row in message.rows]
    made: dict[str, Any] = {"contentType": "TEXT", "text": message.text}
    if rows:
        made["keyboard"] = {"rows": [{"buttons": row} for row in rows]}
    return made


def _button(button: Button, field: str) -> dict[str, str]:
    if button.url:
        return {"text": button.label, field: "URL", "url": button.url}
    return {"text": button.label, field: "QUICK_REPLY", "payload": button.payload}


def _meant(keyboard: Any, message: Message) -> dict[str, Any] | None:
    """The template's own buttons, each with the meaning our message gives it: payloads in order, links by start."""
    rows = keyboard.get("rows") if isinstance(keyboard, dict) else None
    if not isinstance(rows, list):
        return None
    ours = [button for row in message.rows for button in row]
    payloads = iter([button.payload for button in ours if not button.url])
    urls = [button.url for button in ours if button.url]
    made = []
    for row in rows:
        given = row.get("buttons") if isinstance(row, dict) else None
        buttons = [_filled_in(b, payloads, urls) for b in given or [] if isinstance(b, dict)]
        if buttons:
            made.append({"buttons": buttons})
    return {"rows": made} if made else None


def _filled_in(button: Mapping[str, Any], payloads: Any, urls: Sequence[str]) -> dict[str, Any]:
    made = {key: value for key, value in button.items() if value is not None and key != "urlTextExample"}
    kind = str(button.get("buttonType") or button.get("type") or "")
    if kind == "QUICK_REPLY" and (payload := next(payloads, "")):
        made["payload"] = payload
    if kind == "URL" and "{{" in str(button.get("url", "")):
        start = str(button["url"]).partition("{{")[0]
        tail = next((url[len(start) :] for url in urls if url.startswith(start) and len(url) > len(start)), "")
        if not tail:
            raise Rejected(f"В шаблоне есть ссылка {start}…, а в сообщении такой нет")
        made["urlPostfix"] = tail
    return made


async def _profile(http: Http, account: Account) -> Mapping[str, Any]:
    said = await call(http, account, "GET", "channel-profile?types=WHATSAPP")
    for item in said if isinstance(said, list) else []:
        if isinstance(item, dict) and item.get("subjectId") == account.settings.subject_id:
            return item
    raise Misconfigured("У этого ключа нет канала WhatsApp с таким номером подписи")


def _digits(address: str, *, eight: bool) -> str:
    digits = address.removeprefix("+")
    if not address.startswith("+") or not digits.isdecimal() or not digits.isascii():
        raise NotReachable(f"«{address}» - не номер WhatsApp")
    return "8" + digits[1:] if eight and digits.startswith(("76", "77")) and len(digits) == 11 else digits


def _limit(told: Any) -> int | None:
    """`TIER_1K`, `1000` or 1000 as people a day."""
    word = str(told or "").upper().removeprefix("TIER_")
    number, thousand = word.removesuffix("K"), word.endswith("K")
    if not (number.isascii() and number.isdecimal() and len(number) < 8):
        return None
    return int(number) * (1000 if thousand else 1)
