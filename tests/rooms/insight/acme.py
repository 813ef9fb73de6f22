"""Shop acme in Tokyo, with orders written through the floor's own verbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from connector import orders
from connector.core.commerce import (
    Credentials,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Person,
    ShopFacts,
)
from connector.core.db import Database
from connector.core.keyring import KeyRing
from connector.members import Members
from connector.rooms import insight
from connector.rooms.insight import Figures, Period
from connector.shops import service as shops

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = "Asia/Tokyo"  # nine hours ahead, all year
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
_numbers = count(1)
_keys = KeyRing([KeyRing.new_key()])


@dataclass(frozen=True, slots=True)
class Sale:
    """An order as these tests need it. ``who``: an account, an address with @, or nobody."""

    at: datetime
    who: str | None = "mia"
    minor: int = 1000
    currency: str = "JPY"
    state: OrderState = OrderState.PAID
    is_test: bool = False


class Acme:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.members = Members(_keys)
        credentials = Credentials(f"https://acme{next(_numbers)}.example", "ck:cs")
        facts = ShopFacts(name="acme", currency="JPY", timezone=ZONE, version="10")
        with database.write() as db:
            shop = shops.install(db, _keys, "woocommerce", credentials, facts, NOW)
        self.id = shop.id

    def sold(self, *sales: Sale) -> None:
        self.hear(*map(order, sales))

    def hear(self, *snapshots: Order) -> None:
        context = orders.Context(self.id, ZONE, "import", trusted=True)
        with self.database.write() as db:
            orders.record(db, context, self.members, snapshots, NOW)

    def figures(self, period: Period = NOVEMBER, now: datetime = NOW) -> Figures:
        with self.database.read() as db:
            return insight.figures(db, self.id, period, now)


def order(sale: Sale, extra: Sequence[OrderLine] = ()) -> Order:
    is_guest = sale.who is not None and "@" in sale.who
    return Order(
        key=str(next(_numbers)),
        state=sale.state,
        currency=sale.currency,
        modified_at=sale.at,
        placed_at=sale.at,
        customer_key=None if is_guest else sale.who,
        person=Person(email=sale.who if is_guest else None),
        is_test=sale.is_test,
        total_minor=sale.minor,
        lines=(line("goods", LineKind.GOODS, sale.minor), *extra),
    )


def line(key: str, kind: LineKind, minor: int, tax_minor: int = 0) -> OrderLine:
    return OrderLine(key, kind, "", 1, minor, minor, tax_minor)


def day(month: int, number: int, year: int = 2026) -> datetime:
    """Noon in the shop's zone."""
    return datetime(year, month, number, 3, tzinfo=UTC)
