"""Keeping a ready answer from a form: what was typed, whose it may be, and why it cannot be kept, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from priyom.clinic.access import branches
from priyom.clinic.models import Branch, Staff
from priyom.inbox.desk_models import QuickReply
from priyom.inbox.ready import KEEPS_FOR_ALL, LONGEST_TEXT, LONGEST_WORD, NAMES, NotKept, Wanted, keep
from priyom.web.frame import StaffRequest

OWN, ALL = "own", "all"


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it came. `whose` is OWN, ALL or a branch's id."""

    word: str
    text_ru: str
    text_kk: str
    whose: str


def typed(request: StaffRequest) -> Typed:
    """What the form brought."""
    post = request.POST
    return Typed(post.get("word", ""), post.get("text_ru", ""), post.get("text_kk", ""), post.get("whose", OWN))


def choices(staff: Staff) -> list[tuple[str, str]]:
    """Whose a ready answer may be: (value, name). Only one's own for those who do not lead."""
    found = [(OWN, _("only mine"))]
    if staff.role in KEEPS_FOR_ALL:
        found.append((ALL, _("everybody's")))
        found += [(str(branch.pk), branch.name) for branch in branches(staff)]
    return found


def kept(request: StaffRequest, form: Typed, row: QuickReply | None = None) -> str:
    """Keep it. Why not, in words; '' when it is kept. Raises PermissionDenied where it is not theirs to change."""
    branch = _branch(request.user, form.whose)
    wanted = Wanted(form.word, form.text_ru, form.text_kk, form.whose == OWN, branch)
    try:
        keep(request.user, wanted, row)
    except NotKept as error:
        return _words(error)
    except PermissionError:
        raise PermissionDenied from None
    return ""


def _branch(staff: Staff, whose: str) -> Branch | None:
    if whose in (OWN, ALL):
        return None
    found = next((branch for branch in branches(staff) if str(branch.pk) == whose), None)
    if found is None:
        raise PermissionDenied
    return found


def _words(error: NotKept) -> str:
    told = {
        "word": _("Write a word of at most %(most)d signs by which it is found."),
        "empty": _("Write the text in one language at least."),
        "long": _("The text is too long: at most %(longest)d characters."),
        "taken": _("There is a ready answer «/%(what)s» already."),
        "variable": _("There is no variable {{ %(what)s }}. There are: %(names)s."),
        "braces": _("The braces {{ }} do not match."),
    }
    values = {"what": error.what, "most": LONGEST_WORD, "longest": LONGEST_TEXT, "names": ", ".join(NAMES)}
    return told[error.why] % values
