"""`python -m bench`: every table, one after another, each in a process of its own. `--quick` for small ones.

Importing is measured with a given file: `--table FILE.csv` (`bench/importing.py` says which). `--only engine,peers`
picks."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time

QUICK = {
    "engine": ["--count", "2000", "--rounds", "2"],
    "way": ["--count", "100", "--rounds", "1"],
    "hooks": ["--seconds", "5"],
    "workers": ["--count", "1600", "--rounds", "1"],
    "peers": ["--quick"],
    "steady": ["--minutes", "3"],
    "live": ["--tabs", "30", "--rate", "20", "--seconds", "5"],
}
ASKED_FOR = ("growth", "steady")
"""Made only when named: the one fills a database with ten million rows first, the other lasts an hour."""
TITLES = {
    "engine": "The delivery engine",
    "way": "The whole way of a reminder",
    "hooks": "Webhooks",
    "workers": "Several workers against one",
    "peers": "The engine and its peers at the same job",
    "memory": "A worker's memory",
    "growth": "The engine with a long past",
    "steady": "An hour of steady load",
    "live": "From the webhook to the event on the wire",
    "importing": "Importing a table",
}


def chosen(only: str, table: str) -> list[str]:
    """The tables wanted, of those that can be made. Raises ValueError."""
    there = [name for name in TITLES if importlib.util.find_spec(f"bench.{name}") is not None]
    if not table:
        there.remove("importing")
    words = [word.strip() for word in only.split(",") if word.strip()]
    if unknown := [word for word in words if word not in there]:
        raise ValueError(f"cannot make {', '.join(unknown)}; there are {', '.join(there)} (importing: with --table)")
    return [name for name in there if (name in words if words else name not in ASKED_FOR)]


def main() -> int:
    """Run and print; the number of those that failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--table", default="", help="the file for importing")
    given = parser.parse_args()
    try:
        names = chosen(given.only, given.table)
    except ValueError as error:
        parser.error(str(error))
    failed = []
    for name in names:
        more = [given.table] if name == "importing" else QUICK.get(name, []) if given.quick else []
        print(f"\n## {TITLES[name]}\n\n`{' '.join(['python -m', f'bench.{name}', *more])}`\n", flush=True)
        begun = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"bench.{name}", *more], check=False).returncode != 0:
            failed.append(name)
        print(f"\n({time.monotonic() - begun:.0f} s)", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
