"""From a kind, a patient and a channel's card to the body of a delivery: text, subject, buttons with their actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from priyom.appointments.models import State, Visit
from priyom.clinic.house import house
from priyom.contracts.card import Buttons, Card, Sort
from priyom.foundation.clock import now
from priyom.foundation.remember import once
from priyom.notifications import catalogue
from priyom.notifications.links import page_link, unsubscribe_link, visit_link
from priyom.notifications.models import Template, Wording
from priyom.notifications.variables import VARIABLE, check, fill, moment, values
from priyom.patients.models import Patient

Offer = tuple[datetime, datetime]
MOST_OFFERS = 6
MOST_DIGITS = 4
LINKED = {"ru": "Ответить: {link}", "kk": "Жауап беру: {link}"}
NUMBERED = {"ru": "Ответьте {choices}", "kk": "Жауап беріңіз: {choices}"}


@dataclass(frozen=True, slots=True)
class About:
    """What a text is about. `offers`: free times for buttons; `rebook`: taking one books anew instead of moving."""

    patient: Patient
    visit: Visit | None = None
    old_start: datetime | None = None
    offers: Sequence[Offer] = field(default=())
    rebook: bool = False


def languages(patient: Patient) -> list[str]:
    """The languages this patient is written in: their own, else the house's (one or both)."""
    chosen = patient.language or house().languages
    found = [code for code in chosen.split(",") if code in catalogue.LANGUAGES]
    return found or ["ru"]


def compose(
    kind: str, about: About, card: Card, template: Template | None = None, window_until: datetime | None = None
) -> dict[str, Any]:
    """The delivery's body for this channel. Buttons become digits or links as the card says; long texts are cut. With a
    `template` the words are the approved ones. `window_until`: until then the channel takes free words."""
    confirmed = about.visit is not None and about.visit.state == State.CONFIRMED
    spoken = card.sort == Sort.VOICE
    mute = spoken and card.buttons == Buttons.LINKS  # a voice that hears no keys asks nothing
    kind = catalogue.variant(kind, confirmed=confirmed or mute)
    codes = languages(about.patient)[: 1 if template else None]
    short = card.sort == Sort.SMS or (card.buttons == Buttons.DIGITS and not spoken)
    short = short or (mute and kind in catalogue.PRESSED)
    lines = [_text(kind, code, about, short=short) for code in codes]
    rows, choices = _rows(kind, about, codes[0], card, fixed=template is not None), ""
    if spoken:
        rows = [[button] for row in rows for button in row][:MOST_DIGITS]
    if template is not None:
        lines = [fill(template.text, _values(about, codes[0]))]
    elif rows and card.sort == Sort.SMS and card.buttons == Buttons.LINKS:
        assert about.visit is not None
        choices = "\n" + LINKED[codes[0]].format(link=page_link(about.visit, card.key))
        rows = []
    elif short and rows:
        rows = [[button] for row in rows for button in row][:MOST_DIGITS]
        listed = ", ".join(f"{i} - {row[0]['label'].lower()}" for i, row in enumerate(rows, 1))
        choices = "\n" + NUMBERED[codes[0]].format(choices=listed)
    text = cut("\n".join(lines) if short else "\n\n".join(lines), card.text_limit - len(choices))
    body: dict[str, Any] = {"kind": kind, "text": text + choices}
    subject = catalogue.text(kind).subject.get(codes[0], "")
    if subject:
        body["subject"] = fill(subject, _values(about, codes[0]))
    if rows:
        body["rows"] = rows
    if about.visit is not None:
        body["version"] = about.visit.version
    if template is not None:
        said = _values(about, codes[0])
        places = [said.get(name, "") or "-" for name in VARIABLE.findall(template.text)]
        body["template"] = {"name": template.name, "language": template.language, "values": places}
    if template is not None or spoken:
        body["wording"] = {"kind": kind, "language": codes[0], "values": _values(about, codes[0])}
    if window_until is not None:
        body["window_until"] = window_until.isoformat()
    if card.sort == Sort.MAIL:
        body["unsubscribe_url"] = unsubscribe_link(about.patient.pk, card.key)
    return body


def stamp(name: str, about: About) -> str:
    """The line added to a message that is settled: «✓ Вы подтвердили визит»."""
    code = languages(about.patient)[0]
    return fill(catalogue.STAMPS[name][code], _values(about, code))


def label(name: str, patient: Patient) -> str:
    """A button's words in the patient's language (or both)."""
    return _label(name, languages(patient))


def preview(kind: str, language: str, form: str) -> str:
    """The text in force for a kind, language and form, with its variables unfilled."""
    own = _own(kind, language, form)
    if own is not None:
        return own
    text = catalogue.text(kind)
    if form != "sms":
        return text.full[language]
    return text.sms.get(language) or preview(kind, language, "full")


@once
def _own(kind: str, language: str, form: str) -> str | None:
    return Wording.objects.filter(kind=kind, language=language, form=form).values_list("text", flat=True).first()


def change(kind: str, language: str, form: str, text: str) -> None:
    """Put the clinic's own text in force; '' brings the program's back. Raises BadWording."""
    catalogue.text(kind)
    check(text)
    if not text.strip():
        Wording.objects.filter(kind=kind, language=language, form=form).delete()
        return
    Wording.objects.update_or_create(
        kind=kind, language=language, form=form, defaults={"text": text.strip(), "changed_at": now()}
    )


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ending at a word and with «…», never inside a link."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    space = max(short.rfind(" "), short.rfind("\n"))
    return (short[:space] if space > 0 else short).rstrip(" ,;:\n") + "…"


def _text(kind: str, code: str, about: About, *, short: bool) -> str:
    return fill(preview(kind, code, "sms" if short else "full"), _values(about, code))


def _values(about: About, code: str) -> dict[str, str]:
    return values(about.patient, about.visit, code, house().name, about.old_start)


def _label(name: str, codes: Sequence[str]) -> str:
    return " / ".join(dict.fromkeys(catalogue.BUTTONS[name][code] for code in codes))


def _rows(kind: str, about: About, code: str, card: Card, *, fixed: bool = False) -> list[list[dict[str, str]]]:
    """`fixed`: only buttons that are the same for everybody."""
    visit = about.visit
    if visit is None:
        return []
    rows: list[list[dict[str, str]]] = []
    codes = languages(about.patient)
    for names in catalogue.text(kind).buttons:
        if names == ("offers",) and fixed:
            continue
        if names == ("offers",):
            rows += _offers(about, code, 1 if card.buttons == Buttons.DIGITS else 2)
        else:
            rows.append(
                [{"label": _label(name, codes), "action": f"{name}:{visit.pk}:{visit.version}"} for name in names]
            )
    number = 0
    for row in rows:
        for button in row:
            number += 1
            button["id"] = str(number)
            button["label"] = button["label"][: card.label_limit]
            if card.buttons == Buttons.LINKS:
                button["url"] = visit_link(visit, button["action"], card.key)
    return rows


def _offers(about: About, code: str, across: int) -> list[list[dict[str, str]]]:
    visit = about.visit
    assert visit is not None
    zone, verb = ZoneInfo(visit.branch.time_zone), "rebook" if about.rebook else "slot"
    buttons = []
    for start, _ in list(about.offers)[:MOST_OFFERS]:
        words = moment("o", start, zone, code)
        buttons.append(
            {
                "label": f"{words['o.short_date']} {words['o.local_time']}",
                "action": f"{verb}:{visit.pk}:{visit.version}:{int(start.timestamp())}",
            }
        )
    return [buttons[i : i + across] for i in range(0, len(buttons), across)]
