"""What hangs on a message of a person, as files that can be fetched and words for what cannot
(https://dev.vk.com/ru/reference/objects/attachments-message)."""

from __future__ import annotations

from collections.abc import Iterable

from priyom.contracts.errors import Malformed
from priyom.contracts.events import IncomingFile
from priyom.contracts.reading import Tree

MIMES = {
    "pdf": "application/pdf", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "doc": "application/msword", "xls": "application/vnd.ms-excel", "txt": "text/plain",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "mp4": "video/mp4", "ogg": "audio/ogg",
    "rtf": "application/rtf", "heic": "image/heic", "dcm": "application/dicom",
}  # fmt: skip
ANY = "application/octet-stream"

# Things that live on VK under an address of their own.
PAGES = ("wall", "video", "poll", "audio", "market")


def files(message: Tree) -> tuple[IncomingFile, ...]:
    """The photos, documents, voice messages, drawings and stickers. Raises Malformed."""
    return tuple(file for item in message.branches("attachments") for file in _files(item))


def words(message: Tree) -> str:
    """What was written, and words for what is no file: an address of what lies on VK, a place on the map (RFC 5870),
    the texts passed on, at worst the name of a kind, for nothing a person sends may vanish. Raises Malformed."""
    said = [message.words("text", "")]
    said += [_link(item) for item in message.branches("attachments") if not _files(item)]
    said += [passed.words("text", "") for passed in message.branches("fwd_messages")]
    if place := message.maybe("geo"):
        said.append(_place(place))
    return "\n".join(part for at, part in enumerate(said) if part and (at == 0 or part not in said[0]))


def _files(item: Tree) -> list[IncomingFile]:
    kind = item.words("type", "")
    body = item.maybe(kind) if kind else None
    if body is None:
        return []
    if kind in ("photo", "sticker"):
        return list(_picture(body, kind))
    if kind == "doc":
        return list(_document(body))
    if kind == "audio_message":
        return list(_at(body, "link_ogg", "voice.ogg", "audio/ogg"))
    return list(_at(body, "url", "graffiti.png", "image/png")) if kind == "graffiti" else []


def _picture(body: Tree, kind: str) -> Iterable[IncomingFile]:
    """A picture comes in several sizes in no promised order: the largest by area."""
    sizes = body.branches("sizes") + body.branches("images")
    largest = max(sizes, key=_area, default=None)
    if largest is None:
        return
    yield from _at(
        largest, "url", *(("sticker.png", "image/png") if kind == "sticker" else ("photo.jpg", "image/jpeg"))
    )


def _area(size: Tree) -> int:
    return (size.maybe_number("width") or 0) * (size.maybe_number("height") or 0)


def _document(body: Tree) -> Iterable[IncomingFile]:
    ext = body.words("ext", "").lower()
    name = body.words("title", "") or f"file.{ext or 'bin'}"
    if ext and not name.lower().endswith(f".{ext}"):
        name = f"{name}.{ext}"
    yield from _at(body, "url", name, MIMES.get(ext, ANY), body.maybe_number("size"))


def _at(body: Tree, field: str, name: str, mime: str, size: int | None = None) -> Iterable[IncomingFile]:
    if url := body.words(field, ""):
        yield IncomingFile(name, mime, url, size)


def _link(item: Tree) -> str:
    kind = item.words("type", "")
    body = item.maybe(kind) if kind else None
    if body is not None and kind == "link" and body.has("url"):
        return body.words("url")
    if body is not None and kind in PAGES and body.has("owner_id") and body.has("id"):
        return f"https://vk.com/{kind}{body.number('owner_id')}_{body.number('id')}"
    return f"[{kind}]" if kind else ""


def _place(place: Tree) -> str:
    spot = place.maybe("coordinates")
    return f"geo:{_degrees(spot, 'latitude')},{_degrees(spot, 'longitude')}" if spot else ""


def _degrees(spot: Tree, name: str) -> float:
    value = spot.value.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not -180 <= value <= 180:
        raise Malformed(f"{spot.path}.{name} is not an angle")
    return float(value)
