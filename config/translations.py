"""Compiles translators' texts (`django.po`) into what Django reads (`django.mo`), which is never committed."""

from __future__ import annotations

from pathlib import Path

import polib  # type: ignore[import-untyped]

FOLDER = Path(__file__).resolve().parent.parent / "priyom" / "locale"


def compile_all(folder: Path = FOLDER) -> list[Path]:
    """Make `django.mo` beside each newer `django.po` of `<folder>/<language>/LC_MESSAGES`; returns the files made."""
    made = []
    for source in sorted(folder.glob("*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(".mo.new")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        draft.replace(target)
        made.append(target)
    return made


if __name__ == "__main__":
    compile_all()
