"""Orders that live: drawn by Hypothesis as the payloads their platform would send, one a change.

A story is (versions, refunds): every state of one order, oldest first, and the newest answer of
``orders/<id>/refunds`` (WooCommerce; Shopify tells refunds within the order).
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle import DIGITS, Payload

PLACED = datetime(2026, 11, 20, 9, tzinfo=UTC)
CAUSES = ["1", "", "true", "riverbank", "somewhere-else"]
PRICES = st.one_of(st.integers(0, 40), st.integers(400, 9_000), st.integers(9_000, 90_000))
WOO_STEPS = ["pay", "complete", "cod", "reopen", "cancel", "fail", "trash"]
WOO_STEPS += ["edit", "drop", "exchange"]
WOO_REFUNDS = ["pieces", "money", "amount", "gift", "shipping", "rest"]


def text(minor: int, currency: str) -> str:
    digits = DIGITS[currency]
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    whole, part = divmod(minor, 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


def minor(told: str, currency: str) -> int:
    return int(told.replace(".", "")) if DIGITS[currency] else int(told)


class WooOrder:
    """A WooCommerce order that changes."""

    def __init__(self, draw: Any, number: int, currency: str) -> None:
        self.draw, self.currency = draw, currency
        self.moment = PLACED
        self.refunds: list[Payload] = []
        self._next = number * 1000
        self.order: Payload = {
            "id": number,
            "number": str(number),
            "status": "pending",
            "currency": currency,
            "customer_id": 1001,
            "billing": {"email": "mia@customers.example", "first_name": "Mia"},
            "date_created_gmt": self._now(),
            "date_paid_gmt": None,
            "date_completed_gmt": None,
            "line_items": [self._line() for _ in range(draw(st.integers(1, 3)))],
            "fee_lines": [self._fee() for _ in range(draw(st.integers(0, 2)))],
            "refunds": [],
        }

    def step(self, verb: str) -> None:
        self.moment += timedelta(seconds=self.draw(st.integers(1, 4000)))
        getattr(self, f"_{verb}")()

    def version(self) -> Payload:
        told = copy.deepcopy(self.order)
        told["date_modified_gmt"] = self._now()
        told["refunds"] = [
            {"id": one["id"], "total": f"-{one['amount']}"} for one in reversed(self.refunds)
        ]
        return told

    def _pay(self) -> None:
        self.order["status"] = "processing"
        self.order["date_paid_gmt"] = self.order["date_paid_gmt"] or self._now()

    def _complete(self) -> None:
        self._pay()
        self.order |= {"status": "completed", "date_completed_gmt": self._now()}

    def _cod(self) -> None:
        self.order["status"] = "processing"

    def _reopen(self) -> None:
        self.order["status"] = "on-hold"

    def _cancel(self) -> None:
        self.order["status"] = "cancelled"

    def _fail(self) -> None:
        self.order["status"] = "failed"

    def _trash(self) -> None:
        self.order["status"] = "trash"

    def _edit(self) -> None:
        """A line gets another price, or one more is added."""
        if self.refunds or not self.order["line_items"] or self.draw(st.booleans()):
            self.order["line_items"].append(self._line())
        else:
            line = self.draw(st.sampled_from(self.order["line_items"]))
            line |= {name: self._line()[name] for name in ("quantity", "total", "total_tax")}

    def _exchange(self) -> None:
        """The merchant corrects the currency: the same figures mean other money."""
        other = {"USD": "EUR", "EUR": "USD"}
        self.currency = self.order["currency"] = other.get(self.currency, self.currency)

    def _drop(self) -> None:
        """The last line goes, be it a gift."""
        lines = self.order["fee_lines"] or self.order["line_items"]
        if lines and not self.refunds:
            lines.pop()

    def _pieces(self) -> None:
        lines = []
        for line in self.order["line_items"]:
            left = line["quantity"] + sum(one["quantity"] for one in self._taken(line))
            count = self.draw(st.integers(0, left))
            share = [minor(line[name], self.currency) for name in ("total", "total_tax")]
            money = [one * count // line["quantity"] for one in share]
            if count:
                lines.append(self._back(line, count, *money))
        self._refund(line_items=lines)

    def _money(self) -> None:
        line = self.draw(st.sampled_from(self.order["line_items"] or [None]))
        if line and not self._taken(line):
            money = self.draw(st.integers(0, minor(line["total"], self.currency)))
            self._refund(line_items=[self._back(line, 0, money, 0)] if money else [])

    def _amount(self) -> None:
        self._refund(extra=self.draw(st.integers(1, 3000)))

    def _gift(self) -> None:
        for fee in self.order["fee_lines"]:
            left = minor(fee["total"], self.currency) + sum(
                minor(one["total"], self.currency) for one in self._taken(fee)
            )
            if left > 0:
                self._refund(fee_lines=[self._back(fee, 0, self.draw(st.integers(1, left)), 0)])
                return

    def _shipping(self) -> None:
        line = {**self._back({"id": 7}, 0, 300, 57), "method_id": "flat_rate"}
        self._refund(shipping_lines=[line])

    def _rest(self) -> None:
        """Everything that is left, by hand: the store makes a refund without lines of it."""
        self.order["status"] = "refunded"
        self._refund(extra=1)

    def _taken(self, line: Payload) -> list[Payload]:
        return [
            one
            for refund in self.refunds
            for one in refund["line_items"] + refund["fee_lines"]
            if one["meta_data"][0]["value"] == str(line["id"])
        ]

    def _back(self, line: Payload, quantity: int, net: int, tax: int) -> Payload:
        return {
            "id": self._id(),
            "quantity": -quantity,
            "total": text(-net, self.currency),
            "total_tax": text(-tax, self.currency),
            "meta_data": [{"key": "_refunded_item_id", "value": str(line["id"])}],
        }

    def _refund(self, *, extra: int = 0, **lines: list[Payload]) -> None:
        parts = {"line_items": [], "fee_lines": [], "shipping_lines": [], **lines}
        told = [minor(one["total"], self.currency) for part in parts.values() for one in part]
        tax = [minor(one["total_tax"], self.currency) for part in parts.values() for one in part]
        amount = extra - sum(told) - sum(tax)
        if amount > 0:
            head = {"id": self._id(), "amount": text(amount, self.currency)}
            self.refunds.append({**head, "date_created_gmt": self._now(), **parts})

    def _line(self) -> Payload:
        net = self.draw(PRICES)
        rate = self.draw(st.sampled_from([0, 0, 7, 20]))
        return {
            "id": self._id(),
            "name": "Cup",
            "quantity": self.draw(st.integers(1, 4)),
            "total": text(net, self.currency),
            "total_tax": text(net * rate // 100, self.currency),
            "meta_data": [],
        }

    def _fee(self) -> Payload:
        meta = [{"key": "_perennial_donation", "value": self.draw(st.sampled_from(CAUSES))}]
        is_gift = self.draw(st.integers(0, 3)) > 0
        return {**self._line(), "quantity": 1, "meta_data": meta if is_gift else []}

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _now(self) -> str:
        return self.moment.strftime("%Y-%m-%dT%H:%M:%S")


@st.composite
def woocommerce(
    draw: Any,
    number: int,
    currencies: tuple[str, ...] = ("USD", "USD", "USD", "USD", "EUR", "JPY"),
) -> tuple[list[Payload], list[Payload]]:
    """One WooCommerce order's life."""
    living = WooOrder(draw, number, draw(st.sampled_from(currencies)))
    versions = [living.version()]
    verbs = st.sampled_from([*WOO_STEPS, *["pay", "complete", "pieces"] * 3, *WOO_REFUNDS])
    for verb in draw(st.lists(verbs, min_size=1, max_size=9)):
        living.step(verb)
        versions.append(living.version())
    return versions, copy.deepcopy(living.refunds)


@st.composite
def refunded(draw: Any, currency: str) -> tuple[Payload, list[Payload]]:
    """A paid WooCommerce order and at least one try to give something of it back."""
    living = WooOrder(draw, 1, currency)
    verbs = st.sampled_from(WOO_REFUNDS[:-1])
    for verb in ("pay", *draw(st.lists(verbs, min_size=1, max_size=5))):
        living.step(verb)
    living.order["refunds"] = [{"id": 1, "total": "0"}]  # so that the reader asks for them
    return {**living.order, "date_modified_gmt": living.version()["date_modified_gmt"]}, (
        copy.deepcopy(living.refunds)
    )
