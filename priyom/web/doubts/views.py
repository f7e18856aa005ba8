"""The list of doubts: what waits for a person with one press each, what goes on by itself, and what was known in the
end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.models import Staff
from priyom.delivery.doubts import BY_HAND
from priyom.delivery.models import Doubt
from priyom.inbox import doubts
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.reply import CannotCarry, NowhereToWrite, WindowClosed
from priyom.web import frame, guard
from priyom.web.frame import WORKS, StaffRequest, screen

MOST = 50


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/doubts`: the newest first, those for a person on top."""
    return frame.show(request, "web/doubts/page.html", "doubts", _context(request))


@screen(*WORKS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/doubts/rows`: the lists alone, for the live page."""
    return render(request, "web/doubts/_lists.html", _context(request))


@screen(*WORKS)
@require_POST
def again(request: StaffRequest, doubt_id: int) -> HttpResponse:
    """Send it once more. The page asked twice: the patient may have it twice."""
    row = guard.doubt(request.user, doubt_id)
    return _done(request, lambda: doubts.send_again(request.user, row.pk), _("Sent again."))


@screen(*WORKS)
@require_POST
def settle(request: StaffRequest, doubt_id: int) -> HttpResponse:
    """Somebody knows how it was: `how` arrived, lost or seen."""
    row, how = guard.doubt(request.user, doubt_id), request.POST.get("how", "")
    if how not in doubts.SAID:
        raise Http404
    return _done(request, lambda: doubts.settle(request.user, row.pk, how), _("Noted."), row.pk)


@screen(*WORKS)
@require_POST
def undo(request: StaffRequest, doubt_id: int) -> HttpResponse:
    """Take that back."""
    row = guard.doubt(request.user, doubt_id)
    return _done(request, lambda: doubts.unsettle(row.pk), _("It is open again."))


def _done(request: StaffRequest, act: Callable[[], object], good: str, undo: int | None = None) -> HttpResponse:
    told: dict[str, Any] = {"good": good, "undo": undo}
    try:
        act()
    except doubts.NotOpen:
        told = {"bad": _("This is settled already: look below.")}
    except NowhereToWrite:
        told = {"bad": _("There is no channel to write to this patient. Call them, or link a chat.")}
    except WindowClosed:
        told = {"bad": _("The messenger takes no free words now. Open the chat: there it says what to do.")}
    except (CannotCarry, ValueError, Conversation.DoesNotExist):
        told = {"bad": _("It cannot be sent from here. Open the chat, and write there.")}
    return frame.told(render(request, "web/doubts/_lists.html", {**_context(request), **told}))


def _context(request: StaffRequest) -> dict[str, Any]:
    listed = guard.doubts(request.user).annotate(said_at=_said_since())
    still, past = listed.filter(resolved="").order_by("-since", "-pk"), listed.exclude(resolved="")
    ours, more = frame.first_page(still.filter(delivery__origin=BY_HAND), MOST)
    ended = list(past.order_by("-resolved_at", "-pk")[:MOST])
    return {
        "ours": ours,
        "more": more,
        "running": list(still.exclude(delivery__origin=BY_HAND)[:MOST]),
        "past": ended,
        "back": {row.pk for row in ended if doubts.can_be_taken_back(row)},
        "authors": _authors([*ours, *ended]),
        "most": MOST,
        "zone": frame.zone_of(request),
    }


def _said_since() -> Greatest:
    """When the patient was last heard of after that: in the same chat, or on any other channel."""
    newest = Incoming.objects.filter(at__gt=OuterRef("since")).order_by("-at").values("at")
    there = newest.filter(account=OuterRef("delivery__account"), address=OuterRef("delivery__address"))
    anywhere = newest.filter(conversation__patient=OuterRef("delivery__patient"))
    return Greatest(Subquery(there[:1]), Subquery(anywhere[:1]))


def _authors(listed: list[Doubt]) -> dict[int, str]:
    written: QuerySet[Staff] = Staff.objects.filter(
        pk__in={row.delivery.origin_id for row in listed if row.delivery.origin == BY_HAND}
    )
    return {one.pk: one.get_full_name() or one.username for one in written}
