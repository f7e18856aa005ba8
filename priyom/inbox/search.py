"""Find words in what people said, what the staff wrote and what the program wrote, the newest first.

A word stands in the index as it is, and with its era, the message's number by `ERA`. Three sources are asked together,
for their newest eras first, which is all a frequent word needs; where a word turns out to be rare, then for all there
is (`bench.window`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value

from priyom.delivery.models import Delivery
from priyom.foundation.sql import Statements
from priyom.inbox.kazakh_rules import query
from priyom.inbox.models import Conversation, Incoming
from priyom.patients.rules import SHORTEST_PART, wanted

sql = Statements(Path(__file__).parent / "sql")

SOURCES = ("said", "written", "sent")
NOTHING = "'@'"
"""Asked of a source that need not be asked: no message holds it."""
ERA = 16_384
"""Ids whose words stand together in the index (written out in the migration too)."""
FIRST_ERAS = 2
RARE = 4
"""A word that so many messages of an era hold, or fewer, is asked for in all years at once."""
MOST_ERAS = 512
"""Asked for at once: the question names each of them, for each of its words."""
LOOKED = 2000
"""So many of what an asking finds are looked at, for most may stand where whoever asks may not look."""
AT_ONCE = 20
"""The newest of them first, so many for each that is wanted; the rest, all at once, when they did not give enough."""
ENOUGH = 2 * LOOKED
"""After so many it is given up: all of them stood where one may not look."""
HOW = ("enable_seqscan", "enable_indexscan", "max_parallel_workers_per_gather")
BY_INDEX = "; ".join(f"SET LOCAL {name} TO 0" for name in HOW)
BY_ANY = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in HOW)
BEFORE, AFTER = 40, 90
"""Signs shown around the first word found."""
MARKS = "\x02", "\x03"
_OPENED = re.compile(r"'(?=\w)")

Piece = tuple[str, bool]
"""A stretch of text, and whether it is one of the words looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message with the words. `entry`: its id in the thread (`i7`, `d12`); `who`: said | written | sent."""

    conversation: Conversation
    entry: str
    at: datetime
    who: str
    channel: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    number: int
    conversation: Conversation
    at: datetime
    channel: str
    text: str


@transaction.atomic
def messages(threads: QuerySet[Conversation], text: str, most: int, program: int) -> tuple[list[Found], list[Found]]:
    """At most `most` messages of people in these threads, and `program` of the program's own, the newest first."""
    asked = query(text)
    if not asked:
        return [], []
    with connection.cursor() as cursor:
        cursor.execute(sql["asked"], {"query": asked})
        stems, said_end, made_end = cursor.fetchone() or ("", 0, 0)
    if not stems:
        return [], []
    ends = {"said": said_end or 0, "written": made_end or 0, "sent": made_end or 0}
    hits = _newest(threads, stems, ends, {"said": most, "written": most, "sent": program})
    people = sorted(((who, hit) for who in ("said", "written") for hit in hits[who]), key=_moment, reverse=True)[:most]
    ours = [("sent", hit) for hit in hits["sent"]]
    marked = _marked([hit.text for _, hit in [*people, *ours]], asked)
    found = [
        Found(hit.conversation, f"{'i' if who == 'said' else 'd'}{hit.number}", hit.at, who, hit.channel, pieces)
        for (who, hit), pieces in zip([*people, *ours], marked, strict=True)
    ]
    return found[: len(people)], found[len(people) :]


def strangers(threads: QuerySet[Conversation], text: str, most: int) -> list[Conversation]:
    """Chats nobody is known for, by any part of their name or address, the last active first."""
    asked = wanted(text)
    if not asked.enough:
        return []
    name = Func(F("name"), F("address"), Value(""), function="priyom_name", output_field=TextField())
    rows = threads.filter(patient=None).alias(folded=name)
    for word in asked.words:
        rows = rows.filter(folded__contains=word if len(word) >= SHORTEST_PART else f" {word}")
    if asked.digits:
        rows = rows.filter(folded__contains=asked.digits)
    return list(rows.order_by("-last_at", "-pk")[:most])


def _moment(found: tuple[str, _Hit]) -> tuple[datetime, int]:
    return found[1].at, found[1].number


@dataclass(slots=True)
class _Source:
    """How far one of the three has been asked: for eras from the newest down to `below`, or for all there is."""

    who: str
    below: int
    many: int = FIRST_ERAS
    looked: int = 0
    everything: bool = False
    hits: list[_Hit] = field(default_factory=list)

    def question(self, stems: str) -> str:
        """For `many` further eras, or for the rest whatever its age."""
        if self.everything:
            return stems
        return aged(stems, range(max(0, self.below - self.many), self.below))

    def asked(self, found: int) -> None:
        """So many were found: what is next. A rare word is asked for in all years at once."""
        self.looked += found
        self.below = 0 if self.everything else max(0, self.below - self.many)
        self.everything = found <= RARE * self.many
        self.many = min(4 * self.many, MOST_ERAS)

    def goes_on(self, most: int) -> bool:
        """Whether there is more to ask for, and a reason to."""
        return self.below > 0 and len(self.hits) < most and self.looked < ENOUGH


