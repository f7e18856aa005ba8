"""WhatsApp through IntellectDialog, a service of Kazakhstan that keeps clinics' chats. Its interface is known from a
public client of others, not from the vendor's page; what that client does not show is a setting or is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import Buttons, Card, Sort, Templates, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One WhatsApp channel («provider») of the organisation. `repr=False`, so that no key is ever printed."""

    api_key: str = setting("Ключ API", "Кабинет IntellectDialog, раздел API.", secret=True)
    provider_id: str = setting("Идентификатор канала (provider_id)", "Канал WhatsApp в списке провайдеров.")
    base_url: str = setting("Адрес API", "Версия 2.0, его называет поддержка IntellectDialog. Вид: https://….")
    official: bool = setting(
        "Официальный WhatsApp Business",
        "Включено: после 24 часов молчания уходят только шаблоны. Выключите, если канал подключен через QR-код "
        "(WhatsApp Web): там шаблонов нет, но номер могут заблокировать.",
        default=True,
    )
    poll_seconds: int = setting(
        "Спрашивать новые сообщения, раз в секунд",
        "Так сообщения приходят наверняка. 0: ждать только вебхуков, вид которых в описаниях не найден.",
        default=15,
    )
    zone: str = setting(
        "Часовой пояс организации", "В нем записано время всех сообщений. Вид: Asia/Almaty.", default="Asia/Almaty"
    )
    russia: bool = setting(
        "Писать на номера России",
        "В России WhatsApp с 2026 года не открывается без VPN, а клиникам с участием государства он запрещен (41-ФЗ).",
        default=False,
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если сервис доступен только через прокси.", default="")


def reaches(settings: Mapping[str, object], address: str) -> bool:
    """Phone numbers only, and Russian ones when the clinic has allowed it (+76 and +77 are Kazakhstan)."""
    if not address.startswith("+"):
        return False
    return bool(settings.get("russia")) or not address.startswith("+7") or address.startswith(("+76", "+77"))


CARD = Card(
    key="intellectdialog",
    title="WhatsApp (IntellectDialog)",
    sort=Sort.MESSENGER,
    contact_kind="whatsapp",
    buttons=Buttons.DIGITS,
    signals=frozenset({Signal.ACCEPTED, Signal.DELIVERED, Signal.READ}),
    needs_start=False,
    text_limit=4096,
    label_limit=40,
    pace=5.0,
    settings=Settings,
    parallel=8,
    carries_files=True,
    file_limit=50 * 1000 * 1000,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=5),
    listens=True,
    asks_status=True,
    templates=Templates.OUTSIDE_WINDOW,
    window=timedelta(hours=24),
    warm_up=(50, 100, 200),
    reaches=reaches,
    example="+77011234567",
    price="by IntellectDialog's tariff, on top of Meta's price for each delivered message",
)
