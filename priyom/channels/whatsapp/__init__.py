"""WhatsApp, by Meta's Cloud API or a reseller that passes it through (360dialog). Within 24 hours after the person's
last word free words go out, otherwise a text that Meta has approved; delivery and reading are told. Limits and codes
are those of https://developers.facebook.com/docs/whatsapp/cloud-api (2026)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from priyom.channels.whatsapp.identity import is_russian
from priyom.contracts.card import Buttons, Card, Sort, Templates, setting
from priyom.contracts.message import Signal

META, DIALOG360 = "meta", "360dialog"


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One number of the clinic. `repr=False`, so that no secret is ever printed."""

    token: str = setting(
        "Токен или ключ API",
        "Meta: бессрочный токен системного пользователя с правами whatsapp_business_messaging и "
        "whatsapp_business_management. 360dialog: ключ D360-API-KEY этого номера.",
        secret=True,
    )
    app_secret: str = setting(
        "Секрет приложения",
        "Meta: App Dashboard, «Settings», «Basic», «App secret»; им подписан каждый вебхук. Для 360dialog не нужен.",
        default="",
        secret=True,
    )
    phone_number_id: str = setting(
        "Идентификатор номера",
        "Meta: «Phone number ID» из WhatsApp Manager, не сам номер. Для 360dialog не нужен.",
        default="",
    )
    waba_id: str = setting(
        "Идентификатор аккаунта WhatsApp Business",
        "Meta: «WhatsApp Business Account ID», ему принадлежат шаблоны. Для 360dialog не нужен.",
        default="",
    )
    style: str = setting(
        "Через кого подключен номер",
        "meta - прямо у Meta; 360dialog - через этого партнера: другой адрес и другой способ входа.",
        default=META,
        choices=(META, DIALOG360),
    )
    phone: str = setting(
        "Номер клиники в WhatsApp",
        "Цифрами, для ссылки wa.me. Meta называет его сама; заполните для 360dialog.",
        default="",
    )
    russia: bool = setting(
        "Писать на номера России",
        "В России WhatsApp с 2026 года не открывается без VPN, а клиникам с участием государства он запрещен (41-ФЗ). "
        "Пока выключено, номера +7 9.. и других кодов России этим каналом не пробуют.",
        default=False,
    )
    template_ttl: int = setting(
        "Срок шаблона, секунд",
        "Сколько WhatsApp пытается доставить сообщение по новому служебному шаблону: от 30 до 43200. "
        "0: срок Meta, 30 дней. Возьмите время, после которого напоминание уйдет другим каналом.",
        default=3600,
    )
    version: str = setting("Версия Graph API", "Вид: v25.0. Meta поддерживает версию около двух лет.", default="v25.0")
    base_url: str = setting(
        "Адрес API", "Пусто: адрес Meta или 360dialog. Меняют для учебного эмулятора или своего шлюза.", default=""
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если API доступен только через прокси.", default="")


def reaches(settings: Mapping[str, object], address: str) -> bool:
    """Whether this account may be tried for that address: Russian numbers only when the clinic has allowed it."""
    return bool(settings.get("russia")) or not is_russian(address)


CARD = Card(
    key="whatsapp",
    title="WhatsApp",
    sort=Sort.MESSENGER,
    contact_kind="whatsapp",
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ}),
    hook_limit=4 * 1024 * 1024,  # the vendor packs many reports into one
    needs_start=False,
    text_limit=4096,
    label_limit=20,
    pace=20.0,
    chat_every=6.0,
    chat_burst=40,
    settings=Settings,
    asks_contact=True,
    carries_files=True,
    file_limit=100 * 1024 * 1024,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=1),
    deep_link="https://wa.me/{bot}?text=%D0%97%D0%B4%D1%80%D0%B0%D0%B2%D1%81%D1%82%D0%B2%D1%83%D0%B9%D1%82%D0%B5!"
    "%20%D0%9A%D0%BE%D0%B4:%20{token}",
    asks_status=True,
    tells_vitals=True,
    replies=True,
    templates=Templates.OUTSIDE_WINDOW,
    window=timedelta(hours=24),
    warm_up=(50, 100, 200),
    reaches=reaches,
    example="+77011234567",
    price="per delivered message by Meta's rate card, country and category; 1,000 free answers a month per number",
    proven="pywa",
)
