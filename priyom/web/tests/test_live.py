"""The live stream: a page is told of what it shows and may see, soon, once, and of everything it has missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient

from priyom.clinic.models import Role
from priyom.contracts.message import Signal
from priyom.delivery.database import Database
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Doubt, FileState, StoredFile
from priyom.delivery.settle import advance
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Looking
from priyom.inbox.models import Conversation, Incoming
from priyom.journal.models import Fact
from priyom.web.live import hub as hubs
from priyom.web.live.entrance import page_of
from priyom.web.live.lookers import Lookers
from priyom.web.live.page import Heard, Page
from priyom.web.live.stream import events
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alone")]

T = TypeVar("T")
SOON = 10


@dataclass(frozen=True)
class Event:
    """One event of the stream. `about`: None means everything."""

    kind: str
    place: str
    about: AbstractSet[str] | None = frozenset()


def parsed(raw: bytes) -> Event:
    lines = dict(line.split(": ", 1) for line in raw.decode().strip().split("\n"))
    said = json.loads(lines["data"])
    about = None if said == {"all": True} else frozenset(said["about"]) if isinstance(said, dict) else frozenset()
    return Event(lines["event"], lines.get("id", ""), about)


class Tab:
    """A page's end of its stream."""

    def __init__(self, page: Page, after: str = "", beat: float = 60.0, pause: float = 0.05, life: float = 600) -> None:
        self._stream: AsyncIterator[bytes] = events(page, after, life, beat, pause)

    async def begin(self) -> Tab:
        assert (await anext(self._stream)).startswith(b"retry: ")
        return self

    async def next(self) -> Event:
        return parsed(await asyncio.wait_for(anext(self._stream), SOON))

    async def close(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]

    async def caught_up(self) -> str:
        """The place of a tab that has been told to look at everything once."""
        first = await self.told()
        assert first.about is None
        return first.place

    async def told(self) -> Event:
        """The next event that is no beat."""
        while (event := await self.next()).kind == "beat":
            pass
        return event


def shows(*words: str, role: str = Role.REGISTRAR) -> Page:
    return Page(role, {word: frozenset({word}) for word in words})


async def opened(*pages: Page) -> list[Tab]:
    tabs = [await Tab(page).begin() for page in pages]
    for tab in tabs:
        await tab.caught_up()
    return tabs


async def closed(*tabs: Tab) -> None:
    for tab in tabs:
        await tab.close()
    await asyncio.sleep(0.05)


async def done(change: Callable[[], T]) -> T:
    """The change, made in a thread: its connection is closed, the test database is dropped at the end."""

    def make_it() -> T:
        try:
            return change()
        finally:
            connection.close()

    return await sync_to_async(make_it)()


def happen() -> None:
    Fact.objects.create(type="Something", at=now())


def listening() -> int:
    return sum(task.get_name() == "live" and not task.done() for task in asyncio.all_tasks())


async def test_a_fact_wakes_every_page_over_one_connection() -> None:
    tabs = await opened(shows(), shows(), shows())
    assert listening() == 1
    await done(happen)
    assert [(await tab.next()).about for tab in tabs] == [{"other"}] * 3
    await closed(*tabs)
    assert listening() == 0


async def test_a_burst_is_few_events() -> None:
    """Between two events lies the pause at least, however much happens; what comes meanwhile is one event."""
    pause, loop = 0.3, asyncio.get_running_loop()
    tab = await Tab(shows(), beat=0.6, pause=pause).begin()
    await tab.caught_up()
    moments = [loop.time()]
    happening = asyncio.gather(*(done(happen) for _ in range(20)))
    while (await tab.next()).kind == "fact":
        moments.append(loop.time())
    await happening
    assert len(moments) > 1
    assert all(later - earlier > pause * 0.9 for earlier, later in pairwise(moments))
    await closed(tab)


def test_what_comes_together_is_told_together() -> None:
    page = shows("chat:1", "looking:1")
    for words in ({"chat:1", "chats"}, {"looking:1", "chat:2"}, {"patient:7", "visit:3"}):
        page.take(Heard.of(words))
    assert json.loads(page.give()) == {"about": ["chat:1", "chats", "looking:1", "patients", "visits"]}
    assert not page.bell.is_set()
    page.take(Heard.of({"chat:2"}))
    assert not page.bell.is_set(), "another's thread is none of its business"
    page.take(Heard.of({"chat:1"}))
    page.take(Heard.of(None))
    assert json.loads(page.give()) == {"all": True}
    assert json.loads(page.give()) == {"about": []}


async def test_a_quiet_stream_beats_and_ends() -> None:
    seen = [part async for part in events(shows(), life=1, beat=0.05)]
    assert b"event: beat" in seen[-1]
    await asyncio.sleep(0.05)
    assert listening() == 0


async def test_a_stranger_gets_no_stream() -> None:
    assert (await AsyncClient().get("/live")).status_code == 204


