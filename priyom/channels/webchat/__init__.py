"""The clinic's own chat on its site. There is no vendor: the portal shows what we send, the visitor's browser posts
what the person does, and both speak the protocol written down in README.md.

«Accepted» means that the message stands in our database for this visitor and will be shown as soon as a page of theirs
is open; «delivered» that a page has taken it; «read» that it stood before the person's eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One chat window on one site."""

    site_url: str = setting("Страница сайта с чатом", "Например https://clinic.example/ - на неё ведут личные ссылки.")
    title: str = setting("Название в окне чата", "Пусто: название клиники.", default="")
    relay_url: str = setting(
        "Куда отдавать сообщения",
        "Пусто: окно чата показывает сам портал. Меняют только для учебного эмулятора или своего окна чата.",
        default="",
    )
    files_url: str = setting(
        "Где лежат большие файлы посетителей",
        "Адрес хранилища портала, подставится сам; пусто: только небольшие файлы.",
        default="{public_url}/chat/{key}/stored",
    )


CARD = Card(
    key="webchat",
    title="Чат на сайте",
    sort=Sort.MESSENGER,
    contact_kind="webchat",
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED, Signal.DELIVERED, Signal.READ}),
    needs_start=True,
    text_limit=4000,
    label_limit=40,
    pace=50.0,
    settings=Settings,
    after_crash=AfterCrash.SAME_KEY,
    edits=True,
    can_be_quiet=True,
    carries_files=True,
    file_limit=10 * 1024 * 1024,
    usual_answer=timedelta(minutes=10),
    usual_delivery=timedelta(seconds=30),
    deep_link="{bot}#priyom={token}",
    replies=True,
    types=True,
    embed='<script src="{public_url}/chat/{key}/chat.js" async></script>',
    example="visitor-example-70511",
    price="none",
)
