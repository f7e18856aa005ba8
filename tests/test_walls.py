"""The style of the house as law: sizes, walls between rooms, the one clock, the one reader of the environment."""

from __future__ import annotations

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from priyom.contracts import registry

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMIT, FUNCTION_LIMIT = 400, 50

# These lists may only shrink: "path" or "path:function".
TOO_LONG_FILES: frozenset[str] = frozenset()
TOO_LONG_FUNCTIONS: frozenset[str] = frozenset()

BADLY_NAMED = {"utils", "helpers", "common", "services", "managers"}
FORBIDDEN_TO_RULES = {"django", "aiohttp", "psycopg", "procrastinate", "pyreqwest"}


def sources() -> list[Path]:
    """The program's own code: no tests, no migrations."""
    files = [*(ROOT / "config").rglob("*.py"), *(ROOT / "priyom").rglob("*.py")]
    return sorted(f for f in files if not {"tests", "migrations"} & set(f.relative_to(ROOT).parts))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_are_short() -> None:
    long = {named(path) for path in sources() if len(path.read_text().splitlines()) > FILE_LIMIT}
    assert long == TOO_LONG_FILES


def test_functions_are_short() -> None:
    long = {
        f"{named(path)}:{function.name}"
        for path in sources()
        for function in functions(tree(path))
        if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LIMIT
    }
    assert long == TOO_LONG_FUNCTIONS


def test_files_are_named_for_what_they_do_and_say_why_they_exist() -> None:
    assert [named(path) for path in sources() if path.stem in BADLY_NAMED] == []
    assert [named(path) for path in sources() if not ast.get_docstring(tree(path))] == []


def test_rules_are_pure() -> None:
    broken = [
        f"{named(path)}: {module}"
        for path in sources()
        if path.stem == "rules" or path.parent.name == "rules"
        for module in imported(tree(path))
        if module.split(".")[0] in FORBIDDEN_TO_RULES or module.split(".")[-1] == "models"
    ]
    assert broken == []


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_one_reader_of_the_environment() -> None:
    readers = {
        named(path)
        for path in sources()
        if path.parts[-2] != "config"
        and re.search(r"\bos\.(environ|getenv)|from os import .*(environ|getenv)", path.read_text())
    }
    assert readers == set()


def test_one_clock() -> None:
    own = re.compile(r"\b(datetime|timezone)\.now\(|\butcnow\(|\bdate\.today\(|\bdatetime\.today\(|\btime\.time\(")
    tellers = {named(path) for path in sources() if own.search(path.read_text())}
    assert tellers - {"priyom/foundation/clock.py"} == set()


def test_nobody_compares_with_a_channels_name() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in sources()
        if not named(path).startswith(("priyom/channels/", "priyom/sandbox/"))
        for line in channel_comparisons(tree(path), set(registry.names()))
    ]
    assert found == []


def test_the_search_for_channel_names_finds_them() -> None:
    def lines(code: str) -> list[int]:
        return list(channel_comparisons(ast.parse(code), {"telegram", "smsc"}))

    assert lines("if account.channel == 'telegram': pass") == [1]
    assert lines("x = card.key in ('smsc', 'other')") == [1]
    assert lines("match channel:\n    case 'telegram': pass") == [2]
    assert lines("sender = {'smsc': 1}[channel]") == [1]
    assert lines("if title == 'telegram': pass") == []  # a contact's kind has the same spelling, and is no channel
    assert lines("if contact.kind == 'telegram': pass") == []


def channel_comparisons(module: ast.Module, keys: set[str]) -> Iterator[int]:
    """Lines where something called a channel or a card's key is compared with, or looked up by, a folder's name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            if any(is_channel(part) for part in parts) and any(names_key(part, keys) for part in parts):
                yield node.lineno
        elif isinstance(node, ast.Match) and is_channel(node.subject):
            yield from (case.pattern.lineno for case in node.cases if names_key(case.pattern, keys))
        elif isinstance(node, ast.Subscript) and is_channel(node.slice) and names_key(node.value, keys):
            yield node.lineno


def is_channel(node: ast.expr) -> bool:
    """`channel`, `account.channel`, `channel_key`, `card.key`, ..."""
    if isinstance(node, ast.Attribute):
        above = node.value
        owner = above.attr if isinstance(above, ast.Attribute) else above.id if isinstance(above, ast.Name) else ""
        return "channel" in node.attr or (node.attr == "key" and owner in {"card", "channel"})
    return isinstance(node, ast.Name) and "channel" in node.id


def names_key(node: ast.AST, keys: set[str]) -> bool:
    return any(isinstance(part, ast.Constant) and part.value in keys for part in ast.walk(node))


def layers() -> dict[str, int]:
    """room -> height, from the import rules: a room may know the rooms below it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    order = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {
        room.strip().removeprefix("priyom."): -depth for depth, line in enumerate(order) for room in line.split("|")
    }