async def test_a_page_hears_by_name_only_of_what_it_shows(clinic: Clinic) -> None:
    mine, other = clinic.chat, clinic.stranger
    tabs = await opened(shows(f"chat:{mine.pk}"), shows(), shows(role=Role.DOCTOR))
    await done(lambda: Conversation.objects.filter(pk=mine.pk).update(last_text="новое"))
    assert (await tabs[0].next()).about == {f"chat:{mine.pk}", "chats"}
    assert (await tabs[1].next()).about == {"chats"}
    await done(lambda: Conversation.objects.filter(pk=other.pk).update(last_text="новое"))
    assert (await tabs[0].next()).about == {"chats"}
    await done(happen)
    assert (await tabs[2].next()).about == {"other"}, "a doctor was told nothing of the chats"
    await closed(*tabs)


async def test_typing_is_told_to_the_thread_and_not_to_the_lists(clinic: Clinic) -> None:
    tabs = await opened(shows(f"chat:{clinic.chat.pk}"), shows())
    await done(lambda: Conversation.objects.filter(pk=clinic.chat.pk).update(typing_at=now()))
    await done(happen)
    assert (await tabs[0].next()).about is not None
    assert (await tabs[1].next()).about == {"other"}
    await closed(*tabs)


async def test_nothing_is_told_where_nothing_has_changed(clinic: Clinic) -> None:
    tabs = await opened(shows(f"chat:{clinic.chat.pk}"))
    await done(lambda: Conversation.objects.filter(pk=clinic.chat.pk).update(last_text=clinic.chat.last_text))
    await done(happen)
    assert (await tabs[0].next()).about == {"other"}
    await closed(*tabs)


@pytest.mark.parametrize(
    ("role", "heard"),
    [(Role.REGISTRAR, True), (Role.OWNER, True), (Role.ADMIN, True), (Role.DOCTOR, False), (Role.MARKETER, False)],
)
def test_what_one_may_not_open_one_is_told_nothing_of(clinic: Clinic, role: Role, heard: bool) -> None:
    named = [f"chat:{clinic.chat.pk}", f"looking:{clinic.chat.pk}", f"task:{clinic.task.pk}"]
    page = page_of(make.make_staff(role), named)
    patient = f"patient:{clinic.visit.patient_id}"
    assert set(page.interest) == ({*named, patient} if heard else set())
    assert (page.looking is not None) is heard


def test_a_closed_branch_is_closed_to_the_stream(clinic: Clinic) -> None:
    far = Conversation.objects.create(patient=clinic.far.patient, last_at=now())
    local = make.make_staff(Role.REGISTRAR, clinic.here)
    named = [f"chat:{far.pk}", f"looking:{far.pk}", f"patient:{far.patient_id}", f"visit:{clinic.far.pk}"]
    assert page_of(local, named).interest == {}
    assert set(page_of(make.make_staff(Role.REGISTRAR), named).interest) == set(named)


@pytest.mark.parametrize("word", ["", "chat", "chat:", "chat:x", "chat:-1", "chat:٤", "chat:" + "9" * 30, "nothing:1"])
def test_what_nobody_understands_is_passed_over(db: None, word: str) -> None:
    assert page_of(make.make_staff(), [word]).interest == {}


async def test_a_message_to_somebody_unknown_is_told_to_their_thread(clinic: Clinic) -> None:
    """A fact about it bears no patient, and a file no thread."""
    chat = clinic.stranger
    order = Order(clinic.account.pk, chat.address, {"text": "Кто вы?"}, "staff")
    delivery = await done(lambda: enqueue(order))
    file = await done(lambda: StoredFile.objects.create(name="a", state=FileState.WANTED, created_at=now()))
    said = {"conversation": chat, "account": clinic.account, "address": chat.address, "at": now()}
    await done(lambda: Incoming.objects.create(**said, files=[{"id": file.pk}]))
    tabs = await opened(shows(f"chat:{chat.pk}"), shows(f"chat:{clinic.chat.pk}"))
    await done(lambda: advance(delivery, Signal.READ, "прочитано"))
    assert f"chat:{chat.pk}" in ((await tabs[0].next()).about or ())
    await done(lambda: StoredFile.objects.filter(pk=file.pk).update(state=FileState.FAILED))
    assert (await tabs[0].next()).about == {f"chat:{chat.pk}"}
    await done(happen)
    assert all("chat" not in word for word in (await tabs[1].next()).about or ())
    await closed(*tabs)


async def test_a_doubt_about_a_message_is_told_to_its_patients_page(clinic: Clinic) -> None:
    """It names the message alone."""
    word = f"patient:{clinic.visit.patient_id}"
    (tab,) = await opened(shows(word))
    await done(lambda: Doubt.objects.create(delivery=clinic.delivery, kind="lost", since=now()))
    assert word in ((await tab.told()).about or ())
    await closed(tab)


