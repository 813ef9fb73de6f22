"""What the oracle's plain values are in the product's words."""

from __future__ import annotations

from datetime import datetime

from connector.core.commerce import (
    CodeUse,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Refund,
    RefundLine,
)
from connector.program.rules import Program, Rule, Terms
from connector.rooms.rewards.rules import Kind, Offer
from connector.rooms.tiers.rules import Level
from connector.rooms.tiers.rules import Program as Levels
from tests.programme.levels import Ladder
from tests.programme.oracle import CODE_DAYS
from tests.programme.sales import PIECE, Promise, Sale


def offer(cost: int) -> Offer:
    return Offer(
        kind=Kind.AMOUNT,
        names={"en": f"For {cost}"},
        currency="USD",
        points=cost,
        value_minor=500,
        valid_days=CODE_DAYS,
    )


def program(promise: Promise) -> Program:
    """The promise as the product takes it."""
    rules = []
    if promise.double:
        starts_at, ends_at, percent = promise.double
        rules.append(
            Rule("double", "multiplier", percent=percent, starts_at=starts_at, ends_at=ends_at)
        )
    if promise.flat:
        rules.append(Rule("flat", "order", points=promise.flat))
    if promise.first:
        rules.append(Rule("first", "first_order", points=promise.first))
    if promise.gift:
        rules.append(Rule("gift", "donation", points=promise.gift))
    return Program(
        version=0,
        rates=promise.rates,
        hold_days=promise.hold_days,
        award_on=promise.on,
        counts_tax=promise.tax,
        counts_fees=False,
        counts_history=False,
        rules=tuple(rules),
        terms=Terms(expiry=promise.lapse[0], expiry_months=promise.lapse[1] or 12),
    )


def levels(ladder: Ladder) -> Levels:
    return Levels(
        measure=ladder.measure,  # type: ignore[arg-type]
        window_months=ladder.months or None,
        grace_days=ladder.grace,
        settle_days=ladder.settles,
        levels=tuple(
            Level(0, {"en": f"Level {number}"}, step, percent, ladder.gift)
            for number, (step, percent) in enumerate(
                zip(ladder.steps, ladder.percents, strict=True), 1
            )
        ),
    )


def as_told(sale: Sale, now: datetime) -> Order:
    """The order as its platform tells it."""
    sold = tuple(
        OrderLine(
            line.key, LineKind(line.kind), line.key, line.pieces, line.before, line.net, line.tax
        )
        for line in sale.lines
    )
    refunds = tuple(
        Refund(
            str(n),
            now,
            back.money + 1,
            back.money,
            tuple(RefundLine(key, pieces, PIECE, 0) for key, pieces in back.pieces.items()),
        )
        for n, back in enumerate(sale.backs)
    )
    return Order(
        key=sale.key,
        state=OrderState(sale.state),
        currency=sale.currency,
        modified_at=now,
        number=sale.key,
        placed_at=sale.placed,
        paid_at=sale.paid,
        completed_at=sale.done,
        customer_key=sale.buyer,
        total_minor=sum(line.net + line.tax for line in sale.lines),
        lines=sold,
        refunds=refunds,
        codes=(CodeUse(sale.code.upper(), 100 * len(sold)),) if sale.code else (),
    )
