"""Templates between the house's words and Meta's: how one is handed in, and what its standing is called.

Only `APPROVED` ones can be sent. Each language of a name is handed in and approved for itself; `ru` and `kk` are among
the languages Meta knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from priyom.contracts.reading import clean
from priyom.contracts.vitals import Category, Draft, DraftButton, Registered, Standing

CATEGORIES = {Category.SERVICE: "UTILITY", Category.MARKETING: "MARKETING", Category.CODE: "AUTHENTICATION"}
CODE_MINUTES = 10
TTL_RANGES = {Category.SERVICE: (30, 43200), Category.CODE: (30, 900)}
"""Seconds; a marketing template takes its time from another interface."""

STANDINGS = {
    "APPROVED": Standing.APPROVED,
    "REINSTATED": Standing.APPROVED,
    "FLAGGED": Standing.APPROVED,  # warned because of complaints, still sent
    "UNARCHIVED": Standing.APPROVED,
    "PENDING": Standing.PENDING,
    "IN_APPEAL": Standing.PENDING,
    "SUBMITTED": Standing.PENDING,  # the word of 360dialog
    "CREATED": Standing.PENDING,
    "REJECTED": Standing.REJECTED,
    "LIMIT_EXCEEDED": Standing.REJECTED,
    "PAUSED": Standing.PAUSED,
    "LOCKED": Standing.PAUSED,
    "DISABLED": Standing.GONE,
    "ARCHIVED": Standing.GONE,
    "PENDING_DELETION": Standing.GONE,
    "DELETED": Standing.GONE,
}

REASONS = {
    "ABUSIVE_CONTENT": "недопустимое содержание",
    "INCORRECT_CATEGORY": "не та категория",
    "INVALID_FORMAT": "неверно записан текст или места для значений",
    "PROMOTIONAL": "реклама в служебном шаблоне",
    "SCAM": "похоже на мошенничество",
    "TAG_CONTENT_MISMATCH": "язык или категория не соответствуют тексту",
}


def standing_of(status: str) -> Standing | None:
    """Where a template stands by Meta's word; None for a word unknown to us."""
    return STANDINGS.get(status.upper())


def category_of(word: str) -> Category:
    """Our category by Meta's word; what is neither marketing nor a code is service."""
    return {name: ours for ours, name in CATEGORIES.items()}.get(word.upper(), Category.SERVICE)


def reason_of(word: str) -> str:
    """Why a template was refused, for people; '' for none."""
    return "" if word.upper() in ("", "NONE") else REASONS.get(word.upper(), word)


def body_of(draft: Draft, ttl: int) -> dict[str, Any]:
    """The request that hands a draft in. `ttl`: seconds a message made of it stays worth delivering, 0: Meta's own."""
    made: dict[str, Any] = {
        "name": draft.name,
        "language": draft.language,
        "category": CATEGORIES[draft.category],
        "components": _code_components() if draft.category is Category.CODE else _components(draft),
    }
    if draft.category is not Category.CODE:
        made["parameter_format"] = "POSITIONAL"
    if ttl and (span := TTL_RANGES.get(draft.category)):
        made["message_send_ttl_seconds"] = min(max(ttl, span[0]), span[1])
    return made


def registered(item: Mapping[str, Any]) -> Registered | None:
    """A template as the vendor lists it; None when its name or standing cannot be read."""
    name, language = item.get("name"), item.get("language")
    standing = standing_of(str(item.get("status", "")))
    if not isinstance(name, str) or not isinstance(language, str) or standing is None:
        return None
    reason = item.get("rejected_reason")
    return Registered(
        clean(name),
        clean(language),
        standing,
        category_of(str(item.get("category", ""))),
        clean(reason_of(reason)) if isinstance(reason, str) else "",
        clean(str(item.get("id", ""))),
    )


def _components(draft: Draft) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"type": "BODY", "text": draft.text}
    if draft.examples:
        body["example"] = {"body_text": [list(draft.examples)]}
    made = [body]
    if draft.buttons:
        made.append({"type": "BUTTONS", "buttons": [_button(button) for button in _sorted(draft.buttons)]})
    return made


def _sorted(buttons: tuple[DraftButton, ...]) -> list[DraftButton]:
    """Quick replies first: Meta refuses them interleaved with links."""
    return [*(b for b in buttons if not b.url), *(b for b in buttons if b.url)]


def _button(button: DraftButton) -> dict[str, Any]:
    if not button.url:
        return {"type": "QUICK_REPLY", "text": button.label}
    made: dict[str, Any] = {"type": "URL", "text": button.label, "url": button.url}
    if "{{1}}" in button.url:
        made["example"] = [button.url.replace("{{1}}", "a1b2c3")]
    return made


def _code_components() -> list[dict[str, Any]]:
    """A one-time code's text is Meta's own in every language; ours is only the code and how long it lives."""
    return [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": CODE_MINUTES},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
    ]
