"""The page on listing the app names places and tests that are there."""

import ast
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[3]
PAGE = (HOUSE / "docs" / "shopify-listing.md").read_text("utf-8")
ROWS = re.findall(
    r"^\| ([^|]+) \| [^|]+ \| `([^`]+)` \| `([^`:]+)::(\w+)` \|$", PAGE, re.MULTILINE
)


def test_every_row_of_the_table_is_read():
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert len(ROWS) == len(rows) - 2 > 20


@pytest.mark.parametrize(("place", "path", "name"), [row[1:] for row in ROWS])
def test_what_the_table_names_is_there(place, path, name):
    assert (HOUSE / place).exists()
    tree = ast.parse((HOUSE / path).read_text("utf-8"))
    assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_what_the_page_links_to_is_there():
    for link in re.findall(r"\]\((\.\./[^)]+)\)", PAGE):
        assert (HOUSE / "docs" / link).exists()
