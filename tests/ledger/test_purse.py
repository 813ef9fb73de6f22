"""The rules of one purse hold after any sequence of verbs."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.errors import InsufficientPoints
from connector.ledger.rules import Lot, Movement, Purse

DAY = datetime(2026, 1, 1, tzinfo=UTC)
amounts = st.integers(1, 500)
origins = st.sampled_from(["order:1", "order:2", "order:3"])
steps = st.one_of(
    st.tuples(st.just("hold_back"), amounts, origins),
    st.tuples(st.just("award"), amounts, origins),
    st.tuples(st.just("release"), amounts, origins),
    st.tuples(st.just("spend"), amounts, st.sampled_from(["held", "redeemed", "program"])),
    st.tuples(st.just("take_back"), amounts, origins),
    st.tuples(st.just("forfeit"), st.just(0), st.just("")),
)


class Story:
    """A purse, and the book as its movements alone tell it."""

    def __init__(self):
        self.purse = Purse(7)
        self.book: Counter[str] = Counter()
        self.pending: Counter[str] = Counter()  # by origin, as the room keeps it
        self.lapsed: Counter[str | None] = Counter()
        self.movements: list[Movement] = []
        self._next_lot = 1

    def step(self, verb, amount, word):
        getattr(self, f"_{verb}")(amount, word)

    def _hold_back(self, amount, origin):
        self.pending[origin] += amount
        self._book(self.purse.hold_back(amount), origin)

    def _award(self, amount, origin):
        self._book(self.purse.award(amount), origin)

    def _release(self, amount, origin):
        amount = min(amount, self.pending[origin])
        if amount:
            self.pending[origin] -= amount
            self._book(self.purse.release(amount), origin)

    def _spend(self, amount, to):
        usable = self.purse.available + self.purse.debt
        if amount > usable:
            with pytest.raises(InsufficientPoints):
                self.purse.spend(amount, to)
            return
        self._book(self.purse.spend(amount, to), "")

    def _take_back(self, amount, origin):
        own = self.pending[origin]
        lapsed = [("forfeited", self.lapsed[origin])]
        moved = self.purse.take_back(amount, origin=origin, own_pending=own, lapsed=lapsed)
        assert sum(one.amount for one in moved) == amount
        self.pending[origin] -= min(amount, own)
        self.lapsed[origin] -= sum(one.amount for one in moved if one.from_ == "forfeited")
        self._book(moved, origin)

    def _forfeit(self, _amount, _word):
        for lot in self.purse.lots:
            self.lapsed[lot.origin] += lot.remaining
        self._book(self.purse.forfeit(), "")
        self.pending.clear()

    def _book(self, movements, origin):
        for one in movements:
            assert one.amount > 0
            assert one.from_ != one.to
            if one.from_ == "member":
                assert sum(amount for _, amount in one.lots) == one.amount
            self.book[one.from_] -= one.amount
            self.book[one.to] += one.amount
            self.movements.append(one)
            if one.opens_lot:
                expires_at = DAY + timedelta(days=one.amount % 5) if one.amount % 3 else None
                lot = Lot(self._next_lot, one.amount, one.amount, origin, expires_at)
                self._next_lot += 1
                self._book(self.purse.repay(lot), origin)


@given(st.lists(steps, max_size=40))
def test_balances_are_what_the_movements_say(story_steps):
    story = Story()
    for step in story_steps:
        story.step(*step)
        purse = story.purse
        booked = {name: story.book[name] for name in ("member", "pending", "held", "debt")}
        assert booked == {
            "member": purse.available,
            "pending": purse.pending,
            "held": purse.held,
            "debt": purse.debt,
        }
        assert min(purse.available, purse.pending, purse.held) >= 0 >= purse.debt
        assert purse.available == sum(lot.remaining for lot in purse.lots)
        assert purse.pending == sum(story.pending.values())
        assert not (purse.debt and purse.available), "debt is repaid before anything is usable"
        assert sum(story.book.values()) == 0


@given(st.lists(steps, max_size=40))
def test_nothing_is_left_after_a_forfeiture(story_steps):
    story = Story()
    for step in (*story_steps, ("forfeit", 0, "")):
        story.step(*step)
    purse = story.purse
    assert (purse.available, purse.pending, purse.debt) == (0, 0, 0)


@given(st.lists(steps, max_size=30))
def test_only_taking_back_makes_debt(story_steps):
    story = Story()
    for step in story_steps:
        debt = story.purse.debt
        story.step(*step)
        assert story.purse.debt >= debt or step[0] == "take_back"


def lots(*told):
    """Lots of (id, remaining, origin, day of expiry)."""
    return [
        Lot(key, left, left, origin, day and DAY + timedelta(days=day))
        for key, left, origin, day in told
    ]


def test_a_debit_takes_what_expires_first_and_then_the_oldest():
    purse = Purse(7, available=60, lots=lots((1, 10, "a", 0), (2, 20, "b", 9), (3, 30, "c", 3)))
    (moved,) = purse.spend(45, "redeemed")
    assert moved.lots == ((3, 30), (2, 15))
    (moved,) = purse.spend(15, "redeemed")
    assert moved.lots == ((2, 5), (1, 10))


def test_taking_back_goes_the_way_of_the_design():
    purse = Purse(7, available=30, pending=9, lots=lots((1, 10, "own", 5), (2, 20, "other", 1)))
    moved = purse.take_back(70, origin="own", own_pending=4, lapsed=[("expired", 6)])
    assert moved == [
        Movement("pending", "program", 4),
        Movement("member", "program", 10, ((1, 10),)),
        Movement("expired", "program", 6),
        Movement("member", "program", 20, ((2, 20),)),
        Movement("debt", "program", 30),
    ]
    assert (purse.available, purse.pending, purse.debt) == (0, 5, -30)


def test_a_small_take_back_leaves_other_lots_alone():
    purse = Purse(7, available=30, lots=lots((1, 10, "own", 5), (2, 20, "other", 1)))
    assert purse.take_back(7, origin="own", own_pending=0, lapsed=()) == [
        Movement("member", "program", 7, ((1, 7),))
    ]


def test_arriving_points_repay_debt_first():
    purse = Purse(7, debt=-30)
    purse.award(50)
    (moved,) = purse.repay(Lot(1, 50, 50))
    assert (moved.to, moved.amount, moved.lots) == ("debt", 30, ((1, 30),))
    assert (purse.available, purse.debt, purse.lots[0].remaining) == (20, 0, 20)


def test_what_is_owed_cannot_be_spent():
    purse = Purse(7, available=50, debt=-30, lots=lots((1, 50, "a", 0)))
    with pytest.raises(InsufficientPoints):
        purse.spend(21, "redeemed")
