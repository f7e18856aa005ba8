"""The house's rule of the second step: who signs in without one, and must have one, sees only the pages to set it up.

It is asked for at the sign-in and remembered in the session, so that no page has to ask anything more.
"""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from django.http import HttpRequest

from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.web.frame import SETS

HELD = "needs_second_step"


def hold(request: HttpRequest, staff: Staff) -> None:
    """At the sign-in: whether this session is kept to the pages where a second step is set up."""
    if staff.role in SETS and house().second_factor and not get_adapter().is_mfa_enabled(staff):
        request.session[HELD] = True


def is_held(request: HttpRequest) -> bool:
    """Whether it is."""
    return bool(request.session.get(HELD))


def release(request: HttpRequest) -> None:
    """A second step is there."""
    request.session.pop(HELD, None)
