"""What goes to `/messages`, made of an `Outgoing`: pure, without the network.

Inside the window a message may need several bodies (files, then words with buttons); the last is the one that reports
and answers refer to. Limits are those of the vendor's page on interactive messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from priyom.channels.whatsapp.identity import recipient
from priyom.channels.whatsapp.shapes import Shape
from priyom.contracts.errors import Rejected
from priyom.contracts.message import Button, File, Message, Outgoing, Template

BODY_LIMIT = 1024  # words that stand with buttons, and captions
BUTTONS_LIMIT, LABEL_LIMIT = 3, 20
ROWS_LIMIT, ROW_LABEL_LIMIT, ROW_NOTE_LIMIT = 10, 24, 72
CHOOSE = {"kk": "Таңдау", "ru": "Выбрать"}
MB = 1024 * 1024

# kind -> (MIME types, most bytes): https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, tuple[frozenset[str], int]] = {
    "image": (frozenset({"image/jpeg", "image/png"}), 5 * MB),
    "video": (frozenset({"video/mp4", "video/3gpp"}), 16 * MB),
    "audio": (frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * MB),
    "document": (
        frozenset(
            {
                "application/pdf",
                "text/plain",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                f"{OFFICE}wordprocessingml.document",
                f"{OFFICE}spreadsheetml.sheet",
                f"{OFFICE}presentationml.presentation",
            }
        ),
        100 * MB,
    ),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that already lies at the vendor."""

    kind: str
    id: str
    name: str

    def body(self, caption: str = "") -> dict[str, Any]:
        """The media object."""
        made = {"id": self.id}
        if self.kind == "document":
            made["filename"] = self.name
        if caption:
            made["caption"] = caption
        return made


def kind_of(file: File) -> str:
    """`image`, `video`, `audio` or `document`. Raises Rejected for what WhatsApp does not carry."""
    mime = file.mime.partition(";")[0].strip().lower()
    for kind, (types, most) in KINDS.items():
        if mime in types:
            if len(file.content) > most:
                raise Rejected(f"Файл «{file.name}» больше {most // MB} МБ: WhatsApp его не примет")
            return kind
    raise Rejected(f"WhatsApp не передает файлы вида {mime or 'без типа'} («{file.name}»)")


def template_body(outgoing: Outgoing, template: Template, shape: Shape) -> dict[str, Any]:
    """The request for an approved template. Raises Rejected when a link's variable part cannot be found."""
    values = [_plain(value) for value in template.values]
    components: list[dict[str, Any]] = []
    if values:
        components.append({"type": "body", "parameters": [_parameter(shape, i, v) for i, v in enumerate(values)]})
    components += _template_buttons(outgoing.message, shape, values)
    made: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    if components:
        made["components"] = components
    return {**_head(outgoing), "type": "template", "template": made}


def free_bodies(outgoing: Outgoing, placed: Sequence[Placed]) -> list[dict[str, Any]]:
    """The requests for free words, in order; the last is the message itself. Raises Rejected."""
    message, head = outgoing.message, _head(outgoing)
    alone = {key: value for key, value in head.items() if key not in ("context", "biz_opaque_callback_data")}
    replies, text = _choices(message)
    short = len(text) <= BODY_LIMIT
    if len(placed) == 1 and short and not message.rows and not message.ask_contact and placed[0].kind != "audio":
        return [{**head, "type": placed[0].kind, placed[0].kind: placed[0].body(text)}]
    language = outgoing.wording.language if outgoing.wording else "ru"
    header: Placed | None = None
    if len(placed) == 1 and short and placed[0].kind != "audio" and _fits_buttons(replies):
        header, placed = placed[0], ()
    made: list[dict[str, Any]] = [{**alone, "type": file.kind, file.kind: file.body()} for file in placed]
    if not text:
        return [*made[:-1], {**made[-1], **head}] if made else [_words(head, "")]
    interactive = _interactive(message, replies, language)
    if interactive is None:
        return [*made, _words(head, text)]
    lead, text = _split(text)
    if lead:
        made.append(_words(alone, lead))
    if header is not None:
        interactive["header"] = {"type": header.kind, header.kind: header.body()}
    return [*made, {**head, "type": "interactive", "interactive": {**interactive, "body": {"text": text}}}]


def _head(outgoing: Outgoing) -> dict[str, Any]:
    made: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient(outgoing.address),
        # Comes back in every status: it finds the delivery when the answer to this request was lost.
        "biz_opaque_callback_data": outgoing.key,
    }
    if outgoing.reply_to:
        made["context"] = {"message_id": outgoing.reply_to}
    return made


