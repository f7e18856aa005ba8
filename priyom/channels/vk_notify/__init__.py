"""VK Notify: service notices by phone number into VK and Odnoklassniki, through a partner under contract. Only approved
texts, nobody answers here, delivery and reading are told. What partners do not publish is a setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, Templates, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One contract with the partner and one community of the clinic."""

    key: str = setting("Ключ API", "Выдает партнёр (Devino): кабинет, раздел «API». Храните как пароль.", secret=True)
    service: str = setting("Имя отправителя", "Согласованное имя отправителя в VK: параметр service у партнёра.")
    templates: str = setting(
        "Одобренные шаблоны",
        "Через запятую: имя шаблона в Приёме, двоеточие и язык, знак = и имя или номер шаблона у партнёра. "
        "Например: priyom_reminder_24h_1a2b3c4d:ru=16. Если имена одинаковы, «=» не нужно.",
        default="",
    )
    place: str = setting(
        "Имена подстановок",
        "Как в шаблоне у партнёра названы места для значений; вместо {n} ставится номер по порядку.",
        default="attr{n}",
    )
    routes: str = setting(
        "Куда доставлять",
        "VK - ВКонтакте, OK - Одноклассники; в каком порядке пробовать. Оплачивается одно.",
        default="VK",
        choices=("VK", "OK", "VK,OK", "OK,VK"),
    )
    delivery_policy: str = setting(
        "Кому доставлять",
        "any - всем; mobile_device_required - у кого есть приложение; verified_phone_number - чей номер VK проверил: "
        "так меньше чужих людей на старых номерах.",
        default="verified_phone_number",
        choices=("any", "mobile_device_required", "verified_phone_number"),
    )
    callback_url: str = setting(
        "Адрес для отчетов",
        "Адрес вебхука, показанный на этой странице: Приём сам называет его в каждом уведомлении и добавляет секрет. "
        "Пусто: адрес с ?secret=... настраивает менеджер партнёра.",
        default="",
    )
    id_field: str = setting(
        "Поле номера в отчете", "Как в отчете названо поле с номером сообщения. Спросите партнёра.", default="messageId"
    )
    status_field: str = setting(
        "Поле состояния в отчете", "Как в отчете названо поле с состоянием. Спросите партнёра.", default="status"
    )
    statuses: str = setting(
        "Слова отчетов",
        "Если партнёр называет состояния по-своему: слово=accepted, sent, delivered, read или failed, через запятую. "
        "Обычные английские слова Приём знает сам.",
        default="",
    )
    lifetime_field: str = setting(
        "Поле срока жизни",
        "Как в запросе называется срок жизни в секундах (в старых описаниях validity). Пусто: не передавать.",
        default="",
    )
    balance_page: str = setting(
        "Страница баланса",
        "Ею проверяется ключ. Если у партнёра такой нет, поставьте «-»: ключ тогда не проверить.",
        default="billing-api/companies/current/account",
    )
    base_url: str = setting(
        "Адрес сервиса",
        "Меняют, если у партнёра другой адрес или это учебный эмулятор.",
        default="https://api.devino.online",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если сервис доступен только через прокси.", default="")


CARD = Card(
    key="vk_notify",
    title="VK Notify",
    sort=Sort.NOTICE,
    contact_kind="phone",
    buttons=Buttons.LINKS,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ}),
    needs_start=False,
    text_limit=2048,
    label_limit=40,
    pace=40.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=16,
    usual_answer=timedelta(hours=2),
    usual_delivery=timedelta(minutes=2),
    tells_vitals=True,
    templates=Templates.ALWAYS,
    example="+77011234567",
    price="by contract with a partner; only delivered notices are paid for",
)
