"""Kazakh endings after a number written in digits: «10:40-тан бастап», «18:05-ке дейін». The ending follows the last
word that is spoken, «қырық» or «бес»; a full hour ends in its «нөл»."""

from __future__ import annotations

from typing import Literal

Case = Literal["from", "to"]
"""Ablative (-дан) and dative (-ға)."""

SPOKEN: dict[int, tuple[str, str]] = {
    0: ("ден", "ге"), 1: ("ден", "ге"), 2: ("ден", "ге"), 3: ("тен", "ке"), 4: ("тен", "ке"), 5: ("тен", "ке"),
    6: ("дан", "ға"), 7: ("ден", "ге"), 8: ("ден", "ге"), 9: ("дан", "ға"), 10: ("нан", "ға"), 20: ("дан", "ға"),
    30: ("дан", "ға"), 40: ("тан", "қа"), 50: ("ден", "ге"), 60: ("тан", "қа"), 70: ("тен", "ке"), 80: ("нен", "ге"),
    90: ("нан", "ға"),
}  # fmt: skip
"""нөл, бір, екі, үш, төрт, бес, алты, жеті, сегіз, тоғыз; он, жиырма, отыз, қырық, елу, алпыс, жетпіс, сексен and
тоқсан."""


def with_ending(digits: str, case: Case) -> str:
    """The text with the ending its last two digits ask for; one that ends in no digits stays as it is."""
    tail = digits[-2:] if digits[-2:].isdecimal() else digits[-1:]
    if not tail.isdecimal():
        return digits
    number = int(tail)
    last = number if number % 10 == 0 else number % 10
    return f"{digits}-{SPOKEN[last][case == 'to']}"
