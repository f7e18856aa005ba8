"""Makes a letter of a message: plain text and HTML side by side, buttons as links, files behind them.

Headers after RFC 5322, 2047, 2231; `Auto-Submitted` (RFC 3834) keeps answering machines quiet; one-click unsubscribing
after RFC 8058. Bodies are base64, so no line is too long and no server needs 8BITMIME.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from priyom.channels.smtp import Settings
from priyom.channels.smtp.message_id import domain
from priyom.contracts.message import Button, Message, Outgoing

BUTTON_CLASS = "action"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_URL_SIGNS = "%/:=&?~#+!$,;'@()*[]"
_NAME = re.compile(r"[!-;=?A-~]{1,100}@[!-;=?A-~]{1,100}")
"""A Message-ID without its brackets; a letter that came without one cannot be quoted."""
_BODY = "margin:0;padding:16px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;color:#1a1a1a"
_LINK = (
    "display:block;margin:12px 0;padding:14px 20px;max-width:360px;border-radius:8px;background:#0b5fa5;"
    "color:#ffffff;font-size:18px;font-weight:bold;text-align:center;text-decoration:none"
)
_SMALL = "margin-top:32px;font-size:13px;color:#666666"


class BadAddress(ValueError):
    """Not a mail address."""


def ascii_address(text: str) -> str:
    """The address as SMTP carries it: the domain in punycode. Raises BadAddress.

    A local part beyond ASCII would need SMTPUTF8 (RFC 6531) all the way, which few servers offer.
    """
    local, _, host = text.strip().rpartition("@")
    try:
        host = domain(host)
    except ValueError as error:
        raise BadAddress(f"«{text}» - не адрес почты") from error
    if not _LOCAL.fullmatch(local) or not _HOST.fullmatch(host) or len(local) > 64 or len(host) > 253:
        raise BadAddress(f"«{text}» - не адрес почты")
    return f"{local}@{host}"


def letter(settings: Settings, outgoing: Outgoing, name: str, at: datetime) -> bytes:
    """The whole letter with CRLF line ends. `name` is its Message-ID without brackets. Raises BadAddress."""
    message = outgoing.message
    made = EmailMessage(policy=SMTP)
    made["From"] = _from(settings)
    made["To"] = Address(addr_spec=ascii_address(outgoing.address))
    made["Subject"] = one_line(message.subject) or one_line(message.text.split("\n", 1)[0])[:80] or "Сообщение"
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{name}>"
    made["Auto-Submitted"] = "auto-generated"
    if settings.reply_to:
        made["Reply-To"] = Address(addr_spec=ascii_address(settings.reply_to))
    links = [button for row in message.rows for button in row if button.url]
    made.set_content(_storable(_plain(message, links)), cte="base64")
    made.add_alternative(_storable(_html(message, links, outgoing.unsubscribe_url)), subtype="html", cte="base64")
    for file in message.files:
        main, _, sub = file.mime.partition("/")
        kind = (main, sub) if main and sub and main != "multipart" else ("application", "octet-stream")
        made.add_attachment(file.content, maintype=kind[0], subtype=kind[1], filename=one_line(file.name))
    return _unbroken(outgoing) + made.as_bytes()


def one_line(text: str) -> str:
    """Without line ends and control characters: nothing in it can start a header of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in _storable(text)).split())


def _unbroken(outgoing: Outgoing) -> bytes:
    """Header lines without a space in them: the email package would wrap long ones as encoded words, and no program
    finds an address or a name in those."""
    lines = []
    if _NAME.fullmatch(outgoing.reply_to):
        lines += [f"In-Reply-To: <{outgoing.reply_to}>", f"References: <{outgoing.reply_to}>"]
    url = quote(one_line(outgoing.unsubscribe_url), safe=_URL_SIGNS)
    if 0 < len(url) < 900:
        lines += [f"List-Unsubscribe: <{url}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _from(settings: Settings) -> Address:
    return Address(one_line(settings.from_name), addr_spec=ascii_address(settings.from_address))


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _plain(message: Message, links: list[Button]) -> str:
    lines = [message.text, *([""] if links else []), *(f"{button.label}: {button.url}" for button in links)]
    return "\n".join(lines) + "\n"


def _html(message: Message, links: list[Button], unsubscribe_url: str) -> str:
    text = escape(message.text).replace("\n", "<br>")
    parts = [f'<div style="white-space:pre-wrap">{text}</div>']
    parts += [
        f'<a class="{BUTTON_CLASS}" href="{escape(button.url)}" style="{_LINK}">{escape(button.label)}</a>'
        for button in links
    ]
    if unsubscribe_url:
        parts.append(
            f'<p style="{_SMALL}"><a href="{escape(unsubscribe_url)}">Отписаться / Жазылымнан бас тарту</a></p>'
        )
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return f'<!doctype html><html><head>{head}</head><body style="{_BODY}">{"".join(parts)}</body></html>'
