"""Where an answer goes when a vendor takes free words only for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.contracts.events import Said
from priyom.foundation.clock import clock
from priyom.inbox.chat import conversation_of
from priyom.inbox.reply import WindowClosed, reply, where
from tests.driver import happen, settle_house
from tests.factories import MONDAY, PHONE, make_account, make_patient, make_point, make_staff


@pytest.mark.django_db
def test_a_closed_window_gives_way_to_an_open_chat() -> None:
    clock.freeze(MONDAY)
    whatsapp, sms = make_account("whatsapp"), make_account("smsc")
    patient = make_patient(whatsapp="+77011234567")
    happen(whatsapp, Said("+77011234567", "Здравствуйте", "w1", MONDAY))
    settle_house()
    thread = conversation_of(patient)
    route = where(thread)
    assert route is not None
    assert (route.account, route.closed) == (whatsapp, False)
    clock.freeze(MONDAY + timedelta(hours=25))
    route = where(thread)
    assert route is not None
    assert (route.account, route.closed) == (whatsapp, True)  # alone, it is shown for what it is
    with pytest.raises(WindowClosed):
        reply(make_staff(), thread, "Да, есть")
    make_point(patient, "phone", PHONE)
    route = where(thread)
    assert route is not None
    assert (route.account, route.closed) == (sms, False)
