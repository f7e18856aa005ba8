"""The words of a call in writing, for the sandbox alone: its telephones cannot hear. They go only to a trunk on this
machine, and only when the account says so; a real operator gets none of this."""

from __future__ import annotations

import base64
import json

from priyom.channels.sip_voice.words import Speech

HEADER = "x-priyom-text"
KIND = "application/x-priyom-text"


def body(speech: Speech) -> bytes:
    """Text and choices, as JSON."""
    whole = {"text": speech.written, "choices": dict(speech.labels)}
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")


def header(speech: Speech) -> str:
    """The same, fit for a header."""
    return base64.urlsafe_b64encode(body(speech)).decode()


def read(data: bytes) -> tuple[str, dict[str, str]]:
    """(text, key -> label). Raises ValueError."""
    whole = json.loads(data)
    return str(whole["text"]), {str(key): str(label) for key, label in whole["choices"].items()}


def read_header(value: str) -> tuple[str, dict[str, str]]:
    """The same of a header. Raises ValueError."""
    return read(base64.urlsafe_b64decode(value.encode()))
