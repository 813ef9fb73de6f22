"""What a whole shop comes to, by a second opinion: plain Python that shares no code with us.

Whole points once an order, spread over its goods by largest remainder; a refund takes back its
line's part by quantity (by money where none is told), money off without a line takes its share of
everything; what is left is rounded down once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Body = Mapping[str, Any]
DECIMALS = {"JPY": 0, "KWD": 3}  # all others here have two
ONE_A_UNIT = {"USD": (1, 100)}  # points, for every so many minor units
WOO_STATES = {
    "pending": "open", "on-hold": "open", "processing": "paid", "completed": "completed",
    "cancelled": "cancelled", "failed": "cancelled", "refunded": "refunded", "trash": "deleted",
}  # fmt: skip
SHOPIFY_STATES = {
    "authorized": "open", "pending": "open", "partially_paid": "open", "expired": "open",
    "paid": "paid", "partially_refunded": "paid", "refunded": "refunded", "voided": "cancelled",
}  # fmt: skip


@dataclass
class Line:
    key: str
    quantity: int
    net: int
    tax: int = 0
    is_gift: bool = False
    is_fee: bool = False


@dataclass
class Refund:
    lines: dict[str, tuple[int, int, int]]  # quantity, net, tax
    rest: int  # money that belongs to no line


@dataclass
class Sale:
    key: str
    state: str
    currency: str
    total: int
    buyer: str | None  # customer id, or e-mail of a guest
    paid_at: datetime | None
    lines: list[Line]
    refunds: list[Refund] = field(default_factory=list)
    is_test: bool = False

    def earns(self) -> bool:
        return self.state in ("paid", "completed") and not self.is_test


@dataclass
class Expected:
    orders: dict[str, tuple[str, int]]  # state and total
    members: dict[str, tuple[int, int]]  # available and pending
    gifts: dict[tuple[str, str], tuple[int, int, int]]  # given, pledged, due


def expect(
    sales: Iterable[Sale],
    now: datetime,
    *,
    rates: Mapping[str, tuple[int, int]] = ONE_A_UNIT,
    hold_days: int = 14,
    confirmed: bool = True,
) -> Expected:
    found = Expected({}, {}, {})
    for sale in sales:
        found.orders[sale.key] = (sale.state, sale.total)
        for line in sale.lines:
            if line.is_gift:
                found.gifts[sale.key, line.key] = gift(sale, line, confirmed=confirmed)
        if sale.buyer is None:
            continue
        available, pending = found.members.get(sale.buyer, (0, 0))
        earned, ends = points(sale, rates), (sale.paid_at or now) + timedelta(days=hold_days)
        free = earned if confirmed and ends <= now else 0
        found.members[sale.buyer] = (available + free, pending + earned - free)
    return found


def points(sale: Sale, rates: Mapping[str, tuple[int, int]] = ONE_A_UNIT) -> int:
    """Points the order must have earned by now."""
    goods = [one for one in sale.lines if not (one.is_gift or one.is_fee) and one.net > 0]
    if not sale.earns() or sale.currency not in rates or not goods:
        return 0
    (each, per), whole = rates[sale.currency], sum(one.net for one in goods)
    earned, left = whole * each // per, Fraction(0)
    exact = [Fraction(earned * one.net, whole) for one in goods]
    parts = [int(part) for part in exact]
    for i in sorted(range(len(goods)), key=lambda i: parts[i] - exact[i])[: earned - sum(parts)]:
        parts[i] += 1
    for line, part in zip(goods, parts, strict=True):
        share = Fraction(0)
        for refund in sale.refunds:
            quantity, net, _ = refund.lines.get(line.key, (0, 0, 0))
            share += Fraction(quantity, line.quantity) if quantity else Fraction(net, line.net)
        left += part * max(1 - share, Fraction(0))
    rest = sum(refund.rest for refund in sale.refunds)
    left -= Fraction(earned * rest, sum(one.net + one.tax for one in goods))
    return max(int(left), 0)


def gift(sale: Sale, line: Line, *, confirmed: bool) -> tuple[int, int, int]:
    """(given, pledged, due) of one donation line, in minor units."""
    given = line.net + line.tax
    back = sum(sum(refund.lines.get(line.key, (0, 0, 0))[1:]) for refund in sale.refunds)
    left = max(given - back, 0)
    stands = left if sale.state in ("open", "paid", "completed") and not sale.is_test else 0
    return (given, 0, stands) if sale.earns() and confirmed else (given, stands, 0)


def minor(text: str | float, currency: str) -> int:
    scaled = Decimal(str(text)).scaleb(DECIMALS.get(currency, 2))
    return int(scaled.to_integral_value(ROUND_HALF_UP))


def moment(text: str | None) -> datetime | None:
    """Of either platform; WooCommerce's GMT fields do not say that they are."""
    at = datetime.fromisoformat(text) if text else None
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def woocommerce(order: Body, refunds: Iterable[Body] = ()) -> Sale:
    """An order and what ``orders/<id>/refunds`` tells of it."""
    currency, state = order["currency"], WOO_STATES[order["status"]]
    paid_at = moment(order["date_paid_gmt"]) or moment(order["date_completed_gmt"])
    if state == "paid" and order["date_paid_gmt"] is None:
        state = "open"  # cash on delivery

    def line(told: Body, *, is_fee: bool) -> Line:
        is_gift = any(meta["key"].endswith("_donation") for meta in told["meta_data"])
        net, tax = minor(told["total"], currency), minor(told["total_tax"], currency)
        pieces = told.get("quantity", 1)
        return Line(str(told["id"]), pieces, net, tax, is_fee and is_gift, is_fee and not is_gift)

    parts = {"line_items": False, "fee_lines": True}
    lines = [line(one, is_fee=fee) for part, fee in parts.items() for one in order[part]]
    back = [_woo_refund(one, currency) for one in refunds]
    buyer = str(order["customer_id"] or "") or order["billing"]["email"].strip().lower() or None
    total = minor(order["total"], currency)
    return Sale(str(order["id"]), state, currency, total, buyer, paid_at, lines, back)


