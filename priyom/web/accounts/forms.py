"""The set-up form of a channel account, made from the card's typed settings. Secrets are never shown back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from priyom.contracts.card import BadSettings, Card, abouts, build_settings

KEPT = gettext_noop("kept: leave empty to leave it as it is")


@dataclass(frozen=True, slots=True)
class Field:
    """One setting on the form. `kept`: a secret that is stored; `shape`: text, number, check, choice, secret, long."""

    name: str
    label: str
    help: str
    shape: str
    value: str
    choices: tuple[str, ...]
    must: bool
    kept: bool
    wrong: str


def fields(card: Card, values: Mapping[str, object], problems: Mapping[str, str], *, kept: bool = False) -> list[Field]:
    """The form: `values` are stored or just typed; a secret's value never comes back. `kept`: secrets are stored."""
    made = []
    for name, (about, kind, default) in abouts(card.settings).items():
        shape = (
            "secret"
            if about.secret
            else "choice"
            if about.choices
            else {int: "number", bool: "check"}.get(kind, "text")
        )
        if shape == "text" and "pem" in name:
            shape = "long"
        value = values.get(name, "" if default is MISSING else default)
        made.append(
            Field(
                name=name,
                label=_(about.label),
                help=_(about.help) if about.help else "",
                shape=shape,
                value="" if about.secret or value is None else str(value),
                choices=about.choices,
                must=default is MISSING,
                kept=about.secret and kept,
                wrong=_(problems[name]) if name in problems else "",
            )
        )
    return made


def typed(card: Card, post: Mapping[str, str]) -> dict[str, object]:
    """What was typed in, by setting; an unticked box is a no."""
    made: dict[str, object] = {}
    for name, (_about, kind, _default) in abouts(card.settings).items():
        text = str(post.get(f"set-{name}", "")).strip()
        made[name] = ("1" if text else "0") if kind is bool else text
    return made


def changed(card: Card, values: Mapping[str, object]) -> dict[str, object]:
    """Of what was typed for a stored account: everything but the secrets left empty, which stay as they are."""
    about = abouts(card.settings)
    return {name: value for name, value in values.items() if value != "" or not about[name][0].secret}


def problems(card: Card, values: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with typed-in settings, by name; nothing when they can be used."""
    try:
        build_settings(card.settings, values)
    except BadSettings as error:
        return error.problems
    return {}
