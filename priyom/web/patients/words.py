"""How the card says things of a person: age, the birthday that is near, whose a number is."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

SOON = 7
"""Days before a birthday in which the card says so."""

RELATIONS = {
    "own": gettext_noop("own"),
    "mother": gettext_noop("mother"),
    "father": gettext_noop("father"),
    "son": gettext_noop("son"),
    "daughter": gettext_noop("daughter"),
    "husband": gettext_noop("husband"),
    "wife": gettext_noop("wife"),
    "sister": gettext_noop("sister"),
    "brother": gettext_noop("brother"),
    "guardian": gettext_noop("guardian"),
    "relative": gettext_noop("relative"),
    "work": gettext_noop("work"),
}

PLACES = {
    "card": gettext_noop("the card"),
    "chat": gettext_noop("the chat"),
    "visit": gettext_noop("a visit"),
    "task": gettext_noop("a call"),
}


def relation(key: str) -> str:
    """«мама»; a source's own word stays."""
    return _(RELATIONS[key]) if key in RELATIONS else key


def places() -> dict[str, str]:
    """What the log of openings calls the pages: key -> words."""
    return {key: _(text) for key, text in PLACES.items()}


def age(born: date, today: date) -> str:
    """«43 года»; of a child under two «7 месяцев»."""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 24:
        return ngettext("%(n)d month old", "%(n)d months old", max(0, months)) % {"n": max(0, months)}
    return ngettext("%(n)d year old", "%(n)d years old", years) % {"n": years}


def birthday(born: date, today: date) -> str:
    """«день рождения завтра», when it is within SOON days; else ''. Who was born on 29 February has it on 1 March."""
    days = min((_birthday(born, year) - today).days for year in (today.year, today.year + 1)
               if _birthday(born, year) >= today)  # fmt: skip
    if days > SOON or born.year == today.year:
        return ""
    if days < 2:
        return (_("birthday today"), _("birthday tomorrow"))[days]
    return ngettext("birthday in %(n)d day", "birthday in %(n)d days", days) % {"n": days}


def _birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
