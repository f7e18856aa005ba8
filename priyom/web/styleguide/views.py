"""The page with everything the other pages are made of."""

from __future__ import annotations

from django.http import HttpResponse

from priyom.clinic.models import Role
from priyom.web import frame, say
from priyom.web.frame import StaffRequest, screen
from priyom.web.styleguide.palette import pairs, schemes

SPACES = (4, 8, 12, 16, 20, 24, 32, 48)
"""Pixels: steps of the 4 px grid that are in use."""


@screen(*Role)
def page(request: StaffRequest) -> HttpResponse:
    """`/styleguide`: colours, type, spacing, controls, states; light and dark side by side."""
    known = schemes()
    looks = [{"name": name, "colours": known[name].items(), "pairs": pairs(known[name])} for name in ("light", "dark")]
    context = {"looks": looks, "spaces": SPACES, "states": list(say.STATES)}
    return frame.show(request, "web/styleguide/page.html", "", context)
