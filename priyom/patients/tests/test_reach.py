"""What is learned of a contact point on a channel; the tokens that tie a chat to a person; who sees which patient."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.foundation.clock import clock
from priyom.journal.models import Fact
from priyom.patients import reach
from priyom.patients.access import get, visible
from priyom.patients.linking import LIVES, attach, by_phone, make_token, points, use_token
from priyom.patients.models import ContactPoint, LinkToken, Patient, Reach
from tests.factories import CHAT, MONDAY, PHONE, make_branch, make_patient, make_point, make_staff, make_visit

HOUR = timedelta(hours=1)


@pytest.fixture
def point(db: None) -> ContactPoint:
    clock.freeze(MONDAY)
    found = ContactPoint.objects.get(patient=make_patient(telegram=CHAT))
    Fact.objects.all().delete()
    return found


def told() -> list[str]:
    return list(Fact.objects.order_by("id").values_list("type", flat=True))


def known() -> Reach:
    return Reach.objects.get()


def test_lost_is_told_once_and_opening_again_mends_it(point: ContactPoint) -> None:
    reach.lost(point, "telegram", "blocked", "kicked", MONDAY)
    reach.lost(point, "telegram", "blocked", "kicked again", MONDAY + HOUR)
    assert (known().lost, known().lost_at, known().lost_why) == ("blocked", MONDAY, "kicked")
    reach.opened(point, "telegram", MONDAY + HOUR)
    assert (known().lost, known().lost_at, known().started_at) == ("", None, MONDAY + HOUR)
    reach.opened(point, "telegram", MONDAY + 2 * HOUR)
    assert told() == ["ContactLost", "ContactOpened"]


def test_blocked_and_gone_are_two_things(point: ContactPoint) -> None:
    reach.lost(point, "telegram", "blocked", "", MONDAY)
    reach.lost(point, "telegram", "gone", "x" * 300, MONDAY)
    assert known().lost == "gone"
    assert told() == ["ContactLost", "ContactLost"]


def test_an_answer_mends_and_its_pace_is_learned(point: ContactPoint) -> None:
    reach.lost(point, "telegram", "blocked", "", MONDAY)
    reach.answered(point, "telegram", MONDAY + HOUR, 100)
    assert (known().lost, known().answered_at, known().usual_answer_seconds) == ("", MONDAY + HOUR, 100)
    reach.answered(point, "telegram", MONDAY, 200)
    assert (known().answered_at, known().usual_answer_seconds) == (MONDAY + HOUR, 130)
    reach.answered(point, "telegram", MONDAY, None)
    reach.answered(point, "telegram", MONDAY, -5)
    assert known().usual_answer_seconds == 130


def test_muted_until(point: ContactPoint) -> None:
    reach.muted(point, "telegram", MONDAY + HOUR)
    assert known().muted_until == MONDAY + HOUR
    reach.muted(point, "telegram", None)
    assert known().muted_until is None


def test_channels_are_kept_apart(point: ContactPoint) -> None:
    reach.lost(point, "telegram", "blocked", "", MONDAY)
    reach.opened(point, "another", MONDAY)
    assert Reach.objects.get(channel="telegram").lost == "blocked"
    assert Reach.objects.get(channel="another").lost == ""


def test_a_token_links_one_chat(db: None) -> None:
    clock.freeze(MONDAY)
    patient = make_patient()
    token = make_token(patient)
    assert len(token) == 24
    made = use_token(token, "telegram", CHAT)
    assert made is not None
    assert (made.patient, made.kind, made.address, made.linked_by) == (patient, "telegram", CHAT, "link")
    assert use_token(token, "telegram", CHAT) == made  # the same chat pressed Start again
    assert use_token(token, "telegram", "999") is None
    assert use_token(token, "max", CHAT) is None
    assert told().count("ContactLinked") == 1
    assert ContactPoint.objects.count() == 1


def test_an_old_or_strange_token_links_nothing(db: None) -> None:
    clock.freeze(MONDAY)
    token = make_token(make_patient())
    clock.freeze(MONDAY + LIVES)
    assert use_token(token, "telegram", CHAT) is None
    assert use_token("A" * 24, "telegram", CHAT) is None
    assert not ContactPoint.objects.exists()
    assert LinkToken.objects.get().used_at is None


def test_a_removed_chat_linked_again_is_news(db: None) -> None:
    patient = make_patient(telegram=CHAT)
    ContactPoint.objects.update(removed_at=MONDAY)
    point = attach(patient, "telegram", CHAT, "staff")
    assert (point.removed_at, point.linked_by) == (None, "staff")
    attach(patient, "telegram", CHAT, "staff")
    assert told().count("ContactLinked") == 1


def test_by_phone_finds_owners_only(db: None) -> None:
    mother, child = make_patient(phone=PHONE), make_patient()
    make_point(child, "phone", PHONE, "mother")
    removed = make_patient(phone=PHONE)
    ContactPoint.objects.filter(patient=removed).update(removed_at=MONDAY)
    assert by_phone(PHONE) == [mother]
    assert [point.patient for point in points("phone", PHONE)] == [mother, child]


def test_staff_see_patients_of_their_branches_and_new_ones(db: None) -> None:
    here, there = make_branch(), make_branch()
    mine, others, fresh = make_patient(), make_patient(), make_patient()
    make_visit(mine, branch=here)
    make_visit(mine, branch=here)
    make_visit(mine, branch=there)
    make_visit(others, branch=there)
    registrar = make_staff("registrar", here)
    assert sorted(p.pk for p in visible(registrar)) == [mine.pk, fresh.pk]
    assert get(registrar, mine.pk) == mine
    with pytest.raises(Patient.DoesNotExist):
        get(registrar, others.pk)
    for everybody in (make_staff("registrar"), make_staff("owner", here), make_staff("admin", here)):
        assert visible(everybody).count() == 3
        assert get(everybody, others.pk) == others
