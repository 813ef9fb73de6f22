"""The life of a shop: orders, told late and twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from connector.core.commerce import Order
from connector.core.db import Database
from connector.rooms.rewards import catalogue
from tests.programme.chance import Clock
from tests.programme.oracle import Oracle
from tests.programme.sales import Back, Line, Promise, Sale
from tests.programme.shop import Driven
from tests.programme.words import as_told, offer
from tests.world import NOW, acme

BUYERS = ("1001", "1002", "1003")
COSTS = (60, 250)
DONATION_ID = "donation"

buyers = st.sampled_from(BUYERS)
any_one = st.integers(0, 10**6)
lines = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 30_000), st.integers(0, 2_000)),
    min_size=1,
    max_size=3,
)


class Shop(RuleBasedStateMachine):
    """One shop, its members, and what they buy."""

    database: Database
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.clock.begin(NOW)
        self.days = 0
        self.shop = Driven(self.database, acme(self.database))
        beginning = Promise(NOW - timedelta(days=1), {"USD": (1, 100)})
        self.oracle = Oracle(beginning)
        self.sales: list[Sale] = []
        self.told: list[Order] = []
        self.wishes: dict[str, int] = {}
        self.parted: set[tuple[str, str]] = set()
        self.members = {buyer: self.shop.world.member(buyer) for buyer in BUYERS}
        with self.database.write() as db:
            self.rewards = {
                cost: catalogue.publish(db, self.shop.shop_id, offer(cost), self.now).id
                for cost in COSTS
            }

    @rule(
        buyer=buyers,
        goods=lines,
        gift=st.sampled_from((0, 0, 0, 300)),
        euro=st.booleans(),
        paid=st.booleans(),
        coded=any_one,
    )
    def place(self, buyer: str, goods: Any, gift: int, euro: bool, paid: bool, coded: int) -> None:
        open_codes = [code for code, one in self.oracle.wishes.items() if one.state == "held"]
        code = open_codes[coded % len(open_codes)] if open_codes and coded % 3 else None
        less = 100 if code else 0
        sold = [
            Line(str(n), "goods", pieces, net, tax, net + less)
            for n, (pieces, net, tax) in enumerate(goods)
        ]
        if gift:
            sold.append(Line(DONATION_ID, "donation", 1, gift, 0, gift))
        sale = Sale(str(len(self.sales) + 1), buyer, "EUR" if euro else "USD", self.now, sold)
        sale.code = code
        if paid:
            sale.state, sale.paid = "paid", self.now
        self.sales.append(sale)
        self._tell(sale)

    @precondition(lambda self: self.sales)
    @rule(which=any_one)
    def pay_or_complete(self, which: int) -> None:
        sale = self.sales[which % len(self.sales)]
        if sale.state == "open":
            sale.state, sale.paid = "paid", self.now
        elif sale.state == "paid":
            sale.state, sale.done = "completed", self.now
        self._tell(sale)

    @precondition(lambda self: self.sales)
    @rule(which=any_one)
    def cancel_or_restore(self, which: int) -> None:
        sale = self.sales[which % len(self.sales)]
        if sale.state in ("paid", "completed", "open"):
            sale.state = "cancelled"
        elif sale.state == "cancelled":
            sale.state = "completed" if sale.done else "paid" if sale.paid else "open"
        self._tell(sale)

    @precondition(lambda self: self.sales)
    @rule(which=any_one, at=any_one, net=st.integers(0, 30_000), pieces=st.integers(1, 4))
    def edit(self, which: int, at: int, net: int, pieces: int) -> None:
        sale = self.sales[which % len(self.sales)]
        line = sale.lines[at % len(sale.lines)]
        if sale.backs or line.kind != "goods":
            return
        line.before += net - line.net
        line.net, line.pieces = net, pieces
        self._tell(sale)

    @precondition(lambda self: self.sales)
    @rule(which=any_one, at=any_one, part=any_one)
    def refund_pieces(self, which: int, at: int, part: int) -> None:
        sale = self.sales[which % len(self.sales)]
        line = sale.lines[at % len(sale.lines)]
        left = line.pieces - sum(back.pieces.get(line.key, 0) for back in sale.backs)
        if left and sale.state != "open":
            sale.backs.append(Back({line.key: 1 + part % left}))
            self._tell(sale)

    @precondition(lambda self: self.sales)
    @rule(which=any_one, money=st.integers(1, 5_000))
    def refund_money(self, which: int, money: int) -> None:
        sale = self.sales[which % len(self.sales)]
        if sale.state != "open":
            sale.backs.append(Back({}, money))
            self._tell(sale)

    @precondition(lambda self: any(sale.backs for sale in self.sales))
    @rule(which=any_one)
    def take_back_a_refund(self, which: int) -> None:
        refunded = [sale for sale in self.sales if sale.backs]
        sale = refunded[which % len(refunded)]
        sale.backs.pop()
        self._tell(sale)

    @precondition(lambda self: self.told)
    @rule(which=any_one, again=st.integers(1, 3))
    def tell_again(self, which: int, again: int) -> None:
        """Old news, and news a second time."""
        for number in range(again):
            self.shop.tell(self.now, self.told[(which + number) % len(self.told)])

    def _member(self, buyer: str) -> int:
        return self.members[self.oracle.who(buyer)]

    def _work(self) -> None:
        self.shop.work(self.now)
        self.oracle.pass_time(self.now)

    def _later(self) -> None:
        self.now += timedelta(seconds=1)
        self.clock.now = self.now

    def _tell(self, sale: Sale) -> None:
        self._later()
        snapshot = as_told(sale, self.now)
        self.told.append(snapshot)
        self.shop.tell(self.now, snapshot)
        self.oracle.hear(sale, self.now)
