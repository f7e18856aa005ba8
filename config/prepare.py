"""What a start does before anything serves: translations, migrations, the demo clinic. Prints what it made as JSON."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path

import polib  # type: ignore[import-untyped]
from django.conf import settings
from django.core.management import call_command

from config import cli
from config.env import env

DEMO = "priyom.sandbox.demo"


def main() -> int:
    """Make the installation ready; safe to repeat. Prints {"sign_in": [[login, password, who], ...]}."""
    for folder in settings.LOCALE_PATHS:
        compile_translations(folder)
    call_command("migrate", interactive=False, verbosity=0)
    sign_in: list[list[str]] = []
    if env.sandbox and importlib.util.find_spec(DEMO) is not None:
        demo = importlib.import_module(DEMO)
        demo.load(with_patients=env.demo)
        sign_in = [list(entry) for entry in demo.SIGN_IN]
    print(json.dumps({"sign_in": sign_in}, ensure_ascii=False))  # noqa: T201
    return 0


def compile_translations(folder: Path) -> list[Path]:
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


def _main() -> int:
    with cli.house():
        return main()


if __name__ == "__main__":
    sys.exit(cli.guarded(_main))