def _woo_refund(told: Body, currency: str) -> Refund:
    lines: dict[str, tuple[int, int, int]] = {}
    rest = minor(told["amount"], currency)
    for one in (*told["line_items"], *told["fee_lines"], *told["shipping_lines"]):
        net, tax = -minor(one["total"], currency), -minor(one["total_tax"], currency)
        rest -= net + tax
        of = [meta["value"] for meta in one["meta_data"] if meta["key"] == "_refunded_item_id"]
        if of:
            lines[str(of[0])] = (-one.get("quantity", 0), net, tax)
    return Refund(lines, 0 if lines and rest <= 1 else max(rest, 0))


def shopify(order: Body) -> Sale:
    """The body of an ``orders/*`` webhook, its refunds inside."""
    currency, within = order["currency"], order["taxes_included"]

    def money(told: Body) -> int:
        return minor(told["shop_money"]["amount"], currency)

    lines, refunds = [], []
    for one in order["line_items"]:
        tax = sum(money(each["price_set"]) for each in one["tax_lines"])
        net = money(one["price_set"]) * one["quantity"] - (tax if within else 0)
        net -= sum(money(each["amount_set"]) for each in one["discount_allocations"])
        named = any(each["name"].endswith("_donation") for each in one["properties"])
        real = one["requires_shipping"] or one["taxable"] or one["gift_card"]
        lines.append(Line(_exact(one), one["quantity"], net, tax, named and not real))
    for told in order["refunds"]:
        pieces, rest = {}, sum(minor(one["amount"], currency) for one in told["transactions"])
        for one in told["refund_line_items"]:
            net, tax = money(one["subtotal_set"]), money(one["total_tax_set"])
            net -= tax if within else 0
            rest -= net + tax
            pieces[_exact(one["line_item"])] = (one["quantity"], net, tax)
        refunds.append(Refund(pieces, max(rest, 0)))
    state = "cancelled" if order["cancelled_at"] else SHOPIFY_STATES[order["financial_status"]]
    if state == "paid" and (order["fulfillment_status"] == "fulfilled" or order["closed_at"]):
        state = "completed"
    buyer = _exact(order["customer"]) if order["customer"] else order["email"]
    total, at = money(order["total_price_set"]), moment(order["processed_at"])
    return Sale(_exact(order), state, currency, total, buyer, at, lines, refunds, order["test"])


def _exact(told: Body) -> str:
    """The documented examples round long ids, but not in the global one."""
    return str(told["admin_graphql_api_id"]).rpartition("/")[2]
