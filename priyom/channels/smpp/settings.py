"""What a clinic fills in for an SMPP account: who we are at the gateway, and the habits in which gateways differ."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.contracts.card import setting


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One contract with an operator or aggregator. What the 3.4 specification leaves open is a setting here."""

    host: str = setting("Адрес шлюза", "Имя или IP из договора, без порта.")
    system_id: str = setting("Логин (system_id)", "Из договора, до 15 знаков.")
    password: str = setting("Пароль", "Из договора; по стандарту до 8 знаков.", secret=True)
    sender: str = setting(
        "Отправитель",
        "Имя, согласованное с операторами (до 11 латинских букв), или номер цифрами. Ответить человек может только на "
        "номер.",
    )
    port: int = setting("Порт", "Обычно 2775; с TLS часто 3550.", default=2775)
    security: str = setting(
        "Защита", "tls: всё соединение зашифровано, если шлюз это умеет.", default="none", choices=("none", "tls")
    )
    ca_pem: str = setting(
        "Корневой сертификат", "PEM, если сертификат шлюза выдан не общеизвестным центром.", default=""
    )
    system_type: str = setting("system_type", "Если его называет договор.", default="")
    source_ton: int = setting("TON отправителя", "-1: по виду отправителя (имя 5, номер 1, короткий 3).", default=-1)
    source_npi: int = setting("NPI отправителя", "-1: по виду отправителя (имя 0, номер 1).", default=-1)
    window: int = setting("Окно", "Сколько сообщений может ждать ответа шлюза одновременно.", default=10)
    long_messages: str = setting(
        "Длинные сообщения",
        "udh: режем сами, понимают почти все; sar: режем сами, шлюз ставит заголовки; payload: режет шлюз.",
        default="udh",
        choices=("udh", "sar", "payload"),
    )
    max_parts: int = setting("Частей в сообщении, не больше", "Больше этого не отправляем.", default=10)
    alphabet: str = setting(
        "Алфавит шлюза (data_coding 0)",
        "gsm: GSM 03.38; latin1: если вместо @ или _ приходят другие знаки; ucs2: всё слать в UCS-2 (дороже).",
        default="gsm",
        choices=("gsm", "latin1", "ucs2"),
    )
    message_ids: str = setting(
        "Номера сообщений",
        "same: в ответе и в отчёте одинаковые; hex_then_dec: в ответе шестнадцатеричные, в отчёте десятичные; "
        "dec_then_hex: наоборот. Неверный выбор виден сразу: сообщения остаются «принято».",
        default="same",
        choices=("same", "hex_then_dec", "dec_then_hex"),
    )
    validity: str = setting(
        "Срок жизни сообщения",
        "Как назвать его шлюзу: relative (обычно), absolute (время UTC) или none (не называть).",
        default="relative",
        choices=("relative", "absolute", "none"),
    )
    asks: bool = setting(
        "Спрашивать о потерянных отчётах", "Командой query_sm; выключите, если шлюз её не знает.", default=True
    )
    gone_errors: str = setting(
        "Коды err «номера не существует»",
        "Через запятую, из таблицы шлюза (часто 1). Пусто: номер не считается мёртвым никогда.",
        default="",
    )
    stop_statuses: str = setting(
        "Коды command_status, при которых отправка останавливается",
        "Через запятую, например 0x400: свои коды шлюза о деньгах и договоре.",
        default="",
    )
    enquire_seconds: int = setting("Проверка связи, секунд", "Как часто спрашивать шлюз, жив ли он.", default=30)
