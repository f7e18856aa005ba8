"""`POST /events`: what happened in another system."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from priyom.api.describe import events_body
from priyom.api.problem import ApiProblem
from priyom.api.read_body import events_of
from priyom.api.shapes import EventsTaken, TakenShape
from priyom.exchange.events import Refused
from priyom.exchange.receive import receive

router = Router(tags=["events"])
REFUSED = "urn:priyom:problem:events-refused"


@router.post("/events", response={202: EventsTaken}, summary="Take events", openapi_extra=events_body())
def take(request: HttpRequest) -> Status[EventsTaken]:
    """Take CloudEvents: all of the request or, with 422 and a pointer to each error, none of it.

    The same source and id again is answered `repeated` and changes nothing, so a request may be sent again after a
    failure.
    """
    try:
        done = receive(events_of(request))
    except Refused as error:
        errors = [{"pointer": found.pointer, "detail": found.detail} for found in error.problems]
        raise ApiProblem(422, "События не приняты, ничего не изменено", kind=REFUSED, errors=errors) from None
    taken = sum(1 for one in done if one.result == "taken")
    answer = EventsTaken(
        taken=taken,
        repeated=len(done) - taken,
        events=[TakenShape(id=one.id, source=one.source, result=one.result) for one in done],
    )
    return Status(202, answer)
