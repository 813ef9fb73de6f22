"""What an order should have earned: the properties that any rule must keep, and the oracle's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from adapters.woocommerce.normalise import CURRENCY_HEADER, ORDER_HEADER, normalise
from connector.core.commerce import (
    Delivery,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Refund,
    RefundLine,
    RefundsOfOrder,
)
from connector.core.errors import BadInput
from connector.core.money import exponent, spread
from connector.core.points import LIMIT
from connector.program import basis as bases_of
from connector.program import earning, limits
from connector.program.basis import Basis
from connector.program.rules import Program
from tests import oracle, stories
from tests.world import NOW, donation, goods, order, refund, took

PROGRAM = Program(1, {"USD": (1, 100)}, 14, "paid", False, False, False)
rates = st.tuples(st.integers(0, 50), st.sampled_from([1, 7, 100, 1000]))
amounts = st.one_of(st.integers(0, 30), st.integers(0, 100_000))


def basis(**changes: Any) -> Basis:
    return replace(bases_of.freeze(PROGRAM, "USD"), **changes)


@st.composite
def orders(draw: Any) -> Order:
    """Paid orders of every kind of line."""
    lines = [
        OrderLine(
            str(key),
            draw(st.sampled_from([LineKind.GOODS, LineKind.GOODS, LineKind.FEE, LineKind.TIP])),
            "Thing",
            draw(st.integers(1, 5)),
            total,
            total,
            draw(st.integers(0, total // 4)),
        )
        for key, total in enumerate(draw(st.lists(amounts, max_size=5)))
    ]
    return order("1", *lines)


@st.composite
def bases(draw: Any) -> Basis:
    tax, fees = draw(st.booleans()), draw(st.booleans())
    return basis(rate=draw(rates), counts_tax=tax, counts_fees=fees)


@st.composite
def refunds(draw: Any, sold: Order) -> list[Refund]:
    """Refunds no shop would object to: never more pieces or money than there were."""
    found: list[Refund] = []
    for line in sold.lines:
        left = line.quantity
        if draw(st.booleans()):
            money = draw(st.integers(0, line.total_minor))
            found += [refund(f"m{line.key}", took(line, total_minor=money))] if money else []
            continue
        while left and draw(st.booleans()):
            pieces = draw(st.integers(1, left))
            left -= pieces
            found.append(refund(f"q{line.key}-{left}", took(line, pieces)))
    if sold.lines and draw(st.booleans()):
        found.append(refund("other", other_minor=draw(st.integers(1, 5_000))))
    return found


def target(sold: Order, by: Basis) -> int:
    points, qualifying = earning.target(sold, by)
    assert qualifying == points
    return points


def base_of(sold: Order, by: Basis) -> int:
    return sum(bases_of.line_base_minor(line, by) for line in sold.lines)


@given(orders(), bases())
def test_an_order_earns_its_rate_rounded_down_once(sold, by):
    points_each, per_minor = by.rate
    found = earning.trace(sold, by)
    assert found.points == base_of(sold, by) * points_each // per_minor
    assert sum(line.earned for line in found.lines) == found.earned == found.points
    assert sum(line.kept for line in found.lines) == found.points


@given(orders(), bases(), st.data())
def test_everything_given_back_earns_nothing(sold, by, data):
    pieces = [refund(f"r{line.key}", took(line, line.quantity)) for line in sold.lines]
    shuffled = data.draw(st.permutations(pieces))
    assert target(structs.replace(sold, refunds=tuple(shuffled)), by) == 0
    assert target(structs.replace(sold, state=OrderState.REFUNDED), by) == 0


@given(orders(), bases())
def test_piece_by_piece_or_all_at_once_is_the_same(sold, by):
    one_by_one = tuple(
        refund(f"r{line.key}-{piece}", took(line, 1))
        for line in sold.lines
        for piece in range(line.quantity)
    )
    half = one_by_one[: len(one_by_one) // 2]
    merged: dict[str, int] = {}
    for one in half:
        merged[one.lines[0].line_key] = merged.get(one.lines[0].line_key, 0) + 1
    at_once = refund("all", *(RefundLine(key, count, 0, 0) for key, count in merged.items()))
    assert target(structs.replace(sold, refunds=half), by) == target(
        structs.replace(sold, refunds=(at_once,)), by
    )
    assert target(structs.replace(sold, refunds=one_by_one), by) == 0


@given(st.data(), bases())
def test_a_refund_never_gives_points_and_their_sequence_never_matters(data, by):
    sold = data.draw(orders())
    told = data.draw(refunds(sold))
    kept = [
        target(structs.replace(sold, refunds=tuple(told[:count])), by)
        for count in range(len(told) + 1)
    ]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] >= 0
    shuffled = data.draw(st.permutations(told))
    assert target(structs.replace(sold, refunds=tuple(shuffled)), by) == kept[-1]


@given(st.data(), bases())
def test_what_is_kept_is_near_the_rate_of_what_is_left(data, by):
    sold = data.draw(orders())
    told = [one for one in data.draw(refunds(sold)) if not one.other_minor]
    by = replace(by, counts_tax=False)
    left = Fraction(0)
    for line in sold.lines:
        gone = Fraction(0)
        for one in (part for whole in told for part in whole.lines if part.line_key == line.key):
            gone += (
                Fraction(one.quantity, line.quantity)
                if one.quantity
                else Fraction(one.total_minor, line.total_minor)
            )
        left += bases_of.line_base_minor(line, by) * max(1 - gone, Fraction(0))
    points_each, per_minor = by.rate
    kept = target(structs.replace(sold, refunds=tuple(told)), by)
    assert abs(kept - left * points_each / per_minor) <= len(sold.lines) + 1


@given(st.data(), bases())
def test_lines_never_keep_more_than_they_earned(data, by):
    sold = data.draw(orders())
    found = earning.trace(structs.replace(sold, refunds=tuple(data.draw(refunds(sold)))), by)
    assert sum(line.kept for line in found.lines) == found.points <= found.earned
    assert all(0 <= line.kept <= line.earned for line in found.lines)


@given(orders(), bases())
def test_splitting_a_line_earns_nothing_extra(sold, by):
    assume(sold.lines)
    first, *rest = sold.lines
    half = first.total_minor // 2
    parts = [
        structs.replace(first, key="x", total_minor=half, tax_minor=0),
        structs.replace(first, key="y", total_minor=first.total_minor - half),
    ]
    assert target(structs.replace(sold, lines=(*parts, *rest)), by) == target(sold, by)


@given(orders(), bases(), st.sampled_from(OrderState))
def test_only_what_is_paid_earns(sold, by, state):
    told = structs.replace(sold, state=state, completed_at=NOW)
    earns = state in (OrderState.PAID, OrderState.COMPLETED)
    assert bool(target(told, by)) <= earns
    assert target(structs.replace(told, is_test=True), by) == 0


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=8))
def test_a_spread_loses_nothing_and_is_fair(total, weights):
    parts = spread(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    assert all(
        abs(part - Fraction(total * weight, whole)) < 1
        for part, weight in zip(parts, weights, strict=True)
        if whole
    )


def test_equal_remainders_go_to_the_earlier_line():
    assert spread(2, [1, 1, 1]) == [1, 1, 0]


@pytest.mark.parametrize(
    ("changes", "by", "reason"),
    [
        ({}, basis(), "earned"),
        ({"is_test": True}, basis(), "test_order"),
        ({"state": OrderState.CANCELLED}, basis(), "cancelled"),
        ({"state": OrderState.DELETED}, basis(), "deleted"),
        ({"state": OrderState.REFUNDED}, basis(), "refunded"),
        ({"state": OrderState.OPEN}, basis(), "not_paid"),
        ({}, basis(award_on="completed"), "not_completed"),
        ({}, basis(rate=None), "no_rate"),
        ({"lines": (donation("d", 900),)}, basis(), "nothing_counts"),
        ({"lines": (goods("a", 99),)}, basis(), "below_one_point"),
        ({}, basis(rate=(0, 100)), "zero_rate"),
        ({"refunds": (refund("r", other_minor=1000),)}, basis(), "refunded"),
    ],
)
def test_a_trace_says_why(changes, by, reason):
    found = earning.trace(order("1", goods("a", 1000), **changes), by)
    assert found.reason == reason
    assert (found.points > 0) == (reason == "earned")


def test_tax_and_fees_count_only_if_the_rule_says():
    fee = structs.replace(goods("f", 500), kind=LineKind.FEE)
    sold = order("1", goods("a", 1000, tax_minor=200), fee)
    assert target(sold, basis()) == 10
    assert target(sold, basis(counts_tax=True)) == 12
    assert target(sold, basis(counts_fees=True)) == 15


def test_money_off_takes_its_share_of_all_goods():
    cup, bowl = goods("a", 6000, tax_minor=1200), goods("b", 2000, tax_minor=800)
    sold = order("1", cup, bowl, refunds=(refund("r", other_minor=2500),))
    assert target(sold, basis()) == 60  # a quarter of 100.00 that was paid for them


def test_money_off_and_pieces_add_up():
    cup = goods("a", 10_000, 2)
    sold = order("1", cup, refunds=(refund("p", took(cup, 1)), refund("r", other_minor=2000)))
    assert target(sold, basis()) == 30


def test_points_are_usable_when_the_hold_ends():
    paid = structs.replace(order("1", goods("a", 1000)), paid_at=NOW)
    assert bases_of.available_at(paid, basis()) == NOW + timedelta(days=14)
    handed_over = structs.replace(paid, state=OrderState.COMPLETED, completed_at=NOW)
    late = basis(award_on="completed", hold_days=0)
    assert bases_of.available_at(handed_over, late) == NOW
    assert bases_of.available_at(structs.replace(paid, state=OrderState.OPEN), basis()) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rates": {"EUR": (1, 100)}}, "points_each"),
        ({"rates": {"USD": (-1, 100)}}, "points_each"),
        ({"rates": {"USD": (1, 0)}}, "per"),
        ({"rates": {"USD": (limits.MAX_POINTS_EACH + 1, 100)}}, "points_each"),
        ({"hold_days": -1}, "hold_days"),
        ({"hold_days": limits.MAX_HOLD_DAYS + 1}, "hold_days"),
        ({"award_on": "someday"}, "award_on"),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(changes, field):
    with pytest.raises(BadInput) as caught:
        limits.check(replace(PROGRAM, **changes), "USD")
    assert caught.value.field == field


def test_one_order_never_earns_more_than_the_book_holds():
    sold = order("1", goods("a", 10**15))
    assert target(sold, basis(rate=(1, 1))) == LIMIT
    assert target(sold, basis(rate=(limits.MAX_POINTS_EACH, 1))) == LIMIT


@settings(max_examples=300)
@given(st.data(), st.sampled_from(["USD", "JPY", "KWD"]))
def test_a_paid_order_and_its_refunds_keep_what_the_oracle_says(data, currency):
    told, backs = data.draw(stories.refunded(currency))
    sold = normalise(Delivery("order.updated", "", {}, json.dumps(told).encode()))[0]
    headers = {ORDER_HEADER: "1", CURRENCY_HEADER: currency}
    body = json.dumps(backs).encode()
    (answered,) = normalise(Delivery("fetch/order_refunds", "", headers, body))
    assert isinstance(sold, Order)
    assert isinstance(answered, RefundsOfOrder)
    by = basis(rate=(1, 10 ** exponent(currency)))
    expected = oracle.woocommerce(told, backs, currency)
    assert target(structs.replace(sold, refunds=answered.refunds), by) == expected.points


def test_the_rule_in_words_counts_as_people_do():
    one = basis(rate=(1, 100), hold_days=1)
    assert bases_of.sentence(one, "USD") == (
        "1 point for every 1.00 USD without tax, once paid; usable after 1 day"
    )
    assert bases_of.sentence(basis(rate=(2, 500), hold_days=14), "USD").startswith("2 points for")
    assert bases_of.sentence(basis(rate=None), "EUR") == "no rate for EUR"
