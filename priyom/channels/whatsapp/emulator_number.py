"""What the fake Graph API tells of a clinic's number. Names that Meta does not know are refused; most of those it knows
have nothing to say here."""

from __future__ import annotations

from typing import Any

from priyom.channels.whatsapp.emulator_refusals import Refused
from priyom.channels.whatsapp.emulator_state import Number

SILENT = frozenset(
    {
        "new_name_status",
        "quality_score",
        "conversational_automation",
        "is_on_biz_app",
        "is_official_business_account",
        "is_pin_enabled",
        "is_preverified_number",
        "search_visibility",
        "certificate",
        "new_certificate",
        "last_onboarded_time",
        "messaging_limit_tier",
        "host_platform",
        "eligibility_for_api_business_global_search",
        "country_code",
        "country_dial_code",
        "username",
    }
)
"""Fields Meta knows and we leave empty."""


def told(number: Number, fields: str) -> dict[str, Any]:
    """The fields asked for, by their names with commas between. Raises Refused for a name unknown to Meta."""
    known = {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.name,
        "name_status": "APPROVED",
        "quality_rating": number.quality,
        "status": "CONNECTED",
        "webhook_configuration": {"application": number.hook_url},
        "whatsapp_business_manager_messaging_limit": number.tier,
        "health_status": health(number),
        "throughput": {"level": "STANDARD"},
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "code_verification_status": "VERIFIED",
    }
    wanted = [name.strip() for name in fields.split(",")]
    for name in wanted:
        if name not in known and name not in SILENT:
            raise Refused(100, f"Tried accessing nonexisting field ({name})")
    return {**{name: known[name] for name in wanted if name in known}, "id": number.id}


def health(number: Number) -> dict[str, Any]:
    """What may be sent, node by node."""
    well = "BLOCKED" if number.quality == "RED" else "AVAILABLE"
    entities = [
        {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": well},
        {"entity_type": "WABA", "id": number.business, "can_send_message": "AVAILABLE"},
    ]
    return {"can_send_message": well, "entities": entities}
