"""Points that came back from a reward are spent after all, and come back again."""

import pytest

from connector import ledger
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.ledger.rules import Lot, Purse
from tests.world import NOW, acme

STEM = "rewards:redemption:1"


@pytest.mark.parametrize(
    ("available", "amount", "moves"),
    [
        (50, 30, [("member", "redeemed", 30)]),
        (50, 80, [("member", "redeemed", 50), ("debt", "redeemed", 30)]),
        (0, 20, [("debt", "redeemed", 20)]),
    ],
)
def test_what_is_missing_becomes_debt(available, amount, moves):
    purse = Purse(1, available=available, lots=[Lot(1, available, available)])
    told = [(one.from_, one.to, one.amount) for one in purse.spend_again(amount)]
    assert told == moves
    assert purse.available + purse.debt == available - amount


def test_what_was_spent_into_debt_returns_and_repays(database):
    world = acme(database)
    mia = world.member()
    world.adjust(mia, 100)
    number = 0

    def book(work):
        nonlocal number
        why = Voucher(stem=STEM, kind="reserved", occurred_at=NOW, number=number)
        with database.write() as db:
            open_book = Book(db, world.shop.id, UNIT, world.shop.timezone, [mia])
            work(open_book, why)
            open_book.close()
        number = why.number

    def state():
        told = world.balance_of(mia)
        return told.available, told.held, told.debt

    book(lambda book, why: book.hold(mia, 100, why))
    book(lambda book, why: book.capture(mia, 100, why))
    book(lambda book, why: book.give_back(mia, 100, why, from_="redeemed"))
    world.adjust(mia, -70)
    book(lambda book, why: book.spend_again(mia, 100, why))
    assert state() == (-70, 0, 70)
    book(lambda book, why: book.give_back(mia, 90, why, from_="redeemed"))
    assert state() == (20, 0, 0)
    book(lambda book, why: book.give_back(mia, 10, why, from_="redeemed"))
    assert state() == (30, 0, 0)
    with database.read() as db:
        assert list(ledger.differences(db, world.shop.id)) == []
