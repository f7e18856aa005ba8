"""Templates at edna. It knows no «send the template X»: it looks for one whose words and buttons match the message. So
a message outside the window is made of the template's own words, which are asked for once an hour."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from priyom.channels.edna.call import call
from priyom.contracts.channel import Account
from priyom.contracts.errors import Rejected
from priyom.contracts.message import Template
from priyom.contracts.reading import clean
from priyom.contracts.vitals import Category, Draft, Registered, Standing
from priyom.foundation.http import Http

FRESH, AGAIN = 3600.0, 60.0
CATEGORIES = {Category.SERVICE: "UTILITY", Category.MARKETING: "MARKETING", Category.CODE: "AUTHENTICATION"}
STANDINGS = {
    "APPROVED": Standing.APPROVED,
    "PENDING": Standing.PENDING,
    "NEW": Standing.PENDING,
    "REJECTED": Standing.REJECTED,
    "DISAPPROVED": Standing.REJECTED,
    "PAUSED": Standing.PAUSED,
    "DISABLED": Standing.GONE,
    "ARCHIVED": Standing.GONE,
    "DELETED": Standing.GONE,
}
"""Words that are documented or Meta's; any other counts as pending."""


@dataclass(slots=True)
class _Known:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    at: float = 0.0
    items: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)


_known: WeakKeyDictionary[Http, dict[Account, _Known]] = WeakKeyDictionary()


async def pattern_of(http: Http, account: Account, template: Template) -> Mapping[str, Any]:
    """The content of an approved template. Raises Rejected when there is none of that name and language."""
    known = _known.setdefault(http, {}).setdefault(account, _Known())
    name = (template.name, template.language.lower())
    async with known.lock:
        age = time.monotonic() - known.at if known.at else FRESH
        if age >= FRESH or (name not in known.items and age >= AGAIN):
            items = await listed(http, account)
            known.items = {(str(i.get("name")), str(i.get("language")).lower()): i for i in items}
            known.at = time.monotonic()
    content = known.items.get(name, {}).get("content")
    if not isinstance(content, dict) or not isinstance(content.get("text"), str):
        raise Rejected(f"Шаблона «{template.name}» на языке {template.language} у edna нет")
    return content


def forget(http: Http, account: Account) -> None:
    """Ask anew at the next need."""
    _known.get(http, {}).pop(account, None)


async def listed(http: Http, account: Account) -> Sequence[Mapping[str, Any]]:
    """All templates of the channel, as edna has them."""
    body = {"subjectId": account.settings.subject_id, "matcherTypes": ["OPERATOR"]}
    said = await call(http, account, "POST", "message-matchers/get-by-request", body)
    return [item for item in said if isinstance(item, dict)] if isinstance(said, list) else []


def filled(text: str, values: Sequence[str]) -> str:
    """The template's words with the values in their places {{1}}, {{2}}, ... Raises Rejected when one is missing."""

    def value(place: re.Match[str]) -> str:
        number = int(place[1])
        if not 1 <= number <= len(values):
            raise Rejected(f"Для места {{{{{number}}}}} в шаблоне нет значения")
        return re.sub(r"[\n\r\t]+| {4,}", " ", values[number - 1]).strip() or "-"

    return re.sub(r"\{\{\s*(\d{1,3})\s*\}\}", value, text)


def body_of(draft: Draft, subject: int, button_field: str) -> dict[str, Any]:
    """The request that hands a draft in."""
    content: dict[str, Any] = {"text": draft.text}
    if draft.examples:
        content["textExampleParams"] = list(draft.examples)
    if draft.buttons:
        buttons = []
        for button in draft.buttons:
            made = {"text": button.label, button_field: "URL" if button.url else "QUICK_REPLY"}
            if button.url:
                made["url"] = button.url
                if "{{1}}" in button.url:
                    made["urlTextExample"] = button.url.replace("{{1}}", "a1b2c3")
            buttons.append(made)
        content["keyboard"] = {"rows": [{"buttons": buttons}]}
    matcher = {
        "name": draft.name,
        "channelType": "WHATSAPP",
        "language": draft.language.upper(),
        "content": content,
        "contentType": "TEXT",
        "category": CATEGORIES[draft.category],
        "type": "OPERATOR",
    }
    return {"messageMatcher": matcher, "subjectIds": [subject]}


def registered(item: Mapping[str, Any]) -> Registered | None:
    """A template as edna lists or reports it; None for another channel's or one without a name."""
    name, language = item.get("name"), item.get("language")
    if not isinstance(name, str) or not isinstance(language, str):
        return None
    if str(item.get("channelType", "WHATSAPP")).upper() != "WHATSAPP":
        return None
    category = {word: ours for ours, word in CATEGORIES.items()}.get(str(item.get("category")), Category.SERVICE)
    standing = STANDINGS.get(str(item.get("status", "")).upper(), Standing.PENDING)
    reason = item.get("comment") or item.get("rejectReason") or ""
    number = item.get("id")
    return Registered(
        clean(name),
        clean(language).lower(),
        standing,
        category,
        clean(reason) if isinstance(reason, str) else "",
        str(number)[:32] if isinstance(number, int) else "",
    )
