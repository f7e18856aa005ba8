"""Who may read and post: only under the own key, only what is one's own; and how often."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.test import Client

from priyom.contracts.message import Signal
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Delivery, RawUpdate, StoredFile
from priyom.foundation.clock import clock, now
from priyom.inbox.models import Conversation
from priyom.inbox.reply import keep, reply
from priyom.portal.models import Tally, Upload
from priyom.portal.site_chat import rules
from priyom.portal.site_chat.tally import TooOften, once
from priyom.portal.site_chat.tests.conftest import Visitor, come
from tests.driver import gateway
from tests.factories import make_staff


def shown_as(site: Account) -> None:
    """Everything for the site leaves, with the ids that the channel itself gives."""
    for row in gateway(Signal.ACCEPTED):
        Delivery.objects.filter(pk=row.pk).update(provider_id=f"d{row.pk}.0123456789abcdef")


def answer(text: str, **more: object) -> Delivery:
    return Delivery.objects.get(pk=reply(make_staff(), Conversation.objects.get(), text, **more))  # type: ignore[arg-type]


def test_a_visitor_says_and_reads_both_sides_in_order(anna: Visitor, site: Account) -> None:
    assert anna.update("opened", payload="")[0] == 200
    assert anna.update("said", text="Где вход?")[0] == 200
    clock.freeze(now() + timedelta(minutes=1))
    answer("Со двора")
    assert [item["text"] for item in anna.messages()] == ["Где вход?"]  # not before it stands
    shown_as(site)
    mine, theirs = anna.messages()
    assert (mine["mine"], mine["id"].partition(".")[0]) == (True, anna.visitor)
    assert (theirs["text"], theirs["mine"], theirs["got"], theirs["seen"]) == ("Со двора", False, False, False)


def test_buttons_carry_what_the_engine_knows_and_an_edit_replaces_them(anna: Visitor, site: Account) -> None:
    anna.update("said", text="Здравствуйте")
    rows = [[{"id": "0", "label": "Приду", "action": "confirm:1:1", "url": ""}]]
    first = enqueue(Order(site.pk, anna.visitor, {"text": "Придете?", "rows": rows}, "system"))
    shown_as(site)
    shown = anna.messages()[-1]
    assert shown["rows"] == [[{"label": "Приду", "payload": f"{first}:0"}]]
    body = {"text": "Ждем вас", "rows": [], "target": shown["id"]}
    enqueue(Order(site.pk, anna.visitor, body, "system", op="edit"))
    gateway()
    [edited] = [item for item in anna.messages() if not item["mine"]]
    assert (edited["id"], edited["text"], edited["rows"]) == (shown["id"], "Ждем вас", [])


def test_nobody_reads_or_writes_in_anothers_name(anna: Visitor, site: Account) -> None:
    anna.update("said", text="Тайна")
    boris = come()
    assert boris.messages() == []
    thief = Visitor(anna.visitor, boris.key)
    assert thief.get().status_code == 403
    assert thief.update("said", text="Я Анна")[0] == 403
    assert anna.get(signed="/chat/site/other").status_code == 403  # a signature is good for one address
    body = json.dumps({"number": "+77011234567"}).encode()
    assert anna.send("/chat/site/phone", body, b"update:{}")[0] == 403
    assert RawUpdate.objects.count() == 1
    assert Client().get("/chat/site/messages").status_code == 403


def test_a_known_patients_other_channels_stay_unseen(anna: Visitor, site: Account, sms: Account) -> None:
    anna.update("said", text="Где вход?")
    enqueue(Order(sms.pk, anna.visitor, {"text": "не сюда"}, "system"))
    gateway()
    assert [item["text"] for item in anna.messages()] == ["Где вход?"]


def test_what_has_not_changed_is_not_sent_again(anna: Visitor) -> None:
    anna.update("said", text="Где вход?")
    first = anna.get()
    assert anna.get(**{"if-none-match": first["ETag"]}).status_code == 304
    anna.update("said", text="Ау")
    assert anna.get(**{"if-none-match": first["ETag"]}).status_code == 200


def test_repeats_change_nothing(anna: Visitor) -> None:
    said = {"id": "the-same-one", "visitor": anna.visitor, "kind": "said", "text": "Один раз"}
    assert [anna.post("/hooks/webchat/site", said)[0] for _ in range(3)] == [200, 200, 200]
    assert RawUpdate.objects.count() == 1


# -- how often --


def test_posts_of_a_visitor_are_limited_and_told_when_to_come_again(anna: Visitor) -> None:
    assert rules.SAY.visitor is not None
    answers = [anna.update("said", text=f"{n}") for n in range(rules.SAY.visitor.most + 1)]
    assert [status for status, _ in answers] == [200] * rules.SAY.visitor.most + [429]
    assert answers[-1][1] == {"error": "often", "seconds": 60}
    assert come("203.0.113.8").update("said", text="другой")[0] == 200
    clock.freeze(now() + timedelta(minutes=1))
    assert anna.update("said", text="снова")[0] == 200


def test_making_visitors_is_limited_by_address_and_no_address_is_kept(site: Account) -> None:
    for _ in range(rules.COME.address.most):
        come()
    assert Client().post("/chat/site/visitor", REMOTE_ADDR="203.0.113.7").status_code == 429
    come("203.0.113.8")
    for n in range(rules.COME.address.most):  # one household's network is one, whatever addresses it makes up
        come(f"2001:db8:1:2::{n:x}")
    assert Client().post("/chat/site/visitor", REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert not [row for row in Tally.objects.values_list("what", flat=True) if "203.0" in row or "2001" in row]


def test_a_tally_begins_anew_when_its_window_ends(db: None) -> None:
    limit = rules.Limit(2, timedelta(minutes=5))
    once("x", limit)
    once("x", limit)
    with pytest.raises(TooOften) as often:
        once("x", limit)
    assert 299 <= often.value.seconds <= 300
    once("y", limit)
    clock.freeze(now() + timedelta(minutes=5))
    once("x", limit)


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_a_body_too_large_is_refused(anna: Visitor, size: int) -> None:
    body = b" " * size
    assert anna.send("/hooks/webchat/site", body, b"update:" + body)[0] == 413
    assert not RawUpdate.objects.exists()


# -- files --


def test_files_of_the_clinic_have_links_for_this_visitor_alone(anna: Visitor, site: Account) -> None:
    anna.update("said", text="Пришлите анализ")
    files = (keep("анализ.pdf", "application/pdf", b"%PDF"), keep("план.png", "image/png", b"png"))
    answer("", files=files)
    shown_as(site)
    pdf, picture = anna.messages()[-1]["files"]
    saved, seen = Client().get(pdf["url"]), Client().get(picture["url"])
    assert (saved.content, saved["Content-Type"], saved["Content-Disposition"][:10]) == (
        b"%PDF", "application/octet-stream", "attachment",
    )  # fmt: skip
    assert (seen["Content-Type"], seen["Content-Disposition"][:6]) == ("image/png", "inline")
    assert "sandbox" in saved["Content-Security-Policy"]
    assert Client().get(pdf["url"][:-2] + "xx").status_code == 404


def test_a_large_file_waits_in_the_store_for_the_channel(anna: Visitor, site: Account, secret: str) -> None:
    content = b"x" * 600_000
    signed = f"file:{hashlib.sha256(content).hexdigest()}".encode()
    status, said = anna.send("/chat/site/upload", content, signed)
    assert status == 200
    anna.update("said", text="", files=[{"name": "снимок.jpg", "mime": "image/jpeg", "size": 600_000, **said}])
    assert StoredFile.objects.get().ref == f"stored:{anna.visitor}/{said['ref']}"

    def fetch(visitor: str, key: str) -> int:
        body = json.dumps({"visitor": visitor, "ref": said["ref"]}).encode()
        shown = hmac.new(key.encode(), b"relay:" + body, hashlib.sha256).hexdigest()
        answer = Client().post(
            "/chat/site/stored", body, content_type="application/json", headers={"x-priyom-signature": shown}
        )
        assert answer.status_code != 200 or answer.content == content
        return answer.status_code

    assert fetch(anna.visitor, secret) == 200
    assert fetch(anna.visitor, anna.key) == 401
    assert fetch(come().visitor, secret) == 404
    clock.freeze(now() + timedelta(days=4))
    anna.send("/chat/site/upload", content, signed)
    assert Upload.objects.count() == 1  # the old one is gone


def test_a_small_file_travels_in_the_update(anna: Visitor) -> None:
    content = base64.b64encode(b"ok").decode()
    anna.update("said", text="Вот", files=[{"name": "а.txt", "mime": "text/plain", "size": 2, "content": content}])
    [shown] = anna.messages()
    assert [(file["name"], file["url"]) for file in shown["files"]] == [("а.txt", "")]  # not fetched yet
