"""Our own files are given out whole, in a part, or not again, and none stays open."""

from __future__ import annotations

from pathlib import Path

from django.test import Client

ICON = "/static/web/icon.svg"
CONTENT = (Path(__file__).resolve().parent.parent / "priyom/web/static/web/icon.svg").read_bytes()


def test_whole_once_and_in_a_part(client: Client) -> None:
    whole = client.get(ICON)
    assert (whole.status_code, whole.content, whole.streaming) == (200, CONTENT, False)
    assert whole["content-type"] == "image/svg+xml"
    again = client.get(ICON, headers={"if-modified-since": whole["last-modified"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get(ICON, headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, CONTENT[2:6])
    head = client.head(ICON)
    assert (head.status_code, head.content, head["content-length"]) == (200, b"", str(len(CONTENT)))
