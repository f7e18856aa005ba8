"""Rows that change hands, written down so that they can be given back exactly: what two cards that become one are made
of. It knows no room above: what points at a row is asked of Django's own table of relations.

The book is a list of steps, undone from the last to the first, each plain JSON:
{"moved": label, "field": name, "from": id, "to": id, "ids": [...]} - rows that pointed at one row point at another;
{"changed": [{"row": label, "id", "was": {...}, "is": {...}}]} - columns that were written; given back all together, and
only while every one of them still is as it was left here: whatever happened since is worth more;
{"removed": label, "rows": [{...}]} - rows that were taken away, whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

Link = tuple[type[models.Model], str]
"""A table and the name of its foreign key."""
Snapshot = dict[tuple[str, Any], dict[str, Any]]
"""(label, id) -> column -> plain value."""


def links(model: type[models.Model]) -> Iterator[Link]:
    """Every foreign key of any table that points at this model, hidden ones and those of many-to-many tables too."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ForeignObjectRel) and not isinstance(relation, models.ManyToManyRel):
            yield relation.related_model, relation.field.name


def snapshot(model: type[models.Model], ids: Iterable[Any], columns: Sequence[str]) -> Snapshot:
    """What stands in these columns now."""
    rows = model._default_manager.filter(pk__in=list(ids)).values("pk", *columns)
    return {(model._meta.label, row["pk"]): {name: _plain(row[name]) for name in columns} for row in rows}


@dataclass(slots=True)
class Moves:
    """The book of one merge."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    def hand_over(self, link: Link, old: Any, new: Any) -> None:
        """Rows of `old` become those of `new`; what the tables' own rules forbid to have twice stays behind."""
        model, name = link
        rows = model._default_manager.filter(**{name: old}).order_by("pk")
        ids = list(rows.values_list("pk", flat=True))
        moved = _point(model, name, ids, new)
        if moved:
            self.steps.append({"moved": model._meta.label, "field": name, "from": old, "to": new, "ids": moved})

    def write(self, row: models.Model, values: Mapping[str, Any]) -> None:
        """Set these columns of one row."""
        before = snapshot(type(row), [row.pk], list(values))
        type(row)._default_manager.filter(pk=row.pk).update(**values)
        self.changed(before, snapshot(type(row), [row.pk], list(values)))

    def remove(self, row: models.Model) -> None:
        """Take the row away, with what points at it and would not stand without it."""
        for model, name in links(type(row)):
            for left in model._default_manager.filter(**{name: row.pk}).order_by("pk"):
                self.remove(left)
        columns = [column.attname for column in row._meta.concrete_fields]
        values = {name: _plain(getattr(row, name)) for name in columns}
        type(row)._default_manager.filter(pk=row.pk).delete()
        self.steps.append({"removed": row._meta.label, "rows": [values]})

    def changed(self, before: Snapshot, after: Snapshot) -> None:
        """These columns were changed by a verb of some room: they belong together."""
        rows = [
            {"row": label, "id": pk, "was": was, "is": after[label, pk]}
            for (label, pk), was in before.items()
            if (label, pk) in after
        ]
        if any(row["was"] != row["is"] for row in rows):
            self.steps.append({"changed": rows})


def give_back(steps: Sequence[Mapping[str, Any]]) -> None:
    """Undo the steps. A row that meanwhile belongs to a third one, or cannot go back, stays where it is."""
    for step in reversed(steps):
        if "changed" in step:
            _restore(step["changed"])
            continue
        if "removed" in step:
            _make_again(apps.get_model(step["removed"]), step["rows"])
            continue
        model, name = apps.get_model(step["moved"]), step["field"]
        still = model._default_manager.filter(pk__in=step["ids"], **{name: step["to"]}).order_by("pk")
        _point(model, name, list(still.values_list("pk", flat=True)), step["from"])


def ids_of(steps: Sequence[Mapping[str, Any]], label: str, name: str) -> list[Any]:
    """Which rows of that table changed hands by that foreign key."""
    return [pk for step in steps if step.get("moved") == label and step["field"] == name for pk in step["ids"]]


def _point(model: type[models.Model], name: str, ids: list[Any], new: Any) -> list[Any]:
    """Point these rows at `new`, all at once or, where some cannot, one by one; those that could."""
    try:
        with transaction.atomic():
            model._default_manager.filter(pk__in=ids).update(**{name: new})
    except IntegrityError:
        return [pk for pk in ids if _point(model, name, [pk], new)] if len(ids) > 1 else []
    return ids


def _restore(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        now = snapshot(apps.get_model(row["row"]), [row["id"]], list(row["is"]))
        if now.get((row["row"], row["id"])) != row["is"]:
            return
    for row in rows:
        model = apps.get_model(row["row"])
        values = _read(model, row["was"])
        model._default_manager.filter(pk=row["id"]).update(**values)


def _make_again(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    for values in rows:
        model(**_read(model, values)).save(force_insert=True)


def _read(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: column for column in model._meta.concrete_fields for name in (column.name, column.attname)}
    return {name: columns[name].to_python(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
