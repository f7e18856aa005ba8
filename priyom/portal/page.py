"""One page as data - a question or an answer, its facts, its large choices - and how it becomes HTML nobody keeps."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from priyom.clinic.house import house
from priyom.clinic.models import Branch
from priyom.foundation.phone import show
from priyom.portal.words import LANGUAGES, words

CSS = (Path(__file__).parent / "page.css").read_text()
_CSS_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A large button. `posts`: it acts (a form); else it only leads on (a link). `look`: main, plain or grave."""

    label: str
    do: str
    look: str = "plain"
    posts: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`mark` is a sign beside an answer's heading; `done`: its links are without the action, which is behind us."""

    heading: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    choices: tuple[Choice, ...] = ()
    note: str = ""
    mark: str = ""
    done: bool = False
    branch: Branch | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page stands: its path, the action in its address, its language, whether the reader chose it."""

    path: str
    do: str
    language: str
    chosen: bool

    @classmethod
    def of(cls, request: HttpRequest, own: str) -> Place:
        """`own` is the patient's language; `?lang=` goes before it."""
        asked = request.GET.get("lang", "")
        chosen = asked in LANGUAGES
        return cls(request.path, request.GET.get("do", ""), asked if chosen else own, chosen)

    def address(self, do: str, language: str = "") -> str:
        """This page with another action or language."""
        lang = language or (self.language if self.chosen else "")
        query = urlencode({key: value for key, value in (("do", do), ("lang", lang)) if value}, safe=":")
        return f"{self.path}?{query}" if query else self.path


def look_again(place: Place) -> HttpResponse:
    """After an act: the same address by GET, which shows what has become of it: reloading and going back are safe."""
    return HttpResponse(status=303, headers={**HEADERS, "Location": place.address(place.do)})


def respond(place: Place, page: Page, *, status: int = 200, hidden: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    """The page as HTML. `hidden` goes into every form. Nothing of it is stored, indexed, framed or told to others."""
    here = replace(place, do="") if page.done else place
    context = {
        "css": CSS,
        "page": page,
        "words": words(place.language),
        "language": place.language,
        "languages": [(code, name, here.address(here.do, code)) for code, name in LANGUAGES.items()],
        "choices": [(choice, place.address(choice.do)) for choice in page.choices],
        "hidden": hidden,
        "clinic": house().name,
        "phone": show(page.branch.phone) if page.branch and page.branch.phone else "",
    }
    headers = {**HEADERS, "Content-Language": place.language}
    return HttpResponse(render_to_string("portal/page.html", context), status=status, headers=headers)
