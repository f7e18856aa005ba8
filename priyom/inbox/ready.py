"""Ready answers: whose they are, what they say to this person, and what is wrong with one before it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, When

from priyom.clinic.access import branches
from priyom.clinic.models import Branch, Role, Staff
from priyom.foundation.clock import now
from priyom.inbox.about import language_of, nearest_visit, values_for
from priyom.inbox.desk_models import QuickReply
from priyom.inbox.models import Conversation
from priyom.notifications import variables

NAMES = tuple(sorted(name for name in variables.NAMES if not name.startswith("old.")))
"""Variables a ready answer may hold: those of the wordings, without the time a visit was moved from."""
GAP = "___"
"""What stands for a variable without a value: to be filled in by hand before it can be sent."""
LONGEST_WORD, LONGEST_TEXT = 40, 4000
KEEPS_FOR_ALL = (Role.OWNER, Role.ADMIN)
_BRACES = re.compile(r"\{\{(.*?)\}\}", re.S)
_STRAY = re.compile(r"\{\{|\}\}")
_LEAST_NAMED = 3
"""Signs of a name at least, so that it is taken for one inside of words."""


class NotKept(ValueError):
    """It cannot be kept as it is; `why` is a key of the page's words, `what` the thing it names."""

    def __init__(self, why: str, what: str = "") -> None:
        super().__init__(f"{why} {what}".strip())
        self.why, self.what = why, what


@dataclass(frozen=True, slots=True)
class Wanted:
    """A ready answer as it was typed in: of `branch`, or `own`; else everybody's."""

    word: str
    text_ru: str
    text_kk: str
    own: bool = True
    branch: Branch | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A ready answer for one conversation: in the person's language, filled in."""

    id: int
    word: str
    text: str
    own: bool
    branch: str


def visible(staff: Staff) -> QuerySet[QuickReply]:
    """Their own, those of their branches, everybody's: in this order, then by word."""
    rows = QuickReply.objects.select_related("branch", "owner")
    mine = rows.filter(Q(owner=staff) | Q(owner=None, branch=None) | Q(branch__in=branches(staff)))
    order = Case(When(owner__isnull=False, then=0), When(branch__isnull=False, then=1), default=2)
    return mine.order_by(order, F("branch__name").asc(nulls_last=True), "word", "pk")


def may_change(staff: Staff, row: QuickReply) -> bool:
    """One's own by anybody; the others by those who lead."""
    return row.owner_id == staff.pk or (row.owner_id is None and staff.role in KEEPS_FOR_ALL)


def offered(staff: Staff, conversation: Conversation) -> list[Offered]:
    """What may be answered here at once: of the branches only the one the person goes to, where that is known."""
    rows = visible(staff)
    if conversation.branch_id is not None:
        rows = rows.filter(Q(branch=None) | Q(branch=conversation.branch_id))
    code = language_of(conversation)
    known = values_for(conversation, nearest_visit(conversation), code)
    return [
        Offered(row.pk, row.word, filled(in_language(row, code), known), row.owner_id is not None,
                row.branch.name if row.branch else "")
        for row in rows
    ]  # fmt: skip


def in_language(row: QuickReply, code: str) -> str:
    """The text in that language; the other one where it has none."""
    return (row.text_kk or row.text_ru) if code == "kk" else (row.text_ru or row.text_kk)


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with its variables filled in; a gap stands for what is not known."""
    return variables.VARIABLE.sub(lambda match: known.get(match.group(1), "") or GAP, text)


def unfilled(text: str, known: Mapping[str, str]) -> str:
    """A written text as a ready answer: what names this person and their visit becomes variables again."""
    for name in ("patient.name", "patient.given", "visit.local_date", "visit.local_time"):
        value = known.get(name, "")
        if len(value) >= _LEAST_NAMED:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f"{{{{ {name} }}}}", text)
    return text


def plain_word(word: str) -> str:
    """A word as it is typed after `/`: small letters, no spaces."""
    return re.sub(r"\s+", "-", word.strip().strip("/").strip().lower())


def check(text: str) -> None:
    """Raises NotKept for a variable that does not exist, or braces without a pair."""
    for found in _BRACES.findall(text):
        if found.strip() not in NAMES:
            raise NotKept("variable", found.strip())
    if _STRAY.search(_BRACES.sub("", text)):
        raise NotKept("braces")


def keep(staff: Staff, wanted: Wanted, row: QuickReply | None = None) -> QuickReply:
    """Keep it, in place of `row` if given. Raises NotKept; PermissionError when it is not theirs to change."""
    if (row is not None and not may_change(staff, row)) or (not wanted.own and staff.role not in KEEPS_FOR_ALL):
        raise PermissionError
    word, ru, kk = plain_word(wanted.word), wanted.text_ru.strip(), wanted.text_kk.strip()
    if not word or len(word) > LONGEST_WORD:
        raise NotKept("word")
    if not ru and not kk:
        raise NotKept("empty")
    if max(len(ru), len(kk)) > LONGEST_TEXT:
        raise NotKept("long")
    check(ru)
    check(kk)
    row = row or QuickReply()
    row.word, row.text_ru, row.text_kk, row.changed_at = word, ru, kk, now()
    row.owner = (row.owner or staff) if wanted.own else None
    row.branch = None if wanted.own else wanted.branch
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise NotKept("taken", word) from None
    return row
