"""Shop acme with a catalogue and orders, written through the floor's own verbs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection

from connector import orders
from connector.core.commerce import (
    Credentials,
    Customer,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Person,
    Product,
    Refund,
    ShopFacts,
)
from connector.core.db import Database
from connector.core.facts import Fact, MemberErased
from connector.core.keyring import KeyRing
from connector.members import Members
from connector.rooms import recommend
from connector.rooms.recommend import showing
from connector.shops import service as shops
from connector.shops.service import Shop

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = timedelta(seconds=10)  # after which a marked shop is due
_numbers = count(1)


class Acme:
    """One shop; ``name`` tells it from a second one in the same database."""

    def __init__(self, database: Database, name: str = "acme", timezone: str = "UTC") -> None:
        self.database = database
        keys = KeyRing([KeyRing.new_key()])
        self._members = Members(keys)
        credentials = Credentials(shop_key=f"https://{name}.example", access="ck:cs")
        facts = ShopFacts(name=name, currency="USD", timezone=timezone, version="10")
        with database.write() as db:
            shop = shops.install(db, keys, "woocommerce", credentials, facts, NOW)
        self.id = shop.id
        self._context = orders.Context(shop.id, timezone, "hook", trusted=True)

    def shop(self, db: Connection) -> Shop:
        return shops.get(db, self.id)

    def sells(self, *keys: str, **differences: Any) -> None:
        """Products of the catalogue, in order to be shown unless told otherwise."""
        with self.database.write() as db:
            orders.record_products(
                db, self.id, [_product(key, **differences) for key in keys], NOW
            )

    def order(
        self,
        *products: str,
        times: int = 1,
        days_ago: float = 1,
        state: OrderState = OrderState.PAID,
        is_test: bool = False,
        extra: Sequence[OrderLine] = (),
        customer_key: str | None = None,
        refunds: Sequence[Refund] = (),
    ) -> list[Fact]:
        """``times`` orders of these products; returns what they made known."""
        placed_at = NOW - timedelta(days=days_ago)
        goods = [line(key, position) for position, key in enumerate(products)]
        made = [
            Order(
                key=str(next(_numbers)),
                state=state,
                currency="USD",
                modified_at=placed_at,
                placed_at=placed_at,
                is_test=is_test,
                lines=(*goods, *extra),
                customer_key=customer_key,
                refunds=tuple(refunds),
            )
            for _ in range(times)
        ]
        return self.hear(*made)

    def member(self, customer_key: str) -> int:
        with self.database.read() as db:
            found = self._members.by_customer_key(db, self.id, customer_key)
        assert found is not None
        return found

    def erase(self, customer_key: str) -> list[int]:
        """Forget this customer; gives the members that are gone."""
        with self.database.write() as db:
            gone = Customer(customer_key, Person(), deleted=True)
            facts = self._members.record(db, self.id, [gone], NOW)
        return [fact.member_id for fact in facts if isinstance(fact, MemberErased)]

    def hear(self, *snapshots: Order) -> list[Fact]:
        with self.database.write() as db:
            return orders.record(db, self._context, self._members, snapshots, NOW)

    def build(self, now: datetime = NOW) -> bool:
        """Mark and build, as after an order."""
        with self.database.write() as db:
            recommend.mark(db, self.id, now, at_once=True)
        return recommend.build(self.database, self.id, now)

    def shown(self, *products: str) -> list[tuple[str, int]]:
        """(key, orders together) of what a cart with these products shows."""
        with self.database.read() as db:
            question = showing.Question(surface="cart", products=products)
            told = showing.row(db, self.shop(db), question)
        return [(one.item.key, one.times) for one in told.shown]


def line(
    product_key: str | None, position: int = 0, kind: LineKind = LineKind.GOODS, quantity: int = 1
) -> OrderLine:
    return OrderLine(
        key=f"{kind}-{position}",
        kind=kind,
        title="",
        quantity=quantity,
        subtotal_minor=1990,
        total_minor=1990,
        tax_minor=0,
        product_key=product_key,
    )


def _product(key: str, **differences: Any) -> Product:
    usual: dict[str, Any] = {
        "title": key.title(),
        "price_minor": 1990,
        "url": f"https://acme.example/{key}",
        "image_url": "https://acme.example/p.jpg",
    }
    return Product(key, **(usual | differences))
