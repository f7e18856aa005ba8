"""Phone numbers: one spelling (E.164) inside, a human one on screens."""

from __future__ import annotations

import phonenumbers


class BadPhone(ValueError):
    """The text is not a phone number; the message says why, for the person who typed it."""


def normalize(text: str, country: str = "RU") -> str:
    """`8 (701) 123-45-67` -> `+77011234567`. `country` (ISO 3166) is assumed where no code is written.

    Russia and Kazakhstan share +7, so the country decides only how a national number is read.
    Raises BadPhone when the text cannot be a number.
    """
    digits = "".join(c for c in text if c.isdigit())
    if not digits:
        raise BadPhone(f"«{text}» - не номер телефона: в нем нет цифр")
    if not text.strip().startswith("+") and len(digits) == 11 and digits[0] == "7":
        text = "+" + digits
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise BadPhone(f"«{text}» - не номер телефона") from None
    if not phonenumbers.is_possible_number(number):
        raise BadPhone(f"В номере «{text}» {len(digits)} цифр: так номера не выглядят, проверьте")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def show(e164: str) -> str:
    """`+77011234567` -> `+7 701 123-45-67`; anything unknown is shown as it is."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
