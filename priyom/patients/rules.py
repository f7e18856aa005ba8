"""How a name is looked for: both what is stored and what is typed are folded to few letters, so that ё is е, қ is к,
«Kim» is «Ким», and the index needs no locale of the server. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі"
FOLDED = "abvgdeejziiklmnoprstufhc4669y9ewqagknouuhi"
"""Letter for letter; one letter stays one letter, as SQL's `translate` does it (the function `priyom_name`)."""
_TABLE = str.maketrans(
    LETTERS + LETTERS.upper() + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", FOLDED * 2 + "abcdefghijklmnopqrstuvwxyz"
)
FEWEST_DIGITS = 3
FEWEST_LETTERS = 2
MOST_WORDS = 4
SHORTEST_PART = 3
"""Letters a trigram has: of a shorter piece only the beginning of a word is looked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: beginnings or parts of names, folded, and digits of a phone, '' for none."""

    words: tuple[str, ...]
    digits: str

    @property
    def enough(self) -> bool:
        """Whether it says anything: a single letter would mean everybody."""
        return bool(self.words or self.digits)


def fold(text: str) -> str:
    """`Жұмабаев` -> `jumabaev`."""
    return text.translate(_TABLE)


def wanted(text: str) -> Wanted:
    """`Ким 8 (701) 12` -> words ("kim",), digits "870112". Too little of either is left out."""
    words, digits = [], ""
    for part in text.split():
        if any(sign.isalpha() for sign in part):
            words.append(fold(part))
        else:
            digits += "".join(sign for sign in part if sign.isascii() and sign.isdigit())
    kept = tuple(word for word in words if len(word) >= FEWEST_LETTERS)[:MOST_WORDS]
    return Wanted(kept, digits if len(digits) >= FEWEST_DIGITS else "")


def spellings(digits: str) -> tuple[str, ...]:
    """What a stored number (`+7701...`) may contain when these digits were typed: 8 701 is +7 701 as well."""
    return (digits, f"+7{digits[1:]}") if digits.startswith("8") else (digits,)
