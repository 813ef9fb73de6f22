"""How a cart becomes an order: priced, discounted, paid."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from devstore.credit import Wallet
from devstore.discounts import Goods
from devstore.model import (
    Buyer,
    Donation,
    Order,
    OrderLine,
    Product,
    Settings,
    Status,
    Taken,
    Terms,
    replace,
)
from devstore.promotions import Promotions
from devstore.refusals import CreditRefused, NotPossible
from devstore.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to buy: quantities by sku, a gift as (minor units, cause key)."""

    items: Mapping[str, int]
    donation: tuple[int, str] | None = None
    payment: str = "card"
    via: str = "store-api"
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Counter:
    """Sells in one shop; runs inside the shop's own transaction."""

    shelf: Shelf
    promotions: Promotions
    wallet: Wallet
    next_id: Callable[[str], int]

    def sell(self, wish: Wish, buyer: Buyer, settings: Settings, now: datetime) -> Order:
        """The order, with its codes counted and its store credit spent; not kept yet."""
        goods = [self._goods(sku, quantity) for sku, quantity in wish.items.items()]
        if not goods:
            raise NotPossible("The cart is empty.")
        bill = self.promotions.bill(buyer, goods, settings.shipping_minor, wish.terms.codes)
        if bill.refused:
            raise bill.refused[0]
        lines = tuple(self._line(one) for one in goods)
        taken = self._by_line(bill.taken, lines)
        shipping_line_id = self.next_id("item")
        given = Donation(self.next_id("item"), *wish.donation) if wish.donation else None
        if given and not 0 < given.amount_minor <= 100_000:
            raise NotPossible("A donation is between 0.01 and 1,000.00.")
        order = Order(
            id=self.next_id("order"),
            number=self.shelf.next_id("order number", 1001),
            status=Status.ON_HOLD if wish.payment == "bank" else Status.PROCESSING,
            currency=settings.currency,
            buyer=buyer,
            lines=_discounted(lines, taken),
            shipping_line_id=shipping_line_id,
            shipping_minor=settings.shipping_minor - bill.shipping_minor,
            placed_at=now,
            modified_at=now,
            donation=given,
            paid_at=now if wish.payment == "card" else None,
            payment=wish.payment,
            via=wish.via,
            key=secrets.token_hex(7),
            taken=taken,
            attributes=wish.terms.attributes,
        )
        self.promotions.count(taken, buyer)
        return self._paid_with_credit(order) if wish.terms.with_credit else order

    def _goods(self, sku: str, quantity: int) -> Goods:
        product = self.shelf.get(Product, sku)
        if product is None or not product.published:
            raise NotPossible(f"There is no product {sku}.")
        if not product.in_stock or not 0 < quantity <= 99:
            raise NotPossible(f"{quantity} of {sku} cannot be bought now.")
        return Goods(product, quantity)

    def _line(self, goods: Goods) -> OrderLine:
        product = goods.product
        title, number = product.titles["en"], self.next_id("item")
        return OrderLine(number, product.id, product.sku, title, goods.quantity, goods.total_minor)

    def _by_line(self, taken: Iterable[Taken], lines: Iterable[OrderLine]) -> tuple[Taken, ...]:
        """The same with the shares of lines instead of products, and ids of their own."""
        line_of = {line.product_id: line.id for line in lines}
        return tuple(
            replace(
                one,
                id=self.next_id("item"),
                shares=tuple((line_of[product], minor) for product, minor in one.shares),
            )
            for one in taken
        )

    def _paid_with_credit(self, order: Order) -> Order:
        """Pay what the buyer's store credit can; the card pays the rest."""
        owner = order.buyer.customer_id
        balance = self.wallet.balance_minor(owner, order.currency)
        if owner is None or order.payment != "card" or not balance:
            raise CreditRefused("Store credit goes with an account that has some, and a card.")
        used = min(balance, order.total_minor)
        if used:
            self.wallet.spend(owner, order.currency, used)
        return replace(order, credit_minor=used)


def _discounted(lines: Iterable[OrderLine], taken: Iterable[Taken]) -> tuple[OrderLine, ...]:
    off: dict[int, int] = {}
    for line_id, minor in (share for one in taken for share in one.shares):
        off[line_id] = off.get(line_id, 0) + minor
    return tuple(
        replace(
            line,
            total_minor=line.total_minor - off.get(line.id, 0),
            discount_minor=off.get(line.id, 0),
        )
        for line in lines
    )
