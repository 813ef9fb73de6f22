"""Random lives of a shop beside an oracle: whatever happens in whatever sequence, balances agree.

Orders are placed, paid, completed, edited, refunded, cancelled and told twice or late; points are
redeemed, spent, returned, given up and lapse; members are adjusted, merged, made two again, and
rise and fall on levels; programmes change; time jumps. After each step every balance and level is
the oracle's, and at the end the whole book is recomputed.

The same 300 lives each time; PERENNIAL_RUNS=10000 for a night draws others. What fails is printed
step by step, with the line that lives it again.
"""

import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as live
from sqlalchemy import event

from connector.core.commerce import CustomerMerge
from connector.core.db import Database
from connector.core.errors import Conflict, InsufficientPoints
from connector.program import service as programme
from connector.rooms.points import service as points
from connector.rooms.rewards import service as rewards
from tests.programme import lapsing
from tests.programme.chance import Clock
from tests.programme.levels import Ladder
from tests.programme.purse import day_of
from tests.programme.sales import Promise
from tests.programme.trade import BUYERS, COSTS, Shop, any_one, buyers, lines
from tests.programme.words import levels, program

RUNS = int(os.environ["PERENNIAL_RUNS"]) if "PERENNIAL_RUNS" in os.environ else None
FEW = 300
PARTS = 4
STEPS = 30
MOST_DAYS = 300  # of one life
STEPS_UP = {"points": (50, 200, 900), "orders": (1, 2, 4), "spend": (5_000, 20_000, 60_000)}


