"""Every word of the staff pages stands in Russian and in Kazakh, with the same places to fill in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import polib  # type: ignore[import-untyped]
import pytest

WEB = Path(__file__).resolve().parent.parent
LOCALE = WEB.parent / "locale"
TAG = re.compile(r"""\{%-?\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
BLOCK = re.compile(r"\{% blocktranslate.*?%\}(.*?)\{% endblocktranslate %\}", re.S)
PLACE = re.compile(r"%\(\w+\)[sd]")


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
