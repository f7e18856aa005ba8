"""Messages are found by their words: Russian forms, Kazakh forms, half-typed ones; only where one may look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import search
from priyom.inbox.chat import conversation_of
from priyom.inbox.kazakh_rules import cut, fold, query, words
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.search_models import SentWords
from priyom.inbox.words import SETTLED, gather
from tests import factories as make

EVERYWHERE = Conversation.objects.select_related("patient")
SIGNS = st.characters(codec="utf-8", exclude_characters="\x00")

KAZAKH = {
    "дәрігер": "дәрігерге дәрігердің дәрігерлер дәрігерлерге дәрігерім дәрігеріме дәрігермен дәрігерден",
    "бала": "балам балама баламды балалар балаларға балаларымды балаларымның баламен",
    "қабылдау": "қабылдауға қабылдауды қабылдаудан қабылдауымыз",
    "анализ": "анализдер анализді анализге анализім анализдерім анализдің",
    "тіс": "тісім тістерім тісіме тісті тістің тіске",
    "ауыр": "ауырады ауырып ауырды ауырғанда ауырған",
    "дәрі": "дәрілер дәріні дәріге дәрім дәріден",
    "уақыт": "уақытта уақытым уақытты уақытқа",
    "емхана": "емханаға емханада емхананың емханадан",
    "жазыл": "жазылу жазылуға жазылып жазылды жазылған",
    "нәтиже": "нәтижесі нәтижелер нәтижені нәтижесін",
    "құжат": "құжаттар құжаттарым құжатты",
    "қан": "қанды қаным қанға",
}
RUSSIAN = {
    "анализ": "анализы анализов анализам анализами",
    "снимок": "снимок",
    "справка": "справки справку справкой справок",
    "запись": "записи записью",
    "врач": "врача врачу врачи врачей врачами",
    "болит": "болит болят",
    "черный": "чёрный чёрная черного",
}


@pytest.fixture
def account(db: None) -> Account:
    clock.freeze(make.MONDAY)
    return make.make_account("telegram")


@pytest.fixture
def thread(account: Account) -> Conversation:
    return conversation_of(make.make_patient(telegram=make.CHAT))


def said(thread: Conversation, text: str, **over: object) -> Incoming:
    account = Account.objects.get()
    return Incoming.objects.create(conversation=thread, account=account, address=make.CHAT, at=now(), text=text, **over)


def wrote(thread: Conversation, text: str, origin: str = "staff", **over: object) -> Delivery:
    values: dict[str, object] = {
        "account": Account.objects.get(), "address": make.CHAT, "body": {"text": text}, "origin": origin,
        "created_at": now(), "due_at": now(), "patient": thread.patient,
    }  # fmt: skip
    return Delivery.objects.create(**{**values, **over})


def found(text: str, most: int = 10) -> list[str]:
    people, program = search.messages(EVERYWHERE, text, most, most)
    return [hit.entry for hit in people + program]


@settings(max_examples=60, deadline=None)
@given(st.text(SIGNS, max_size=30))
@pytest.mark.django_db
def test_the_database_folds_as_we_do(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT priyom_words(%s::text)", [text])
        assert cursor.fetchone() == (fold(text),)
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize("stem", KAZAKH)
def test_kazakh_endings_are_cut(stem: str) -> None:
    shortest = min((cut(words(form)[0]) for form in KAZAKH[stem].split()), key=len)
    for form in KAZAKH[stem].split():
        assert words(form)[0].startswith(cut(words(form)[0]))
        assert cut(words(form)[0]).startswith(shortest)
        assert len(cut(words(form)[0])) >= 3


@pytest.mark.parametrize("stem", KAZAKH)
def test_every_kazakh_form_finds_every_other(thread: Conversation, stem: str) -> None:
    forms = [stem, *KAZAKH[stem].split()]
    rows = {form: f"i{said(thread, f'Сәлеметсіз бе! {form.capitalize()} керек').pk}" for form in forms}
    for typed in forms:
        assert set(found(typed, 20)) == set(rows.values()), typed


@pytest.mark.parametrize("word", RUSSIAN)
def test_every_russian_form_is_found(thread: Conversation, word: str) -> None:
    rows = {f"i{said(thread, f'Скажите, «{form.upper()}»👍 - это куда?').pk}" for form in RUSSIAN[word].split()}
    said(thread, "Спасибо")
    assert set(found(f"{word} куда")) == rows
    assert set(found(word)) == rows


def test_kazakh_is_found_without_its_keyboard(thread: Conversation) -> None:
    row = said(thread, "Қабылдауға қалай жазыламын?")
    assert found("кабылдау") == [f"i{row.pk}"]


def test_a_word_is_found_while_it_is_typed(thread: Conversation) -> None:
    row = said(thread, "Готовы ли анализы крови?")
    for typed in ("ана", "анал", "анализы кро", "кров анализ"):
        assert found(typed) == [f"i{row.pk}"], typed
    assert found("анализы мочи") == []
    assert found("ан") == []
    assert query("и, а!") == ""


def test_all_who_write_are_found_the_newest_first(thread: Conversation) -> None:
    first = said(thread, "Нужна справка")
    clock.freeze(now() + timedelta(minutes=1))
    second = wrote(thread, "Справка готова")
    clock.freeze(now() + timedelta(minutes=1))
    own = wrote(thread, "Ваша справка ждет", origin="notification")
    edited = wrote(thread, "Ждем вас", origin="notification", edited_text="Справка выдана")
    said(thread, "Справка", pressed=True)
    wrote(thread, "справка", op="edit")
    assert found("справку") == [f"d{second.pk}", f"i{first.pk}", f"d{edited.pk}"]
    clock.freeze(now() + SETTLED + timedelta(seconds=1))
    assert gather() > 0
    assert found("справку") == [f"d{second.pk}", f"i{first.pk}", f"d{edited.pk}", f"d{own.pk}"]


def test_words_are_gathered_once_and_in_order(thread: Conversation) -> None:
    rows = [wrote(thread, f"Напоминание {n}", origin="notification") for n in range(3)]
    wrote(thread, "Свое", origin="staff")
    assert gather() == 0  # too fresh: an older one may still be on its way
    clock.freeze(now() + SETTLED + timedelta(seconds=1))
    late = wrote(thread, "Позже", origin="notification")
    assert gather() == 4
    assert gather() == 0
    assert SentWords.objects.filter(delivery__in=rows).count() == 3
    assert not SentWords.objects.filter(delivery=late).exists()
    clock.freeze(now() + SETTLED + timedelta(seconds=1))
    assert gather() == 1
    assert found("позже") == [f"d{late.pk}"]


def test_found_words_are_marked_where_they_stand() -> None:
    text = "Добрый день! " * 20 + "Мои Анализы готовы? " + "Спасибо " * 30
    folded = fold(text).replace("анализы", "\x02анализы\x03")
    pieces = search.pieces(text, folded)
    assert ("Анализы", True) in pieces
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)
    assert sum(len(piece) for piece, _ in pieces) < 200
    assert search.pieces("Да", "да") == (("Да", False),)


def test_signs_of_ours_in_a_message_mark_nothing(thread: Conversation) -> None:
    said(thread, "\x02чужое\x03 <b>анализ</b>")
    (hit,) = search.messages(EVERYWHERE, "анализ", 5, 5)[0]
    assert [piece for piece, known in hit.pieces if known] == ["анализ"]
    assert "".join(piece for piece, _ in hit.pieces) == "\x02чужое\x03 <b>анализ</b>"


def test_nothing_is_found_where_one_may_not_look(thread: Conversation) -> None:
    said(thread, "Нужна справка")
    wrote(thread, "Справка готова")
    assert search.messages(Conversation.objects.exclude(pk=thread.pk), "справка", 5, 5) == ([], [])
    other = conversation_of(make.make_patient(telegram="77"))
    row = Incoming.objects.create(
        conversation=other, account=Account.objects.get(), address="77", at=now(), text="справка"
    )
    hidden = [said(thread, "справка") for _ in range(6 * search.AT_ONCE)]
    mine = Conversation.objects.filter(pk=other.pk)
    assert [hit.entry for hit in search.messages(mine, "справка", 5, 5)[0]] == [f"i{row.pk}"]
    assert hidden


def test_a_word_is_asked_for_era_by_era(db: None) -> None:
    assert search.aged("'слов':* & ( 'дом' | 'до':* )", [7, 8]) == (
        "( '@7 слов':* & ( '@7 дом' | '@7 до':* ) ) | ( '@8 слов':* & ( '@8 дом' | '@8 до':* ) )"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT priyom_spoken(%s, 'Нужна справка')::text", [2 * search.ERA - 1])
        assert cursor.fetchone() == ("'@1 нужн' '@1 справк' 'нужн' 'справк'",)
        cursor.execute("SELECT priyom_spoken(%s, 'и')::text", [2 * search.ERA])
        assert cursor.fetchone() == ("",)


def test_six_words_of_many_years_make_no_question_too_long(thread: Conversation) -> None:
    row = said(thread, "раскашлялась расчихалась разболелась перепугалась переволновалась истосковалась")
    said(thread, "Спасибо", pk=20 * search.MOST_ERAS * search.ERA)
    assert found(row.text) == [f"i{row.pk}"]


def test_years_are_found_the_newest_first(thread: Conversation) -> None:
    numbers = [1, 2, search.ERA - 1, search.ERA, 5 * search.ERA + 3, 7 * search.ERA, 8 * search.ERA - 1, 8 * search.ERA]
    for number in numbers:
        said(thread, f"Нужна справка {number}", pk=number)
        wrote(thread, "Справка готова", pk=number)
        wrote(thread, "Ваша справка ждет", origin="notification", pk=number + 10 * search.ERA)
    clock.freeze(now() + SETTLED + timedelta(seconds=1))
    gather()
    people, program = search.messages(EVERYWHERE, "справку", 100, 100)
    for kind, hits in (("i", people), ("d", people), ("d", program)):
        shown = [int(hit.entry[1:]) for hit in hits if hit.entry[0] == kind]
        assert [number % (10 * search.ERA) for number in shown] == numbers[::-1]
    newest = 8 * search.ERA
    assert found("справку", 2) == [
        f"i{newest}",
        f"d{newest}",
        f"d{newest + 10 * search.ERA}",
        f"d{newest + 10 * search.ERA - 1}",
    ]
    assert found(f"справка {5 * search.ERA + 3}") == [f"i{5 * search.ERA + 3}"]


def test_the_number_of_an_era_is_no_word(thread: Conversation) -> None:
    """Half-typed, «327» is looked for as the beginning of a word."""
    said(thread, "Спасибо", pk=327 * search.ERA)
    said(thread, "Спасибо", pk=330 * search.ERA)
    old = said(thread, "Кабинет 327", pk=5)
    assert found("327") == [f"i{old.pk}"]


def test_a_word_that_grew_rare_is_found_in_all_years(thread: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the newest years gave does not count among the number of those looked at for the years before."""
    monkeypatch.setattr(search, "LOOKED", 4)
    numbers = [1, 2, 7 * search.ERA, 20 * search.ERA, *(30 * search.ERA + n for n in range(4))]
    for number in numbers:
        said(thread, "справка", pk=number)
    assert found("справка", 100) == [f"i{number}" for number in numbers[::-1]]


