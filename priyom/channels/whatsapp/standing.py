"""How a number stands at the vendor: who it is, its rating, its limit, what ails it. Asked of the number's node, or of
360dialog's `health_status`, which tells less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from priyom.channels.whatsapp import graph
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured
from priyom.contracts.reading import clean
from priyom.contracts.vitals import Quality, Vitals
from priyom.foundation.http import Http

IDENTITY_FIELDS = "id,display_phone_number,verified_name,name_status,webhook_configuration"
VITAL_FIELDS = "quality_rating,status,name_status,whatsapp_business_manager_messaging_limit,health_status"
TEMPLATE_FIELDS = "id,name,language,status,category,rejected_reason,parameter_format,components"

QUALITIES = {"GREEN": Quality.HIGH, "YELLOW": Quality.MEDIUM, "RED": Quality.LOW}
UNLIMITED = 1_000_000
"""What «no limit» becomes: more people than anybody writes to in a day."""
HOOK_PLACES = ("phone_number", "whatsapp_business_account", "application")
"""Where a webhook's address may be set; the first one counts."""
HEALTH = {"LIMITED": "отправка ограничена", "BLOCKED": "отправка закрыта"}
NODES = {"PHONE_NUMBER": "номер", "WABA": "аккаунт", "BUSINESS": "компания", "APP": "приложение"}


async def identity(http: Http, account: Account, proof: Mapping[str, str]) -> Identity:
    """The number's node; `proof` shows that the app secret is the app's. Raises Misconfigured."""
    path = graph.paths(account).number
    said = await graph.call(http, account, "GET", path, query={"fields": IDENTITY_FIELDS, **proof})
    shown = str(said.get("display_phone_number") or "")
    digits = "".join(c for c in shown if c.isdecimal())
    if not digits:
        raise Misconfigured("По этому адресу отвечает не WhatsApp")
    hooks = said.get("webhook_configuration")
    hooks = hooks if isinstance(hooks, dict) else {}
    webhook = next((str(hooks[place]) for place in HOOK_PLACES if hooks.get(place)), "")
    status = str(said.get("name_status") or "")
    note = "" if status in ("", "APPROVED", "AVAILABLE_WITHOUT_REVIEW") else f"имя отправителя: {status}"
    return Identity(digits, clean(f"{said.get('verified_name') or ''} {shown}").strip(), clean(note), clean(webhook))


async def reseller_identity(http: Http, account: Account) -> Identity:
    """360dialog tells neither number nor name: they come from the settings."""
    said = await graph.call(http, account, "GET", graph.paths(account).number)
    health = said.get("health_status")
    if not isinstance(health, dict):
        raise Misconfigured("По этому адресу отвечает не 360dialog")
    digits = "".join(c for c in account.settings.phone if c.isdecimal())
    if not digits:
        raise Misconfigured("Заполните номер клиники в WhatsApp: 360dialog его не называет")
    webhook = ""
    try:
        known = await graph.call(http, account, "GET", graph.paths(account).subscribe)
        webhook = str(known.get("url") or "")
    except ChannelError:  # the check is of the key; where the webhook goes is only good to know
        webhook = ""
    return Identity(digits, f"WhatsApp +{digits}", ailments(health), clean(webhook))


async def vitals(http: Http, account: Account) -> Vitals:
    """Rating and daily limit; 360dialog tells only whether messages may go."""
    path = graph.paths(account).number
    if graph.is_reseller(account):
        said = await graph.call(http, account, "GET", path)
    else:
        said = await graph.call(http, account, "GET", path, query={"fields": VITAL_FIELDS})
    health = said.get("health_status")
    note = ailments(health) if isinstance(health, dict) else ""
    if graph.is_reseller(account) and isinstance(health, dict):
        note = note or "отправка открыта"  # all it tells
    limit = said.get("whatsapp_business_manager_messaging_limit")
    quality = QUALITIES.get(str(said.get("quality_rating", "")).upper(), Quality.UNKNOWN)
    return Vitals(quality=quality, daily_limit=tier(limit), note=note)


def tier(told: object) -> int | None:
    """`TIER_2K`, 2000 or -1 (no limit) as a number of people a day; None when not told."""
    if isinstance(told, int) and not isinstance(told, bool):
        return UNLIMITED if told < 0 else min(told, UNLIMITED)
    word = str(told or "").upper().removeprefix("TIER_")
    if word == "UNLIMITED":
        return UNLIMITED
    number, thousand = word.removesuffix("K"), word.endswith("K")
    if not (number.isascii() and number.isdecimal() and len(number) < 8):
        return None
    return min(int(number) * (1000 if thousand else 1), UNLIMITED)


def ailments(health: Mapping[str, Any]) -> str:
    """What keeps messages from going, for people; '' when nothing does."""
    found = []
    entities = health.get("entities")
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and (said := HEALTH.get(str(entity.get("can_send_message")))):
            found.append(f"{NODES.get(str(entity.get('entity_type')), 'шаблон')}: {said}{_why(entity)}")
    if not found and (said := HEALTH.get(str(health.get("can_send_message")))):
        found.append(said)
    return clean("; ".join(found))


def after(said: Mapping[str, Any]) -> str:
    """The cursor of the next page; '' when this is the last."""
    paging = said.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    return str(cursors.get("after") or "") if isinstance(cursors, dict) else ""


def _why(entity: Mapping[str, Any]) -> str:
    errors = entity.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict) and error.get("error_description"):
            return f" ({str(error['error_description'])[:200]})"
    return ""
