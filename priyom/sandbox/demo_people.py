"""The people of the demo clinic: a hundred made-up patients, the same every time. Names are common ones put together by
chance; phone numbers, chat ids and mail addresses belong to nobody."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

MARK = "demo-"
"""External ids of everything the demo makes begin with this."""

COUNT = 100
SEED = 20260301

RUSSIAN_FAMILIES = (
    "Смирнов", "Кузнецов", "Попов", "Васильев", "Соколов", "Михайлов", "Новиков", "Федоров", "Морозов", "Волков",
    "Алексеев", "Лебедев", "Семенов", "Егоров", "Павлов", "Козлов", "Степанов", "Николаев", "Орлов", "Андреев",
    "Макаров", "Никитин", "Захаров", "Зайцев", "Борисов", "Яковлев", "Григорьев", "Романов", "Воробьев", "Фролов",
)  # fmt: skip
KAZAKH_FAMILIES = (
    "Ахметов", "Омаров", "Оспанов", "Сулейменов", "Ибраев", "Касымов", "Жумабаев", "Нургалиев", "Абдрахманов",
    "Искаков", "Сериков", "Алиев", "Мусин", "Садыков", "Байжанов", "Тулегенов", "Ержанов", "Кенжебаев", "Рахимов",
    "Беков", "Сагинтаев", "Досжанов", "Калиев", "Муканов", "Тлеубаев", "Жаксыбеков", "Есимов", "Айтбаев",
)  # fmt: skip
RUSSIAN_MEN = ("Александр", "Сергей", "Дмитрий", "Андрей", "Алексей", "Иван", "Михаил", "Николай", "Павел", "Виктор")
RUSSIAN_WOMEN = ("Елена", "Ольга", "Наталья", "Ирина", "Татьяна", "Светлана", "Анна", "Мария", "Галина", "Людмила")
KAZAKH_MEN = ("Нурлан", "Ерлан", "Даурен", "Асхат", "Бауыржан", "Айдос", "Қайрат", "Тимур", "Санжар", "Әлихан")
KAZAKH_WOMEN = ("Айгүл", "Динара", "Әсел", "Гүлнар", "Мадина", "Жанар", "Салтанат", "Айжан", "Бибігүл", "Назгүл")
FATHERS = ("Александров", "Иванов", "Сергеев", "Николаев", "Петров", "Владимиров", "Михайлов", "Викторов")
KAZAKH_FATHERS = ("Нұрлан", "Серік", "Қайрат", "Марат", "Болат", "Асқар", "Талғат", "Ерлан")

MIXES: tuple[tuple[str, ...], ...] = (
    ("telegram", "phone"), ("telegram", "phone"), ("telegram", "phone", "email"), ("whatsapp", "phone"),
    ("max", "phone"), ("max", "vk", "phone"), ("max", "phone", "email"),
    ("telegram", "max", "phone"), ("telegram", "whatsapp", "phone", "email"), ("telegram", "phone"),
    ("whatsapp", "phone"), ("vk", "phone"), ("phone",), ("phone",), ("phone", "email"),
    ("telegram!", "phone"), ("max!", "phone", "email"), ("telegram!", "vk", "phone"),
    ("email",), (),
)  # fmt: skip
"""Which contacts people have, in turn; `!` marks a bot they have blocked. Who has WhatsApp in Almaty has VK in
Yekaterinburg: Russian numbers are off in WhatsApp unless a clinic allows them."""

OWN_NUMBERS = ("telegram", "max", "vk")
"""Messengers that number people by themselves."""

VISITORS = (
    ("visitor-of-demo-site-1", "Посетитель: цены", True),
    ("visitor-of-demo-site-2", "Посетитель: запись", True),
    ("visitor-of-demo-site-3", "Посетитель: еще не писал", False),
)
"""Browsers on the clinic's site nobody is known of: address, name, whether the chat has been opened."""


@dataclass(frozen=True, slots=True)
class DemoContact:
    """An address; `blocked`: the person has stopped us there; `fresh`: they answered or were reached there lately."""

    kind: str
    address: str
    blocked: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A made-up person of one of the two branches (0, 1)."""

    external_id: str
    branch: int
    family: str
    given: str
    patronymic: str
    birth_date: date
    sex: str
    language: str
    contacts: tuple[DemoContact, ...]


def patients() -> list[DemoPatient]:
    """All hundred, always the same."""
    luck = random.Random(SEED)
    mixes = [MIXES[number % len(MIXES)] for number in range(COUNT)]
    luck.shuffle(mixes)
    return [_patient(number, mixes[number - 1], luck) for number in range(1, COUNT + 1)]


def _patient(number: int, mix: tuple[str, ...], luck: random.Random) -> DemoPatient:
    branch = 0 if number % 5 < 3 else 1
    kazakh = luck.random() < (0.65 if branch == 0 else 0.15)
    woman = luck.random() < 0.56
    families, men, women = (
        (KAZAKH_FAMILIES, KAZAKH_MEN, KAZAKH_WOMEN) if kazakh else (RUSSIAN_FAMILIES, RUSSIAN_MEN, RUSSIAN_WOMEN)
    )
    family = luck.choice(families) + ("а" if woman else "")
    return DemoPatient(
        external_id=f"{MARK}p{number:03d}",
        branch=branch,
        family=family,
        given=luck.choice(women if woman else men),
        patronymic=_patronymic(kazakh, woman, luck),
        birth_date=date(1948, 1, 1) + timedelta(days=luck.randrange(21000)),
        sex="f" if woman else "m",
        language="kk" if kazakh and luck.random() < 0.7 else "ru",
        contacts=tuple(_contact(number, branch, word, luck) for word in mix),
    )


def _patronymic(kazakh: bool, woman: bool, luck: random.Random) -> str:
    if kazakh:
        return luck.choice(KAZAKH_FATHERS) + ("қызы" if woman else "ұлы") if luck.random() < 0.6 else ""
    return luck.choice(FATHERS) + ("на" if woman else "ич")


def _contact(number: int, branch: int, word: str, luck: random.Random) -> DemoContact:
    kind = word.rstrip("!")
    if kind == "whatsapp" and branch == 1:
        kind = "vk"
    number_at_home = f"+7700000{1000 + number}" if branch == 0 else f"+7900000{2000 + number}"
    addresses = {
        "phone": number_at_home,
        "whatsapp": number_at_home,
        "email": f"patient{number:03d}@mail.example",
    }
    address = addresses.get(kind) or str(70_000_000 + number * 37 + OWN_NUMBERS.index(kind) * 5_000_000)
    return DemoContact(kind, address, word.endswith("!"), luck.random() < 0.65)
