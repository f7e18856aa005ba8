"""Times and dates as they are spoken, in Russian and Kazakh: «14:30» becomes «четырнадцать часов тридцать минут», «чт
26.11» becomes «четверг, двадцать шестое ноября». What is not a time or a date is left to the voice."""

from __future__ import annotations

import re

MONTHS = {
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
        "декабря",
    ),
    "kk": (
        "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша",
        "желтоқсан",
    ),
}  # fmt: skip
WEEKDAYS = {
    "ru": {
        "пн": "понедельник", "вт": "вторник", "ср": "среда", "чт": "четверг", "пт": "пятница", "сб": "суббота",
        "вс": "воскресенье",
    },
    "kk": {
        "дс": "дүйсенбі", "сс": "сейсенбі", "ср": "сәрсенбі", "бс": "бейсенбі", "жм": "жұма", "сб": "сенбі",
        "жк": "жексенбі",
    },
}  # fmt: skip
_TEENS = (
    "ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать",
    "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать",
    "девятнадцать",
)  # fmt: skip
_TENS = ("", "", "двадцать", "тридцать", "сорок", "пятьдесят")
_ORDINALS = (
    "", "первое", "второе", "третье", "четвертое", "пятое", "шестое", "седьмое", "восьмое", "девятое", "десятое",
    "одиннадцатое", "двенадцатое", "тринадцатое", "четырнадцатое", "пятнадцатое", "шестнадцатое", "семнадцатое",
    "восемнадцатое", "девятнадцатое",
)  # fmt: skip
_UNITS_KK = ("нөл", "бір", "екі", "үш", "төрт", "бес", "алты", "жеті", "сегіз", "тоғыз")
_TENS_KK = ("", "он", "жиырма", "отыз", "қырық", "елу")
_ORDINALS_KK = (
    "", "бірінші", "екінші", "үшінші", "төртінші", "бесінші", "алтыншы", "жетінші", "сегізінші", "тоғызыншы",
)  # fmt: skip
_TENTHS_KK = ("", "оныншы", "жиырмасыншы", "отызыншы")
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_SHORT = re.compile(r"(?<!\w)(?:(пн|вт|ср|чт|пт|сб|вс|дс|сс|бс|жм|жк)\s+)?(\d{1,2})\.(\d{2})(?:\.\d{4})?(?![\d.]*\d)")
_DAY = {code: re.compile(rf"(?<!\d)(\d{{1,2}}) ({'|'.join(names)})(?!\w)") for code, names in MONTHS.items()}


def spoken(text: str, language: str) -> str:
    """The text with its times and dates in words. `language` is `ru` or `kk`."""
    text = _SHORT.sub(lambda match: _short(match, language), text)
    text = _DAY[language].sub(lambda match: _day(match, language), text)
    return _CLOCK.sub(lambda match: clock(int(match[1]), int(match[2]), language), text)


def clock(hours: int, minutes: int, language: str) -> str:
    """A time of the day."""
    if language == "kk":
        zero = "нөл " if minutes < 10 else ""  # «он бес» would be 15:00
        return f"сағат {cardinal(hours, 'kk')}" + (f" {zero}{cardinal(minutes, 'kk')}" if minutes else "")
    said = f"{cardinal(hours, 'ru')} {_form(hours, 'час', 'часа', 'часов')}"
    if not minutes:
        return said
    return f"{said} {cardinal(minutes, 'ru', feminine=True)} {_form(minutes, 'минута', 'минуты', 'минут')}"


def cardinal(number: int, language: str, *, feminine: bool = False) -> str:
    """0 to 59 in words."""
    tens, unit = divmod(number, 10)
    if language == "kk":
        return " ".join(part for part in (_TENS_KK[tens], _UNITS_KK[unit] if unit or not tens else "") if part)
    if number < 20:
        tens, unit = 0, number
    last = {1: "одна", 2: "две"}.get(unit, _TEENS[unit]) if feminine else _TEENS[unit]
    return " ".join(part for part in (_TENS[tens], last if unit or not tens else "") if part)


def ordinal(number: int, language: str) -> str:
    """1 to 31 as a day of the month."""
    tens, unit = divmod(number, 10)
    if language == "kk":
        return f"{_TENS_KK[tens]} {_ORDINALS_KK[unit]}".strip() if unit else _TENTHS_KK[tens]
    if number < 20:
        return _ORDINALS[number]
    return f"{_TENS[tens]} {_ORDINALS[unit]}" if unit else {2: "двадцатое", 3: "тридцатое"}[tens]


def _form(number: int, one: str, few: str, many: str) -> str:
    if number % 10 == 1 and number != 11:
        return one
    return few if 2 <= number % 10 <= 4 and not 12 <= number <= 14 else many


def _day(match: re.Match[str], language: str) -> str:
    number = int(match[1])
    return f"{ordinal(number, language)} {match[2]}" if 1 <= number <= 31 else match[0]


def _short(match: re.Match[str], language: str) -> str:
    day, month = int(match[2]), int(match[3])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    weekday = WEEKDAYS[language].get(match[1] or "", "")
    date = f"{ordinal(day, language)} {MONTHS[language][month - 1]}"
    return f"{weekday}, {date}" if weekday else date
