"""The rail alone, with its counts, for the live page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from priyom.clinic.models import Role
from priyom.web import frame
from priyom.web.frame import StaffRequest, screen


@screen(*Role)
def rail(request: StaffRequest) -> HttpResponse:
    """`/rail?place=`: the rail's entries; `place` is lit."""
    return render(request, "web/_rail.html", frame.frame(request, request.GET.get("place", "")))
