"""Documents keep their word: every link to a file leads to one, every variable of the environment is described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
