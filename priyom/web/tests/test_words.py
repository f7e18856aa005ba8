"""Every word of the staff pages stands in Russian and in Kazakh, with the same places to fill in; what is written in
Russian in the code reaches nobody who reads another language; and no page shows a word of the wrong language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib  # type: ignore[import-untyped]
import pytest
from django.apps import apps
from django.test import Client

from priyom.clinic.models import Role, Staff
from priyom.contracts import registry
from priyom.contracts.card import abouts
from priyom.web.tests.conftest import Clinic
from priyom.web.tests.pages import addresses
from tests import factories as make

WEB = Path(__file__).resolve().parent.parent
LOCALE = WEB.parent / "locale"
TAG = re.compile(r"""\{%-?\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
BLOCK = re.compile(r"\{% blocktranslate.*?%\}(.*?)\{% endblocktranslate %\}", re.S)
PLACE = re.compile(r"%\(\w+\)[sd]")
CYRILLIC = re.compile(r"[А-Яа-яЁё]{2,}")
WORD = re.compile(r"[А-Яа-яЁёӘәІіҢңҒғҮүҰұҚқӨөҺһ]+")
SCRIPT = re.compile(r"""//[^\n]*|/\*.*?\*/|(["'`])((?:\\.|(?!\1).)*)\1""", re.S)
SHOWN = ("title", "aria-label", "placeholder", "alt", "value")
TO_PATIENTS = {
    "web/accounts/poster_pdf.py", "web/patients/consents.py", "web/patients/booking.py", "web/staff_alerts/views.py",
}  # fmt: skip
"""Code whose Russian words are stored, printed or sent, and not shown on a page."""


def said() -> set[str]:
    """English msgids of templates and code."""
    found: set[str] = set()
    for template in (WEB / "templates").rglob("*.html"):
        page = template.read_text()
        found |= {a or b for a, b in TAG.findall(page)}
        for block in BLOCK.findall(page):
            one = " ".join(block.split("{% plural %}")[0].split())
            found.add(re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", one))
    for code in WEB.rglob("*.py"):
        found |= set() if "tests" in code.parts else called(code)
    return found


def called(code: Path) -> set[str]:
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(code.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("_", "gettext_noop")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_nothing_is_left_in_english(language: str) -> None:
    entries = {e.msgid: e for e in polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))}
    assert len(said()) > 200
    assert {word for word in said() if word not in entries or not entries[word].translated()} == set()


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_translations_fill_the_same_places(language: str) -> None:
    for entry in polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po")):
        for translated in [entry.msgstr, *entry.msgstr_plural.values()]:
            assert not translated or set(PLACE.findall(translated)) == set(PLACE.findall(entry.msgid)), entry.msgid


def catalogue(language: str) -> dict[str, polib.POEntry]:
    return {e.msgid: e for e in polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))}


@pytest.mark.parametrize(("language", "forms"), [("ru", 3), ("kk", 2)])
def test_every_number_has_its_forms(language: str, forms: int) -> None:
    known = catalogue(language)
    counted = {entry.msgid for entry in catalogue("ru").values() if entry.msgid_plural}
    assert len(counted) >= 19
    lacking = {
        msgid
        for msgid in counted
        if msgid not in known or sum(bool(text) for text in known[msgid].msgstr_plural.values()) != forms
    }
    assert lacking == set()


def test_what_models_call_their_choices_is_known_in_every_language() -> None:
    """Labels written in Russian are msgids: English needs them too."""
    labels = {
        str(label)
        for model in apps.get_models()
        if model.__module__.startswith("priyom.")
        for field in model._meta.get_fields()
        for _value, label in getattr(field, "flatchoices", None) or []
        if CYRILLIC.search(str(label))
    }
    assert "Регистратор" in labels
    for language in ("kk", "en"):
        known = catalogue(language)
        assert {label for label in labels if label not in known or not known[label].translated()} == set(), language


def test_what_channels_ask_for_is_known_in_every_language() -> None:
    """Their folders explain their settings in Russian; menus of a vendor's cabinet stay as they stand there."""
    told = {
        text
        for card in registry.cards()
        for text in (
            card.title,
            *(t for about, _, _ in abouts(card.settings).values() for t in (about.label, about.help)),
        )
        if CYRILLIC.search(text)
    }
    assert len(told) > 250
    for language in ("kk", "en"):
        known = catalogue(language)
        assert {text for text in told if text not in known or not known[text].translated()} == set(), language


def test_english_needs_no_dictionary() -> None:
    assert {word for word in said() if CYRILLIC.search(word)} == set()


