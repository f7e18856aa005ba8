"""May we write to this patient, for this purpose, over this channel?"""

from __future__ import annotations

from collections.abc import Iterable

from priyom.clinic.house import house
from priyom.consent.models import Consent
from priyom.consent.rules import decide
from priyom.contracts.registry import family


def allows(patient_id: int, purpose: str, channel: str) -> bool:
    """The newest word of the patient for the channel or for all of them; without any, the house's policy."""
    return channel in allowed_channels(patient_id, purpose, (channel,))


def allowed_channels(patient_id: int, purpose: str, channels: Iterable[str]) -> set[str]:
    """Those of `channels` over which we may write: one look at the database for all of them."""
    words = [
        (c.channel, c.given) for c in Consent.objects.filter(patient_id=patient_id, purpose=purpose).order_by("-id")
    ]
    implied = purpose == "service" and house().service_consent == "implied"
    return {channel for channel in channels if decide(words, family(channel), implied)}
