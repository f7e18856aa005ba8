"""Answers where the vendor takes approved texts only: which of them there are, filled in for this person, and one sent
exactly as it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from priyom.appointments.models import LIVE, State
from priyom.clinic.models import Staff
from priyom.contracts.card import Templates
from priyom.contracts.vitals import Standing
from priyom.foundation.clock import now
from priyom.inbox.about import language_of, nearest_visit, values_for
from priyom.inbox.later import Hold
from priyom.inbox.models import Conversation
from priyom.inbox.reply import NowhereToWrite, write
from priyom.inbox.routes import Route, where
from priyom.notifications import catalogue
from priyom.notifications.models import Template
from priyom.notifications.templates import names_in, usable
from priyom.notifications.variables import VARIABLE
from priyom.notifications.wording import About, compose

LONGEST_VALUE = 200


class NotApproved(Exception):
    """The vendor has approved no such text (any more)."""


class Unfilled(ValueError):
    """A place of the text is empty."""


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved text for this person. `places`: its variables, each once, with what is known of them."""

    kind: str
    language: str
    text: str
    places: tuple[tuple[str, str], ...]

    def said(self, values: Mapping[str, str]) -> str:
        """Exactly what goes; what is not filled in yet stays a variable."""
        return VARIABLE.sub(lambda match: values.get(match.group(1), "") or match.group(0), self.text)


def offered(conversation: Conversation, route: Route) -> list[Approved]:
    """The approved texts that fit, in the patient's language; in the other one where there is none."""
    if conversation.patient is None or route.card.templates is Templates.NEVER:
        return []
    visit = nearest_visit(conversation)
    confirmed = visit is not None and visit.state == State.CONFIRMED
    first = language_of(conversation)
    for code in (first, *(other for other in catalogue.LANGUAGES if other != first)):
        known = values_for(conversation, visit, code)
        there = set(_kinds(route, code))
        # In the order of the catalogue; of two variants the one that is true for the visit.
        kinds = [kind for kind in catalogue.CATALOGUE if kind in there]
        kinds = [kind for kind in kinds if _fits(kind, confirmed=confirmed)]
        found = [usable(route.account.pk, kind, code) for kind in kinds]
        if any(found):
            return [_approved(row, known) for row in found if row is not None]
    return []


def send_approved(
    staff: Staff, conversation: Conversation, kind: str, values: Mapping[str, str], hold: Hold | None = None
) -> int:
    """Send that text with these values; the delivery's id. Raises NowhereToWrite, NotApproved, Unfilled."""
    route = where(conversation)
    if route is None or conversation.patient is None:
        raise NowhereToWrite
    one = next((one for one in offered(conversation, route) if one.kind == kind), None)
    row = usable(route.account.pk, kind, one.language) if one is not None else None
    if one is None or row is None:
        raise NotApproved(kind)
    said = {name: " ".join(values.get(name, "").split())[:LONGEST_VALUE] for name, _ in one.places}
    if not all(said.values()):
        raise Unfilled
    visit = nearest_visit(conversation)
    stands = visit if visit is not None and visit.state in LIVE and visit.ends_at > now() else None
    body = compose(kind, About(conversation.patient, stands), route.card, row)
    body["kind"], body["text"] = kind, one.said(said)
    body["template"] = {"name": row.name, "language": row.language, "values": [said[n] for n in names_in(row.text)]}
    body["wording"] = {"kind": kind, "language": one.language, "values": said}
    return write(staff, conversation, route, body, body["text"], hold)


def _fits(kind: str, *, confirmed: bool) -> bool:
    asked_already = kind.endswith("_confirmed") and not confirmed
    return catalogue.variant(kind, confirmed=confirmed) == kind and not asked_already


def _kinds(route: Route, code: str) -> list[str]:
    rows = Template.objects.filter(account=route.account, language=code, standing=Standing.APPROVED)
    return list(rows.values_list("kind", flat=True))


def _approved(row: Template, known: Mapping[str, str]) -> Approved:
    places = dict.fromkeys(names_in(row.text))
    return Approved(row.kind, row.language, row.text, tuple((name, known.get(name, "")) for name in places))
