"""What an order's donation lines should stand for by now: pure functions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from connector.core.commerce import EARNING_STATES, LineKind, Order, OrderLine, OrderState

_STANDING = EARNING_STATES | {OrderState.OPEN}


@dataclass(frozen=True, slots=True)
class Standing:
    """One donation line. given: what the shopper gave; pledged or due: what stands of it now."""

    given_minor: int
    pledged_minor: int
    due_minor: int


NOTHING = Standing(0, 0, 0)


def donation_lines(order: Order) -> list[OrderLine]:
    return [line for line in order.lines if line.kind is LineKind.DONATION]


def vanished_lines(order: Order, logged: Collection[str]) -> list[OrderLine]:
    """Donations logged before whose line an edit took out of the order: nothing stands of them."""
    there = {line.key for line in donation_lines(order)}
    return [
        OrderLine(key, LineKind.DONATION, "", 0, 0, 0, 0)
        for key in sorted(logged)
        if key not in there
    ]


def standing(order: Order, line: OrderLine, *, is_confirmed: bool) -> Standing:
    """What this line stands for: pledged until the order is paid and confirmed, then due.

    Nothing once the order is undone, or for test orders; less what was refunded of this line.
    """
    given = line.total_minor + line.tax_minor
    if order.is_test or order.state not in _STANDING or given <= 0:
        return Standing(max(given, 0), 0, 0)
    refunded = sum(
        one.total_minor + one.tax_minor
        for refund in order.refunds
        for one in refund.lines
        if one.line_key == line.key
    )
    left = max(given - refunded, 0)
    if order.state in EARNING_STATES and is_confirmed:
        return Standing(given, 0, left)
    return Standing(given, left, 0)
