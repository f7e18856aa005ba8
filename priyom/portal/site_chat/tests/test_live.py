"""The stream: what is news for which page, who has a page open, and that only its own ticket opens it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from django.test import Client

from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import clock, now
from priyom.inbox.visitors import LASTS, here, is_here, left
from priyom.portal.site_chat.live import MOST_OF_ONE, NEWS, TYPING, Hub, Page, marks
from priyom.portal.site_chat.tests.conftest import Visitor, come
from tests.driver import gateway


def test_marks_move_for_the_page_it_concerns(anna: Visitor, site: Account) -> None:
    boris = come()
    places = [(site.pk, anna.visitor), (site.pk, boris.visitor)]
    assert marks(places) == {}
    anna.update("said", text="Ау")
    enqueue(Order(site.pk, anna.visitor, {"text": "Да?"}, "system"))
    assert marks(places) == {places[0]: (1, 0)}  # not before it stands
    gateway()
    assert marks(places) == {places[0]: (2, 0)}
    sign = enqueue(Order(site.pk, anna.visitor, {"typing": True}, "system", op="press"))
    gateway()
    assert marks(places) == {places[0]: (2, sign)}


def test_a_page_is_told_of_news_and_of_typing_alone() -> None:
    async def told() -> list[list[bytes]]:
        page, heard = Page((1, "x")), []
        for mark in ((3, 0), (3, 0), (3, 9), (4, 9), (5, 12)):
            page.look(mark)
            heard.append(page.said)
            page.said = []
        return heard

    assert asyncio.run(told()) == [[NEWS], [], [TYPING], [NEWS], [NEWS]]


def test_one_visitor_has_so_many_tabs() -> None:
    async def joined() -> list[bool]:
        hub = Hub()
        hub.pages = {Page((1, "x")) for _ in range(MOST_OF_ONE)}
        return [hub.join((1, "x")) is None, Hub().pages == set()]

    assert asyncio.run(joined()) == [True, True]


def test_a_page_counts_as_open_while_it_is_heard_of(anna: Visitor, site: Account) -> None:
    anna.messages()  # a page without a stream asks by itself
    assert is_here(site.pk, anna.visitor)
    clock.freeze(now() + LASTS - timedelta(seconds=1))
    assert is_here(site.pk, anna.visitor)
    here([(site.pk, anna.visitor)])
    clock.freeze(now() + LASTS)
    assert not is_here(site.pk, anna.visitor)
    here([(site.pk, anna.visitor), (site.pk, anna.visitor)])
    left([(site.pk, anna.visitor)])
    assert not is_here(site.pk, anna.visitor)


def test_a_strange_ticket_opens_nothing(anna: Visitor) -> None:
    ticket = anna.get().json()["live"]
    for wrong in ("", "x", ticket[:-2] + "xx"):
        assert Client().get("/chat/site/live", {"ticket": wrong}).status_code == 204