def _words(head: dict[str, Any], text: str) -> dict[str, Any]:
    # No preview: it would be made by following the link, and a personal link is nobody's but the patient's.
    return {**head, "type": "text", "text": {"body": text, "preview_url": False}}


def _choices(message: Message) -> tuple[list[Button], str]:
    """The reply buttons, and the text with the links that can be no buttons beside them."""
    buttons = [button for row in message.rows for button in row]
    replies, links = [b for b in buttons if not b.url], [b for b in buttons if b.url]
    if not replies and len(links) == 1:
        return [], message.text
    return replies, "\n".join([message.text, *(f"{link.label}: {link.url}" for link in links)])


def _fits_buttons(replies: Sequence[Button]) -> bool:
    return 0 < len(replies) <= BUTTONS_LIMIT and all(len(button.label) <= LABEL_LIMIT for button in replies)


def _interactive(message: Message, replies: Sequence[Button], language: str) -> dict[str, Any] | None:
    if _fits_buttons(replies):
        shown = [{"type": "reply", "reply": {"id": b.payload, "title": b.label}} for b in replies]
        return {"type": "button", "action": {"buttons": shown}}
    if replies:
        return _list(replies, language)
    links = [button for row in message.rows for button in row]
    if len(links) == 1:
        link = {"display_text": links[0].label, "url": links[0].url}
        return {"type": "cta_url", "action": {"name": "cta_url", "parameters": link}}
    if message.ask_contact:
        return {"type": "request_contact_info", "action": {"name": "request_contact_info"}}
    return None


def _list(replies: Sequence[Button], language: str) -> dict[str, Any]:
    if len(replies) > ROWS_LIMIT:
        raise Rejected(f"В WhatsApp не больше {ROWS_LIMIT} вариантов ответа, а здесь {len(replies)}")
    rows = []
    for button in replies:
        row = {"id": button.payload, "title": button.label}
        if len(button.label) > ROW_LABEL_LIMIT:
            row["title"] = button.label[: ROW_LABEL_LIMIT - 1].rstrip() + "…"
            row["description"] = button.label[:ROW_NOTE_LIMIT]
        rows.append(row)
    return {"type": "list", "action": {"button": CHOOSE.get(language, CHOOSE["ru"]), "sections": [{"rows": rows}]}}


def _split(text: str) -> tuple[str, str]:
    """(what goes before, what stands with the buttons): cut at a line's end, else between words, else anywhere."""
    if len(text) <= BODY_LIMIT:
        return "", text
    at = len(text) - BODY_LIMIT
    for border in ("\n", " "):
        found = text.find(border, at)
        if 0 <= found < len(text) - 1:
            return text[:found], text[found + 1 :]
    return text[:at], text[at:]


def _plain(value: str) -> str:
    """A value as a template takes it: no line ends, no tabs, no four spaces in a row, not empty."""
    return re.sub(r"[\n\r\t]+| {4,}", " ", value).strip() or "-"


def _parameter(shape: Shape, index: int, value: str) -> dict[str, str]:
    made = {"type": "text", "text": value}
    if shape.named and index < len(shape.places):
        made["parameter_name"] = shape.places[index]
    return made


def _template_buttons(message: Message, shape: Shape, values: Sequence[str]) -> list[dict[str, Any]]:
    """Payloads for quick replies in order, and the variable parts of links."""
    buttons = [button for row in message.rows for button in row]
    payloads = iter([button.payload for button in buttons if not button.url])
    urls = [button.url for button in buttons if button.url]
    made = []
    for index, button in enumerate(shape.buttons):
        parameter: dict[str, str] | None = None
        if button.kind == "QUICK_REPLY" and (payload := next(payloads, "")):
            parameter = {"type": "payload", "payload": payload}
        elif button.kind == "OTP" and values:
            parameter = {"type": "text", "text": values[0]}
        elif button.kind == "URL" and button.prefix is not None:
            parameter = {"type": "text", "text": _tail(button.prefix, urls)}
        if parameter is not None:
            kind = "quick_reply" if button.kind == "QUICK_REPLY" else "url"
            made.append({"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]})
    return made


def _tail(prefix: str, urls: Sequence[str]) -> str:
    for url in urls:
        if url.startswith(prefix) and len(url) > len(prefix):
            return url[len(prefix) :]
    raise Rejected(f"В шаблоне есть ссылка {prefix}…, а в сообщении такой нет")
