"""A shopper's cart: what is in it, a gift if they chose one, and what it comes to."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from devstore.model import Product
from devstore.shop import Shop

CAUSE = "riverbank"
ROUND_UP_TO_MINOR = 100
GIFTS_MINOR = (100, 200, 500)
MOST_MINOR = 100_000  # the largest gift
MOST_OF_ONE = 99  # pieces of one product


@dataclass(frozen=True, slots=True)
class CartLine:
    product: Product
    quantity: int

    @property
    def total_minor(self) -> int:
        return self.product.price_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Cart:
    """Amounts in the shop's currency. ``before_gift_minor`` is what a round-up rounds."""

    lines: tuple[CartLine, ...]
    shipping_minor: int
    gift_minor: int
    rounds_up: bool
    cause: str

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def before_gift_minor(self) -> int:
        return self.goods_minor + self.shipping_minor

    @property
    def total_minor(self) -> int:
        return self.before_gift_minor + self.gift_minor

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def donation(self) -> tuple[int, str] | None:
        return (self.gift_minor, self.cause) if self.gift_minor else None


def round_up(before_minor: int) -> int:
    """What is missing to the next whole amount; 0 when nothing is."""
    return -before_minor % ROUND_UP_TO_MINOR


def read(shop: Shop, session: MutableMapping[str, Any]) -> Cart:
    """The cart a session holds, without what has gone from the shop meanwhile."""
    lines = []
    for sku, quantity in session.get("cart", []):
        product = shop.shelf.get(Product, sku)
        if product and product.published and product.in_stock:
            lines.append(CartLine(product, quantity))
    shipping = shop.settings.shipping_minor if lines else 0
    before = sum(line.total_minor for line in lines) + shipping
    chosen = session.get("gift") or {}
    rounds_up = bool(chosen.get("round_up"))
    gift = round_up(before) if rounds_up else int(chosen.get("amount_minor", 0))
    return Cart(
        tuple(lines), shipping, gift if lines else 0, rounds_up, chosen.get("cause", CAUSE)
    )


def held(session: MutableMapping[str, Any], sku: str) -> int:
    """How many of a product the cart holds."""
    return int(dict(session.get("cart", [])).get(sku, 0))


def put(session: MutableMapping[str, Any], sku: str, quantity: int) -> None:
    """Set how many of a product the cart holds; 0 takes it out. Pairs keep the order."""
    items = dict(session.get("cart", []))
    items[sku] = min(quantity, MOST_OF_ONE)
    session["cart"] = [[name, number] for name, number in items.items() if number > 0]


def give(
    session: MutableMapping[str, Any], amount_minor: int, cause: str, *, rounds_up: bool
) -> None:
    """Choose a gift: ``amount_minor`` 0 without rounding up is "not this time"."""
    if not rounds_up and not 0 <= amount_minor <= MOST_MINOR:
        raise ValueError(f"{amount_minor} is not a gift this cart can hold")
    if rounds_up or amount_minor:
        chosen = {"amount_minor": amount_minor, "round_up": rounds_up, "cause": cause[:40]}
        session["gift"] = chosen
    else:
        session.pop("gift", None)


def empty(session: MutableMapping[str, Any]) -> None:
    session.pop("cart", None)
    session.pop("gift", None)
