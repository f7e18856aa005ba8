"""Files of a thread, to look at, listen to or keep. What people send is foreign: only pictures, sound and PDF are shown
by the browser, under a type of our choosing; everything else is saved, never opened."""

from __future__ import annotations

import re

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from priyom.delivery.models import FileState
from priyom.inbox.thread import file_of
from priyom.web import guard
from priyom.web.frame import WORKS, StaffRequest, screen

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
SOUNDS = {
    "audio/ogg": "audio/ogg", "application/ogg": "audio/ogg", "audio/opus": "audio/ogg", "audio/mpeg": "audio/mpeg",
    "audio/mp3": "audio/mpeg", "audio/mp4": "audio/mp4", "audio/m4a": "audio/mp4", "audio/x-m4a": "audio/mp4",
    "audio/aac": "audio/aac", "audio/wav": "audio/wav", "audio/x-wav": "audio/wav", "audio/webm": "audio/webm",
}  # fmt: skip
"""What vendors call a kind of sound, and what it is called by the standard."""
PDF = "application/pdf"
SAVED = "application/octet-stream"
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


def plain(mime: str) -> str:
    """The type without its parameters, in small letters: `audio/ogg; codecs=opus` is `audio/ogg`."""
    return mime.split(";")[0].strip().lower()


def shape(mime: str) -> str:
    """How a thread shows it: `picture`, `sound`, or a `file` with its name."""
    kind = plain(mime)
    return "picture" if kind in PICTURES else "sound" if kind in SOUNDS else "file"


@screen(*WORKS)
def file(request: StaffRequest, conversation_id: int, file_id: int) -> HttpResponse:
    """`/chats/<id>/files/<id>`: for those who may see the thread. `?save=1` saves also what can be shown."""
    stored = file_of(guard.conversation(request.user, conversation_id), file_id)
    if stored.state != FileState.HERE or stored.content is None:
        raise Http404
    kind = plain(stored.mime)
    kind = SOUNDS.get(kind, kind)
    shown = (kind == PDF or shape(kind) != "file") and not request.GET.get("save")
    response = _piece(request, bytes(stored.content), kind if shown else SAVED)
    response["Content-Disposition"] = content_disposition_header(not shown, stored.name or "file") or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    # The browser's own PDF page does not run in a sandbox; nothing else needs to be let out of it.
    response["Content-Security-Policy"] = POLICY if shown and kind == PDF else f"{POLICY}; sandbox"
    return response


def _piece(request: StaffRequest, content: bytes, kind: str) -> HttpResponse:
    """The whole, or the bytes asked for: some browsers play nothing they cannot ask for in pieces (RFC 9110, 14)."""
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None:
        return HttpResponse(content, content_type=kind, headers={"Accept-Ranges": "bytes"})
    first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    place = f"bytes {first}-{last}/{len(content)}"
    headers = {"Accept-Ranges": "bytes", "Content-Range": place}
    return HttpResponse(content[first : last + 1], status=206, content_type=kind, headers=headers)
