"""What an order should come to, worked out from its platform's own payload.

Shares no code with the product, so that both can be wrong only independently. The rule is the one
a shop begins with: one point for every whole unit of the shop's currency that is spent on goods,
net of tax, after discounts and refunds; other currencies earn nothing. Donations earn nothing.

``woocommerce(order, refunds)``: the newest order as REST tells it, and ``orders/<id>/refunds``.
``shopify(order)``: the newest body of an ``orders/*`` webhook.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

DIGITS: dict[str, int] = defaultdict(
    lambda: 2, JPY=0, KRW=0, CLP=0, VND=0, KWD=3, BHD=3, JOD=3, TND=3
)
Payload = dict[str, Any]
DEFAULT_CAUSE = ("", "1", "true")


@dataclass
class Expected:
    """``member``: the account's key, "mailbox:<e-mail>" for a guest, or None for nobody.

    ``donations``: (pledged, due) in minor units by cause key; "" is the shop's default cause.
    """

    member: str | None
    points: int = 0
    donations: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Sold:
    """A line: ``net`` after discounts without tax, ``tax`` beside it, in minor units."""

    key: str
    pieces: int
    net: int
    tax: int
    cause: str | None = None  # None: goods


@dataclass
class Back:
    """One refund: (line, pieces, net, tax) of lines, and money that belongs to none."""

    lines: list[tuple[str, int, int, int]]
    unexplained: int


def woocommerce(order: Payload, refunds: list[Payload], shop_currency: str = "USD") -> Expected:
    currency = order["currency"]
    goods = [_woo_line(line, currency) for line in order["line_items"]]
    gifts = []
    for fee in order.get("fee_lines", []):
        causes = [m["value"] for m in fee["meta_data"] if m["key"].endswith("_donation")]
        if causes:
            gifts.append(_woo_line(fee, currency, _cause(causes[0])))
    status = order["status"]
    paid = status == "completed" or (status == "processing" and bool(order["date_paid_gmt"]))
    undone = status in ("cancelled", "failed", "refunded", "trash")
    backs = [_woo_back(one, currency) for one in refunds]
    mailbox = (order.get("billing") or {}).get("email", "")
    member = str(order["customer_id"]) if order["customer_id"] else _mailbox(mailbox)
    return _expected(member, goods, gifts, backs, paid, undone, currency, shop_currency)


def shopify(
    order: Payload, shop_currency: str = "USD", causes: tuple[str, ...] = ("riverbank",)
) -> Expected:
    currency = order["currency"]
    inclusive = order["taxes_included"]
    back_pieces: dict[str, int] = defaultdict(int)
    backs = []
    for refund in order["refunds"]:
        lines = []
        explained = 0
        for one in refund["refund_line_items"]:
            subtotal = _shop_money(one["subtotal_set"], currency)
            tax = _shop_money(one["total_tax_set"], currency)
            net = subtotal - tax if inclusive else subtotal
            lines.append((str(one["line_item_id"]), one["quantity"], net, tax))
            explained += subtotal if inclusive else subtotal + tax
            back_pieces[str(one["line_item_id"])] += one["quantity"]
        for one in refund.get("refund_shipping_lines", []):
            explained += _shop_money(one["subtotal_amount_set"], currency)
            if not inclusive:
                explained += _shop_money(one["tax_amount_set"], currency)
        given = sum(
            _minor(one["amount"], currency)
            for one in refund["transactions"]
            if one["kind"] == "refund" and one["status"] == "success"
        )
        backs.append(Back(lines, max(given - explained, 0)))
    goods, gifts = [], []
    for line in order["line_items"]:
        key = str(line["id"])
        tax = sum(_shop_money(one["price_set"], currency) for one in line["tax_lines"])
        net = _shop_money(line["price_set"], currency) * line["quantity"]
        net -= sum(_shop_money(a["amount_set"], currency) for a in line["discount_allocations"])
        net -= tax if inclusive else 0
        edited_away = line["quantity"] - line["current_quantity"] - back_pieces[key]
        pieces = line["quantity"] - max(edited_away, 0)
        net = net * pieces // line["quantity"]
        tax = tax * pieces // line["quantity"]
        named = [p["value"] for p in line["properties"] if p["name"].endswith("_donation")]
        if named and not (line["gift_card"] or line["requires_shipping"] or line["taxable"]):
            cause = named[0] if named[0] in causes else ""  # a shopper wrote it
            gifts.append(Sold(key, pieces, net, tax, cause))
        elif not line["gift_card"]:
            goods.append(Sold(key, pieces, net, tax))
    status = order["financial_status"]
    undone = order["cancelled_at"] is not None or status in ("refunded", "voided")
    paid = status in ("paid", "partially_refunded")
    customer = order.get("customer")
    member = str(customer["id"]) if customer else _mailbox(order.get("email") or "")
    if order["test"]:
        return Expected(member)
    return _expected(member, goods, gifts, backs, paid, undone, currency, shop_currency)


def _woo_line(line: Payload, currency: str, cause: str | None = None) -> Sold:
    pieces = int(line.get("quantity", 1))
    net, tax = _minor(line["total"], currency), _minor(line["total_tax"], currency)
    return Sold(str(line["id"]), pieces, net, tax, cause)


def _woo_back(refund: Payload, currency: str) -> Back:
    lines = []
    explained = 0
    for line in refund["line_items"] + refund["fee_lines"] + refund["shipping_lines"]:
        net, tax = -_minor(line["total"], currency), -_minor(line["total_tax"], currency)
        explained += net + tax
        of = [m["value"] for m in line["meta_data"] if m["key"] == "_refunded_item_id"]
        pieces = -int(line.get("quantity", 0))
        if of and (pieces or net or tax):
            lines.append((str(of[0]), pieces, net, tax))
    unexplained = abs(_minor(refund["amount"], currency)) - explained
    if unexplained < 0 or (explained and unexplained == 1):  # halves round apart by one
        unexplained = 0
    return Back(lines, unexplained)


def _expected(member, goods, gifts, backs, paid, undone, currency, shop_currency) -> Expected:
    found = Expected(member)
    if paid and not undone and currency == shop_currency and member is not None:
        found.points = _points(goods, backs, 10 ** DIGITS[currency])
    for gift in gifts:
        taken = sum(net + tax for b in backs for key, _, net, tax in b.lines if key == gift.key)
        stands = 0 if undone else max(gift.net + gift.tax - taken, 0)
        pledged, due = found.donations.get(gift.cause, (0, 0))
        pledged, due = (pledged, due + stands) if paid else (pledged + stands, due)
        found.donations[gift.cause] = (pledged, due)
    return found


def _points(goods: list[Sold], backs: list[Back], unit: int) -> int:
    nets = [max(line.net, 0) for line in goods]
    earned = sum(nets) // unit
    if not earned:
        return 0
    exact = [Fraction(earned * net, sum(nets)) for net in nets]
    parts = [int(share) for share in exact]
    while sum(parts) < earned:  # largest remainder; the earlier line first
        rest = [share - part for share, part in zip(exact, parts, strict=True)]
        parts[rest.index(max(rest))] += 1
    kept = Fraction(0)
    for line, part in zip(goods, parts, strict=True):
        share = Fraction(0)
        for back in backs:
            for key, pieces, net, _ in back.lines:
                if key == line.key:
                    share += Fraction(pieces, line.pieces) if pieces else Fraction(net, line.net)
        kept += part * max(1 - share, Fraction(0))
    gross = sum(line.net + line.tax for line in goods if line.net > 0)
    off = sum(back.unexplained for back in backs)
    return max(int(kept - Fraction(earned * off, gross)), 0)


def _cause(value: str) -> str:
    return "" if value.strip().lower() in DEFAULT_CAUSE else value.strip()


def _mailbox(email: str) -> str | None:
    return f"mailbox:{email.strip().lower()}" if email.strip() else None


def _shop_money(told: Payload, currency: str) -> int:
    return _minor(told["shop_money"]["amount"], currency)


def _minor(text: str, currency: str) -> int:
    scaled = Decimal(text).scaleb(DIGITS[currency])
    return int(scaled.to_integral_value(ROUND_HALF_UP))
