"""Puts the catalogue and the past into an empty shop, numbered as its platform numbers things."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from datetime import datetime, timedelta

from devstore.catalogue import COLLECTIONS, COMPANIONS, TAGS, WARES
from devstore.history import CAUSE, SEED, SPAN_DAYS, Habit, Sale, habits, sales
from devstore.model import (
    LANGUAGES,
    Buyer,
    Customer,
    Donation,
    Order,
    OrderLine,
    Product,
    Refund,
    RefundLine,
    Status,
    replace,
)
from devstore.shelf import Query
from devstore.shop import Shop


def fill(shop: Shop, *, with_history: bool = True) -> None:
    """Stock an empty shop; nothing at all if it already has products."""
    _, stocked = shop.shelf.find(Product, Query(limit=1))
    if stocked:
        return
    now = shop.now()
    with shop.shelf.change():
        _stock(shop, now)
        past = sales(now) if with_history else []
        accounts = _accounts(shop, now, past)
        for number, sale in enumerate(past):
            _book(shop, sale, accounts.get(sale.habit.person.email), number)
        shop.shelf.put("shop", "truth", _truth(now, past))


def _stock(shop: Shop, now: datetime) -> None:
    opened = (now - timedelta(days=SPAN_DAYS + 30)).replace(hour=8, minute=0, second=0)
    for ware in WARES:
        product = Product(
            id=shop.next_id("product"),
            sku=ware.sku,
            slug=ware.slug,
            titles=dict(zip(LANGUAGES, ware.titles, strict=True)),
            blurbs=dict(zip(LANGUAGES, ware.blurbs, strict=True)),
            price_minor=ware.price_minor,
            category=ware.category,
            shape=ware.shape,
            glaze=ware.glaze,
            created_at=opened,
            modified_at=opened,
            tags=tuple(tag for tag, skus in TAGS.items() if ware.sku in skus),
            others=tuple(title for title, skus in COLLECTIONS.items() if ware.sku in skus),
        )
        shop.shelf.keep(product)


def _accounts(shop: Shop, now: datetime, past: list[Sale]) -> dict[str, Customer]:
    """Everybody with an account who has joined by now; Mia and Noor even without a past."""
    paying = {sale.habit.person.email for sale in past if sale.status is Status.COMPLETED}
    joined = [
        habit
        for habit in habits(random.Random(SEED), now)
        if habit.account and habit.joined_at < now
    ]
    accounts: dict[str, Customer] = {}
    for habit in joined if past else joined[:2]:
        person = habit.person
        joined_at = habit.joined_at.replace(microsecond=0)
        accounts[person.email] = Customer(
            shop.next_id("customer"),
            person.email,
            person.first_name,
            person.last_name,
            person.locale,
            joined_at,
            joined_at,
            person.email in paying,
        )
        shop.shelf.keep(accounts[person.email])
    return accounts


def _book(shop: Shop, sale: Sale, account: Customer | None, number: int) -> None:
    person = sale.habit.person
    lines = tuple(_line(shop, sku, quantity) for sku, quantity in sale.items.items())
    placed_at = sale.at.replace(microsecond=0)
    settled_at = sale.settled_at.replace(microsecond=0) if sale.settled_at else None
    completed_at = settled_at if sale.status is Status.COMPLETED else None
    paid_at = {"card": placed_at, "bank": completed_at, "cod": completed_at}[sale.payment]
    order = Order(
        id=shop.next_id("order"),
        number=shop.shelf.next_id("order number", 1001),
        status=sale.status,
        currency=shop.settings.currency,
        buyer=Buyer(
            person.email,
            person.first_name,
            person.last_name,
            account.id if account else None,
            person.locale,
        ),
        lines=lines,
        shipping_line_id=shop.next_id("item"),
        shipping_minor=shop.settings.shipping_minor,
        placed_at=placed_at,
        modified_at=settled_at or placed_at,
        donation=Donation(shop.next_id("item"), sale.donation_minor, CAUSE)
        if sale.donation_minor
        else None,
        paid_at=None if sale.status is Status.FAILED else paid_at,
        completed_at=completed_at,
        cancelled_at=settled_at if sale.status is Status.CANCELLED else None,
        payment=sale.payment,
        key=hashlib.sha256(f"{SEED} {number}".encode()).hexdigest()[:14],
    )
    shop.shelf.keep(_refunded(shop, order, sale))


def _line(shop: Shop, sku: str, quantity: int) -> OrderLine:
    product = shop.shelf.get(Product, sku)
    assert product is not None  # noqa: S101  # the history sells only what was stocked above
    title, price = product.titles["en"], product.price_minor
    return OrderLine(shop.next_id("item"), product.id, sku, title, quantity, price * quantity)


def _refunded(shop: Shop, order: Order, sale: Sale) -> Order:
    back = sale.back
    if back is None or sale.settled_at is None:
        return order
    at = (sale.settled_at + back.after).replace(microsecond=0)
    whole = back.quantities == sale.items
    lines = []
    for line in order.lines:
        quantity = back.quantities.get(line.sku, 0)
        share = line.total_minor * quantity // line.quantity
        if quantity:
            lines.append(RefundLine(shop.next_id("item"), line.id, quantity, share))
    if whole and order.donation:
        gift = order.donation
        lines.append(RefundLine(shop.next_id("item"), gift.line_id, 0, gift.amount_minor))
    shipping = order.shipping_minor if whole else 0
    amount = back.amount_minor or sum(line.amount_minor for line in lines) + shipping
    refund = Refund(shop.next_id("refund"), at, amount, back.reason, tuple(lines), shipping)
    status = Status.REFUNDED if amount == order.total_minor else order.status
    return replace(order, refunds=(refund,), status=status, modified_at=at)


def _truth(now: datetime, past: list[Sale]) -> dict[str, object]:
    """What the process knows and nobody is told: served by the control endpoint only."""

    def told(habit: Habit, orders: int) -> dict[str, object]:
        return {
            "email": habit.person.email,
            "account": habit.account,
            "every_days": round(habit.every_days, 2),
            "stays": round(habit.stays, 4),
            "orders": orders,
        }

    bought = Counter(sale.habit.person.email for sale in past)
    everybody = habits(random.Random(SEED), now)
    return {
        "seed": SEED,
        "made_at": now.isoformat(),
        "companions_percent": COMPANIONS,
        "customers": [told(habit, bought[habit.person.email]) for habit in everybody],
    }
