"""Find people by any part of their names and by any three digits of a phone, among a million of them: every question
asked here has an index (migration 0004), the folding is that of `rules`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.functions import Collate

from priyom.patients.models import ContactPoint, Kind, Patient
from priyom.patients.rules import SHORTEST_PART, Wanted, spellings, wanted

PHONES = (Kind.PHONE, Kind.WHATSAPP)


LAST = "\U0010ffff"
"""Behind everything that begins so."""


@contextmanager
def each_planned() -> Iterator[None]:
    """Questions asked in here are planned for their own words: a plan made once for all words would go through the
    whole table for rare ones, or through half an index for common ones. To call helpers takes longer than to answer."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL max_parallel_workers_per_gather = 0")
        yield


class Name(Func):
    """` family given patronymic`, folded; begins with a space, so that each word begins with one."""

    function = "priyom_name"
    arity = 3
    output_field = TextField()

    def __init__(self) -> None:
        super().__init__(F("family"), F("given"), F("patronymic"))


def people(rows: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """Those of `rows` that the text names; all of them for an empty text, nobody for one that says too little."""
    if not text.strip():
        return rows
    asked = wanted(text)
    return _matching(rows, asked) if asked.enough else rows.none()


def best(rows: QuerySet[Patient], text: str, most: int) -> list[Patient]:
    """At most `most`: those whose whole name begins so first, by name; then those with these parts anywhere."""
    asked = wanted(text)
    if not asked.enough:
        return []
    found: list[Patient] = []
    if asked.words and not asked.digits:
        begins = f" {' '.join(asked.words)}"
        sorted_names = Collate(Name(), "C")
        named = rows.alias(whole=sorted_names).filter(whole__gte=begins, whole__lt=f"{begins}{LAST}")
        found = list(named.order_by("whole", "pk")[:most])
    if len(found) < most:
        others = _matching(rows, asked).exclude(pk__in=[p.pk for p in found])[: most - len(found)]
        found += sorted(others, key=lambda p: (p.family, p.given, p.pk))
    return found


def _matching(rows: QuerySet[Patient], asked: Wanted) -> QuerySet[Patient]:
    for word in asked.words:
        piece = word if len(word) >= SHORTEST_PART else f" {word}"
        rows = rows.alias(folded=Name()).filter(folded__contains=piece)
    if asked.digits:
        rows = rows.filter(pk__in=with_phone(asked.digits).values("patient"))
    return rows


def with_phone(digits: str) -> QuerySet[ContactPoint]:
    """Present numbers, own and relatives', that contain the digits in any spelling."""
    contains = Q()
    for spelling in spellings(digits):
        contains |= Q(address__contains=spelling)
    return ContactPoint.objects.filter(contains, kind__in=PHONES, removed_at=None)