def _newest(
    threads: QuerySet[Conversation], stems: str, ends: Mapping[str, int], most: Mapping[str, int]
) -> dict[str, list[_Hit]]:
    """For each source its newest messages in these threads, `most` of them."""
    sources = [_Source(who, end // ERA + 1) for who, end in ends.items()]
    while asking := [source for source in sources if source.goes_on(most[source.who])]:
        before = {source.who: source.below * ERA for source in asking}
        found = _ids({source.who: source.question(stems) for source in asking}, before)
        for source in asking:
            ids = found[source.who]
            first = AT_ONCE * most[source.who]
            for some in (ids[:first], ids[first:]):
                missing = most[source.who] - len(source.hits)
                source.hits += _seen(threads, source.who, some, missing) if some and missing > 0 else []
            source.asked(len(ids))
    return {source.who: source.hits for source in sources}


def aged(stems: str, eras: Iterable[int]) -> str:
    """The question for messages of these eras: `'слов':*` -> `( '@7 слов':* ) | ( '@8 слов':* )`."""
    return " | ".join("( " + _OPENED.sub(f"'@{era} ", stems) + " )" for era in eras)


def _ids(asked: Mapping[str, str], before: Mapping[str, int]) -> dict[str, list[int]]:
    """The newest first; by the index and in no other way. What a word of a young era weighs the planner cannot know: it
    takes too many for granted, and would rather cut every text there is into words, or call helpers, for which the
    index is done a hundred times over."""
    values: dict[str, str | int] = {"most": LOOKED}
    for who in SOURCES:
        values |= {who: asked.get(who, NOTHING), f"{who}_before": before.get(who, 0)}
    found: dict[str, list[int]] = {who: [] for who in asked}
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(sql["holding"], values)
        for who, number in cursor.fetchall():
            found[who].append(number)
        cursor.execute(BY_ANY)
    return {who: sorted(numbers, reverse=True) for who, numbers in found.items()}


def _seen(threads: QuerySet[Conversation], who: str, ids: Sequence[int], most: int) -> list[_Hit]:
    """The newest of the messages that stand in these threads."""
    return _said(threads, ids, most) if who == "said" else _made(threads, ids, most)


def _said(threads: QuerySet[Conversation], ids: Sequence[int], most: int) -> list[_Hit]:
    rows = Incoming.objects.filter(pk__in=ids).order_by("-pk")
    stand = dict(rows.values_list("pk", "conversation_id"))
    known = threads.in_bulk(set(stand.values()))
    mine = [pk for pk, place in stand.items() if place in known][:most]
    return [
        _Hit(row.pk, known[row.conversation_id], row.at, row.account.channel, row.text)
        for row in rows.filter(pk__in=mine).select_related("account")
    ]


def _made(threads: QuerySet[Conversation], ids: Sequence[int], most: int) -> list[_Hit]:
    rows = Delivery.objects.filter(pk__in=ids).order_by("-pk")
    places = rows.values_list("pk", "patient_id", "account_id", "address")
    stand = {pk: _place(patient, account, address) for pk, patient, account, address in places}
    known = _whose(threads, set(stand.values()))
    mine = [pk for pk, place in stand.items() if place in known][:most]
    return [
        _Hit(
            row.pk, known[stand[row.pk]], row.sent_at or row.created_at, row.account.channel,
            row.edited_text or str(row.body.get("text", "")),
        )
        for row in rows.filter(pk__in=mine).select_related("account")
    ]  # fmt: skip


_Place = tuple[int | None, int, str]


def _place(patient_id: int | None, account_id: int, address: str) -> _Place:
    """Whose thread a delivery stands in: the patient's, or the unknown chat's."""
    return (patient_id, 0, "") if patient_id is not None else (None, account_id, address)


def _whose(threads: QuerySet[Conversation], places: Collection[_Place]) -> dict[_Place, Conversation]:
    patients = {patient for patient, _, _ in places if patient is not None}
    found: dict[_Place, Conversation] = {(row.patient_id, 0, ""): row for row in threads.filter(patient__in=patients)}
    unknown = sorted((account, address) for patient, account, address in places if patient is None)
    if unknown:
        mine = Q()
        for account, group in groupby(unknown, key=lambda place: place[0]):
            mine |= Q(account=account, address__in={address for _, address in group})
        strange = threads.filter(mine, patient=None)
        found |= {(None, row.account_id or 0, row.address): row for row in strange}
    return found


def _marked(texts: Sequence[str], asked: str) -> list[tuple[Piece, ...]]:
    if not texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql["marked"], {"query": asked, "texts": [text.replace("\x00", " ") for text in texts]})
        folded = [str(row[0]) for row in cursor.fetchall()]
    return [pieces(text, marks) for text, marks in zip(texts, folded, strict=True)]


def pieces(text: str, folded: str) -> tuple[Piece, ...]:
    """The part of `text` around the first word that is marked in `folded` (its twin, sign for sign), in stretches."""
    marked: list[bool] = []
    within = False
    for sign in folded:
        if sign in MARKS:
            within = sign == MARKS[0]
        else:
            marked.append(within)
    marked += [False] * (len(text) - len(marked))
    first = marked.index(True) if True in marked else 0
    start = 0 if first <= BEFORE else text.rfind(" ", 0, first - BEFORE // 2) + 1 or first - BEFORE
    end = min(len(text), first + AFTER)
    found = [
        (text[group[0] : group[-1] + 1], known)
        for known, group in ((known, list(g)) for known, g in groupby(range(start, end), key=lambda n: marked[n]))
    ]
    head = [("…", False)] if start else []
    return (*head, *found, *([("…", False)] if end < len(text) else []))
