"""Every kind of movement that code books of points has words in the admin."""

import ast
from itertools import chain
from pathlib import Path

import pytest

import connector
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from tests.web.admin.conftest import Ada, words_of
from tests.world import NOW, World

ROOMS = Path(connector.__file__).parent / "rooms"
MAKERS = {"Voucher", "_why", "_gift_voucher"}  # each takes the kind second, or by name
IN_MONEY = {"giving"}  # its movements are no points
OF_SOMETHING = {"earned", "released", "clawback"}  # named by their order or gift


def kinds() -> set[str]:
    """What rooms say when they book points; and what the book says itself."""
    found = {"repayment"}
    for path in ROOMS.rglob("*.py"):
        if path.relative_to(ROOMS).parts[0] not in IN_MONEY:
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in MAKERS:
                    by_name = (one.value for one in call.keywords if one.arg == "kind")
                    for told in chain(call.args[1:2], by_name):
                        found |= {
                            one.value
                            for one in ast.walk(told)
                            if isinstance(one, ast.Constant) and isinstance(one.value, str)
                        }
    return found


def test_the_walk_finds_them():
    assert kinds() >= OF_SOMETHING | {"adjustment", "unmerge", "expired", "forgiven", "returned"}


@pytest.mark.parametrize(
    ("language", "bare"), [("en", "Entry"), ("ar", "قيد"), ("zh-Hant", "紀錄")]
)
def test_no_kind_is_a_bare_entry(ada: Ada, world: World, language: str, bare: str):
    member_id = world.member()
    wanted = sorted(kinds() - OF_SOMETHING)
    with world.database.write() as db:
        book = Book(db, world.shop.id, UNIT, world.shop.timezone, [member_id])
        for kind in wanted:
            book.award(member_id, 5, Voucher(f"points:{kind}:1", kind, NOW))
        book.close()
    page = ada.see(f"members/{member_id}", lang=language)
    told = [words_of(one.split("</div>")[0]) for one in page.split('<div class="what">')[1:]]
    assert len(told) == len(wanted)
    assert bare not in told
