"""The house rules that no linter knows. Each failure says what, which, and what to do."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from connector.core.db import metadata

HOUSE = Path(__file__).parents[1]
CODE = ("connector", "adapters", "devstore", "tests", "bench")
ROOMS = HOUSE / "connector" / "rooms"

FUNCTION_LINES = 70
FILE_LINES = 400
ROOM_FILES = 8
NAMELESS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
TABLES_OF_NO_SHOP = {
    "business",  # owns shops
    "shop",  # is one
    "staff",  # works for a business, in all its shops
    "staff_session",  # found before a shop is chosen
    "signin_link",  # the same
    "hash_key",  # names the people of all shops, each shop's differently
}


def test_functions_and_files_stay_readable():
    problems = [
        problem
        for path in python_files()
        for problem in too_long(path.read_text(encoding="utf-8"), path.relative_to(HOUSE))
    ]
    assert not problems, told("Split by idea, not by length", problems)


def test_every_module_has_a_noun_for_a_name():
    problems = [
        f"{path.relative_to(HOUSE)}: says nothing about what is inside"
        for path in python_files()
        if path.stem in NAMELESS or path.parent.name in NAMELESS
    ]
    assert not problems, told("Name it for what it does, or move it beside its caller", problems)


def test_a_room_is_small():
    problems = [
        f"connector/rooms/{room}: {count} files, the limit is {ROOM_FILES}"
        for room in rooms()
        if (count := sum(path.is_file() for path in (ROOMS / room).iterdir())) > ROOM_FILES
    ]
    assert not problems, told("Two capabilities? Make two rooms", problems)


def test_every_table_belongs_to_a_shop():
    import_every_table()
    problems = [
        f"{table.name}: no column shop_id"
        for table in metadata.sorted_tables
        if "shop_id" not in table.columns and table.name not in TABLES_OF_NO_SHOP
    ]
    assert not problems, told("Add shop_id, first in the primary key and every index", problems)


def test_every_statement_asks_for_one_shop():
    problems = [
        f"{path.relative_to(HOUSE)}: never says :shop_id"
        for folder in ("connector", "adapters", "devstore")
        for path in (HOUSE / folder).rglob("*.sql")
        if ":shop_id" not in path.read_text(encoding="utf-8")
    ]
    assert not problems, told("Add WHERE shop_id = :shop_id to every table it reads", problems)


def test_the_readme_names_every_room():
    readme = (HOUSE / "README.md").read_text(encoding="utf-8")
    problems = [
        f"connector/rooms/{room}: not in README.md" for room in rooms() if room not in readme
    ]
    assert not problems, told("Add a line on what the room does for a merchant", problems)


def test_the_stops_would_notice():
    long_function = "def f():\n" + "    x = 1\n" * FUNCTION_LINES
    assert too_long(long_function, Path("a.py")) == ["a.py:1: f() has 71 lines, the limit is 70"]
    assert too_long("x = 1\n" * 401, Path("b.py")) == ["b.py: 401 lines, the limit is 400"]


# ------------------------------------------------------------------------------------------------


def python_files() -> Iterator[Path]:
    for folder in CODE:
        yield from sorted((HOUSE / folder).rglob("*.py"))


def rooms() -> list[str]:
    return sorted(path.parent.name for path in ROOMS.glob("*/__init__.py"))


def too_long(source: str, path: Path) -> list[str]:
    lines = len(source.splitlines())
    found = [f"{path}: {lines} lines, the limit is {FILE_LINES}"] if lines > FILE_LINES else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                place = f"{path}:{node.lineno}: {node.name}()"
                found.append(f"{place} has {length} lines, the limit is {FUNCTION_LINES}")
    return found


def import_every_table() -> None:
    for path in sorted((HOUSE / "connector").rglob("*.py")):
        module = path.relative_to(HOUSE).with_suffix("")
        if module.name == "models" or module.parent.name == "core":
            importlib.import_module(".".join(module.parts).removesuffix(".__init__"))


def told(advice: str, problems: list[str]) -> str:
    return "\n".join([f"{advice}:", *problems])
