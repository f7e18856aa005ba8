"""What a start does before anything serves: translations, migrations, the demo clinic. Prints what it made as JSON."""

from __future__ import annotations

import errno
import importlib
import importlib.util
import json
import sys

from django.core.management import call_command

from config import cli, translations
from config.env import env

DEMO = "priyom.sandbox.demo"


def main() -> int:
    """Make the installation ready; safe to repeat. Prints {"sign_in": [[login, password, who], ...]}."""
    try:
        translations.compile_all()
    except OSError as error:  # under systemd the program's folder is read-only, and `make install` has done it
        if error.errno not in (errno.EROFS, errno.EACCES):
            raise
    call_command("migrate", interactive=False, verbosity=0)
    importlib.import_module("priyom.scenarios.catalogue").load()
    sign_in: list[list[str]] = []
    if env.sandbox and importlib.util.find_spec(DEMO) is not None:
        demo = importlib.import_module(DEMO)
        demo.load(with_patients=env.demo)
        sign_in = [list(entry) for entry in demo.SIGN_IN]
    print(json.dumps({"sign_in": sign_in}, ensure_ascii=False))  # noqa: T201
    return 0


def _main() -> int:
    with cli.house():
        return main()


if __name__ == "__main__":
    sys.exit(cli.guarded(_main))