class Life(Shop):
    """The same shop with what members, merchants and time do."""

    @rule(buyer=buyers, cost=st.sampled_from(COSTS), now=st.booleans())
    def redeem(self, buyer: str, cost: int, now: bool) -> None:
        member_id = self._member(buyer)
        try:
            with self.database.write() as db:
                made, facts = rewards.redeem(
                    db, self.shop.shop_id, member_id, self.rewards[cost], self.now
                )
            self.shop.notice(facts, self.now)
        except (Conflict, InsufficientPoints):
            assert not self.oracle.redeem("never", buyer, cost, self.now)
            return
        code = (made.code or "").lower()
        assert self.oracle.redeem(code, buyer, cost, self.now)
        self.wishes[code] = made.id
        if now:
            self._work()

    @precondition(lambda self: self.wishes)
    @rule(which=any_one)
    def give_up(self, which: int) -> None:
        code = list(self.wishes)[which % len(self.wishes)]
        self._work()
        expected = self.oracle.cancel(code, self.now)
        try:
            with self.database.write() as db:
                _, facts = rewards.cancel(db, self.shop.shop_id, self.wishes[code], self.now)
            self.shop.notice(facts, self.now)
        except Conflict:
            assert not expected
            return
        assert expected or self.oracle.wishes[code].state == "over"
        self._work()

    @rule(buyer=buyers, amount=st.integers(-400, 400).filter(bool))
    def adjust(self, buyer: str, amount: int) -> None:
        member_id = self._member(buyer)
        try:
            with self.database.write() as db:
                points.adjust(
                    db,
                    self.shop.shop_id,
                    member_id,
                    amount,
                    reason="a test",
                    made_by="staff:1",
                    now=self.now,
                )
        except InsufficientPoints:
            assert not self.oracle.adjust(buyer, amount, self.now)
            return
        assert self.oracle.adjust(buyer, amount, self.now)

    @rule(kept=buyers, gone=buyers)
    def merge(self, kept: str, gone: str) -> None:
        gone_before = kept in self.oracle.moved or gone in self.oracle.moved
        if kept == gone or gone_before or (kept, gone) in self.parted:
            return
        self._later()
        self.shop.tell(self.now, CustomerMerge(kept, gone))
        self.oracle.merge(kept, gone, self.now)

    @precondition(lambda self: self.oracle.moved)
    @rule(which=any_one)
    def unmerge(self, which: int) -> None:
        self._part(list(self.oracle.moved)[which % len(self.oracle.moved)])

    @rule(kept=buyers, gone=buyers, goods=lines, which=any_one, undone=st.booleans())
    def be_one_for_a_while(
        self, kept: str, gone: str, goods: Any, which: int, undone: bool
    ) -> None:
        """Merged, an order of whose it will not stay, perhaps one undone, and two again."""
        self.merge(kept, gone)
        if gone in self.oracle.moved:
            self.place(gone, goods, gift=0, euro=False, paid=True, coded=0)
            if undone:
                self.cancel_or_restore(which)
            self._part(gone)

    def _part(self, gone: str) -> None:
        kept = self.oracle.moved[gone][0]
        if kept in self.oracle.moved:
            return
        expected = self.oracle.unmerge(gone, self.now)
        try:
            self.shop.unmerge(self.members[gone], self.now)
        except Conflict:
            assert not expected
            return
        assert expected
        self.parted.add((kept, gone))

    @rule(
        each=st.integers(0, 7),
        per=st.sampled_from((50, 100, 250)),
        euro=st.booleans(),
        hold=st.sampled_from((0, 3, 14)),
        tax=st.booleans(),
        late=st.booleans(),
        flat=st.sampled_from((0, 0, 15)),
        gift=st.sampled_from((0, 0, 40)),
        first=st.sampled_from((0, 0, 300)),
        percent=st.sampled_from((0, 150, 200)),
        lapse=st.sampled_from((("off", 0), ("lot", 1), ("lot", 2), ("inactivity", 2))),
    )
    def promise(  # noqa: PLR0913, PLR0917 - what a machine draws
        self,
        each: int,
        per: int,
        euro: bool,
        hold: int,
        tax: bool,
        late: bool,
        flat: int,
        gift: int,
        first: int,
        percent: int,
        lapse: tuple[str, int],
    ) -> None:
        self._later()
        promise = Promise(
            starts=self.now,
            rates={"USD": (each, per)} | ({"EUR": (each + 1, per)} if euro else {}),
            hold_days=hold,
            on="completed" if late else "paid",
            tax=tax,
            flat=flat,
            gift=gift,
            first=first,
            double=(self.now, self.now + timedelta(days=5), percent) if percent else None,
            lapse=lapse,
        )
        self.oracle.promises.append(promise)
        with self.database.write() as db:
            programme.publish(db, self.shop.shop_id, program(promise), self.now)
        self._later()

    @initialize(early=st.sampled_from(("", "points", "orders")), gift=st.sampled_from((0, 45)))
    def begin(self, early: str, gift: int) -> None:
        if early:
            self.climb(early, months=0, settles=14, gift=gift)

    @precondition(lambda self: self.oracle.ladder is None)
    @rule(
        measure=st.sampled_from(sorted(STEPS_UP)),
        months=st.sampled_from((0, 1)),
        settles=st.sampled_from((0, 14)),
        gift=st.sampled_from((0, 45)),
    )
    def climb(self, measure: str, months: int, settles: int, gift: int) -> None:
        self._later()
        steps, percents = STEPS_UP[measure], (120, 150, 200)
        ladder = Ladder(measure, months, steps, percents, gift, settles=settles)
        self.shop.climb(levels(ladder), self.now)
        self._work()
        self.oracle.climb(ladder, {self.oracle.who(buyer) for buyer in BUYERS}, self.now)

    @precondition(lambda self: self.days < MOST_DAYS)
    @rule(days=st.integers(1, 40), shown=st.sets(buyers))
    def jump(self, days: int, shown: set[str]) -> None:
        """Some days pass and one night; then some members open the panel."""
        self._work()  # the worker does not sleep for days
        self.days += days
        self.now += timedelta(days=days)
        self.clock.now = self.now
        self._work()
        self.shop.night(self.now)
        self.oracle.pass_night(self.now)
        for buyer in sorted(shown):
            self.shop.show(self._member(buyer), self.now)
            lapsing.show(self.oracle.purse(buyer), day_of(self.now))

    # ------------------------------------------------------------------------------------- always

    @invariant()
    def balances_agree(self) -> None:
        found = self.shop.balances([self._member(buyer) for buyer in BUYERS])
        for buyer, have in zip(BUYERS, found, strict=True):
            want = self.oracle.purse(buyer)
            assert (have.available, have.pending, have.held, have.debt) == (
                want.usable,
                want.pending.total(),
                self.oracle.held(buyer),
                want.debt,
            ), buyer

    @precondition(lambda self: self.oracle.ladder is not None)
    @invariant()
    def levels_agree(self) -> None:
        found = self.shop.levels([self._member(buyer) for buyer in BUYERS])
        assert found == [self.oracle.rung(buyer).level for buyer in BUYERS]

    @precondition(lambda self: self.oracle.ladder is not None and self.parted)
    @invariant()
    def what_counts_agrees(self) -> None:
        found = self.shop.amounts([self._member(buyer) for buyer in BUYERS], self.now)
        assert found == [self.oracle.amount(buyer, self.now) for buyer in BUYERS]

    def teardown(self) -> None:
        assert self.shop.audit() == []


def _hurry(dbapi: Any, _record: Any) -> None:
    dbapi.execute("PRAGMA synchronous=OFF")  # no power fails here; a third of the time


@pytest.mark.parametrize("part", range(PARTS))
def test_a_random_life_of_a_shop_agrees_with_the_oracle(
    part: int, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts that run beside each other, each with lives of its own."""
    database = Database(sqlite_url)
    event.listen(database.engine, "connect", _hurry)
    machine: Any = type("LifeHere", (Life,), {"database": database, "clock": Clock(monkeypatch)})
    if RUNS is None:
        machine = seed(part)(machine)
    live(
        machine,
        settings=settings(
            max_examples=(RUNS or FEW) // PARTS,
            stateful_step_count=STEPS,
            report_multiple_bugs=False,
            deadline=None,
            database=None,
            print_blob=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    database.dispose()
