"""What the fake Cloud API makes of a request to `/messages`: it checks a body as strictly as Meta and turns it into
what stands on the phone. Raises Refused with Meta's codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from priyom.channels.whatsapp.emulator_refusals import Refused, bad
from priyom.channels.whatsapp.emulator_state import Letter, Pattern, State

TEXT_LIMIT, BODY_LIMIT = 4096, 1024
MEDIA = ("image", "video", "audio", "document")
UNFIT = re.compile(r"[\n\t]| {5,}")


def letter_of(state: State, business: str, given: Mapping[str, Any], letter: Letter) -> None:
    """Fill `letter` with what the body says."""
    kind = str(given.get("type") or "text")
    content = given.get(kind)
    if kind not in ("text", "interactive", "template", *MEDIA):
        raise Refused(131051, f"Message type {kind} is not currently supported")
    if not isinstance(content, dict):
        raise bad(f"The parameter {kind} is required")
    letter.kind = kind
    if kind == "text":
        letter.text = _text(content.get("body"), "text['body']", TEXT_LIMIT)
    elif kind == "interactive":
        _interactive(state, content, letter)
    elif kind == "template":
        _template(state, business, content, letter)
    else:
        letter.files.append(_file(state, kind, content))
        letter.text = _text(content.get("caption", ""), f"{kind}['caption']", BODY_LIMIT, empty=True)


def _text(value: object, name: str, limit: int, *, empty: bool = False) -> str:
    if not isinstance(value, str) or not (empty or value.strip()):
        raise bad(f"The parameter {name} is required.")
    if len(value) > limit:
        raise bad(f"Param {name} must be at most {limit} characters long.")
    return value


def _file(state: State, kind: str, content: Mapping[str, Any]) -> str:
    stored = state.media.get(str(content.get("id", "")))
    if stored is None:
        raise Refused(131009, f"{kind}: media id does not exist or has expired")
    if kind != "document" and not stored.mime.startswith(kind):
        raise Refused(131053, f"Media of type {stored.mime} cannot be sent as {kind}")
    return str(content.get("filename") or stored.name)


def _interactive(state: State, content: Mapping[str, Any], letter: Letter) -> None:
    kind, action = content.get("type"), content.get("action")
    if not isinstance(action, dict):
        raise Refused(131008, "interactive['action'] is required")
    body = content.get("body")
    letter.text = _text(body.get("text") if isinstance(body, dict) else None, "interactive['body']['text']", BODY_LIMIT)
    header = content.get("header")
    if isinstance(header, dict) and header.get("type") in MEDIA:
        if kind == "list":
            raise Refused(131009, "Header of type text only is allowed for interactive type list")
        letter.files.append(_file(state, str(header["type"]), header.get(header["type"]) or {}))
    if kind == "button":
        letter.buttons = _reply_buttons(action.get("buttons"))
    elif kind == "list":
        letter.buttons = _rows(action)
    elif kind == "cta_url":
        parameters = action.get("parameters") or {}
        _limited(parameters.get("display_text"), "display_text", 20)
        if not str(parameters.get("url", "")).startswith(("http://", "https://")):
            raise Refused(131009, "url is not a valid URI")
    elif kind == "request_contact_info":
        letter.kind = "contact"
    else:
        raise Refused(131009, f"interactive['type'] {kind} is not valid")


def _limited(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > limit or value != value.strip():
        raise Refused(131009, f"{name} must be 1 to {limit} characters long, without spaces at its ends")
    return value


def _reply_buttons(buttons: object) -> list[dict[str, str]]:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    replies = [button.get("reply") or {} for button in buttons if isinstance(button, dict)]
    made = [
        {"kind": "button_reply", "id": _limited(r.get("id"), "id", 256), "label": _limited(r.get("title"), "title", 20)}
        for r in replies
    ]
    return _unlike(made)


def _rows(action: Mapping[str, Any]) -> list[dict[str, str]]:
    _limited(action.get("button"), "button", 20)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise Refused(131009, "Invalid sections count")
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        raise Refused(131009, "Each section needs a title when there are several")
    rows = [row for section in sections for row in section.get("rows", [])]
    if not 1 <= len(rows) <= 10:
        raise Refused(131009, f"Total row count exceed max allowed count: 10, rows: {len(rows)}")
    for row in rows:
        if row.get("description") is not None:
            _limited(row["description"], "description", 72)
    return _unlike(
        [
            {
                "kind": "list_reply",
                "id": _limited(r.get("id"), "id", 200),
                "label": _limited(r.get("title"), "title", 24),
            }
            for r in rows
        ]
    )


def _unlike(buttons: list[dict[str, str]]) -> list[dict[str, str]]:
    for name in ("id", "label"):
        if len({button[name] for button in buttons}) != len(buttons):
            raise Refused(131009, f"Duplicated {name} of a button")
    return buttons


def _template(state: State, business: str, content: Mapping[str, Any], letter: Letter) -> None:
    name, language = str(content.get("name", "")), (content.get("language") or {}).get("code")
    if not name or not language:
        raise Refused(131008, "template['name'] and template['language']['code'] are required")
    found = [p for p in state.patterns if (p.business, p.name, p.language) == (business, name, language)]
    pattern = found[0] if found else None
    if pattern is not None and pattern.status == "PAUSED":
        raise Refused(132015, f"template ({name}) is paused because of low quality")
    if pattern is not None and pattern.status == "DISABLED":
        raise Refused(132016, f"template ({name}) is disabled")
    if pattern is None or pattern.status != "APPROVED":
        raise Refused(132001, f"template name ({name}) does not exist in {language}")
    components = [
        {**part, "type": str(part.get("type")).lower(), "sub_type": str(part.get("sub_type", "")).lower()}
        for part in content.get("components") or []
        if isinstance(part, dict)
    ]  # Meta takes these words in any case
    letter.category = pattern.category.lower()
    letter.text = _filled(pattern, components)
    letter.buttons = _template_buttons(pattern, components)


def _filled(pattern: Pattern, components: list[dict[str, Any]]) -> str:
    if pattern.category == "AUTHENTICATION":
        values = _values(next((part for part in components if part.get("type") == "body"), {}))
        if len(values) != 1:
            raise Refused(132000, f"body: number of localizable_params ({len(values)}) does not match 1")
        return f"{values[0]} — ваш код. Никому его не говорите."
    text = str(pattern.component("BODY").get("text", ""))
    values = _values(next((part for part in components if part.get("type") == "body"), {}))
    if len(values) != len(pattern.places):
        raise Refused(
            132000,
            f"body: number of localizable_params ({len(values)}) does not match the expected number of params "
            f"({len(pattern.places)})",
        )
    places = pattern.places if pattern.format == "NAMED" else sorted(pattern.places, key=int)
    for place, value in zip(places, values, strict=True):
        text = re.sub(r"\{\{\s*" + place + r"\s*\}\}", value.replace("\\", r"\\"), text)
    if len(text) > BODY_LIMIT:
        raise Refused(132005, "Translated text too long")
    return text


def _values(part: Mapping[str, Any]) -> list[str]:
    values = []
    for parameter in part.get("parameters") or []:
        value = parameter.get("text")
        if not isinstance(value, str) or not value:
            raise Refused(131008, "Parameter of type text is missing text value")
        if UNFIT.search(value):
            raise Refused(132012, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
        values.append(value)
    return values


def _template_buttons(pattern: Pattern, components: list[dict[str, Any]]) -> list[dict[str, str]]:
    given = {str(part.get("index")): part for part in components if part.get("type") == "button"}
    if set(given) - {str(index) for index in range(len(pattern.buttons))}:
        raise Refused(132018, "There is no button of that index in the template")
    shown = []
    for index, button in enumerate(pattern.buttons):
        part = given.get(str(index), {})
        parameters = part.get("parameters") or []
        if button["type"] == "QUICK_REPLY":
            payload = str(parameters[0].get("payload", "")) if parameters else button["text"]
            if len(payload) > 128 or (part and part.get("sub_type") != "quick_reply"):
                raise Refused(132018, f"buttons: button at index {index} of type quick_reply is not valid")
            shown.append({"kind": "button", "id": payload, "label": str(button["text"])})
        elif button["type"] == "OTP" or "{{" in str(button.get("url", "")):
            if not parameters or not parameters[0].get("text"):
                raise Refused(131008, f"buttons: Button at index {index} of type Url requires a parameter")
        elif part:
            raise Refused(132018, f"buttons: Button at index {index} does not require parameters")
    return shown
