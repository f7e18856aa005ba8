"""The frame around every screen: who may enter, in which language, which branch is chosen, and what the rail counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_noop
from django_htmx.middleware import HtmxDetails

from priyom.clinic.access import branches
from priyom.clinic.models import Branch, Role, Staff
from priyom.delivery.doubts import BY_HAND
from priyom.foundation.clock import now
from priyom.web import guard

P = ParamSpec("P")

SEES = (Role.REGISTRAR, Role.DOCTOR, Role.OWNER, Role.ADMIN)
"""May look at visits and patients."""
WORKS = guard.ANSWERS
"""May act on visits, write to patients, call them, load tables."""
SETS = (Role.OWNER, Role.ADMIN)
"""May connect channels and see what went wrong in them."""

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'"
)


class StaffRequest(HttpRequest):
    """A request behind `screen`: somebody of the staff, and what htmx says of itself."""

    user: Staff
    htmx: HtmxDetails


def part(request: StaffRequest) -> bool:
    """Whether only a part of the page is wanted."""
    return bool(request.htmx) and not request.htmx.history_restore_request


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the rail. `url` is a route's name; `extra` ones stand under «More» on a phone."""

    key: str
    label: str
    icon: str
    url: str
    roles: tuple[Role, ...]
    extra: bool = False


PLACES = (
    Place("today", gettext_noop("Today"), "today", "today", SEES),
    Place("chats", gettext_noop("Chats"), "chat", "chats", WORKS),
    Place("tasks", gettext_noop("Calls"), "call", "tasks", WORKS),
    Place("doubts", gettext_noop("Arrived?"), "unproven", "doubts", WORKS, True),
    Place("patients", gettext_noop("Patients"), "person", "patients", SEES, True),
    Place("imports", gettext_noop("Import"), "load", "imports", WORKS, True),
    Place("desk", gettext_noop("The shift"), "desk", "desk", SETS, True),
    Place("accounts", gettext_noop("Channels"), "channel", "accounts", SETS, True),
    Place("opened", gettext_noop("Who has looked"), "eye", "opened", SETS, True),
    Place("staff", gettext_noop("Staff"), "people", "staff", SETS, True),
    Place("attention", gettext_noop("Attention"), "silent", "attention", SETS, True),
)

View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def screen(*roles: Role) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Decorator of a view: signed-in staff of these roles, in their language; refusals are pages in plain words."""

    def wrap(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            staff = request.user
            if not isinstance(staff, Staff) or not staff.is_active:
                return _to_sign_in(request)
            ours = cast(StaffRequest, request)
            with translation.override(staff.language or "ru"):
                try:
                    if staff.role not in roles:
                        raise PermissionDenied
                    response = view(ours, *args, **kwargs)
                except PermissionDenied:
                    response = _refuse(ours, 403)
                except (Http404, ObjectDoesNotExist):
                    response = _refuse(ours, 404)
            return seal(response)

        return guarded

    return wrap


def seal(response: HttpResponseBase) -> HttpResponseBase:
    """Headers of every staff page: nothing of it stays in the browser, nothing foreign runs in it. What somebody sent
    us comes with a stricter policy of its own."""
    response["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    return response


def show(request: StaffRequest, template: str, place: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A whole page inside the frame; `place` is the rail's entry that is lit."""
    return render(request, template, {**frame(request, place), **context}, status=status)


def frame(request: StaffRequest, place: str) -> dict[str, Any]:
    """What the frame itself shows: the rail with its counts, the branches, the theme."""
    staff = request.user
    counts = _counts(staff) if staff.role in WORKS else {}
    places = [
        {"place": p, "url": reverse(f"web:{p.url}"), "current": p.key == place, "count": counts.get(p.key, 0)}
        for p in PLACES
        if staff.role in p.roles
    ]
    return {
        "places": places,
        "place": place,
        "theme": theme(request),
        "language": staff.language or "ru",
        "hears": staff.role in WORKS,
    }


def _counts(staff: Staff) -> dict[str, int]:
    chats = guard.conversations(staff).filter(needs_answer=True).count()
    doubts = guard.doubts(staff).filter(resolved="", delivery__origin=BY_HAND).count()
    return {"chats": chats, "tasks": guard.tasks(staff).count(), "doubts": doubts}


def theme(request: HttpRequest) -> str:
    """`light`, `dark`, or '' for what the system says."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


def branch_of(request: StaffRequest) -> tuple[Branch | None, list[Branch]]:
    """The branch in view (asked for by `?branch=`, else the last one, else the first) and all that may be chosen."""
    choices = branches(request.user)
    wanted = request.GET.get("branch") or request.session.get("branch")
    chosen = next((b for b in choices if str(b.pk) == str(wanted)), choices[0] if choices else None)
    if request.GET.get("branch") and chosen is not None and not any(str(b.pk) == str(wanted) for b in choices):
        raise Http404
    if chosen is not None and request.session.get("branch") != chosen.pk:
        request.session["branch"] = chosen.pk
    return chosen, choices


def zone_of(request: StaffRequest) -> ZoneInfo:
    """The zone of the branch in view: times without a branch of their own are said in it."""
    branch, _ = branch_of(request)
    return ZoneInfo(branch.time_zone if branch else "UTC")


def number(request: StaffRequest, name: str) -> int | None:
    """An id from the query; None when there is none. Raises Http404 when it is not a number."""
    text = request.GET.get(name, "")
    if text and (not text.isdecimal() or len(text) > 18):
        raise Http404
    return int(text) if text else None


def first_page(query: QuerySet[Any], most: int) -> tuple[list[Any], bool]:
    """At most so many rows, and whether there are more."""
    rows = list(query[: most + 1])
    return rows[:most], len(rows) > most


def told(response: HttpResponse) -> HttpResponse:
    """Let the page's other regions know that something has changed."""
    response["HX-Trigger"] = "changed"
    return response


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    address = f"{reverse('web:signin')}?next={quote(request.get_full_path() if request.method == 'GET' else '/')}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("web:signin")})
    return HttpResponseRedirect(address)


def _refuse(request: StaffRequest, status: int) -> HttpResponse:
    if part(request):
        return render(request, "web/refused_part.html", {"status": status}, status=status)
    return show(request, "web/refused.html", "", {"status": status, "at": now()}, status)
