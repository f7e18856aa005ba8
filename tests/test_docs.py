"""Documents keep their word: links lead somewhere, variables are described, the table of channels is up to date, the
example of a channel passes the channels' suite, and both READMEs show the same."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from priyom.contracts import registry
from priyom.contracts.card import Card

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path for path in ROOT.rglob("*.md") if not {".venv", "var", "node_modules"} & set(path.relative_to(ROOT).parts)
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = [
        target
        for target in LINK.findall(page.read_text())
        if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.split("#")[0]).exists()
    ]
    assert broken == []


def test_every_variable_is_described() -> None:
    known = set(re.findall(r'"(PRIYOM_[A-Z_]+|DATABASE_URL)"', (ROOT / "config" / "env.py").read_text()))
    described = set(re.findall(r"`(PRIYOM_[A-Z_]+|DATABASE_URL)`", (ROOT / "docs" / "running.md").read_text()))
    assert known
    assert known - described == set()


def test_channels_are_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_channels.py"))["page"]()
    assert (ROOT / "docs" / "channels.md").read_text() == made, "run .venv/bin/python docs/make_channels.py"


@pytest.mark.parametrize("card", registry.cards(), ids=lambda card: card.key)
def test_who_receives_is_told_truly(card: Card) -> None:
    """The table derives it from the card; the code knows whether it ever makes an event of a person's word."""
    made = runpy.run_path(str(ROOT / "docs" / "make_channels.py"))
    folder = ROOT / "priyom" / "channels" / card.key
    sources = [path.read_text() for path in folder.glob("*.py") if not path.name.startswith("emulator")]
    hears = any(re.search(r"\b(Said|Pressed)\(", source) for source in sources)
    assert ("receives" in made["level"](card).split(" - ")) == hears


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_readme_names_every_channel(name: str) -> None:
    text = (ROOT / name).read_text()
    assert [card.title for card in registry.cards() if f"[{card.title}](" not in text] == []


def test_both_readmes_show_the_same() -> None:
    def shown(name: str) -> tuple[list[str], list[str]]:
        text = (ROOT / name).read_text()
        pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
        return pictures, re.findall(r"^(?:    )?((?:make|curl|priyom|\.venv/bin/priyom) .*)$", text, re.MULTILINE)

    english, russian = shown("README.md"), shown("README.ru.md")
    assert english == russian
    assert all(english)


def test_decisions_are_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("0*.md"))
    listed = re.findall(r"\]\((0[^)]+)\)", (folder / "README.md").read_text())
    assert listed == pages
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    for name in pages:
        headings = re.findall(r"^## (.+)$", (folder / name).read_text(), re.MULTILINE)
        assert headings == ["Decided", "Weighed", "Costs"], name


EXAMPLE = re.compile(r"^\*\*`(quicksms/[\w./]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOUNT = """
from pathlib import Path
import priyom.channels
from priyom.contracts import registry
from priyom.contracts.card import Card
priyom.channels.__path__.append(str(Path(__file__).parent))
registry.FOLDERS.append(Path(__file__).parent)
"""


def test_the_example_of_a_channel_passes_the_suite(tmp_path: Path) -> None:
    """`docs/adding-a-channel.md`, followed to the letter."""
    files = dict(EXAMPLE.findall((ROOT / "docs" / "adding-a-channel.md").read_text()))
    assert {"quicksms/__init__.py", "quicksms/send.py", "quicksms/tests/test_contract.py"} < set(files)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "conftest.py").write_text(MOUNT)
    options = [
        "asyncio_mode=auto",
        "asyncio_default_fixture_loop_scope=function",
        "filterwarnings=error",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    command += ["-p", "no:cacheprovider", "-p", "no:django", "-p", "no:xdist", "--import-mode=importlib"]
    command += [part for option in options for part in ("-o", option)]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\b\d\d passed", done.stdout)
