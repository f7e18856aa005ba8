"""Kazakh words less their endings, for the search: PostgreSQL has no dictionary of Kazakh. Pure.

Texts are folded first: ё to е and each letter that Russian has not to the one it is typed as without a Kazakh keyboard
(қ to к, ә to а, і to и). An ending is cut slot by slot, from the end: case, whose it is, how many; or one ending of a
verb. What is left is looked for as the beginning of a word, so cutting too little loses forms and cutting too much
finds more than was asked for; short stems are left whole.
"""

from __future__ import annotations

import re

LETTERS = "ёәғқңөұүһі"
FOLDED = "еагкноуухи"
CAPITALS = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TABLE = str.maketrans(LETTERS + LETTERS.upper() + CAPITALS, FOLDED * 2 + CAPITALS.lower())
_NO_WORD = re.compile(r"[^0-9a-zа-я]")
SHORTEST = 3
"""Letters a stem keeps at least."""
MOST_WORDS = 6


def _slot(endings: str) -> tuple[str, ...]:
    """The longest first: «нан» before «а»."""
    return tuple(sorted(endings.split(), key=len, reverse=True))


PERSON = _slot(
    "адымын едимин аймын еймин асыз есиз айды ейди ады еди йды йди атын етин йтын йтин ганда генде канда кенде "
    "ганы гени ындар индер кызу"
)
"""Endings of verbs that would else be taken for a case."""
CASE = _slot(
    "нын нин дын дин тын тин га ге ка ке ына ине нда нде да де та те ды ди ты ти ны ни дан ден тан тен нан нен "
    "мен бен пен"
)
WHOSE = _slot("ымыз имиз мыз миз ыныз иниз ныз низ сын син сы си ыма име ма ме ым им ын ин")
MANY = _slot("лар лер дар дер тар тер")
VERB = _slot("ган ген кан кен дым дим тым тим ып ип са се у п")
VOWELS = "аеоуыиэюя"
LAST_VOWELS = "ыиу"
"""What is left at the end when a case was cut from `нәтижесі` or from a verb made a noun, `жазылу`."""


def fold(text: str) -> str:
    """Small letters of the Russian alphabet, digits, Latin; a space for each other sign: no place is lost."""
    return _NO_WORD.sub(" ", text.translate(_TABLE))


def words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return fold(text).split()


def cut(word: str) -> str:
    """A folded word less its Kazakh endings: `дәрігерлерге` -> `даригер`."""
    spoken = _cut(word, PERSON)
    if spoken != word:
        return spoken
    noun = _cut(_mine(_cut(_cut(word, CASE), WHOSE)), MANY)
    stem = noun if noun != word else _cut(word, VERB)
    return stem[:-1] if len(stem) > SHORTEST and stem != word and stem[-1] in LAST_VOWELS else stem


def query(text: str) -> str:
    """What to_tsquery shall look for, '' for nothing: all words; each by the Russian dictionary or by its Kazakh stem,
    the last one, which may not be typed to its end, also by its beginning."""
    found = [place for place in re.finditer(r"\S+", fold(text)) if len(place[0]) >= SHORTEST][:MOST_WORDS]
    return " & ".join(_any_of(place[0], text[place.start() : place.end()], place is found[-1]) for place in found)


def _any_of(word: str, typed: str, last: bool) -> str:
    """A word typed with letters of Kazakh alone is cut further than one that may be Russian."""
    ways = [f"{word}:*" if last else word]
    stem = cut(word)
    if len(stem) >= (SHORTEST if any(sign in LETTERS[1:] for sign in typed.lower()) else SHORTEST + 1):
        ways.append(f"{stem}:*")
    return f"({' | '.join(dict.fromkeys(ways))})"


def _mine(word: str) -> str:
    """`балам` -> `бала`."""
    return word[:-1] if len(word) > SHORTEST and word[-1] == "м" and word[-2] in VOWELS else word


def _cut(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            return word[: -len(ending)]
    return word
