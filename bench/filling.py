"""Rows by the million, made by the database itself: `insert` fills in what a statement does not name; `load` makes a
network of clinics with its patients, visits and years of messages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

CHUNK = 500_000
EMPTY = {"boolean": "false", "jsonb": "'{}'", "smallint": "0", "integer": "0", "bigint": "0"}

BRANCHES = 20
TODAY, OPEN = 400, 400
"""Visits of this day (none of the three days before and after it), and conversations that wait for us (as many wait for
the patient): the same in a network of any size, so that what is compared is what lies behind, not how much a page
shows."""
FAMILIES = (
    "Иванов Петров Сидоров Ахметов Ким Нурланов Сапаров Кузнецов Смагулов Попов Васильев Оспанов Соколов "
    "Жумабаев Ли Морозов Абдуллин Волков Байжанов Ермеков Новиков Федоров Исаев Касымов Мельник Тен Громов "
    "Садыков Белов Алиев"
)
GIVEN = (
    "Анна Айгуль Мария Динара Ольга Алия Елена Гульнара Ирина Сауле Иван Нурлан Петр Ерлан Сергей Данияр Олег "
    "Тимур Павел Арман"
)
SUBJECTS = "прием анализ справка направление снимок результат полис запись консультация процедура лекарство счет"
WISHES = (
    "Подскажите, пожалуйста, готов ли мой {}", "Можно перенести {} на пятницу", "Сколько стоит {}", "Спасибо за {}",
    "Где можно получить {}", "Нужен ли натощак {}", "Когда будет {}", "Хочу отменить {}", "Потеряла {}, что делать",
    "{} ертең болады ма", "Дәрігерге {} керек пе", "Болит после процедуры, нужен {}",
)  # fmt: skip
SAYINGS = [f"{wish.format(subject)}. Номер {n}" for n, wish in enumerate(WISHES) for subject in SUBJECTS.split()]
REMINDER = "Ждем Вас {} к врачу в клинике на пр. Абая, 10. Придете?"

PLACES: tuple[tuple[str, LiteralString], ...] = (
    ("clinic_branch", """
        INSERT INTO clinic_branch (external_id, name, time_zone, opens, closes, promise_minutes {more})
        SELECT 'n' || n, 'Филиал ' || n, 'Asia/Almaty', '08:00', '20:00', 15 {values}
        FROM generate_series(1, %(branches)s) n"""),
    ("clinic_practitioner", """
        INSERT INTO clinic_practitioner (external_id, name, specialty {more})
        SELECT 'n' || n, (%(families)s::text[])[1 + n %% 30] || ' Айгуль', 'терапевт' {values}
        FROM generate_series(1, 200) n"""),
    ("clinic_service", """
        INSERT INTO clinic_service (external_id, name {more})
        SELECT 'n' || n, 'Услуга ' || n {values} FROM generate_series(1, 50) n"""),
)  # fmt: skip
PEOPLE: tuple[tuple[str, LiteralString], ...] = (
    ("patients_patient", """
        INSERT INTO patients_patient (external_id, family, given, patronymic, birth_date, language, created_at,
            changed_at {more})
        SELECT 'n' || n, (%(families)s::text[])[1 + n %% 30] || CASE n %% 2 WHEN 0 THEN 'а' ELSE '' END
            || CASE WHEN n %% 7 = 0 THEN '-' || n ELSE '' END, (%(given)s::text[])[1 + n / 30 %% 20], '',
            date '1940-01-01' + (n * 7919 %% 29000)::int, 'ru', now(), now() {values}
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) n"""),
    ("patients_contactpoint", """
        INSERT INTO patients_contactpoint (patient_id, kind, address, relation, linked_by, created_at {more})
        SELECT p.id, kind, CASE kind WHEN 'phone' THEN '+7701' || lpad(p.id::text, 7, '0') ELSE (5e9 + p.id)::text END,
            'own', 'record', now() {values}
        FROM patients_patient p, unnest(ARRAY['phone', 'telegram']) kind
        WHERE p.id BETWEEN %(low)s + %(first)s - 1 AND %(low)s + %(last)s - 1"""),
    ("appointments_visit", """
        INSERT INTO appointments_visit (external_id, patient_id, practitioner_id, service_id, branch_id, starts_at,
            ends_at, state, version, booked_at, changed_at, history {more})
        SELECT 'n' || p.id || '-' || k, p.id, %(doctor)s + p.id %% 200, %(service)s + p.id %% 50,
            %(branch)s + p.id / 7 %% %(branches)s, at, at + interval '30 minutes',
            CASE WHEN at < now() THEN 'completed' ELSE 'booked' END, 1, at, at, true {values}
        FROM patients_patient p, generate_series(0, 1) k
        CROSS JOIN LATERAL (SELECT (p.id * 31 + k * 17) %% 730 - 700 AS far,
            p.id - %(low)s < %(today)s AND k = 1 AS soon) AS day
        CROSS JOIN LATERAL (SELECT date_trunc('hour', now())
            + CASE WHEN soon THEN 0 WHEN far BETWEEN -3 AND 3 THEN 9 ELSE far END * interval '1 day' AS at) moment
        WHERE p.id BETWEEN %(low)s + %(first)s - 1 AND %(low)s + %(last)s - 1"""),
    ("inbox_conversation", """
        INSERT INTO inbox_conversation (patient_id, unread, needs_answer, waiting_since, promised_until, urgent,
            awaits_patient, branch_id, channel, last_at, last_text {more})
        SELECT p.id, 0, waits, CASE WHEN waits THEN at END, CASE WHEN waits THEN at + interval '15 minutes' END,
            waits AND p.id %% 10 = 0, theirs, %(branch)s + p.id / 7 %% %(branches)s, 'telegram', at,
            (%(sayings)s::text[])[1 + p.id %% %(words)s] {values}
        FROM patients_patient p
        CROSS JOIN LATERAL (SELECT now() - p.id %% 400000 * interval '90 seconds' AS at,
            p.id - %(low)s < %(open)s AS waits, p.id - %(low)s BETWEEN %(open)s AND 2 * %(open)s AS theirs) m
        WHERE p.id BETWEEN %(low)s + %(first)s - 1 AND %(low)s + %(last)s - 1"""),
)  # fmt: skip
WAITS: LiteralString = """
    INSERT INTO inbox_wait (conversation_id, branch_id, since, promised_until, ending {more})
    SELECT id, branch_id, waiting_since, promised_until, '' {values} FROM inbox_conversation
    WHERE needs_answer AND waiting_since IS NOT NULL AND id NOT IN (SELECT conversation_id FROM inbox_wait)
