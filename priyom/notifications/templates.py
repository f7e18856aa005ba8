"""Registered texts: what a vendor approves beforehand is made of our wordings, handed in, and its standing followed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from priyom.appointments.models import State
from priyom.contracts import registry
from priyom.contracts.card import Card, Templates
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Sender
from priyom.contracts.errors import ChannelError
from priyom.contracts.vitals import Category, Draft, DraftButton, Registered, Standing
from priyom.delivery.accounts import wire
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.foundation.http import Http
from priyom.notifications import catalogue
from priyom.notifications.models import Template
from priyom.notifications.variables import EXAMPLES, VARIABLE
from priyom.notifications.wording import About, languages, preview

KINDS = tuple(catalogue.CATALOGUE)
"""Everything that is said without being asked needs a template; answers go inside the open window."""
LEAD = {"ru": "Здравствуйте! ", "kk": "Сәлеметсіз бе! "}


class NoTemplate(Exception):
    """Nothing the vendor has approved says this: the way cannot be used now."""


def needed(card: Card, window_until: datetime | None) -> bool:
    """Whether a message must go as a template now."""
    if card.templates is Templates.OUTSIDE_WINDOW:
        return window_until is None or window_until <= now()
    return card.templates is Templates.ALWAYS


def template_for(
    kind: str, about: About, card: Card, account: Account, window_until: datetime | None
) -> Template | None:
    """The template this message must go as; None when free words will do. Raises NoTemplate when there is none."""
    if not needed(card, window_until):
        return None
    confirmed = about.visit is not None and about.visit.state == State.CONFIRMED
    found = usable(account.pk, catalogue.variant(kind, confirmed=confirmed), languages(about.patient)[0])
    if found is None:
        raise NoTemplate(kind)
    return found


def usable(account_id: int, kind: str, language: str) -> Template | None:
    """The approved template of a kind and language: the one with today's wording, else the newest."""
    rows = list(
        Template.objects.filter(
            account_id=account_id, kind=kind, language=language, standing=Standing.APPROVED
        ).order_by("-pk")
    )
    text = template_text(kind, language)
    return next((row for row in rows if row.text == text), rows[0] if rows else None)


def names_in(text: str) -> list[str]:
    """The variables of a text in the order of their places; a name that comes twice has two places."""
    return VARIABLE.findall(text)


def template_text(kind: str, language: str) -> str:
    """Our wording as vendors take it: no variable at either end (they refuse those), no empty lines."""
    text = re.sub(r"\n{2,}", "\n", preview(kind, language, "full")).strip()
    if VARIABLE.match(text):
        text = LEAD[language] + text
    return text + "." if text.endswith("}}") else text


def draft(kind: str, language: str) -> Draft:
    """What is handed in for a kind and language. The name holds a mark of the text: a name once used is never given to
    other words, and the same words are not handed in twice."""
    text = template_text(kind, language)
    name = f"priyom_{kind}_{sha256(text.encode()).hexdigest()[:8]}"
    variables = names_in(text)
    places = iter(range(1, len(variables) + 1))
    buttons = tuple(DraftButton(catalogue.BUTTONS[button][language]) for row in static(kind) for button in row)
    return Draft(
        name, language, Category.SERVICE, VARIABLE.sub(lambda _: f"{{{{{next(places)}}}}}", text),
        tuple(EXAMPLES[language][variable] for variable in variables), buttons,
    )  # fmt: skip


def static(kind: str) -> Sequence[tuple[str, ...]]:
    """The rows of buttons that are the same for everybody: free times cannot be approved beforehand."""
    return [row for row in catalogue.text(kind).buttons if row != ("offers",)]


def submit_all(account: Account) -> list[str]:
    """Hand in every kind and language whose present wording is not at the vendor yet; what was refused, in words.

    Must not be called inside a running event loop. Raises the errors of `contracts.errors` when the vendor cannot be
    asked at all.
    """
    there = {(told.name, told.language[:2]): told for told in _sync(account)}
    refused = []
    missing = [(kind, code) for kind in KINDS for code in catalogue.LANGUAGES if not _handed_in(account, kind, code)]
    for kind, code in missing:
        made = draft(kind, code)
        try:  # one that was made in the vendor's cabinet under our name is ours too
            answer = there.get((made.name, code)) or asyncio.run(_submit(account, made))
        except ChannelError as error:
            refused.append(f"{catalogue.text(kind).title}, {code}: {error.text}")
            continue
        Template.objects.update_or_create(
            account=account, name=answer.name, language=code,
            defaults={"kind": kind, "text": template_text(kind, code), **_fields(answer)},
        )  # fmt: skip
    return refused


def sync(account: Account) -> None:
    """Ask the vendor how all templates stand. The same rules as `submit_all`."""
    _sync(account)


@transaction.atomic
def changed(account: Account, told: Registered) -> bool:
    """A template's standing at the vendor; False when it is none of ours."""
    rows = Template.objects.filter(account=account, name=told.name)
    if told.language:
        rows = rows.filter(language=told.language[:2])
    fields = _fields(told)
    if not told.provider_id:
        del fields["provider_id"]
    return rows.update(**fields) > 0


def _sync(account: Account) -> Sequence[Registered]:
    found = asyncio.run(_templates(account))
    for told in found:
        changed(account, told)
    return found


def _fields(told: Registered) -> dict[str, object]:
    return {
        "standing": told.standing.value, "category": told.category.value, "reason": told.reason[:300],
        "provider_id": told.provider_id[:200], "changed_at": now(),
    }  # fmt: skip


def _handed_in(account: Account, kind: str, language: str) -> bool:
    rows = Template.objects.filter(account=account, kind=kind, language=language, text=template_text(kind, language))
    return rows.exclude(standing=Standing.GONE).exists()


async def _submit(account: Account, made: Draft) -> Registered:
    sender, known = await _known(account)
    async with Http() as http:
        return await sender.submit(http, known, made)


async def _templates(account: Account) -> Sequence[Registered]:
    sender, known = await _known(account)
    async with Http() as http:
        return await sender.templates(http, known)


async def _known(account: Account) -> tuple[Sender, Wire]:
    return registry.channel(account.channel).sender, wire(account)
