"""Which templates the partner has approved, and what it calls them. No partner publishes a way to ask, so the clinic
writes them down: `name`, `name:language`, each perhaps with `=` and the partner's own name or number; `*` is any.
"""

from __future__ import annotations

from collections.abc import Mapping

from priyom.contracts.message import Template
from priyom.contracts.vitals import Draft, Registered, Standing

ANY = "*"
BY_HAND = (
    "Передайте текст менеджеру партнёра; когда одобрят, впишите в настройку «Одобренные шаблоны»: {name}:{language}"
)


def read(setting: str) -> dict[tuple[str, str], str]:
    """(our name, language or '') -> what the partner calls it, '' for the same."""
    found: dict[tuple[str, str], str] = {}
    for entry in setting.replace("\n", ",").split(","):
        ours, _, theirs = entry.partition("=")
        name, _, language = ours.strip().partition(":")
        if name.strip():
            found[name.strip(), language.strip()] = theirs.strip()
    return found


def theirs(setting: str, name: str, language: str) -> str | None:
    """What the partner calls this template; None when it has not approved it. The closest entry counts."""
    known = read(setting)
    for key in ((name, language), (name, ""), (ANY, "")):
        if key in known:
            return known[key] or name
    return None


def named(setting: str, template: Template, place: str) -> Mapping[str, object] | None:
    """The fields that say which template and with which values; a number names it in the partner's own list. None when
    it is not approved. `place` is how the partner calls the n-th value: `attr{n}`."""
    name = theirs(setting, template.name, template.language)
    if name is None:
        return None
    values = {place.replace("{n}", str(n)): value for n, value in enumerate(template.values, 1)}
    which: dict[str, object] = {"templateId": int(name)} if name.isascii() and name.isdecimal() else {"tmpl": name}
    return {**which, "tmpl_data": values}


def handed_in(setting: str, draft: Draft) -> Registered:
    """Where a draft stands: approved when it is written down, else a person must hand it in."""
    name = theirs(setting, draft.name, draft.language)
    if name is not None:
        return Registered(draft.name, draft.language, Standing.APPROVED, draft.category, provider_id=name)
    reason = BY_HAND.format(name=draft.name, language=draft.language)
    return Registered(draft.name, draft.language, Standing.PENDING, draft.category, reason)


def listed(setting: str) -> list[Registered]:
    """All that are written down by name."""
    return [
        Registered(name, language, Standing.APPROVED, provider_id=called or name)
        for (name, language), called in read(setting).items()
        if name != ANY
    ]
