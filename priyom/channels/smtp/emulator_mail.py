"""Letters as the fake provider keeps and makes them: as a person sees one, a person's answer, a bounce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as MAIL
from email.utils import format_datetime, parseaddr
from typing import Any

from priyom.channels.smtp.letter import BUTTON_CLASS
from priyom.channels.smtp.page import Page
from priyom.contracts.emulator import Phone, PhoneMessage
from priyom.contracts.message import File

HOST = "mail.clinic.example"


@dataclass(slots=True)
class Letter:
    """One letter in a person's mailbox. `links` are (label, url) of its buttons; `name` is its Message-ID."""

    seq: int
    address: str
    at: datetime
    direction: str
    text: str
    subject: str = ""
    sender: str = ""
    name: str = ""
    answer_to: str = ""
    links: list[list[str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    answers: str = ""

    def shown(self) -> PhoneMessage:
        """As the person sees it; buttons are the links of the letter."""
        buttons = tuple((str(at), label) for at, (label, _) in enumerate(self.links))
        return PhoneMessage(
            str(self.seq), self.at, self.direction, self.text, buttons, files=tuple(self.files), subject=self.subject,
            sender=self.sender,
        )  # fmt: skip

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def load(cls, item: dict[str, Any]) -> Letter:
        """What `dump` gave."""
        return cls(**{**item, "at": datetime.fromisoformat(item["at"])})


def received(seq: int, address: str, at: datetime, letter: EmailMessage) -> Letter:
    """The clinic's letter as it stands in the person's mailbox."""
    html = letter.get_body(preferencelist=("html",))
    plain = letter.get_body(preferencelist=("plain",))
    page = Page(str(html.get_content()), BUTTON_CLASS) if html else None
    text = page.text if page else str(plain.get_content()).rstrip("\n") if plain else ""
    return Letter(
        seq,
        address,
        at,
        "in",
        text,
        str(letter["Subject"] or ""),
        str(letter["From"]),
        str(letter["Message-ID"]).strip("<> "),
        parseaddr(str(letter["Reply-To"] or letter["From"]))[1],
        [[link.label, link.url] for link in page.links if link.kind == BUTTON_CLASS] if page else [],
        [part.get_filename() or "" for part in letter.iter_attachments()],
        str(letter["In-Reply-To"] or "").strip("<> "),
    )


def reply(phone: Phone, said: Letter, last: Letter | None, user: str, files: Sequence[File]) -> bytes:
    """The person's letter as a mail program writes it: the answered one is named and quoted."""
    made = EmailMessage(policy=MAIL)
    made["From"] = f"{' '.join(phone.name.split())} <{phone.address}>" if phone.name.isascii() else phone.address
    made["To"] = last.answer_to if last else user
    made["Subject"] = said.subject
    made["Date"] = format_datetime(said.at)
    made["Message-ID"] = f"<{said.name}>"
    text = said.text + "\n"
    if last:
        made["In-Reply-To"] = f"<{last.name}>"
        made["References"] = f"<{last.name}>"
        quoted = "\n".join(f"> {line}" for line in last.text.split("\n"))
        text += f"\n{last.at:%d.%m.%Y, %H:%M}, {last.answer_to} пишет:\n{quoted}\n"
    made.set_content(text, cte="base64")
    for file in files:
        main, _, sub = file.mime.partition("/")
        made.add_attachment(file.content, maintype=main, subtype=sub or "octet-stream", filename=file.name)
    return made.as_bytes()


def bounce(letter: EmailMessage, recipient: str, returned_to: str, status: str, at: datetime, number: int) -> bytes:
    """A delivery report of RFC 3464 about the clinic's letter, in the form Postfix gives it. `status` is 5.1.1 and the
    like."""
    head = {
        "From": f"MAILER-DAEMON@{HOST}",
        "To": returned_to,
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": format_datetime(at),
        "Message-ID": f"<bounce-{number}@{HOST}>",
        "Auto-Submitted": "auto-replied",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/report; report-type=delivery-status; boundary="=_bounce"',
    }
    report = (
        f"Reporting-MTA: dns; {HOST}\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} <{recipient}>: mailbox refused\r\n"
    )
    headers = "".join(f"{name}: {letter[name]}\r\n" for name in ("From", "To", "Message-ID"))
    parts = (
        ("text/plain; charset=us-ascii", f"Your message could not be delivered to {recipient}.\r\n"),
        ("message/delivery-status", report),
        ("text/rfc822-headers", headers),
    )
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    body = "".join(f"\r\n--=_bounce\r\nContent-Type: {kind}\r\n\r\n{text}" for kind, text in parts)
    return f"{text}{body}\r\n--=_bounce--\r\n".encode()
