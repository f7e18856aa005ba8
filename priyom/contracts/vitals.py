"""What a vendor tells of an account and of its registered templates."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Quality(StrEnum):
    """The vendor's rating of a number, by the people's complaints and blocks."""

    UNKNOWN = ""
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Vitals:
    """How an account stands at the vendor; what the vendor does not tell is None or empty.

    `daily_limit`: so many people may be written to first within 24 hours. `note` is for people, Russian.
    """

    balance: Decimal | None = None
    currency: str = ""
    quality: Quality = Quality.UNKNOWN
    daily_limit: int | None = None
    note: str = ""


class Standing(StrEnum):
    """Where a template stands at the vendor."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    GONE = "gone"


class Category(StrEnum):
    """What a template is for; vendors price by it."""

    SERVICE = "service"
    MARKETING = "marketing"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class DraftButton:
    """A template's button: a quick reply, or a link when `url` is given (`{{1}}` in it is its one variable part)."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as it is handed in. `text` has places {{1}}, {{2}}, ...; `examples` has a value for each, in order."""

    name: str
    language: str
    category: Category
    text: str
    examples: tuple[str, ...] = ()
    buttons: tuple[DraftButton, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A template as the vendor has it. `reason` says why it was rejected or paused; `category` may be the vendor's."""

    name: str
    language: str
    standing: Standing
    category: Category = Category.SERVICE
    reason: str = ""
    provider_id: str = ""