def test_every_room_has_its_layer() -> None:
    rooms = {path.parent.name for path in (ROOT / "priyom").glob("*/__init__.py")}
    assert rooms - set(layers()) == set()


REPEATED = """
WITH part AS (
    SELECT i.indrelid::regclass::text AS of_table, c.relname AS name, i.indisunique, i.indexrelid,
        coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS only_where,
        ARRAY(SELECT ROW(pg_get_indexdef(i.indexrelid, k, true), i.indoption[k - 1], i.indclass[k - 1])::text
              FROM generate_series(1, i.indnkeyatts) AS k) AS keys
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree'
)
SELECT short.of_table, short.name, long.name FROM part short JOIN part long
  ON long.of_table = short.of_table AND long.indexrelid <> short.indexrelid AND long.only_where = short.only_where
 AND long.keys[1:cardinality(short.keys)] = short.keys
WHERE short.of_table = ANY (%s) AND NOT short.indisunique
ORDER BY 1, 2
"""


@pytest.mark.django_db
def test_no_index_repeats_the_beginning_of_another() -> None:
    """Each costs every write, and answers nothing that the longer one does not. (What the libraries make is theirs.)"""
    ours = [model._meta.db_table for model in apps.get_models() if model.__module__.startswith("priyom.")]
    with connection.cursor() as cursor:
        cursor.execute(REPEATED, [ours])
        assert cursor.fetchall() == []


def test_foreign_keys_point_down() -> None:
    height = layers()
    upward = []
    for model in apps.get_models():
        mine = model._meta.app_label
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not field.concrete or not isinstance(target, type) or mine not in height:
                continue
            theirs = target._meta.app_label  # type: ignore[attr-defined]
            if theirs in height and theirs != mine and height[theirs] >= height[mine]:
                upward.append(f"{mine}.{model.__name__}.{field.name} -> {theirs}")
    assert upward == []


STATEMENTS = sorted((ROOT / "priyom").glob("*/sql/*.sql"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", STATEMENTS, ids=named)
def test_statement_prepares_against_the_schema(path: Path) -> None:
    with connection.cursor() as cursor:
        for statement in statements(path.read_text()):
            try:
                cursor.execute(f"PREPARE wall AS {numbered(statement)}")
            except (psycopg.errors.AmbiguousParameter, psycopg.errors.IndeterminateDatatype):
                pytest.fail(f"{named(path)}: a parameter needs its type, like %(name)s::text")
            cursor.execute("DEALLOCATE wall")


def statements(text: str) -> list[str]:
    """The statements of a file: comments away, split at semicolons at a line's end."""
    bare = re.sub(r"--.*", "", text)
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", bare) if part.strip()]


def numbered(statement: str) -> str:
    """psycopg's `%(name)s` and `%s` as PostgreSQL's `$1`; each place is one of its own, as it is where values are
    bound before they are sent."""
    places = itertools.count(1)
    return re.sub(r"%%|%\(\w+\)[sbt]|%[sbt]", lambda found: "%" if found[0] == "%%" else f"${next(places)}", statement)


def test_parameters_are_numbered() -> None:
    assert numbered("a = %(x)s and b like '%%c' and d = %(y)s or %(x)s") == "a = $1 and b like '%c' and d = $2 or $3"
    assert numbered("%s, %s") == "$1, $2"


def test_licence() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in", "requirements.txt", "requirements-dev.txt"])
def test_pins_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_a_hash(name: str) -> None:
    pins = re.findall(r"^([\w.\[\]-]+)==\S+ \\\n    --hash=sha256:", (ROOT / name).read_text(), re.MULTILINE)
    lines = re.findall(r"^([\w.\[\]-]+)==", (ROOT / name).read_text(), re.MULTILINE)
    assert pins == lines
    assert pins


def test_settings_are_those_of_tests() -> None:
    assert settings.SANDBOX is False
