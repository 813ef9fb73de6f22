"""A shopper's cart: what is in it, a gift if they chose one, and what it comes to."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from devstore.discounts import Goods
from devstore.model import Buyer, Customer, Product, Terms
from devstore.promotions import Bill
from devstore.shop import Shop

CAUSE = "riverbank"
ROUND_UP_TO_MINOR = 100
GIFTS_MINOR = (100, 200, 500)
MOST_MINOR = 100_000  # the largest gift
MARK_LENGTH = 100  # of whom a gift is for, and by which programme
MOST_OF_ONE = 99  # pieces of one product
MOST_CODE = 80  # letters of a discount code
# Notes on the order, as both platforms carry them: who brought the shopper, what rows they met
# and until when they want none.
NOTES = {
    "ref": "_perennial_ref",
    "row": "_perennial_row",
    "rest": "_perennial_rest",
    "no_gift": "_perennial_no_gift",
}
MOST_NOTE = 64


@dataclass(frozen=True, slots=True)
class Cart:
    """Amounts in the shop's currency. ``before_gift_minor`` is what a round-up rounds.

    ``balance_minor``: the shopper's store credit; ``credit_minor`` of it pays, if they want.
    """

    lines: tuple[Goods, ...]
    bill: Bill
    full_shipping_minor: int
    gift_minor: int
    rounds_up: bool
    cause: str
    balance_minor: int
    with_credit: bool

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def shipping_minor(self) -> int:
        return self.full_shipping_minor - self.bill.shipping_minor

    @property
    def before_gift_minor(self) -> int:
        return self.goods_minor - self.bill.goods_minor + self.shipping_minor

    @property
    def total_minor(self) -> int:
        return self.before_gift_minor + self.gift_minor

    @property
    def credit_minor(self) -> int:
        return min(self.balance_minor, self.total_minor) if self.with_credit else 0

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
            lines.append(Goods(product, quantity))
    shipping = shop.settings.shipping_minor if lines else 0
    who = shopper(shop, session)
    bill = (
        shop.promotions.bill(who, lines, shipping, session.get("codes", [])) if lines else Bill()
    )
    before = sum(line.total_minor for line in lines) - bill.goods_minor
    chosen = session.get("gift") or {}
    rounds_up = bool(chosen.get("round_up"))
    missing = round_up(before + shipping - bill.shipping_minor)
    gift = missing if rounds_up else int(chosen.get("amount_minor", 0))
    balance = shop.wallet.balance_minor(who.customer_id, shop.settings.currency)
    return Cart(
        tuple(lines),
        bill,
        shipping,
        gift if lines else 0,
        rounds_up,
        chosen.get("cause", CAUSE),
        balance,
        bool(balance and session.get("credit")),
    )


def shopper(shop: Shop, session: MutableMapping[str, Any]) -> Buyer:
    """Whoever is logged in, or a guest with the e-mail they told, if any."""
    language, key = session.get("lang", "en"), session.get("customer_id")
    customer = shop.shelf.get(Customer, key) if key else None
    if customer is None:
        return Buyer(session.get("email", ""), "", "", None, language)
    names = (customer.first_name, customer.last_name)
    return Buyer(customer.email, *names, customer.id, language)


def terms(session: MutableMapping[str, Any]) -> Terms:
    """What goes with the cart into the order."""
    notes_ = tuple(notes(session).items())
    return Terms(tuple(session.get("codes", [])), bool(session.get("credit")), notes_)


def notes(session: MutableMapping[str, Any]) -> dict[str, str]:
    """What is noted on this cart, and will be on its order."""
    return {note: str(session[name]) for name, note in NOTES.items() if session.get(name)}


def add_code(shop: Shop, session: MutableMapping[str, Any], code: str) -> None:
    """Put a code into the cart; CodeRefused, and nothing put, if this cart cannot have it."""
    held, code = list(session.get("codes", [])), code.strip()[:MOST_CODE]
    if code.lower() in {one.lower() for one in held}:
        return
    session["codes"] = [*held, code]
    for problem in read(shop, session).bill.refused:
        if problem.code == code:
            session["codes"] = held
            raise problem


def drop_code(session: MutableMapping[str, Any], code: str) -> None:
    """Take a code out, in any letter case."""
    kept = [one for one in session.get("codes", []) if one.lower() != code.strip().lower()]
    session["codes"] = kept


def held(session: MutableMapping[str, Any], sku: str) -> int:
    """How many of a product the cart holds."""
    return int(dict(session.get("cart", [])).get(sku, 0))


def put(session: MutableMapping[str, Any], sku: str, quantity: int) -> None:
    """Set how many of a product the cart holds; 0 takes it out. Pairs keep the order."""
    items = dict(session.get("cart", []))
    items[sku] = min(quantity, MOST_OF_ONE)
    session["cart"] = [[name, number] for name, number in items.items() if number > 0]
    if not session["cart"]:
        session.pop("gift", None)  # it was beside goods


def give(
    session: MutableMapping[str, Any], amount_minor: int, cause: str, *, rounds_up: bool
) -> None:
    """Choose a gift: ``amount_minor`` 0 without rounding up is "not this time"."""
    if (rounds_up or amount_minor) and not session.get("cart"):
        raise ValueError("a gift goes beside goods")
    if not rounds_up and not 0 <= amount_minor <= MOST_MINOR:
        raise ValueError(f"{amount_minor} is not a gift this cart can hold")
    if rounds_up or amount_minor:
        chosen = {
            "amount_minor": amount_minor,
            "round_up": rounds_up,
            "cause": cause[:MARK_LENGTH],
        }
        session["gift"] = chosen
    else:
        session.pop("gift", None)


def empty(session: MutableMapping[str, Any]) -> None:
    for name in ("cart", "gift", "codes", "credit", *NOTES):
        session.pop(name, None)
