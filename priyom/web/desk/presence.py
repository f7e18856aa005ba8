"""Who is at the desk: a page that is open says so by itself, a person says when they have a break or leave."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from priyom.inbox import presence
from priyom.inbox.desk_models import Here
from priyom.web import frame
from priyom.web.chats.colleagues import PRESENCE
from priyom.web.frame import WORKS, StaffRequest, screen


@screen(*WORKS)
@require_POST
def beat(request: StaffRequest) -> HttpResponse:
    """A page of theirs is open: the switch as it stands."""
    return _switch(request, presence.beat(request.user))


@screen(*WORKS)
@require_POST
def say(request: StaffRequest) -> HttpResponse:
    """`state`: here, break or away."""
    wanted = request.POST.get("state", "")
    if wanted not in Here.values:
        raise Http404
    presence.say(request.user, Here(wanted))
    return frame.told(_switch(request, Here(wanted)))


def _switch(request: StaffRequest, state: Here) -> HttpResponse:
    return render(request, "web/desk/_presence.html", {"states": PRESENCE.items(), "state": state})
