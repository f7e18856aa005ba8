"""The wordings the program comes with, in Russian and Kazakh: data. A clinic's own texts (`Wording`) go before these.

A text has named variables in double braces, checked by `variables.NAMES`; an unknown name is refused when it is saved.
`sms` is the short form; where it is empty the full one goes. Names of buttons are in BUTTONS.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("ru", "kk")


@dataclass(frozen=True, slots=True)
class Text:
    """One wording: language -> full form, language -> short form for SMS; subject for mail; buttons by name."""

    title: str
    full: dict[str, str]
    sms: dict[str, str]
    subject: dict[str, str]
    buttons: tuple[tuple[str, ...], ...] = ()


BUTTONS: dict[str, dict[str, str]] = {
    "confirm": {"ru": "Приду", "kk": "Келемін"},
    "move": {"ru": "Перенести", "kk": "Ауыстыру"},
    "cancel": {"ru": "Отменить", "kk": "Бас тарту"},
    "cancel_yes": {"ru": "Да, отменить", "kk": "Иә, бас тарту"},
    "keep": {"ru": "Нет, приду", "kk": "Жоқ, келемін"},
    "other_time": {"ru": "Другое время", "kk": "Басқа уақыт"},
    "contact": {"ru": "Отправить мой номер", "kk": "Нөмірімді жіберу"},
}

STAMPS: dict[str, dict[str, str]] = {
    "confirmed": {"ru": "✓ Вы подтвердили визит", "kk": "✓ Сіз келетініңізді растадыңыз"},
    "moved": {
        "ru": "↻ Перенесено на {{ visit.local_date }}, {{ visit.local_time }}",
        "kk": "↻ {{ visit.local_date }}, {{ visit.local_time }} уақытына ауыстырылды",
    },
    "cancelled": {"ru": "✕ Визит отменен", "kk": "✕ Қабылдау тоқтатылды"},
    "answered": {"ru": "✓ Ответ получен", "kk": "✓ Жауап алынды"},
}

ASK = (("confirm",), ("move", "cancel"))
CHANGE = (("move", "cancel"),)
PRESSED = frozenset({"reminder_2h"})
"""Kinds whose full words ask for a press; the short ones do not."""

CATALOGUE: dict[str, Text] = {
    "confirmation": Text(
        "Подтверждение записи",
        {
            "ru": "Здравствуйте, {{ patient.given }}! Вы записаны: {{ visit.local_date }} в {{ visit.local_time }}, "
            "{{ service.name }}, врач {{ practitioner.short_name }}.\n{{ branch.place }}",
            "kk": "Сәлеметсіз бе, {{ patient.given }}! Сіз жазылдыңыз: {{ visit.local_date }}, {{ visit.local_time }}, "
            "{{ service.name }}, дәрігер {{ practitioner.short_name }}.\n{{ branch.place }}",
        },
        {
            "ru": "Вы записаны: {{ visit.short_date }} {{ visit.local_time }}, {{ practitioner.short_name }}. "
            "{{ branch.address }}",
            "kk": "Сіз жазылдыңыз: {{ visit.short_date }} {{ visit.local_time }}, {{ practitioner.short_name }}. "
            "{{ branch.address }}",
        },
        {
            "ru": "Вы записаны на {{ visit.local_date }}, {{ visit.local_time }}",
            "kk": "Сіз {{ visit.local_date }}, {{ visit.local_time }} уақытына жазылдыңыз",
        },
        ASK,
    ),
    "reminder_24h": Text(
        "Напоминание за сутки",
        {
            "ru": "{{ patient.given }}, напоминаем: {{ visit.local_date }} в {{ visit.local_time }} вас ждет "
            "{{ practitioner.short_name }} ({{ service.name }}).\n{{ branch.place }}\n"
            "Вы придете?",
            "kk": "{{ patient.given }}, еске саламыз: {{ visit.local_date }}, {{ visit.local_time }} сізді "
            "{{ practitioner.short_name }} күтеді ({{ service.name }}).\n{{ branch.place }}\n"
            "Келесіз бе?",
        },
        {
            "ru": "Визит {{ visit.short_date }} {{ visit.local_time }}, {{ practitioner.short_name }}, "
            "{{ branch.address }}.",
            "kk": "Қабылдау {{ visit.short_date }} {{ visit.local_time }}, {{ practitioner.short_name }}, "
            "{{ branch.address }}.",
        },
        {
            "ru": "Визит {{ visit.local_date }}, {{ visit.local_time }}: вы придете?",
            "kk": "{{ visit.local_date }}, {{ visit.local_time }} қабылдау: келесіз бе?",
        },
        ASK,
    ),
    "reminder_24h_confirmed": Text(
        "Напоминание за сутки тем, кто подтвердил",
        {
            "ru": "{{ patient.given }}, напоминаем: {{ visit.local_date }} в {{ visit.local_time }} вас ждет "
            "{{ practitioner.short_name }} ({{ service.name }}).\n{{ branch.place }}",
            "kk": "{{ patient.given }}, еске саламыз: {{ visit.local_date }}, {{ visit.local_time }} сізді "
            "{{ practitioner.short_name }} күтеді ({{ service.name }}).\n{{ branch.place }}",
        },
        {
            "ru": "Напоминаем: визит {{ visit.short_date }} {{ visit.local_time }}, {{ practitioner.short_name }}, "
            "{{ branch.address }}.",
            "kk": "Еске саламыз: қабылдау {{ visit.short_date }} {{ visit.local_time }}, "
            "{{ practitioner.short_name }}, {{ branch.address }}.",
        },
        {
            "ru": "Напоминаем: визит {{ visit.local_date }}, {{ visit.local_time }}",
            "kk": "Еске саламыз: {{ visit.local_date }}, {{ visit.local_time }} қабылдау",
        },
        CHANGE,
    ),
    "reminder_2h": Text(
        "Напоминание за два часа",
        {
            "ru": "{{ patient.given }}, ваш визит {{ visit.local_date }} в {{ visit.local_time }}, "
            "{{ practitioner.short_name }}.\n{{ branch.address }}\nПодтвердите, пожалуйста, одной кнопкой.",
            "kk": "{{ patient.given }}, қабылдауыңыз {{ visit.local_date }}, {{ visit.local_time }}, "
            "{{ practitioner.short_name }}.\n{{ branch.address }}\nБір батырмамен растаңыз.",
        },
        {
            "ru": "Ждем вас {{ visit.short_date }} в {{ visit.local_time }}, {{ branch.address }}.",
            "kk": "Сізді {{ visit.short_date }}, {{ visit.local_time }} күтеміз, {{ branch.address }}.",
        },
        {
            "ru": "Скоро ваш визит: {{ visit.local_time }}",
            "kk": "Қабылдауыңыз жақын: {{ visit.local_time }}",
        },
        ASK,
    ),
    "moved": Text(
        "Визит перенесен",
        {
            "ru": "{{ patient.given }}, ваш визит перенесен. Новое время: {{ visit.local_date }} в "
            "{{ visit.local_time }}, {{ practitioner.short_name }}. Было: {{ old.local_date }} в "
            "{{ old.local_time }}.\n{{ branch.place }}",
            "kk": "{{ patient.given }}, қабылдауыңыз ауыстырылды. Жаңа уақыты: {{ visit.local_date }}, "
            "{{ visit.local_time }}, {{ practitioner.short_name }}. Бұрын: {{ old.local_date }}, "
            "{{ old.local_time }}.\n{{ branch.place }}",
        },
        {
            "ru": "Визит перенесен: {{ visit.short_date }} {{ visit.local_time }} (было {{ old.short_date }} "
            "{{ old.local_time }}). {{ branch.address }}",
            "kk": "Қабылдау ауыстырылды: {{ visit.short_date }} {{ visit.local_time }} (бұрын {{ old.short_date }} "
            "{{ old.local_time }}). {{ branch.address }}",
        },
        {
            "ru": "Визит перенесен на {{ visit.local_date }}, {{ visit.local_time }}",
            "kk": "Қабылдау {{ visit.local_date }}, {{ visit.local_time }} уақытына ауыстырылды",
        },
        CHANGE,
    ),
    "cancelled": Text(
        "Визит отменен",
        {
            "ru": "{{ patient.given }}, визит {{ visit.local_date }} в {{ visit.local_time }} отменен. "
            "Чтобы записаться снова, напишите нам или позвоните: {{ branch.phone }}",
            "kk": "{{ patient.given }}, {{ visit.local_date }}, {{ visit.local_time }} қабылдау тоқтатылды. "
            "Қайта жазылу үшін бізге жазыңыз немесе қоңырау шалыңыз: {{ branch.phone }}",
        },
        {
            "ru": "Визит {{ visit.short_date }} {{ visit.local_time }} отменен. Запись: {{ branch.phone }}",
            "kk": "{{ visit.short_date }} {{ visit.local_time }} қабылдау тоқтатылды. Жазылу: {{ branch.phone }}",
        },
        {
            "ru": "Визит {{ visit.local_date }} отменен",
            "kk": "{{ visit.local_date }} қабылдау тоқтатылды",
        },
    ),
    "no_show": Text(
        "После пропуска: ближайшие времена",
        {
            "ru": "{{ patient.given }}, сегодня вы не смогли прийти. Ближайшее время, врач "
            "{{ practitioner.short_name }} - выберите, и мы вас запишем:",
            "kk": "{{ patient.given }}, бүгін келе алмадыңыз. {{ practitioner.short_name }} дәрігердің бос уақыттары - "
            "таңдаңыз, біз сізді жазамыз:",
        },
        {
            "ru": "Вы не смогли прийти. Ближайшее время, {{ practitioner.short_name }}:",
            "kk": "Келе алмадыңыз. {{ practitioner.short_name }} бос уақыттары:",
        },
        {"ru": "Когда вам удобно прийти?", "kk": "Қашан келуге ыңғайлы?"},
        (("offers",),),
    ),
    "test": Text(
        "Проверка канала",
        {
            "ru": "Это проверка: канал работает, сообщения клиники сюда доходят.",
            "kk": "Бұл тексеру: арна жұмыс істейді.",
        },
        {},
        {"ru": "Проверка канала", "kk": "Арнаны тексеру"},
    ),
}

REPLIES: dict[str, Text] = {
    "reply_confirmed": Text(
        "Спасибо, ждем",
        {
            "ru": "Спасибо! Ждем вас {{ visit.local_date }} в {{ visit.local_time }}.",
            "kk": "Рақмет! Сізді {{ visit.local_date }}, {{ visit.local_time }} күтеміз.",
        },
        {},
        {},
    ),
    "reply_cancel_ask": Text(
        "Точно отменить?",
        {
            "ru": "Точно отменить визит {{ visit.local_date }} в {{ visit.local_time }}?",
            "kk": "{{ visit.local_date }}, {{ visit.local_time }} қабылдауды шынымен тоқтатамыз ба?",
        },
        {},
        {},
        (("cancel_yes",), ("keep",)),
    ),
    "reply_offers": Text(
        "Свободные времена",
        {
            "ru": "Выберите новое время. Врач {{ practitioner.short_name }}:",
            "kk": "{{ practitioner.short_name }} дәрігердің жаңа уақытын таңдаңыз:",
        },
        {},
        {},
        (("offers",), ("other_time",)),
    ),
    "reply_taken": Text(
        "Время уже занято",
        {
            "ru": "Это время только что заняли. Вот другие свободные:",
            "kk": "Бұл уақытты жаңа ғана алып қойды. Басқа бос уақыттар:",
        },
        {},
        {},
        (("offers",), ("other_time",)),
    ),
    "reply_no_times": Text(
        "Свободного времени нет",
        {
            "ru": "Свободного времени у врача пока нет. Администратор напишет или позвонит вам.",
            "kk": "Дәрігерде әзірге бос уақыт жоқ. Әкімші сізге жазады немесе қоңырау шалады.",
        },
        {},
        {},
    ),
    "reply_to_person": Text(
        "Передали администратору",
        {
            "ru": "Передали администратору, он ответит вам здесь.",
            "kk": "Әкімшіге жеткіздік, ол сізге осында жауап береді.",
        },
        {},
        {},
    ),
    "reply_stale": Text(
        "Визит уже изменен",
        {
            "ru": "Это сообщение устарело. Сейчас ваш визит: {{ visit.local_date }} в {{ visit.local_time }}, "
            "{{ practitioner.short_name }}.",
            "kk": "Бұл хабар ескірген. Қазір қабылдауыңыз: {{ visit.local_date }}, {{ visit.local_time }}, "
            "{{ practitioner.short_name }}.",
        },
        {},
        {},
        ASK,
    ),
    "reply_over": Text(
        "Визита больше нет",
        {
            "ru": "Этот визит уже отменен или прошел. Напишите нам, и мы запишем вас снова.",
            "kk": "Бұл қабылдау тоқтатылған немесе өтіп кеткен. Бізге жазыңыз, қайта жазамыз.",
        },
        {},
        {},
    ),
    "reply_stop": Text(
        "Больше не пишем",
        {
            "ru": "Больше не пишем вам сюда. Передумаете - отправьте «старт».",
            "kk": "Енді мұнда жазбаймыз. Ойыңыз өзгерсе, «старт» деп жіберіңіз.",
        },
        {},
        {},
    ),
    "reply_started": Text(
        "Снова пишем",
        {
            "ru": "Хорошо, снова пишем вам сюда о ваших визитах.",
            "kk": "Жақсы, қабылдауларыңыз туралы осында қайта жазамыз.",
        },
        {},
        {},
    ),
    "reply_linked": Text(
        "Узнали вас",
        {
            "ru": "Здравствуйте, {{ patient.given }}! Теперь мы будем писать вам сюда о ваших визитах. "
            "Вопросы задавайте здесь же.",
            "kk": "Сәлеметсіз бе, {{ patient.given }}! Енді қабылдауларыңыз туралы осында жазамыз. "
            "Сұрақтарыңызды да осында қойыңыз.",
        },
        {},
        {},
    ),
    "ask_phone": Text(
        "Кто вы?",
        {
            "ru": "Здравствуйте! Чтобы мы вас узнали, нажмите «Отправить мой номер» внизу.",
            "kk": "Сәлеметсіз бе! Сізді тану үшін төмендегі «Нөмірімді жіберу» батырмасын басыңыз.",
        },
        {},
        {},
    ),
    "ask_own_phone": Text(
        "Нужен свой номер",
        {
            "ru": "Это чужая карточка или номер не подтвержден. Нажмите кнопку «Отправить мой номер».",
            "kk": "Бұл басқа адамның картасы немесе нөмір расталмаған. «Нөмірімді жіберу» батырмасын басыңыз.",
        },
        {},
        {},
    ),
    "reply_unknown": Text(
        "Не нашли вас",
        {
            "ru": "Спасибо. Администратор найдет вашу запись и ответит вам здесь.",
            "kk": "Рақмет. Әкімші жазбаңызды тауып, осында жауап береді.",
        },
        {},
        {},
    ),
}


def text(kind: str) -> Text:
    """The wording of a kind. Raises KeyError."""
    return CATALOGUE[kind] if kind in CATALOGUE else REPLIES[kind]


def variant(kind: str, *, confirmed: bool) -> str:
    """The wording of a kind that fits: one who has confirmed is not asked again."""
    told = f"{kind}_confirmed"
    return told if confirmed and told in CATALOGUE else kind
