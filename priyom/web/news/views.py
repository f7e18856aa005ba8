"""What a page asks for in the background when it was told that something has happened."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse

from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.news.latest import Mark, latest


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/news?mark=&words=1`: what has come since the mark, as JSON; without a mark, the mark to begin with."""
    return JsonResponse(
        latest(request.user, Mark.of(request.GET.get("mark", "")), words=request.GET.get("words") == "1").told()
    )
