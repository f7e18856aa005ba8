"""`/ready`: the page where ready answers are kept: one's own by anybody, those of all by who leads."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.inbox import ready
from priyom.inbox.desk_models import QuickReply
from priyom.web import frame
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.ready.keeping import ALL, OWN, Typed, choices, kept, typed
from priyom.web.ready.names import called


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """Every ready answer they may use, and a form for a new one."""
    return frame.show(request, "web/ready/page.html", "chats", _context(request))


@screen(*WORKS)
@require_POST
def new(request: StaffRequest) -> HttpResponse:
    """Keep another one; what is wrong with it stays typed."""
    form = typed(request)
    wrong = kept(request, form)
    return _list(request, {"wrong": wrong, "form": form, "at": 0} if wrong else {"good": _("Kept.")})


@screen(*WORKS)
@require_POST
def change(request: StaffRequest, ready_id: int) -> HttpResponse:
    """Keep it in its place."""
    row, form = _row(request, ready_id), typed(request)
    wrong = kept(request, form, row)
    return _list(request, {"wrong": wrong, "form": form, "at": ready_id} if wrong else {"good": _("Kept.")})


@screen(*WORKS)
@require_POST
def remove(request: StaffRequest, ready_id: int) -> HttpResponse:
    """It is offered no more."""
    _row(request, ready_id).delete()
    return _list(request, {"good": _("Removed.")})


def _row(request: StaffRequest, ready_id: int) -> QuickReply:
    row = ready.visible(request.user).get(pk=ready_id)
    if not ready.may_change(request.user, row):
        raise PermissionDenied
    return row


def _list(request: StaffRequest, told: dict[str, Any]) -> HttpResponse:
    return render(request, "web/ready/_list.html", {**_context(request), **told})


def _context(request: StaffRequest) -> dict[str, Any]:
    rows = list(ready.visible(request.user))
    return {
        "rows": [(row, _whose(row), ready.may_change(request.user, row)) for row in rows],
        "whose": choices(request.user),
        "names": [(name, called(name)) for name in ready.NAMES],
        "empty": Typed("", "", "", OWN),
    }


def _whose(row: QuickReply) -> str:
    """As the form has it."""
    if row.owner_id is not None:
        return OWN
    return str(row.branch_id) if row.branch_id is not None else ALL
