"""The tag's script, the page in its frame and its script; in the training installation also a site to try it on.

The page may be framed by the clinic's site alone, loads nothing from elsewhere and sets no cookie. The visitor and the
key lie in the site's own storage, put there by the tag's script: a frame's storage is split by site in all browsers,
but some refuse it (strict privacy settings), and Safari forgets it when it is closed: the history would be gone. A
script that the clinic lets on its site could read the key; it could as well draw a chat of its own, and the key opens
this one chat alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from priyom.clinic.house import house
from priyom.delivery.models import Account
from priyom.portal.site_chat.entrance import shown_here
from priyom.portal.site_chat.files import takes_large
from priyom.portal.site_chat.rules import origins
from priyom.portal.site_chat.words import TABLE, lines
from priyom.portal.times import months

HERE = Path(__file__).parent
LOADER, PANEL, CSS = (
    re.sub(r"^(?:\s+|// .*\n)", "", (HERE / name).read_text(), flags=re.MULTILINE)  # comments and indents stay here
    for name in ("loader.js", "panel.js", "panel.css")
)
PANEL_MARK = hashlib.sha256(PANEL.encode()).hexdigest()[:16]
_CSS_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
INLINE, MEGABYTE = 512 * 1024, 1024 * 1024
"""Bytes of files that travel inside an update; larger ones need the store."""


@require_safe
@cache_control(public=True, max_age=300)
def loader(request: HttpRequest, key: str) -> HttpResponse:
    """`/chat/<key>/chat.js`: what the tag loads."""
    account = shown_here(key)
    setup = {
        "base": settings.PUBLIC_URL, "key": key,
        "lines": {code: {"open": _named(item.open, account), "unread": item.unread} for code, item in TABLE.items()},
    }  # fmt: skip
    script = LOADER.replace("__SETUP__", json.dumps(setup, ensure_ascii=False).replace("</", "<\\/"))
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@cache_control(public=True, max_age=31536000, immutable=True)
def panel(request: HttpRequest, mark: str) -> HttpResponse:
    """`/chat/panel-<mark>.js`: the page's script; another version has another address."""
    if mark != PANEL_MARK:
        raise Http404
    return HttpResponse(PANEL, content_type="text/javascript; charset=utf-8")


@require_safe
@xframe_options_exempt  # frame-ancestors says it more exactly
def page(request: HttpRequest, key: str) -> HttpResponse:
    """`/chat/<key>/?lang=`: the chat itself, in the frame or alone."""
    account = shown_here(key)
    language = request.GET.get("lang", "")[:2].lower()
    language = language if language in TABLE else "ru"
    sites = origins(str(account.settings.get("site_url", "")))
    words = lines(language)
    context = {
        "css": CSS, "language": language, "title": _title(account), "words": words,
        "panel": reverse("chat:panel", args=[PANEL_MARK]), "setup": _setup(account, language, sites),
    }  # fmt: skip
    response = render(request, "portal/chat.html", context)
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'sha256-{_CSS_HASH}'; connect-src 'self'; "
        f"img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors {' '.join(chain(sites))}"
    )
    for name, value in (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex, nofollow")):
        response[name] = value
    response["Referrer-Policy"], response["Content-Language"] = "no-referrer", language
    return response


@require_safe
def demo(request: HttpRequest, key: str) -> HttpResponse:
    """`/chat/<key>/demo`: a made-up clinic's page with the tag; only in the training installation."""
    account = shown_here(key)
    if not settings.SANDBOX:
        raise Http404
    language = request.GET.get("lang", "ru")
    language = language if language in TABLE else "ru"
    context = {"key": key, "language": language, "title": _title(account)}
    return render(request, "portal/chat_demo.html", context)


def chain(sites: Sequence[str]) -> list[str]:
    """Who may frame the chat."""
    return ["'self'", *sites]


def _setup(account: Account, language: str, sites: Sequence[str]) -> dict[str, Any]:
    """What the page's script must know."""
    words = asdict(lines(language))
    del words["code_sms"], words["open"], words["unread"], words["script"]
    return {
        "key": account.key, "lines": words, "months": months(language), "language": language,
        "hook": reverse("chat_hook", args=[account.key]), "base": reverse("chat:page", args=[account.key]),
        "sites": [*sites, settings.PUBLIC_URL], "inline": INLINE,
        "most": 10 * MEGABYTE if takes_large(account) else INLINE,
    }  # fmt: skip


def _title(account: Account) -> str:
    return str(account.settings.get("title", "")) or house().name


def _named(line: str, account: Account) -> str:
    return line.format(clinic=_title(account))
