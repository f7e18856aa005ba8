"""Templates at the fake Meta: what may be handed in, and its quick review, which approves everything but names with
«reject» in them. https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from priyom.channels.whatsapp.emulator_hooks import Hooks
from priyom.channels.whatsapp.emulator_refusals import Refused, bad, no_such_object
from priyom.channels.whatsapp.emulator_state import Number, Pattern, State
from priyom.contracts.emulator import World

LANGUAGES = frozenset({"ru", "kk", "en", "en_US", "en_GB", "uz", "ky_KG", "tr", "de", "zh_CN"})
"""A few of Meta's languages."""
TTL = {"UTILITY": (30, 43200), "AUTHENTICATION": (30, 900)}
MOST = 250


class Desk:
    """Takes drafts and reviews them."""

    def __init__(self, state: State, world: World, hooks: Hooks) -> None:
        self.state, self._world, self._hooks = state, world, hooks

    def create(self, number: Number, given: Mapping[str, Any]) -> dict[str, Any]:
        """A new template, PENDING until the review."""
        name, language = str(given.get("name", "")), str(given.get("language", ""))
        if not re.fullmatch(r"[a-z0-9_]{1,512}", name):
            raise bad("Invalid parameter: name may have lowercase letters, digits and underscores only")
        if language not in LANGUAGES:
            raise Refused(100, "Invalid parameter", subcode=2388042, user=f"Language {language} is not supported")
        if any((p.business, p.name, p.language) == (number.business, name, language) for p in self.state.patterns):
            said = (
                f"There is already {language} content for this template. You can create a new template and try again."
            )
            raise Refused(100, "Invalid parameter", subcode=2388024, user=said)
        if sum(p.business == number.business for p in self.state.patterns) >= MOST:
            raise Refused(100, "Invalid parameter", subcode=2388019, user="Message template limit exceeded")
        made = Pattern(str(700000 + self.state.next()), number.business, name, language, "", [])
        self._fill(made, given)
        self.state.patterns.append(made)
        self._review(number, made)
        return {"id": made.id, "status": "PENDING", "category": made.category}

    def edit(self, number: Number, node: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """New words for a template, reviewed anew; not while a review is under way."""
        found = next((p for p in self.state.patterns if (p.id, p.business) == (node, number.business)), None)
        if found is None:
            raise no_such_object(node)
        if found.status == "PENDING":
            raise Refused(100, "Invalid parameter", subcode=2388039, user="The template is under review")
        self._fill(found, {"category": found.category, **given})
        found.status, found.reason = "PENDING", "NONE"
        self._review(number, found)
        return {"success": True}

    def listed(self, number: Number, query: Mapping[str, str]) -> tuple[list[dict[str, Any]], int, bool]:
        """(one page, where the next begins, whether there is one)."""
        mine = [p.listed() for p in self.state.patterns if p.business == number.business]
        mine = [item for item in mine if query.get("name", item["name"]) == item["name"]]
        start = int(query.get("after") or query.get("offset") or 0)
        limit = int(query.get("limit") or 25)
        return mine[start : start + limit], start + limit, start + limit < len(mine)

    def delete(self, number: Number, name: str) -> dict[str, Any]:
        """All languages of a name."""
        kept = [p for p in self.state.patterns if (p.business, p.name) != (number.business, name)]
        if len(kept) == len(self.state.patterns):
            raise Refused(100, "Invalid parameter", subcode=2593002, user=f"Template {name} was not found")
        self.state.patterns = kept
        return {"success": True}

    def change(self, number: Number, pattern: Pattern, status: str, reason: str = "NONE") -> None:
        """Meta's decision about a template, told by webhook."""
        pattern.status, pattern.reason = status, reason
        value: dict[str, Any] = {
            "event": status,
            "message_template_id": int(pattern.id),
            "message_template_name": pattern.name,
            "message_template_language": pattern.language,
            "message_template_category": pattern.category,
            "reason": reason,
        }
        if status == "REJECTED":
            value["rejection_info"] = {"reason": "Название шаблона просит отказать", "recommendation": "Переименуйте"}
        self._hooks.account(number, "message_template_status_update", value)

    def _review(self, number: Number, pattern: Pattern) -> None:
        async def decide() -> None:
            if "reject" in pattern.name:
                self.change(number, pattern, "REJECTED", "INVALID_FORMAT")
            else:
                self.change(number, pattern, "APPROVED")

        self._world.spawn(decide)

    def _fill(self, pattern: Pattern, given: Mapping[str, Any]) -> None:
        category = str(given.get("category", ""))
        if category not in ("UTILITY", "MARKETING", "AUTHENTICATION"):
            raise bad("Invalid parameter: category must be one of UTILITY, MARKETING, AUTHENTICATION")
        components = given.get("components")
        if not isinstance(components, list) or not all(isinstance(part, dict) for part in components):
            raise bad("Invalid parameter: components are required")
        draft = Pattern(pattern.id, pattern.business, pattern.name, pattern.language, category, components)
        draft.format = str(given.get("parameter_format") or "POSITIONAL").upper()
        if category != "AUTHENTICATION":
            _check_body(draft)
            _check_buttons(draft.buttons)
        ttl = given.get("message_send_ttl_seconds")
        span = TTL.get(category)
        if ttl is not None and (span is None or not span[0] <= int(ttl) <= span[1]):
            raise bad("Invalid parameter: message_send_ttl_seconds is out of range")
        pattern.category, pattern.components, pattern.format = category, components, draft.format
        pattern.ttl = int(ttl or 0)


def _check_body(draft: Pattern) -> None:
    text = str(draft.component("BODY").get("text", ""))
    if not text or len(text) > 1024:
        raise _invalid(2388040, "The body must have 1 to 1024 characters")
    if re.match(r"\s*\{\{", text) or re.search(r"\}\}\s*$", text):
        raise _invalid(2388299, "Variables can't be at the start or end of the template")
    if re.search(r"\}\}\s*\{\{", text):
        raise _invalid(2388293, "Variables can't stand side by side")
    example = draft.component("BODY").get("example") or {}
    if draft.format == "NAMED":
        shown = [item.get("param_name") for item in example.get("body_text_named_params") or []]
        fits = set(shown) == set(draft.places)
    else:
        if sorted(draft.places) != sorted(str(n + 1) for n in range(len(draft.places))):
            raise _invalid(2388072, "Variables must be numbered {{1}}, {{2}}, ... without gaps")
        shown = (example.get("body_text") or [[]])[0]
        fits = len(shown) == len(draft.places)
    if not fits:
        raise _invalid(2388043, "Every variable needs a sample")


def _check_buttons(buttons: list[dict[str, Any]]) -> None:
    if len(buttons) > 10:
        raise _invalid(2388072, "A template has at most 10 buttons")
    kinds = [str(button.get("type")) for button in buttons]
    if kinds.count("URL") > 2:
        raise _invalid(2388072, "A template has at most 2 links")
    if re.search("q+o+q", "".join("q" if kind == "QUICK_REPLY" else "o" for kind in kinds)):
        raise _invalid(2388072, "Quick replies must stand together")
    if len({button.get("text") for button in buttons}) != len(buttons):
        raise _invalid(2388072, "Buttons must differ")
    for button in buttons:
        if not 1 <= len(str(button.get("text", ""))) <= 25:
            raise _invalid(2388072, "A button's label has 1 to 25 characters")
        url = str(button.get("url", ""))
        if "{{" in url and (not url.endswith("{{1}}") or not button.get("example")):
            raise _invalid(2388072, "A link has one variable, at its end, with a sample")


def _invalid(subcode: int, user: str) -> Refused:
    return Refused(100, "Invalid parameter", subcode=subcode, user=user)