async def test_whoever_comes_back_is_told_exactly_what_was_missed(clinic: Clinic) -> None:
    """The line broke; nobody of this process listened; the place goes on where it was."""
    word = f"chat:{clinic.chat.pk}"
    tab = await Tab(shows(word)).begin()
    place = await tab.caught_up()
    await closed(tab)
    assert listening() == 0
    await done(lambda: Conversation.objects.filter(pk=clinic.chat.pk).update(last_text="пока вас не было"))
    tab = await Tab(shows(word), place).begin()
    missed = await tab.next()
    assert missed.about == {word, "chats"}
    await closed(tab)
    tab = await Tab(shows(word), missed.place, beat=0.1).begin()
    quiet = await tab.next()
    assert (quiet.kind, quiet.about) == ("beat", frozenset())
    while not quiet.place:
        quiet = await tab.next()
    await closed(tab)


@pytest.mark.parametrize("after", ["", "nonsense", "1-1-1:1:"])
async def test_whoever_names_no_place_that_holds_looks_at_everything(after: str) -> None:
    tab = await Tab(shows(), after).begin()
    assert (await tab.next()).about is None
    await closed(tab)


async def test_a_beat_names_no_place_before_the_page_has_caught_up() -> None:
    """Else a line that breaks just then would leave what it had missed untold."""
    first = await Tab(shows()).begin()
    await first.caught_up()
    page = shows()
    held = asyncio.Event()
    ours = hubs.hub()
    real = ours.catch_up

    async def slowly(page: Page, after: str) -> None:
        await held.wait()
        await real(page, after)

    ours.catch_up = slowly  # type: ignore[method-assign]
    tab = await Tab(page, beat=0.05).begin()
    assert (await tab.next()).place == ""
    held.set()
    event = await tab.next()
    while event.kind == "beat":
        event = await tab.next()
    assert (event.about, bool(event.place)) == (None, True)
    ours.catch_up = real  # type: ignore[method-assign]
    await closed(first, tab)


async def test_a_lost_line_to_the_database_loses_nothing(clinic: Clinic) -> None:
    """Ended by the server, as by a restart; what happens before there is a new one is told by it."""

    def cut_and_change() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%journal_news%'"
            )
            assert len(cursor.fetchall()) == 1
        Conversation.objects.filter(pk=clinic.chat.pk).update(last_text="пока никто не слушал")

    word = f"chat:{clinic.chat.pk}"
    (tab,) = await opened(shows(word))
    await done(cut_and_change)
    assert (await tab.next()).about == {word, "chats"}
    await closed(tab)


async def test_a_fresh_page_goes_on_from_before_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "OVERLAP", 0.0)
    tab = await Tab(shows(), beat=0.05).begin()
    await tab.caught_up()
    place = hubs.recently()
    assert place
    await done(happen)
    second = await Tab(shows(), place).begin()
    assert (await second.next()).about == {"other"}
    await closed(tab, second)


async def lookers(clinic: Clinic, count: int) -> None:
    """Wait until so many have the thread open."""

    def there() -> int:
        return Looking.objects.filter(conversation=clinic.chat).count()

    async with asyncio.timeout(SOON):
        async for found in asked(there):
            if found == count:
                return


async def asked(question: Callable[[], T]) -> AsyncIterator[T]:
    """The answer, again and again."""
    while True:
        yield await done(question)
        await asyncio.sleep(0.02)


async def test_an_open_thread_tells_who_looks_at_it_until_its_last_page_has_gone(clinic: Clinic) -> None:
    staff = await done(make.make_staff)
    word = f"looking:{clinic.chat.pk}"
    watching = await opened(shows(word))
    hubs.hub()._lookers._grace = 0.1
    pages = [Page(staff.role, {}, (clinic.chat.pk, staff.pk)) for _ in range(2)]
    tabs = [await Tab(page).begin() for page in pages]
    assert (await watching[0].next()).about == {word}
    await lookers(clinic, 1)
    await tabs[0].close()
    await asyncio.sleep(0.3)
    await lookers(clinic, 1)
    await tabs[1].close()
    assert (await watching[0].next()).about == {word}
    await lookers(clinic, 0)
    await closed(*watching)


async def test_a_row_another_process_has_removed_is_written_again(clinic: Clinic) -> None:
    """The same person had the thread open there, too, and closed it."""
    staff = await done(make.make_staff)
    tab = await Tab(Page(staff.role, {}, (clinic.chat.pk, staff.pk))).begin()
    await tab.caught_up()
    await lookers(clinic, 1)
    await done(lambda: Looking.objects.all().delete())
    await lookers(clinic, 1)
    hubs.hub()._lookers._grace = 0.0
    await closed(tab)
    await lookers(clinic, 0)


def test_a_program_that_ends_leaves_no_connection_open(clinic: Clinic) -> None:
    """Who looks at the thread has been written down, and would be written again a little later."""
    database = Database()
    staff = make.make_staff()

    async def story() -> None:
        Lookers(database).come((clinic.chat.pk, staff.pk))
        async with asyncio.timeout(SOON):
            while not database._idle:  # noqa: ASYNC110 - a connection that is given back rings no bell
                await asyncio.sleep(0.01)

    asyncio.run(story())
    assert database._idle == []
