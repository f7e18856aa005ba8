"""What goes out for a message: which kind it becomes, and that nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.whatsapp.compose import BODY_LIMIT, Placed, free_bodies, kind_of, template_body
from priyom.channels.whatsapp.shapes import Shape, ShapeButton, read_shape
from priyom.channels.whatsapp.tests.stages import ANNA, HIDDEN, inside, reminder
from priyom.contracts.errors import NotReachable, Rejected
from priyom.contracts.message import Button, File, Message, Outgoing, Wording

YES, NO = Button("Приду", "v:1:ok"), Button("Нет", "v:1:no")
MAP = Button("Карта", url="https://clinic.example/map")
LONG = Button("Перенести на другой день", "v:1:move")
LONGER = Button("Перенести на другой день недели", "v:1:later")
DOCUMENT, SOUND = Placed("document", "m1", "a.pdf"), Placed("audio", "m2", "a.ogg")


def rows(*buttons: Button) -> Message:
    """A message with a row for each button."""
    return Message("Ждём вас", rows=tuple((button,) for button in buttons))


def kinds(bodies: list[dict[str, Any]]) -> list[str]:
    """`text`, `document`, or the kind of the interactive message."""
    return [b["interactive"]["type"] if b["type"] == "interactive" else b["type"] for b in bodies]


@pytest.mark.parametrize(
    ("message", "placed", "expected"),
    [
        (rows(), (), ["text"]),
        (rows(YES, NO), (), ["button"]),
        (rows(YES, NO, MAP), (), ["button"]),
        (rows(YES, LONG), (), ["list"]),
        (rows(*(Button(f"Слот {n}", f"s:{n}") for n in range(4))), (), ["list"]),
        (rows(MAP), (), ["cta_url"]),
        (rows(MAP, MAP), (), ["text"]),
        (Message("Ваш номер?", ask_contact="Отправить"), (), ["request_contact_info"]),
        (rows(), (DOCUMENT,), ["document"]),
        (rows(YES), (DOCUMENT,), ["button"]),
        (rows(LONG), (DOCUMENT,), ["document", "list"]),
        (rows(), (SOUND,), ["audio", "text"]),
        (rows(), (DOCUMENT, SOUND), ["document", "audio", "text"]),
        (Message(""), (DOCUMENT, SOUND), ["document", "audio"]),
        (Message("я" * 1025, rows=((YES,),)), (), ["text", "button"]),
        (Message("я" * 1025), (DOCUMENT,), ["document", "text"]),
    ],
)
def test_a_message_takes_the_fitting_kind(message: Message, placed: tuple[Placed, ...], expected: list[str]) -> None:
    bodies = free_bodies(inside(message, reply_to="wamid.A"), placed)
    assert kinds(bodies) == expected
    assert [b.get("biz_opaque_callback_data") for b in bodies] == [None] * (len(bodies) - 1) + ["k1"]
    assert bodies[-1]["context"] == {"message_id": "wamid.A"}
    assert all(b["to"] == ANNA for b in bodies)


def test_links_beside_answers_stand_in_the_text() -> None:
    [body] = free_bodies(inside(rows(YES, MAP)), ())
    assert body["interactive"]["body"]["text"] == "Ждём вас\nКарта: https://clinic.example/map"
    assert [b["reply"] for b in body["interactive"]["action"]["buttons"]] == [{"id": "v:1:ok", "title": "Приду"}]


def test_a_long_label_is_whole_in_the_lists_note() -> None:
    outgoing = inside(rows(LONGER), wording=Wording("x", "kk"))
    [body] = free_bodies(outgoing, ())
    action = body["interactive"]["action"]
    assert action["button"] == "Таңдау"
    [row] = action["sections"][0]["rows"]
    assert len(row["title"]) <= 24
    assert (row["title"][-1], row["description"]) == ("…", LONGER.label)


def test_more_than_ten_answers_are_refused() -> None:
    with pytest.raises(Rejected):
        free_bodies(inside(rows(*(Button(f"Слот {n}", f"s:{n}") for n in range(11)))), ())


@given(st.text(alphabet="аб \n", min_size=1, max_size=3000))
def test_nothing_of_a_long_text_is_lost(text: str) -> None:
    bodies = free_bodies(inside(Message(text, rows=((YES,),))), ())
    parts = [b["text"]["body"] if b["type"] == "text" else b["interactive"]["body"]["text"] for b in bodies]
    assert len(parts[-1]) <= BODY_LIMIT
    assert "".join(text.split()) == "".join("".join(parts).split())


def test_whom_it_is_for() -> None:
    assert free_bodies(inside("да", HIDDEN), ())[0]["recipient"] == HIDDEN
    for wrong in ("77011234567", "500100200", "a@b.example", "", "+7701abc"):
        with pytest.raises(NotReachable):
            free_bodies(inside("да", wrong), ())


@pytest.mark.parametrize(
    ("mime", "size", "kind"),
    [("image/jpeg", 10, "image"), ("application/pdf", 10, "document"), ("audio/ogg; codecs=opus", 10, "audio"),
     ("image/gif", 10, ""), ("image/png", 5 * 1024 * 1024 + 1, ""), ("", 10, "")],
)  # fmt: skip
def test_files_by_their_kind(mime: str, size: int, kind: str) -> None:
    file = File("файл", mime, b"x" * size)
    if kind:
        assert kind_of(file) == kind
    else:
        with pytest.raises(Rejected):
            kind_of(file)


def body_of(message: Message, shape: Shape, *values: str) -> dict[str, Any]:
    """The template part of a request."""
    outgoing = Outgoing("k1", ANNA, message)
    made: dict[str, Any] = template_body(outgoing, reminder(*values), shape)["template"]
    return made


def test_a_template_gets_values_payloads_and_the_end_of_its_link() -> None:
    url = ShapeButton("URL", "https://clinic.example/v/")
    shape = Shape(("1", "2"), False, (ShapeButton("QUICK_REPLY"), ShapeButton("QUICK_REPLY"), url, ShapeButton("URL")))
    links = (Button("Другое", url="https://else.example/"), Button("Визит", url="https://clinic.example/v/a1"))
    made = body_of(Message("x", rows=((YES, NO), links)), shape, "Анна\nПетровна", "")
    assert made["language"] == {"code": "ru"}
    assert made["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": "Анна Петровна"}, {"type": "text", "text": "-"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "0",
         "parameters": [{"type": "payload", "payload": "v:1:ok"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "1",
         "parameters": [{"type": "payload", "payload": "v:1:no"}]},
        {"type": "button", "sub_type": "url", "index": "2", "parameters": [{"type": "text", "text": "a1"}]},
    ]  # fmt: skip


def test_a_link_that_the_message_lacks_is_refused() -> None:
    with pytest.raises(Rejected):
        body_of(Message("x"), Shape(("1", "2"), False, (ShapeButton("URL", "https://clinic.example/v/"),)))


def test_a_code_goes_under_its_button_too() -> None:
    made = body_of(Message("x"), Shape(("1",), False, (ShapeButton("OTP"),)), "123456")
    assert [part["parameters"][0]["text"] for part in made["components"]] == ["123456", "123456"]


def test_named_places_are_sent_by_name() -> None:
    made = body_of(Message("x"), Shape(("first_name", "time"), True), "Анна", "10:30")
    assert [p["parameter_name"] for p in made["components"][0]["parameters"]] == ["first_name", "time"]


def test_shapes_are_read_from_the_vendors_list() -> None:
    item = {
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Приём"},
            {"type": "BODY", "text": "{{2}} и {{1}} и {{2}}, {{10}}"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Да"},
                {"type": "URL", "url": "https://clinic.example/{{1}}"},
                {"type": "URL", "url": "https://clinic.example/"},
                {"type": "URL", "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"},
            ]},
        ],
    }  # fmt: skip
    url = ShapeButton("URL", "https://clinic.example/")
    buttons = (ShapeButton("QUICK_REPLY"), url, ShapeButton("URL"), ShapeButton("OTP"))
    assert read_shape(item) == Shape(("1", "2", "10"), False, buttons)
    assert read_shape({"components": "junk"}) == Shape()
    assert read_shape({"components": [7, {"type": "BUTTONS", "buttons": None}]}) == Shape()
