"""What Online Retail II must come to, by a second opinion that shares no code with us.

Pence are whole numbers from the start. A point for every full pound of an order's goods, spread
over its goods lines by largest remainder; a cancelled line takes back its part by quantity; what
is left of an order is rounded down once.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq

NAMES = ("invoice", "stock_code", "quantity", "invoice_date", "price", "customer_id")
POSTAGE = ("POST", "DOT", "C2")
CHARGES = ("M", "m", "D", "S", "ADJUST", "ADJUST2", "BANK CHARGES", "AMAZONFEE")


@dataclass
class Line:
    at: datetime
    fate: str
    pieces: int
    left: int
    pence: int
    back: int = 0


@dataclass
class Totals:
    rows: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    members: int = 0
    net_pence: int = 0
    earned: int = 0  # by members' orders as they were sold
    refunded: int = 0  # of that, by cancellations


def expect(path: Path, until: datetime | None = None) -> Totals:
    """Totals of the rows before ``until``."""
    totals, orders, buyers = Totals(), defaultdict(list), {}
    by_sale: dict[tuple[int | None, str, int], list[Line]] = defaultdict(list)
    gone: list[tuple[datetime, int, tuple[int | None, str, int], int]] = []
    columns = pq.read_table(path, columns=list(NAMES)).to_pydict()
    for invoice, code, pieces, at, price, customer in zip(*columns.values(), strict=True):
        if until is not None and at >= until:
            continue
        mills = round(price * 1000)
        fate = fate_of(invoice, code, pieces, mills)
        if fate == "cancelled":
            gone.append((at, len(gone), (customer, code, mills), -pieces))
            continue
        totals.rows[fate] += 1
        if fate in ("goods", "fee", "shipping", "gift_card"):
            line = Line(at, fate, pieces, pieces, (pieces * mills + 5) // 10)
            orders[invoice].append(line)
            buyers[invoice] = customer
            by_sale[customer, code, mills].append(line)
    for at, _, sale, pieces in sorted(gone, key=lambda one: one[:2]):
        past = by_sale[sale] if sale[0] is not None else []
        fits = [line for line in past if line.at <= at and line.left >= pieces]
        totals.rows["refund" if fits else "unmatched_cancellation"] += 1
        if fits:
            fits[-1].back += min((pieces * sale[2] + 5) // 10, fits[-1].pence - fits[-1].back)
            fits[-1].left -= pieces
    totals.orders = len(orders)
    totals.members = len({buyer for buyer in buyers.values() if buyer is not None})
    for invoice, lines in orders.items():
        goods = [line for line in lines if line.fate == "goods"]
        totals.net_pence += sum(line.pence - line.back for line in goods)
        if buyers[invoice] is not None and goods:
            earned, kept = points(goods)
            totals.earned += earned
            totals.refunded += earned - kept
    return totals


def fate_of(invoice: str, code: str, pieces: int, mills: int) -> str:
    if invoice[0] == "A" or code.startswith("TEST"):
        return "bad_debt" if invoice[0] == "A" else "test_product"
    if mills <= 0 or (pieces < 0) != (invoice[0] == "C"):
        return "price_not_positive" if mills <= 0 else "wrong_sign"
    if invoice[0] == "C":
        return "cancelled"
    if code in POSTAGE or code in CHARGES:
        return "shipping" if code in POSTAGE else "fee"
    return "gift_card" if code[:4].lower() == "gift" else "goods"


def points(goods: list[Line]) -> tuple[int, int]:
    """(earned when sold, kept after cancellations) of one order."""
    whole = sum(line.pence for line in goods)
    earned = whole // 100
    parts = [earned * line.pence // max(whole, 1) for line in goods]
    rest = [-(earned * line.pence % max(whole, 1)) for line in goods]
    for index in sorted(range(len(goods)), key=rest.__getitem__)[: earned - sum(parts)]:
        parts[index] += 1
    left = (Fraction(part * one.left, one.pieces) for part, one in zip(parts, goods, strict=True))
    return earned, int(sum(left))
