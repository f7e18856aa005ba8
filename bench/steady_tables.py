"""What the tables of `bench.steady` have become: dead rows, sizes, kinds of updates, and the air in the indexes.

The counts of rows are PostgreSQL's own (`pg_stat_user_tables`): estimates, up to a minute old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TABLES = ("delivery_delivery", "delivery_rawupdate", "journal_fact", "journal_pending", "patients_reach")
"""Written for every message; `journal_pending` is a queue: each row is deleted when it was taken."""
MB = 2**20
SMALL = 128 * 1024
"""Bytes of an index below which its air is nobody's concern."""

STATISTICS = """
    SELECT relname, n_live_tup, n_dead_tup, n_tup_upd, n_tup_hot_upd, autovacuum_count, pg_table_size(relid),
        pg_indexes_size(relid)
    FROM pg_stat_user_tables WHERE relname = ANY (%s)
"""
INDEXES = """
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_relation_size(indexrelid)
    FROM pg_index WHERE indrelid = ANY (%s::regclass[])
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table at one moment; sizes in bytes, `heap` with what is kept out of line, updates since the beginning."""

    live: int
    dead: int
    updates: int
    hot: int
    autovacuums: int
    heap: int
    indexes: int

    @property
    def dead_share(self) -> float:
        """Of all row versions."""
        return self.dead / max(1, self.dead + self.live)


Tables = dict[str, Table]
Sizes = dict[tuple[str, str], int]
"""(table, index) -> bytes."""


def read() -> Tables:
    """As they are now."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    with connection.cursor() as cursor:
        cursor.execute(STATISTICS, [list(TABLES)])
        found = {name: Table(*rest) for name, *rest in cursor.fetchall()}
    return {name: found[name] for name in TABLES}


def cell(then: Table, now: Table) -> str:
    """A table in a row of the minute: dead of live rows, MB of heap and indexes, bytes a live row with its indexes, how
    many of the minute's updates stayed in their page without touching an index, autovacuums so far."""
    row = f"{(now.heap + now.indexes) / now.live:,.0f} B" if now.live else "no rows"
    return (
        f"{now.dead:,}/{now.live:,}; {now.heap / MB:.1f}+{now.indexes / MB:.1f} MB; {row}; HOT"
        f" {hot(now.hot - then.hot, now.updates - then.updates)}; av {now.autovacuums}"
    )


def hot(updates_hot: int, updates: int) -> str:
    """In percent."""
    return f"{updates_hot / updates:.0%}" if updates > 0 else "-"


def exact() -> dict[str, int]:
    """Rows, counted."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    counted = {}
    with connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"SELECT count(*) FROM {name}")
            counted[name] = int(cursor.fetchone()[0])
    return counted


def at_the_end(seen: Sequence[Tables], last: Tables) -> None:
    """What stands there after the load, before anything is cleaned; and the most dead rows that any minute has `seen`,
    for the last look may come just after an autovacuum."""
    rows = exact()
    titles = ["table", "rows", "dead rows", "dead share", "most dead at a minute", "HOT updates", "autovacuums"]
    print(f"\n| {' | '.join([*titles, 'heap B a row', 'index B a row'])} |\n{'|---' * 9}|")
    for name, table in last.items():
        cells = [
            name, f"{rows[name]:,}", f"{table.dead:,}", f"{table.dead_share:.0%}",
            f"{max(tables[name].dead for tables in seen):,}", f"{hot(table.hot, table.updates)} of {table.updates:,}",
            str(table.autovacuums),
            *(f"{size / rows[name]:,.0f}" if rows[name] else "-" for size in (table.heap, table.indexes)),
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |")


def reindex() -> None:
    """How much of the indexes is air: their size now, and built anew. An index just built is nine tenths full, one that
    lives has 1.1 to 1.4; for a queue that stands empty, MB tell more than the ratio."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    before = _sizes()
    with connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"REINDEX TABLE {name}")
    after = _sizes()
    print("\n| indexes of | MB | MB after REINDEX | times |\n|---|---|---|---|")
    for name in TABLES:
        _line(
            f"**{name}**",
            *(sum(size for (table, _), size in sizes.items() if table == name) for sizes in (before, after)),
        )
        for key, size in sorted(before.items(), key=lambda item: -item[1]):
            if key[0] == name and size >= SMALL:
                _line(key[1], size, after[key])


def _line(name: str, before: int, after: int) -> None:
    print(f"| {name} | {before / MB:.2f} | {after / MB:.2f} | {before / max(1, after):.2f} |")


def _sizes() -> Sizes:
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [list(TABLES)])
        return {(table, index): int(size) for table, index, size in cursor.fetchall()}