"""
SENT: LiteralString = """
    INSERT INTO delivery_delivery (account_id, contact_point_id, patient_id, op, rank, address, body, quiet, origin,
        goal, state, created_at, due_at, tries, untried, maybe_sent, claimed_at, sent_at, signal, signal_at,
        provider_id {more})
    SELECT %(account)s, NULL, person, 'send', 3, (5e9 + person)::text,
        jsonb_build_object('text', CASE WHEN staff THEN (%(sayings)s::text[])[1 + n / 8 %% %(words)s]
            ELSE replace(%(reminder)s, '{{}}', n::text) END, 'kind', 'reminder'),
        false, CASE WHEN staff THEN 'staff' ELSE 'notification' END, 'answered', 'settled', at, at, 1, 0, false, at, at,
        'accepted', at, 'n' || n {values}
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
    CROSS JOIN LATERAL (SELECT %(low)s + (n * 7919) %% %(patients)s AS person, n %% 8 = 0 AS staff,
        now() - interval '1 hour' - interval '700 days' * (1 - n::float8 / %(all)s) AS at) m
"""
SAID: LiteralString = """
    INSERT INTO inbox_incoming (conversation_id, account_id, address, at, text, files, provider_id {more})
    SELECT c.id, %(account)s, (5e9 + c.patient_id)::text, at, (%(sayings)s::text[])[1 + n %% %(words)s], '[]',
        's' || n {values}
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
    CROSS JOIN LATERAL (SELECT %(low)s + (n * 7919) %% %(patients)s AS person,
        now() - interval '2 hours' - interval '700 days' * (1 - n::float8 / %(all)s) AS at) m
    JOIN inbox_conversation c ON c.patient_id = person
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How many patients, and how many messages in all: a fifth said by patients, the rest written to them."""

    patients: int
    messages: int


def load(url: str, size: Size, account: int) -> None:
    """Fill a migrated database. The rows are plausible rather than true. A patient's branch has nothing to do with
    their name or with what they say: else a search would look through all who bear a name unknown at the branch."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        values: dict[str, Any] = {
            "families": FAMILIES.split(), "given": GIVEN.split(), "sayings": SAYINGS, "words": len(SAYINGS),
            "reminder": REMINDER, "branches": BRANCHES, "today": TODAY, "open": OPEN, "account": account,
            "patients": size.patients,
        }  # fmt: skip
        for table, statement in PLACES:
            insert(connection, statement, table, values)
        for name, table in (("branch", "branch"), ("doctor", "practitioner"), ("service", "service")):
            values[name] = _lowest(connection, f"clinic_{table}")
        table, statement = PEOPLE[0]
        for part in _parts(size.patients):
            insert(connection, statement, table, values | part)
        values["low"] = _lowest(connection, "patients_patient")
        for table, statement in PEOPLE[1:]:
            for part in _parts(size.patients):
                insert(connection, statement, table, values | part)
        insert(connection, WAITS, "inbox_wait", values)
        said = size.messages // 5
        for table, statement, count in (
            ("delivery_delivery", SENT, size.messages - said), ("inbox_incoming", SAID, said),
        ):  # fmt: skip
            for part in _parts(count):
                insert(connection, statement, table, values | part)
                print(f"{table}: {part['last']:,}", file=sys.stderr, flush=True)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def insert(
    connection: Connection, statement: LiteralString, table: str, values: Mapping[str, Any] | Sequence[Any]
) -> None:
    """Run an INSERT .. SELECT with an empty value for every column that must have one and is not named in it."""
    named = set(re.findall(r"\w+", statement.split("(", 1)[1].split("{more}")[0]))
    rows = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND is_identity = 'NO' AND column_default IS NULL", [table],
    ).fetchall()  # fmt: skip
    missing = [(str(name), EMPTY.get(str(kind), "''")) for name, kind in rows if name not in named]
    more = "".join(f", {name}" for name, _ in missing)
    whole = statement.format(more=more, values="".join(f", {value}" for _, value in missing))
    connection.execute(whole.encode(), values)


def _parts(count: int) -> list[dict[str, Any]]:
    parts = range(1, count + 1, CHUNK)
    return [{"first": first, "last": min(count, first + CHUNK - 1), "all": count} for first in parts]


def _lowest(connection: Connection, table: str) -> int:
    query = psycopg.sql.SQL("SELECT min(id) FROM {}").format(psycopg.sql.Identifier(table))
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def body(text: str) -> str:
    """A message's body as the engine keeps it."""
    return json.dumps({"text": text, "rows": []})
