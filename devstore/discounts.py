"""What discounts take off a cart. Pure: no shop, no clock, integers only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devstore.model import Discount, Kind, Product, Reach, Taken

WHOLE = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Goods:
    """So many of one product, at its price."""

    product: Product
    quantity: int

    @property
    def total_minor(self) -> int:
        return self.product.price_minor * self.quantity


def entitled(discount: Discount, product: Product) -> bool:
    """Whether the discount is off this product."""
    if not discount.product_ids and not discount.collections:
        return True
    return product.id in discount.product_ids or bool(
        set(discount.collections) & set(product.collections)
    )


def taken(
    discounts: Iterable[Discount],
    goods: Sequence[Goods],
    shipping_minor: int,
    *,
    by_pieces: bool = False,
) -> list[Taken]:
    """What each takes, those that are off products first; shares are by product id.

    A later one is off what the earlier ones left, and nothing falls below zero. ``by_pieces``
    spreads an amount evenly over the pieces of a cart instead of by price.
    """
    left = {one.product.id: one.total_minor for one in goods}
    found = []
    for discount in sorted(discounts, key=lambda one: list(Reach).index(one.reach)):
        shares, shipping = {}, 0
        ships_free = discount.kind is Kind.SHIPPING or discount.with_shipping
        if ships_free:
            shipping, shipping_minor = shipping_minor, 0
        if discount.kind is not Kind.SHIPPING:
            shares = _shares(discount, goods, left, by_pieces=by_pieces)
        for product_id, minor in shares.items():
            left[product_id] -= minor
        found.append(
            Taken(
                0,
                discount.id,
                discount.code,
                discount.title,
                discount.kind,
                discount.reach,
                discount.value_minor,
                discount.basis_points,
                discount.each,
                ships_free,
                tuple((product_id, minor) for product_id, minor in shares.items() if minor),
                shipping,
            )
        )
    return found


def spread(amount: int, weights: Sequence[int], most: Sequence[int]) -> list[int]:
    """``amount`` over parts by largest remainder, none above its ``most``.

    What a full part cannot take goes to the others; what none can take is lost.
    """
    parts = [0] * len(weights)
    amount = min(amount, sum(most))
    while amount > 0:
        open_ = [place for place, part in enumerate(parts) if part < most[place]]
        whole = sum(weights[place] for place in open_)
        exact = {
            place: divmod(amount * weights[place], whole) if whole else (0, 0) for place in open_
        }
        share = {place: quotient for place, (quotient, _rest) in exact.items()}
        missing = amount - sum(share.values())
        by_rest = sorted(open_, key=lambda place: -exact[place][1])
        for turn in range(missing):
            share[by_rest[turn % len(by_rest)]] += 1
        for place in open_:
            given = min(share[place], most[place] - parts[place])
            parts[place] += given
            amount -= given
    return parts


def _shares(
    discount: Discount, goods: Sequence[Goods], left: dict[int, int], *, by_pieces: bool
) -> dict[int, int]:
    mine = [one for one in goods if entitled(discount, one.product) and left[one.product.id]]
    free = discount.pieces
    pieces = []
    for one in mine:
        pieces.append(one.quantity if free is None else min(one.quantity, free))
        free = None if free is None else free - pieces[-1]
    base = [
        left[one.product.id] * count // one.quantity
        for one, count in zip(mine, pieces, strict=True)
    ]
    if discount.kind is Kind.PERCENT:
        minor = (sum(base) * discount.basis_points + WHOLE // 2) // WHOLE
        parts = spread(minor, base, base)
    elif discount.each:
        wanted = [discount.value_minor * count for count in pieces]
        parts = [min(pair) for pair in zip(wanted, base, strict=True)]
    else:
        parts = spread(discount.value_minor, pieces if by_pieces else base, base)
    return {one.product.id: part for one, part in zip(mine, parts, strict=True)}
