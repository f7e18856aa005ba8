"""Whether the engine grows slower with what it has sent: the same reminders in an empty database and in one that holds
1,000,000 patients and 10,000,000 past deliveries. `python -m bench.growth [--patients N] [--past N]`.

Two databases of one server; they take turns, each turn a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time

import psycopg

from bench import stand
from bench.engine import engine
from bench.filling import body, insert
from journeys import counting

CHUNK = 500_000
PATIENTS = """
    INSERT INTO patients_patient (external_id, family, given, created_at, changed_at {more})
    SELECT 'past-' || n, 'Иванов', n::text, now(), now() {values} FROM generate_series(%s::bigint, %s::bigint) AS n
"""
POINTS = """
    INSERT INTO patients_contactpoint (patient_id, kind, address, created_at {more})
    SELECT id, 'phone', '+7705' || lpad(id::text, 7, '0'), now() {values}
    FROM patients_patient WHERE external_id LIKE 'past-%%'
"""
REACHES = """
    INSERT INTO patients_reach (contact_point_id, channel, accepted_at, delivered_at {more})
    SELECT id, 'counted_fast', now(), now() {values}
    FROM patients_contactpoint WHERE address LIKE '+7705%%'
"""
PAST = """
    INSERT INTO delivery_delivery (account_id, contact_point_id, patient_id, visit_id, op, rank, address, body, quiet,
        origin, origin_id, goal, state, created_at, due_at, expires_at, tries, untried, maybe_sent, claimed_at, sent_at,
        signal, signal_at, evidence, code, provider_id, currency, edited_text)
    SELECT %(account)s, p.id, p.patient_id, n, 'send', 3, p.address, %(body)s::jsonb, false,
        'notification', n, 'answered', 'settled', at, at, at + interval '1 day', 1, 0, false, at, at,
        (ARRAY['accepted', 'delivered', 'read', 'answered', 'failed'])[1 + n %% 5], at, '', '', 'past' || n, '', ''
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    CROSS JOIN LATERAL (SELECT now() - interval '400 days' * (1 - n::float8 / %(all)s) AS at) AS moment
    JOIN patients_contactpoint p ON p.id = %(lowest)s + (n * 7919::bigint) %% %(points)s
"""


def child(number: int, count: int) -> None:
    """One turn, in a process of its own: fill and send; the rate is printed."""
    counting.register()
    with stand.database(), stand.gateway() as base_url:
        account_id = stand.fill(base_url, count, key=f"turn{number}")
        print(asyncio.run(engine(account_id, count)))
        stand.disable(account_id)


def turn(url: str, number: int, count: int) -> float:
    """Messages per second in that database."""
    command = [sys.executable, "-m", "bench.growth", "--child", str(number), "--count", str(count)]
    env = os.environ | {"DATABASE_URL": url}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def load(url: str, patients: int, past: int) -> None:
    """The years a big network has behind it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for first in range(1, patients + 1, CHUNK):
            insert(connection, PATIENTS, "patients_patient", [first, min(patients, first + CHUNK - 1)])
        insert(connection, POINTS, "patients_contactpoint", [])
        insert(connection, REACHES, "patients_reach", [])
        lowest, points = connection.execute("SELECT min(id), count(*) FROM patients_contactpoint").fetchone() or (0, 0)
        account = (connection.execute("SELECT min(id) FROM delivery_account").fetchone() or (0,))[0]
        for first in range(1, past + 1, CHUNK):
            values = {
                "account": account, "body": body(stand.TEXT), "first": first, "last": min(past, first + CHUNK - 1),
                "all": past, "lowest": lowest, "points": points,
            }  # fmt: skip
            connection.execute(PAST, values)
            print(f"{min(past, first + CHUNK - 1):,} past deliveries", file=sys.stderr, flush=True)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def sizes(url: str) -> str:
    """How large the table and the indexes of what is due have become."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pg_size_pretty(pg_relation_size('delivery_delivery')), pg_size_pretty(sum(pg_relation_size("
            "indexrelid)) FILTER (WHERE indpred IS NULL)), pg_size_pretty(sum(pg_relation_size(indexrelid)) FILTER ("
            "WHERE indpred IS NOT NULL AND indexrelid <> 'delivery_provider'::regclass)) FROM pg_index"
            " WHERE indrelid = 'delivery_delivery'::regclass"
        ).fetchone()
    assert rows is not None
    return f"table {rows[0]}, whole indexes {rows[1]}, partial indexes (what is due, sending, uncertain) {rows[2]}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--past", type=int, default=10_000_000)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", type=int, default=-1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child >= 0:
        child(given.child, given.count)
        return
    with stand.database():
        empty = os.environ["DATABASE_URL"]
        full = empty.replace("/priyom?", "/full?", 1)
        with psycopg.connect(empty, autocommit=True) as connection:
            connection.execute('CREATE DATABASE "full"')
        turn(full, 0, 100)  # makes the tables and an account
        begun = time.perf_counter()
        load(full, given.patients, given.past)
        print(f"loaded in {time.perf_counter() - begun:.0f} s: {sizes(full)}\n")
        print("| round | empty | full | times slower |\n|---|---|---|---|")
        slower = []
        for number in range(1, given.rounds + 1):
            few, many = turn(empty, number, given.count), turn(full, number, given.count)
            slower.append(few / many)
            print(f"| {number} | {few:,.0f}/s | {many:,.0f}/s | {slower[-1]:.2f} |", flush=True)
    print(f"\nmedian: {statistics.median(slower):.2f} times slower ({min(slower):.2f} to {max(slower):.2f})")


if __name__ == "__main__":
    main()
