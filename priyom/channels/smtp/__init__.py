"""Mail: letters through the clinic's own relay or its provider's submission server (SMTP, RFC 6409).

Mail promises little: «accepted by the first server», and sometimes a bounce afterwards. So its card gives that one
signal, and routes use mail as an extra copy or for documents. Choices are links that open the patient's page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One mailbox (or relay login) from which the clinic writes."""

    host: str = setting("Сервер", "Адрес сервера исходящей почты, например smtp.yandex.ru.")
    from_address: str = setting("Адрес отправителя", "Например priem@mail.clinic.ru. Домен должен быть вашим.")
    port: int = setting("Порт", "465 для TLS, 587 для STARTTLS.", default=465)
    security: str = setting(
        "Защита соединения",
        "tls: сразу шифрованное (465); starttls: переход на шифрование (587); none: только внутри своей сети.",
        default="tls",
        choices=("tls", "starttls", "none"),
    )
    user: str = setting("Пользователь", "Обычно полный адрес ящика. Пусто: сервер принимает без входа.", default="")
    password: str = setting("Пароль", "Пароль приложения, не пароль от почты.", default="", secret=True)
    from_name: str = setting("Имя отправителя", "Его увидит пациент: название клиники.", default="")
    reply_to: str = setting("Адрес для ответов", "Пусто: отвечают на адрес отправителя.", default="")
    bounce_address: str = setting(
        "Адрес для отказов",
        "Туда вернутся письма, которые не дошли; перед @ добавится «+номер письма». Пусто: на адрес отправителя.",
        default="",
    )
    success_reports: bool = setting(
        "Просить отчёты о доставке",
        "Сервер пришлёт письмо о каждой доставке (DSN). Нужен ящик, который читает система; даёт не всякий сервер.",
        default=False,
    )
    patience: int = setting(
        "Ждать подтверждения, секунд",
        "Сколько ждать ответа после передачи письма: сервер проверяет его на спам. Не дождались - судьба неизвестна.",
        default=30,
    )
    dkim_selector: str = setting("DKIM: селектор", "Например s1. Пусто: письма подписывает ваш сервер.", default="")
    dkim_domain: str = setting("DKIM: домен", "Пусто: домен адреса отправителя.", default="")
    dkim_key: str = setting(
        "DKIM: закрытый ключ", "PEM, RSA от 1024 бит (лучше 2048) или Ed25519.", default="", secret=True
    )
    imap_host: str = setting(
        "Ящик: сервер IMAP",
        "Например imap.yandex.ru. Пусто: ответы и отказы приносит пересылка (README).",
        default="",
    )
    imap_port: int = setting("Ящик: порт", "993 для TLS, 143 для STARTTLS.", default=993)
    imap_security: str = setting(
        "Ящик: защита соединения",
        "tls: сразу шифрованное; starttls: переход на шифрование; none: только внутри своей сети.",
        default="tls",
        choices=("tls", "starttls", "none"),
    )
    imap_user: str = setting("Ящик: пользователь", "Пусто: тот же, что для отправки.", default="")
    imap_password: str = setting("Ящик: пароль", "Пусто: тот же, что для отправки.", default="", secret=True)
    imap_folder: str = setting("Ящик: папка", "Письма читаются, ничего не меняя и не помечая.", default="INBOX")
    imap_poll: int = setting(
        "Ящик: смотреть каждые, секунд",
        "Для серверов, которые сами не сообщают о новых письмах (без IDLE).",
        default=60,
    )
    auth_server: str = setting(
        "Кто проверяет отправителя",
        "Имя вашего сервера в заголовке Authentication-Results. Тогда письмо без dmarc=pass помечается: его не"
        " примут за ответ пациента. Пусто: не проверять.",
        default="",
    )


CARD = Card(
    key="smtp",
    title="Почта",
    sort=Sort.MAIL,
    contact_kind="email",
    buttons=Buttons.LINKS,
    signals=frozenset({Signal.ACCEPTED}),
    needs_start=False,
    text_limit=20_000,
    label_limit=40,
    pace=2.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=5,
    carries_files=True,
    file_limit=10 * 1024 * 1024,
    replies=True,
    listens=True,
    usual_answer=timedelta(hours=6),
    usual_delivery=timedelta(minutes=5),
    example="patient@mail.example",
    price="none with a server of one's own",
    proven="Postfix, Dovecot, dkimpy",
)
