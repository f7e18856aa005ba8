"""Nothing a person sends vanishes: words for what is no file, whatever else there is."""

from __future__ import annotations

from typing import Any

import pytest

from priyom.channels.vk import attachments
from priyom.contracts.errors import Malformed
from priyom.contracts.reading import Tree

PHOTO = {"type": "photo", "photo": {"sizes": [{"url": "https://a.example/1", "width": 5, "height": 5}]}}
VIDEO = {"type": "video", "video": {"owner_id": -1, "id": 2}}
GEO = {"coordinates": {"latitude": 43, "longitude": 76.5}}


@pytest.mark.parametrize(
    ("message", "words", "files"),
    [
        ({"text": "да"}, "да", 0),
        ({"text": "тут", "geo": GEO}, "тут\ngeo:43.0,76.5", 0),
        ({"text": "вот", "fwd_messages": [{"text": "раз"}, {"text": ""}, {"text": "два"}]}, "вот\nраз\nдва", 0),
        ({"text": "", "attachments": [PHOTO]}, "", 1),
        ({"text": "", "attachments": [PHOTO, {"type": "gift", "gift": {}}]}, "[gift]", 1),
        ({"text": "", "attachments": [{"type": "photo", "photo": {"sizes": []}}]}, "[photo]", 0),
        ({"text": "", "attachments": [{"type": "doc", "doc": {"title": "a.pdf", "ext": "pdf"}}]}, "[doc]", 0),
        ({"text": "", "attachments": [{"type": "future"}]}, "[future]", 0),
        ({"text": "", "attachments": [VIDEO]}, "https://vk.com/video-1_2", 0),
        ({"text": "см. https://a.example", "attachments": [{"type": "link", "link": {"url": "https://a.example"}}]},
         "см. https://a.example", 0),
        ({"text": "", "attachments": [{}]}, "", 0),
    ],
)  # fmt: skip
def test_what_is_told(message: dict[str, Any], words: str, files: int) -> None:
    assert attachments.words(Tree(message)) == words
    assert len(attachments.files(Tree(message))) == files


def test_a_place_must_be_on_the_map() -> None:
    for latitude in (900, "43", True, None):
        with pytest.raises(Malformed):
            attachments.words(Tree({"geo": {"coordinates": {"latitude": latitude, "longitude": 1}}}))
