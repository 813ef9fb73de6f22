"""What one order should bring, from the paper alone; amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

EARNING = ("paid", "completed")
PLAIN = 100  # percent
PIECE = 1  # what a refund says one kind of pieces was worth


@dataclass
class Promise:
    """A programme: rates by currency, rules, and how long points wait and last."""

    starts: datetime
    rates: dict[str, tuple[int, int]]
    hold_days: int = 14
    on: str = "paid"
    tax: bool = False
    flat: int = 0  # for each order
    gift: int = 0  # for an order with a donation
    first: int = 0  # for a member's first order
    double: tuple[datetime, datetime, int] | None = None  # from, until, percent
    lapse: tuple[str, int] = ("off", 0)  # "lot" or "inactivity", and after how many months

    @property
    def has_rules(self) -> bool:
        return bool(self.double or self.flat or self.gift or self.first)


@dataclass
class Line:
    key: str
    kind: str  # goods or donation
    pieces: int
    net: int
    tax: int
    before: int  # discounts


@dataclass
class Back:
    """A refund: pieces by line, and money that names no line."""

    pieces: dict[str, int]
    money: int = 0


@dataclass
class Sale:
    """An order as its shop has it now."""

    key: str
    buyer: str
    currency: str
    placed: datetime
    lines: list[Line]
    state: str = "open"
    paid: datetime | None = None
    done: datetime | None = None
    backs: list[Back] = field(default_factory=list)
    code: str | None = None


def began(sale: Sale, promise: Promise) -> datetime | None:
    """When it began to earn; None while it does not."""
    if sale.state not in EARNING:
        return None
    if promise.on == "completed":
        return sale.done if sale.state == "completed" else None
    return sale.paid or sale.done


def custom(sale: Sale) -> int:
    """Goods it is worth, net of discounts and refunds; 0 while it does not count."""
    goods = {line.key: line for line in sale.lines if line.kind == "goods"}
    net = whole = sum(line.net for line in goods.values())
    gross = sum(line.net + line.tax for line in goods.values())
    for back in sale.backs:
        net -= PIECE * sum(key in goods for key in back.pieces)
        net -= back.money * whole // gross if gross else 0
    return max(net, 0) if sale.state in EARNING else 0


def earned(sale: Sale, promise: Promise, tier: int, *, is_first: bool) -> int:
    """Points it should have brought by now. tier: what its member's level multiplies by."""
    if began(sale, promise) is None:
        return 0
    counts = [
        max(line.net + (line.tax if promise.tax else 0), 0) if line.kind == "goods" else 0
        for line in sale.lines
    ]
    gifts = [max(line.net, 0) if line.kind == "donation" else 0 for line in sale.lines]
    rate = promise.rates.get(sale.currency)
    parts: list[tuple[Fraction, list[int]]] = []
    if rate is not None:
        parts.append((Fraction(sum(counts) * rate[0], rate[1]), counts))
        if promise.double and promise.double[0] <= sale.placed < promise.double[1]:
            tier = max(tier, promise.double[2])
        if tier > PLAIN:
            more = tier - PLAIN
            parts.append((Fraction(sum(counts) * rate[0] * more, rate[1] * 100), counts))
    if promise.flat and any(counts):
        parts.append((Fraction(promise.flat), counts))
    if promise.first and is_first and any(counts):
        parts.append((Fraction(promise.first), counts))
    if promise.gift and any(gifts):
        parts.append((Fraction(promise.gift), gifts))
    total = int(sum((exact for exact, _ in parts), Fraction(0)))
    whole = shared([exact for exact, _ in parts], total)
    spreads = [
        shared([Fraction(points * one, sum(weights) or 1) for one in weights], points)
        for points, (_, weights) in zip(whole, parts, strict=True)
    ]
    return int(kept(sale, counts, spreads))


def kept(sale: Sale, counts: list[int], spreads: list[list[int]]) -> Fraction:
    """What refunds leave: by pieces of the lines they name, then by money of no line."""
    shares = []
    for line in sale.lines:
        gone = sum(Fraction(back.pieces.get(line.key, 0), line.pieces) for back in sale.backs)
        shares.append(max(1 - gone, Fraction(0)))
    of_goods = of_gifts = whole = Fraction(0)
    for spread in spreads:
        for count, share, points in zip(counts, shares, spread, strict=True):
            if count:
                whole += points
                of_goods += points * share
            else:
                of_gifts += points * share
    money = sum(back.money for back in sale.backs)
    gross = sum(
        line.net + line.tax for line, count in zip(sale.lines, counts, strict=True) if count
    )
    if money and gross:
        of_goods = max(of_goods - whole * Fraction(money, gross), Fraction(0))
    return of_goods + of_gifts


def shared(exact: list[Fraction], total: int) -> list[int]:
    """Whole parts of ``total``: the largest remainders get one more, the first of equals."""
    found = [int(one) for one in exact]
    ranked = sorted(range(len(exact)), key=lambda at: found[at] - exact[at])
    for at in ranked[: total - sum(found)]:
        found[at] += 1
    return found


def returned(sale: Sale) -> Fraction:
    """How much of what its code gave came back: by the discount on the lines refunds name."""
    goods = [line for line in sale.lines if line.kind == "goods"]
    weights = [max(line.before - line.net, 0) for line in goods]
    if not any(weights):
        weights = [line.net for line in goods]
    back = Fraction(0)
    for line, weight in zip(goods, weights, strict=True):
        pieces = sum(one.pieces.get(line.key, 0) for one in sale.backs)
        back += weight * min(Fraction(pieces, line.pieces), Fraction(1))
    share = back / sum(weights) if any(weights) else Fraction(0)
    gross = sum(line.net + line.tax for line in goods)
    money = sum(one.money for one in sale.backs)
    if money and gross:
        share += Fraction(money, gross)
    return min(share, Fraction(1))
