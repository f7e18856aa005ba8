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
    usual_answer=timedelta(hours=6),
    usual_delivery=timedelta(minutes=5),
)