def test_a_word_without_end_is_no_reason_to_lose_a_message(thread: Conversation) -> None:
    row = said(thread, f"{'а' * 1023} и {'б' * 2000} и справка")
    wrote(thread, f"{'ж' * 1023} ждет")
    wrote(thread, "ж" * 1023, origin="notification", edited_text="ж" * 1023)
    clock.freeze(now() + SETTLED + timedelta(seconds=1))
    gather()
    assert found("справка") == [f"i{row.pk}"]


def test_it_gives_up_among_what_one_may_not_see(thread: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    other = conversation_of(make.make_patient(telegram="77"))
    old = said(other, "справка", pk=1)
    for number in range(3):
        said(thread, "справка", pk=5 * search.ERA + number)
    mine = Conversation.objects.filter(pk=other.pk)
    assert [hit.entry for hit in search.messages(mine, "справка", 5, 5)[0]] == [f"i{old.pk}"]
    monkeypatch.setattr(search, "ENOUGH", 3)
    assert search.messages(mine, "справка", 5, 5) == ([], [])


def test_unknown_chats_are_found_by_name_and_number(account: Account) -> None:
    chat = Conversation.objects.create(account=account, address="79261112233", name="Әсем К.", last_at=now())
    for typed in ("асем", "сем", "1122", "as", "әсе 7926"):
        assert search.strangers(Conversation.objects.all(), typed, 5) == [chat], typed
    assert search.strangers(Conversation.objects.all(), "олег", 5) == []


def test_the_cost_does_not_grow_with_what_is_found(thread: Conversation) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            search.messages(EVERYWHERE, "справка", 10, 10)
        return len(captured)

    said(thread, "справка")
    wrote(thread, "справка")
    before = asked()
    for _ in range(12):
        said(thread, "справка")
        wrote(thread, "справка")
    assert asked() <= before


@pytest.mark.parametrize("eras", [0, 2, 300])
def test_the_indexes_answer_alone(thread: Conversation, eras: int) -> None:
    account = Account.objects.get()
    Incoming.objects.bulk_create(
        Incoming(conversation=thread, account=account, address="1", at=now(), text=f"слово{n} здесь")
        for n in range(2000)
    )
    for origin in ("staff", "notification"):
        Delivery.objects.bulk_create(
            Delivery(account=account, address="1", body={"text": f"слово{n} здесь"}, edited_text=f"иначе{n}",
                     origin=origin, created_at=now() - 2 * SETTLED, due_at=now())
            for n in range(2000)
        )  # fmt: skip
    gather()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inbox_incoming, delivery_delivery, inbox_sentwords")
        cursor.execute(search.BY_INDEX)
        asked = search.aged("'слово77':*", range(eras)) if eras else "'слово77':*"
        values: dict[str, str | int] = dict.fromkeys(search.SOURCES, asked) | {"most": 10}
        cursor.execute(f"EXPLAIN {search.sql['holding']}", values | {f"{who}_before": 10**9 for who in search.SOURCES})
        plan = "\n".join(str(row[0]) for row in cursor.fetchall())
    for index in ("incoming_words", "delivery_written", "sent_words", "delivery_reworded"):
        assert f"on {index} " in plan, plan
    assert "Seq Scan" not in plan, plan
    assert "Parallel" not in plan, plan
