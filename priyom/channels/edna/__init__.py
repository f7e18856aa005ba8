"""WhatsApp through edna Pulse, a reseller in Russia and Kazakhstan with an interface of its own: a request starts a
«cascade» at its side, and our request's id comes back in every report. https://docs-pulse.edna.io/docs/api"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, Templates, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One WhatsApp channel of the cabinet. `repr=False`, so that no key is ever printed."""

    api_key: str = setting("Ключ API", "Кабинет edna Pulse, «Интеграция», «Настройки», «Ваш API-ключ».", secret=True)
    cascade_id: int = setting(
        "Номер каскада",
        "Каскад из одного канала WhatsApp; кабинет заводит его вместе с каналом. Свои переходы между каналами делает "
        "сама программа, поэтому каскад из нескольких каналов не берите.",
    )
    subject_id: int = setting("Номер подписи (subjectId)", "Номер канала WhatsApp, виден в списке каналов по API.")
    webhook_key: str = setting(
        "Ключ вебхуков",
        "Если в кабинете включена аутентификация вебхуков: ее ключ. Пусто: секрет стоит в самом адресе вебхука.",
        default="",
        secret=True,
    )
    russia: bool = setting(
        "Писать на номера России",
        "В России WhatsApp с 2026 года не открывается без VPN, а клиникам с участием государства он запрещен (41-ФЗ).",
        default=False,
    )
    button_field: str = setting(
        "Поле вида кнопки",
        "Описания называют его по-разному. Если сообщения с кнопками не принимают, выберите другое.",
        default="buttonType",
        choices=("buttonType", "type"),
    )
    leading_eight: bool = setting(
        "Номера Казахстана с 8",
        "Описание просит 7701…, но один из интеграторов шлет 8701…. Включите, если номера не принимают.",
        default=False,
    )
    base_url: str = setting(
        "Адрес edna Pulse", "Россия: https://app.edna.ru, Казахстан и прочие: https://app.edna.io.",
        default="https://app.edna.io",
    )  # fmt: skip
    proxy: str = setting("Прокси", "http://… или socks5://…, если edna доступна только через прокси.", default="")


def reaches(settings: Mapping[str, object], address: str) -> bool:
    """Phone numbers only, and Russian ones when the clinic has allowed it (+76 and +77 are Kazakhstan)."""
    if not address.startswith("+"):
        return False
    return bool(settings.get("russia")) or not address.startswith("+7") or address.startswith(("+76", "+77"))


CARD = Card(
    key="edna",
    title="WhatsApp (edna)",
    sort=Sort.MESSENGER,
    contact_kind="whatsapp",
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ}),
    needs_start=False,
    text_limit=1024,
    label_limit=20,
    pace=10.0,
    settings=Settings,
    after_crash=AfterCrash.SAME_KEY,
    parallel=16,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=1),
    tells_vitals=True,
    templates=Templates.OUTSIDE_WINDOW,
    window=timedelta(hours=24),
    warm_up=(50, 100, 200),
    reaches=reaches,
    example="+77011234567",
    price="by edna's tariff, on top of Meta's price for each delivered message",
)
