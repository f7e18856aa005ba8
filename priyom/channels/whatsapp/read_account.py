"""What Meta tells of the account and of its templates: rating, limits, restrictions, a template's new standing.

https://developers.facebook.com/docs/whatsapp/business-management-api/webhooks/components
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from priyom.channels.whatsapp.identity import is_user_id
from priyom.channels.whatsapp.standing import tier
from priyom.channels.whatsapp.templates import category_of, reason_of, standing_of
from priyom.contracts.events import AccountChanged, Event, Stopped, TemplateChanged
from priyom.contracts.reading import Tree, clean
from priyom.contracts.vitals import Registered, Standing, Vitals

BANS = {
    "SCHEDULE_FOR_DISABLE": "Meta собирается отключить аккаунт WhatsApp",
    "DISABLE": "Meta отключила аккаунт WhatsApp",
}
RESTRICTIONS = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "писать первыми нельзя",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "отвечать нельзя",
    "RESTRICTED_UTILITY_TEMPLATES": "служебные шаблоны закрыты",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "новые номера закрыты",
}
ENDS = {
    "ACCOUNT_DELETED": "Аккаунт WhatsApp удален",
    "PARTNER_REMOVED": "Приложение больше не связано с аккаунтом WhatsApp",
    "ACCOUNT_OFFBOARDED": "Номер отключен от Cloud API",
}


def account_events(field: str, value: Tree) -> list[Event]:
    """The events of one change that is not about messages; none for fields unknown to us. Raises Malformed."""
    reader = READERS.get(field)
    return reader(value) if reader else []


def _template_status(value: Tree) -> list[Event]:
    standing = standing_of(value.words("event"))
    if standing is None:
        return []
    reason = reason_of(value.words("reason", ""))
    for branch, name in (("rejection_info", "reason"), ("other_info", "description")):
        if (told := value.maybe(branch)) and told.words(name, ""):
            reason = told.words(name)
    return [_template(value, standing, value.words("message_template_category", ""), reason)]


def _template_category(value: Tree) -> list[Event]:
    """Only the change itself: `correct_category` merely announces it, and is in the list by then."""
    if value.has("correct_category"):
        return []
    return [_template(value, Standing.APPROVED, value.words("new_category"), "Meta сменила категорию")]


def _template(value: Tree, standing: Standing, category: str, reason: str) -> Event:
    number = value.value.get("message_template_id")
    return TemplateChanged(
        Registered(
            value.words("message_template_name"),
            value.words("message_template_language"),
            standing,
            category_of(category),
            reason,
            clean(str(number))[:64] if isinstance(number, int | str) else "",
        )
    )


def _quality(value: Tree) -> list[Event]:
    limit = tier(value.value.get("max_daily_conversations_per_business") or value.value.get("current_limit"))
    note = value.words("event", "")
    return [AccountChanged(Vitals(daily_limit=limit, note=f"WhatsApp: {note}" if note else ""))]


def _capability(value: Tree) -> list[Event]:
    limit = tier(value.value.get("max_daily_conversations_per_business"))
    return [AccountChanged(Vitals(daily_limit=limit))] if limit is not None else []


def _account(value: Tree) -> list[Event]:
    event = value.words("event", "")
    if event in ENDS:
        return [AccountChanged(Vitals(), ENDS[event])]
    if event == "ACCOUNT_RECONNECTED":
        return [AccountChanged(Vitals(note="номер снова подключен"))]
    if event == "DISABLED_UPDATE":
        ban = value.maybe("ban_info")
        return [AccountChanged(Vitals(), BANS.get(ban.words("waba_ban_state", "") if ban else "", ""))]
    if event == "ACCOUNT_VIOLATION":
        violation = value.maybe("violation_info")
        kind = violation.words("violation_type", "") if violation else ""
        return [AccountChanged(Vitals(note=f"Meta нашла нарушение: {kind}"))]
    if event == "ACCOUNT_RESTRICTION":
        return _restriction([item.words("restriction_type", "") for item in value.branches("restriction_info")])
    return []


def _restriction(kinds: Sequence[str]) -> list[Event]:
    """Only a ban on answers stops everything; where only the first word is barred, answers must still go."""
    said = ", ".join(RESTRICTIONS.get(kind, kind) for kind in kinds if kind)
    if not said:
        return []
    told = f"Meta ограничила аккаунт WhatsApp: {said}"
    stops = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in kinds
    return [AccountChanged(Vitals(), told) if stops else AccountChanged(Vitals(note=told))]


def _alert(value: Tree) -> list[Event]:
    said = value.words("alert_description", "") or value.words("alert_type", "")
    return [AccountChanged(Vitals(note=f"Meta: {said}"))] if said else []


def _name(value: Tree) -> list[Event]:
    decision, reason = value.words("decision", ""), reason_of(value.words("rejection_reason", ""))
    if decision in ("", "APPROVED"):
        return []
    return [AccountChanged(Vitals(note=f"Имя отправителя не одобрено: {reason or decision}"))]


def _new_user_id(value: Tree) -> list[Event]:
    """A new id comes with a new number: the old one is nobody's until the person writes again."""
    changed = value.maybe("user_id")
    old = changed.words("previous", "") if changed else ""
    return [Stopped(old, "user_id_update")] if is_user_id(old) else []


READERS: dict[str, Callable[[Tree], list[Event]]] = {
    "message_template_status_update": _template_status,
    "template_category_update": _template_category,
    "phone_number_quality_update": _quality,
    "business_capability_update": _capability,
    "account_update": _account,
    "account_alerts": _alert,
    "phone_number_name_update": _name,
    "user_id_update": _new_user_id,
}
