"""Cuts what a mail program adds to a person's words: the letter answered, and «sent from my phone».

Nothing is cut when nothing would be left.
"""

from __future__ import annotations

import re

_ATTRIBUTION = re.compile(
    r"^(?=.{4,200}$).*\b(wrote|writes|писал|писала|написал|написала|пишет|жазды|жазған)\b.{0,60}:\s*$"
    r"|^(?=.{10,200}$)\S.*\d{1,2}[:.]\d{2}.*<[^<>\s]+@[^<>\s]+>\s*:?\s*$"
    r"|^(?=.{10,200}$)\S.*<[^<>\s]+@[^<>\s]+>:\s*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^\s*(-{2,}\s*(original message|исходное сообщение|пересылаемое сообщение|пересланное сообщение|бастапқы хабар)"
    r"\s*-{2,}|_{10,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(from|от|от кого|кімнен):\*?\s", re.IGNORECASE)
_BESIDE_FROM = re.compile(r"^\s*\*?(sent|date|to|subject|отправлено|дата|кому|тема|кімге):\*?\s", re.IGNORECASE)
_SIGNATURE = re.compile(r"^(--\s?|(sent from|отправлено (из|с|со)|get outlook|жіберілген)\b.{0,60})$", re.IGNORECASE)


def own_words(text: str) -> str:
    """What the person has written. `text` is the plain body of a reply."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _ends_it(lines, at):
            break
        length = _attribution(lines, at)
        if length:
            if not _quoted_next(lines, at + length):
                break
            at += length
            continue
        if not line.startswith(">"):
            kept.append(line.rstrip())
        at += 1
    return "\n".join(kept).strip() or text.strip()


def _ends_it(lines: list[str], at: int) -> bool:
    line = lines[at]
    if _SEPARATOR.match(line) or _SIGNATURE.match(line):
        return True
    return bool(_FROM.match(line)) and any(_BESIDE_FROM.match(near) for near in lines[at + 1 : at + 4])


def _attribution(lines: list[str], at: int) -> int:
    """How many lines (1 or 2) say who wrote the letter below; 0 when this is not such a line."""
    if _ATTRIBUTION.match(lines[at]):
        return 1
    if lines[at].strip() and at + 1 < len(lines) and _quoted_next(lines, at + 2):
        return 2 if _ATTRIBUTION.match(f"{lines[at].rstrip()} {lines[at + 1].strip()}") else 0
    return 0


def _quoted_next(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return following.startswith(">")
