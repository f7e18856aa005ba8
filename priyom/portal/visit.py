"""The page of one visit, behind the signed link of a message. GET shows (mail scanners open links), POST acts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from priyom.appointments.free import TimeTaken
from priyom.appointments.models import Visit
from priyom.notifications.links import BadLink, read_token
from priyom.notifications.wording import languages
from priyom.portal import questions
from priyom.portal.act import ACTING, Act, act, find
from priyom.portal.page import Page, Place, look_again, respond
from priyom.portal.questions import Asking
from priyom.portal.rules import read_action
from priyom.portal.words import words


@csrf_exempt  # the signed link is the authority; there is no session to ride on
@require_http_methods(["GET", "HEAD", "POST"])
def visit_page(request: HttpRequest, token: str) -> HttpResponse:
    """`/p/<token>?do=<action>&lang=<language>`: one question, or how things stand."""
    try:
        visit_id, channel = read_token(token)
        visit = find(visit_id)
    except (BadLink, Visit.DoesNotExist):
        return not_found(request)
    place = Place.of(request, languages(visit.patient)[0])
    action = read_action(place.do)
    if place.do and action is None:
        page = questions.stale(Asking(visit, place.language))
    elif action is not None and action.verb in ACTING and request.method == "POST":
        try:
            act(Act(visit.pk, channel, action))
        except TimeTaken:
            asking = Asking(find(visit_id), place.language)
            return respond(place, questions.times(asking, asking.words.taken))
        return look_again(place)
    else:
        page = questions.question(Asking(visit, place.language), action)
    return respond(place, page)


def not_found(request: HttpRequest) -> HttpResponse:
    """A link that is not ours, or no longer: said in plain words, with no detail."""
    place = Place.of(request, request.LANGUAGE_CODE)
    line = words(place.language)
    return respond(place, Page(line.not_found, (line.not_found_more,), done=True), status=404)
