"""What is said for each kind of message: data, in Russian and Kazakh. Written for the ear: who calls, then the matter,
one thing a sentence. A kind that is not here is said by its own text.

Places in braces are the wording's variables; a sentence whose variable is empty is left out. No service and no
speciality is named: somebody else may have taken the phone.
"""

from __future__ import annotations

from collections.abc import Mapping

_HELLO = {
    "ru": ("Здравствуйте, {patient.given}!", "Вам звонит автоматический помощник, {clinic.name}."),
    "kk": ("Сәлеметсіз бе, {patient.given}!", "Сізге автоматты көмекші қоңырау шалып тұр, {clinic.name}."),
}
_WHEN = {
    "ru": ("Дата и время: {visit.local_date}, {visit.local_time}.", "Врач {practitioner.name}."),
    "kk": ("Күні мен уақыты: {visit.local_date}, {visit.local_time}.", "Дәрігер {practitioner.name}."),
}

SCRIPTS: dict[str, dict[str, tuple[str, ...]]] = {
    "confirmation": {
        "ru": (*_HELLO["ru"], "Вы записаны на прием.", *_WHEN["ru"], "{branch.address}."),
        "kk": (*_HELLO["kk"], "Сіз қабылдауға жазылдыңыз.", *_WHEN["kk"], "{branch.address}."),
    },
    "reminder_24h": {
        "ru": (*_HELLO["ru"], "Напоминаем о вашем визите.", *_WHEN["ru"], "Вы придете?"),
        "kk": (*_HELLO["kk"], "Қабылдауыңызды еске саламыз.", *_WHEN["kk"], "Келесіз бе?"),
    },
    "reminder_24h_confirmed": {
        "ru": (*_HELLO["ru"], "Напоминаем о вашем визите.", *_WHEN["ru"], "Ждем вас!"),
        "kk": (*_HELLO["kk"], "Қабылдауыңызды еске саламыз.", *_WHEN["kk"], "Сізді күтеміз!"),
    },
    "reminder_2h": {
        "ru": (*_HELLO["ru"], "Скоро ваш визит.", *_WHEN["ru"]),
        "kk": (*_HELLO["kk"], "Қабылдауыңыз жақын.", *_WHEN["kk"]),
    },
    "moved": {
        "ru": (
            *_HELLO["ru"], "Ваш визит перенесен.", *_WHEN["ru"],
            "Прежнее время: {old.local_date}, {old.local_time}.",
        ),
        "kk": (
            *_HELLO["kk"], "Қабылдауыңыз ауыстырылды.", *_WHEN["kk"],
            "Бұрынғы уақыты: {old.local_date}, {old.local_time}.",
        ),
    },
    "cancelled": {
        "ru": (*_HELLO["ru"], "Ваш визит отменен: {visit.local_date}, {visit.local_time}."),
        "kk": (*_HELLO["kk"], "Қабылдауыңыз тоқтатылды: {visit.local_date}, {visit.local_time}."),
    },
}  # fmt: skip

LABELS: dict[str, dict[str, str]] = {
    "ru": {
        "Приду": "Чтобы подтвердить визит, нажмите {key}.",
        "Перенести": "Чтобы перенести визит, нажмите {key}.",
        "Отменить": "Чтобы отменить визит, нажмите {key}.",
        "Да, отменить": "Если отменяем, нажмите {key}.",
        "Нет, приду": "Если все же придете, нажмите {key}.",
        "Другое время": "Чтобы выбрать другое время, нажмите {key}.",
    },
    "kk": {
        "Келемін": "Келетін болсаңыз, {key} басыңыз.",
        "Ауыстыру": "Қабылдауды ауыстыру үшін {key} басыңыз.",
        "Бас тарту": "Қабылдаудан бас тарту үшін {key} басыңыз.",
        "Иә, бас тарту": "Бас тартсаңыз, {key} басыңыз.",
        "Жоқ, келемін": "Бәрібір келсеңіз, {key} басыңыз.",
        "Басқа уақыт": "Басқа уақытты таңдау үшін {key} басыңыз.",
    },
}
OTHER_LABEL = {"ru": "{label}: нажмите {key}.", "kk": "{label}: {key} басыңыз."}
KEYS: dict[str, Mapping[str, str]] = {
    "ru": {
        "1": "один", "2": "два", "3": "три", "4": "четыре", "5": "пять", "6": "шесть", "7": "семь", "8": "восемь",
        "9": "девять", "0": "ноль", "*": "звездочку",
    },
    "kk": {
        "1": "бірді", "2": "екіні", "3": "үшті", "4": "төртті", "5": "бесті", "6": "алтыны", "7": "жетіні",
        "8": "сегізді", "9": "тоғызды", "0": "нөлді", "*": "жұлдызшаны",
    },
}  # fmt: skip

OPERATOR = {
    "ru": "Чтобы вам перезвонил администратор, нажмите ноль.",
    "kk": "Әкімші қайта қоңырау шалуы үшін нөлді басыңыз.",
}
OPT_OUT = {
    "ru": "Чтобы таких звонков больше не было, нажмите девять.",
    "kk": "Мұндай қоңыраулар болмауы үшін тоғызды басыңыз.",
}
THANKS = {"ru": "Спасибо, ваш ответ записан.", "kk": "Рақмет, жауабыңыз жазылды."}
WILL_CALL = {"ru": "Спасибо. Администратор вам перезвонит.", "kk": "Рақмет. Әкімші сізге қайта қоңырау шалады."}
NO_MORE = {"ru": "Хорошо, больше не звоним.", "kk": "Жақсы, енді қоңырау шалмаймыз."}
NO_SUCH_KEY = {"ru": "Такой клавиши здесь нет.", "kk": "Мұндай перне жоқ."}
GOODBYE = {"ru": "До свидания!", "kk": "Сау болыңыз!"}
