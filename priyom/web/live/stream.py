"""The one live stream of a page: tells what has changed of that what it shows, and lets it ask for that.

A page gets at most four events a second, however much happens. Every event names a place to go on from: whoever loses
the line comes back with it and is told exactly what came meanwhile, also by another process.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from priyom.web.live.entrance import enter
from priyom.web.live.hub import Hub, hub
from priyom.web.live.page import Page

PAUSE = 0.25  # seconds between two events of a page
BEAT = 10.0  # seconds of silence after which a page is told that the line holds, and up to where it knows all
LIFE = 600.0  # seconds; then the page connects again, and it is looked up anew who is asking
AWAY = (500, 1500)  # milliseconds until a page connects again: not all in the same moment


async def events(
    page: Page, after: str = "", life: float = LIFE, beat: float = BEAT, pause: float = PAUSE
) -> AsyncIterator[bytes]:
    """The bytes of one page's stream, from its joining to its leaving; times are seconds. `after` is the place of the
    last event it had; '' when it had none: then it is told to look at everything once."""
    ours = hub()
    ours.join(page)
    catching = asyncio.create_task(ours.catch_up(page, after), name="catching up")
    loop = asyncio.get_running_loop()
    end = loop.time() + life * random.uniform(0.9, 1.1)
    try:
        yield f"retry: {random.randint(*AWAY)}\n\n".encode()
        while (rest := end - loop.time()) > 0:
            try:
                await asyncio.wait_for(page.bell.wait(), min(beat, rest))
            except TimeoutError:
                yield _event(ours, page, "beat", "1")
                continue
            yield _event(ours, page, "fact", page.give())
            await asyncio.sleep(pause)
    finally:
        catching.cancel()
        ours.leave(page)


def _event(ours: Hub, page: Page, kind: str, data: str) -> bytes:
    """With the place up to which the page has been told everything; without one while that is not known."""
    place = f"id: {ours.place}\n" if page.caught_up and ours.place else ""
    return f"{place}event: {kind}\ndata: {data}\n\n".encode()


async def stream(request: HttpRequest) -> HttpResponseBase:
    """`/live?about=chat:12&after=`: server-sent events. `fact` means that something the page shows has changed; its
    data say what (see `Page.give`). `beat` means nothing."""
    entered = await sync_to_async(enter)(request)
    if entered is None:
        # 204 tells the browser not to connect again by itself.
        return HttpResponse(status=204)
    response = StreamingHttpResponse(events(entered.page, entered.after), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