def test_templates_scripts_and_code_hold_no_russian_words() -> None:
    found = {str(page): words for page in (WEB / "templates").rglob("*.html") if (words := bare(page.read_text()))}
    for script in (WEB / "static" / "web").glob("*.js"):
        text = " ".join(match[2] or "" for match in SCRIPT.finditer(script.read_text()))
        if script.name not in SEARCHED and (words := sorted(set(CYRILLIC.findall(text)))):
            found[script.name] = words
    for code in WEB.rglob("*.py"):
        name = str(code.relative_to(WEB.parent))
        if "tests" not in code.parts and name not in TO_PATIENTS and (words := constants(code)):
            found[name] = words
    assert found == {}


SEARCHED = {"emoji_list.js"}
"""Scripts whose words are looked for in every language, and not shown."""


def bare(template: str) -> list[str]:
    """Russian words of a template outside its tags and comments; names of languages are written in their own."""
    return sorted(set(CYRILLIC.findall(re.sub(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", " ", template))) - NAMES)


def constants(code: Path) -> list[str]:
    """Russian string constants of a module that are not its documentation."""
    tree = ast.parse(code.read_text())
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and id(node) not in told
        and isinstance(node.value, str)
        and CYRILLIC.search(node.value)
    ]


class Shown(HTMLParser):
    """What a reader sees or hears of a page: its texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("script", "style")
        self.texts += [value or "" for name, value in attrs if name in SHOWN or name.startswith("data-")]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts.append(data)


def words_of(html: str) -> set[str]:
    page = Shown()
    page.feed(html)
    return {word.lower() for text in page.texts for word in WORD.findall(text)}


def dictionary(language: str) -> set[str]:
    """Every word of the translations into that language."""
    return {
        word.lower()
        for entry in catalogue(language).values()
        for text in (entry.msgstr, *entry.msgstr_plural.values())
        for word in WORD.findall(text)
    }


NAMES = {
    "Рус", "аз", "Русский", "аза", "ша", "Ким", "Анна", "Иванов", "Борис", "Ли", "Ольга", "Абая", "На", "К", "А", "О",
    "Клиника",
}  # fmt: skip
"""Of people, places and the clinic, and of languages in themselves."""
WRITTEN = "Можно раньше? Кто-то. пора звонить. Дата Время Пациент Телефон Врач Услуга Филиал."
"""What the tests' patients, colleagues and tables say."""
EVIDENCE = "проверенного живой канал закрыт нет. задача: позвонить до. записан в."
"""What the rooms below tell of a visit: stored in Russian."""
TO_THE_PATIENT = {
    "tasks": "Здравствуйте, это, вы записаны сегодня, наш адрес. Вы придете? Как подготовиться, есть вопросы, "
    "пожалуйста, возьмите документы",
    "desk_setup": "Здравствуйте! Сейчас мы закрыты. Откроемся завтра в, ваше сообщение после открытия сразу, если "
    "срочно, звоните. Теперь откройте ссылку и там здесь вас",
}
"""By page: what is said or written to a patient from there, in the patient's language."""


def allowed(page: str) -> set[str]:
    """Words a page may show in Russian whatever its reader's language."""
    said = " ".join([*NAMES, WRITTEN, EVIDENCE, TO_THE_PATIENT.get("tasks" if page == "task" else page, "")])
    return {word.lower() for word in WORD.findall(said)}


def pages(clinic: Clinic, language: str) -> Iterator[tuple[str, str]]:
    """Each whole page as somebody who reads that language gets it."""
    staff = make.make_staff(Role.ADMIN)
    Staff.objects.filter(pk=staff.pk).update(language=language)
    browser = Client()
    browser.force_login(staff)
    for name, url in addresses(clinic).items():
        yield name, browser.get(url).content.decode()
    for url in ("/login", "/nowhere"):
        yield (
            url,
            Client(headers={"Accept": "text/html", "Cookie": f"django_language={language}"}).get(url).content.decode(),
        )


def foreign(clinic: Clinic, language: str, russian: set[str]) -> dict[str, list[str]]:
    """Page -> its words of that set that have no reason to stand there."""
    left = {name: sorted(words_of(html) & russian - allowed(name)) for name, html in pages(clinic, language)}
    return {name: words for name, words in left.items() if words}


def test_a_kazakh_page_has_no_russian_word(clinic: Clinic) -> None:
    russian = dictionary("ru") - dictionary("kk")
    assert len(russian) > 500
    assert foreign(clinic, "kk", russian) == {}


def test_an_english_page_has_no_russian_word(clinic: Clinic) -> None:
    assert foreign(clinic, "en", dictionary("ru") - dictionary("en")) == {}
