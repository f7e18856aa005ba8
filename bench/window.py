"""Whether the staff's pages grow slower with what the clinic has behind it: queue, thread, search, card with 1,000,000
patients and 10,000,000 messages, against the same with 1,000 and 10,000. `python -m bench.window [--patients N]
[--messages N]`.

Two databases of one server; they take turns, each turn a process of its own that asks every page through Django's own
handler, each time for another patient. Figures are milliseconds of the server, medians of a turn.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import psycopg

from bench import stand
from bench.filling import FAMILIES, Size, load

FEW = Size(1_000, 10_000)
ASKED = 25
"""Requests of one page in a turn, after three to warm up."""
LIMIT = 1.5
"""So many times slower a page may be at most."""

Address = Callable[[random.Random], str]


def addresses(chats: Sequence[tuple[int, int]]) -> dict[str, Address]:
    """Name of the page -> the address of one like it; `chats`: (thread, patient) to choose from."""
    words = ("справка", "анализы", "снимков", "лекарства", "запись")
    families = FAMILIES.split()

    def chat(chance: random.Random) -> int:
        return chance.choice(chats)[0]

    def phone(chance: random.Random) -> str:
        """Of somebody who exists: `filling` makes phones of the patients' ids."""
        return f"{chance.choice(chats)[1]:07}"[-5:]

    return {
        "queue, unanswered": lambda chance: "/chats/rows",
        "queue, all": lambda chance: "/chats/rows?show=all",
        "queue, waiting for the patient": lambda chance: "/chats/rows?show=patient",
        "queue, done": lambda chance: "/chats/rows?show=done",
        "thread": lambda chance: f"/chats/{chat(chance)}/messages",
        "chat with the card beside it": lambda chance: f"/chats/{chat(chance)}",
        "search, a name": lambda chance: f"/chats/rows?q={chance.choice(families)[:4]}+{chance.choice('АОИП')}",
        "search, a phone's end": lambda chance: f"/chats/rows?q={phone(chance)}",
        "search, a word": lambda chance: f"/chats/rows?q={chance.choice(words)}",
        "calls": lambda chance: "/tasks",
        "today": lambda chance: "/",
    }


def child(seed: int) -> None:
    """One turn, in a process of its own: {page: milliseconds} is printed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415 - the environment must stand first

    django.setup()
    from django.test import Client  # noqa: PLC0415

    from priyom.clinic.models import Staff  # noqa: PLC0415 - models load only after Django's setup
    from priyom.inbox.models import Conversation  # noqa: PLC0415

    browser = Client(SERVER_NAME="localhost")
    staff = Staff.objects.get(username="window")
    browser.force_login(staff)
    hers = Conversation.objects.filter(branch__in=staff.branches.all()).values_list("pk", "patient_id")
    chance = random.Random(seed)
    took = {}
    for name, address in addresses(list(hers)).items():
        times = []
        for number in range(ASKED + 3):
            wanted = address(chance)
            begun = time.perf_counter()
            answer = browser.get(wanted, headers={"hx-request": "true"})
            times.append(time.perf_counter() - begun)
            assert answer.status_code == 200, (wanted, answer.status_code)
            if number == 2:
                times.clear()
        took[name] = statistics.median(times) * 1000
    print(json.dumps(took))


def turn(url: str, seed: int) -> dict[str, float]:
    """Milliseconds of each page in that database."""
    command = [sys.executable, "-m", "bench.window", "--child", str(seed)]
    env = os.environ | {"DATABASE_URL": url}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    took: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return took


def prepare(url: str, size: Size) -> None:
    """Tables, one account, a registrar of three branches; then the clinic's past."""
    command = [sys.executable, "-m", "bench.window", "--prepare"]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=True)
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT min(id) FROM delivery_account").fetchone()
    assert row is not None
    load(url, size, int(row[0]))
    subprocess.run([*command, "--branches"], env=os.environ | {"DATABASE_URL": url}, check=True)


def prepare_here(*, branches: bool) -> None:
    """In a process of its own, for Django knows one database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415 - the environment must stand first
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    from priyom.clinic.models import Branch, Staff  # noqa: PLC0415 - models load only after Django's setup
    from priyom.delivery import accounts  # noqa: PLC0415

    if branches:
        staff = Staff.objects.get(username="window")
        staff.branches.set(Branch.objects.order_by("pk")[:3])
        return
    accounts.create("telegram", "bench", "bench", {"token": "7000000001:bench", "base_url": "http://127.0.0.1:9"})
    Staff.objects.create(username="window", role="registrar", first_name="Ольга", last_name="Ли")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--branches", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        prepare_here(branches=given.branches)
    elif given.child >= 0:
        child(given.child)
    else:
        compare(Size(given.patients, given.messages), given.rounds)


def compare(many: Size, rounds: int) -> None:
    """Load both, let them take turns, and print the table."""
    with stand.database():
        few_url = os.environ["DATABASE_URL"]
        many_url = few_url.replace("/priyom?", "/many?", 1)
        with psycopg.connect(few_url, autocommit=True) as connection:
            connection.execute('CREATE DATABASE "many"')
        prepare(few_url, FEW)
        begun = time.perf_counter()
        prepare(many_url, many)
        print(f"{many.patients:,} patients, {many.messages:,} messages loaded in {time.perf_counter() - begun:.0f} s\n")
        turns = [(turn(few_url, seed), turn(many_url, seed)) for seed in range(rounds)]
    print(f"| page | ms, {FEW.messages:,} messages | ms, {many.messages:,} messages | times slower |")
    print("|---|---|---|---|")
    worst = 0.0
    for name in turns[0][0]:
        slower = statistics.median(after[name] / before[name] for before, after in turns)
        worst = max(worst, slower)
        first, last = (statistics.median(each[side][name] for each in turns) for side in (0, 1))
        print(f"| {name} | {first:.1f} | {last:.1f} | {slower:.2f} |")
    print(f"\nthe worst: {worst:.2f} times slower (the limit is {LIMIT})")


if __name__ == "__main__":
    main()
