"""`priyom import visits FILE --mapping MAP`: a whole table from the command line, and what became of every row."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from priyom.exchange.models import Import
from priyom.exchange.tables.load import run
from priyom.exchange.tables.mapping import BadMapping, read_mapping
from priyom.exchange.tables.read_table import BadTable
from priyom.exchange.upload_folder import folder
from priyom.foundation.clock import now


def import_visits(path: Path, mapping_path: Path, progress: Callable[[int, int], None] | None = None) -> int:
    """Load the table and print the account; 0 when every row is loaded or known already, else 1.

    `progress(done, total)` is called after every batch of rows. Raises BadTable, BadMapping (a ValueError each).
    """
    mapping = read_mapping(mapping_path)
    imported = Import.objects.create(file_name=path.name[:255], file_path=str(path.resolve()), created_at=now())
    try:
        run(imported, mapping, folder() / f"{imported.pk}-refused.csv", progress)
    except (BadTable, BadMapping) as error:
        Import.objects.filter(pk=imported.pk).update(state="failed", error=str(error), ended_at=now())
        raise
    except BaseException:
        Import.objects.filter(pk=imported.pk).update(state="failed", error="Прервано", ended_at=now())
        raise
    sys.stdout.write(account(imported) + "\n")
    return 1 if imported.rows_refused else 0


def account(imported: Import) -> str:
    """What became of every row, in lines."""
    lines = [
        f"Строк в файле:  {imported.rows_total}",
        f"Загружено:      {imported.rows_loaded}",
        f"Уже известны:   {imported.rows_same}",
        f"Не загружено:   {imported.rows_refused}",
    ]
    if imported.refused_path:
        lines.append(f"Строки с причинами: {imported.refused_path}")
        lines.append("Исправьте их там и загрузите этот файл с тем же соответствием.")
    return "\n".join(lines)
