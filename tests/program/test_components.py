"""Rules of orders against an oracle that shares no code with them."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from connector.core.commerce import LineKind, Order, OrderLine
from connector.program import basis as bases
from connector.program import earning
from connector.program.basis import Basis, Context
from connector.program.rules import Program, Rule, Scope
from tests.world import order, refund, took

SCOPE = Scope(products=("x",))
rates = st.tuples(st.integers(0, 9), st.sampled_from([1, 3, 100, 250]))


@st.composite
def rules(draw: Any, name: str) -> Rule:
    kind = draw(st.sampled_from(["spend", "order", "first_order", "donation", "multiplier"]))
    told: dict[str, Any] = {"points": draw(st.integers(1, 50))}
    if kind == "spend":
        told = {"rates": {"USD": draw(rates)}}
    if kind == "multiplier":
        told = {"percent": draw(st.integers(101, 300))}
    scope = SCOPE if draw(st.booleans()) else Scope()
    return Rule(id=name, kind=kind, scope=scope, qualifies=draw(st.booleans()), **told)


@st.composite
def judged(draw: Any) -> tuple[Order, Basis]:
    lines = []
    for at in range(draw(st.integers(1, 4))):
        of = draw(
            st.sampled_from([LineKind.GOODS, LineKind.GOODS, LineKind.TIP, LineKind.DONATION])
        )
        total = draw(st.integers(0, 5000))
        pieces = draw(st.integers(1, 3))
        lines.append(OrderLine(str(at), of, "Thing", pieces, total, total, 0))
    told = tuple(draw(rules(f"r{at}")) for at in range(draw(st.integers(0, 4))))
    program = Program(1, {"USD": draw(rates)}, 14, "paid", False, False, False, rules=told)
    scoped = [one.id for one in told if one.scope]
    matches = {line.key: tuple(one for one in scoped if draw(st.booleans())) for line in lines}
    tier = draw(st.sampled_from([100, 100, 130, 250]))
    context = Context(tier=tier, is_first=draw(st.booleans()), matches=matches)
    basis = bases.freeze(program, "USD", context)
    ceilings = {one.id: draw(st.integers(0, 120)) for one in told if draw(st.booleans())}
    basis = Basis(
        **{**{name: getattr(basis, name) for name in Basis.__slots__}, "ceilings": ceilings}
    )
    return order("1", *lines), basis


def oracle(sold: Order, basis: Basis) -> dict[str, Fraction]:
    """What each rule gives exactly, by its id; "" is the rate with the tier's part."""
    context = basis.context or Context()
    assert basis.rate is not None
    each, per = basis.rate
    gives: dict[str, Fraction] = {"": Fraction(0), **{one.id: Fraction(0) for one in basis.rules}}
    goods = {line.key: line.total_minor for line in sold.lines if line.kind is LineKind.GOODS}
    gift = sum(line.total_minor for line in sold.lines if line.kind is LineKind.DONATION)

    def covers(rule: Rule, key: str) -> bool:
        return not rule.scope or rule.id in context.matches[key]

    for key, minor in goods.items():
        offers = [(context.tier, "")] if context.tier > 100 else []
        offers += [
            (one.percent, one.id)
            for one in basis.rules
            if one.kind == "multiplier" and covers(one, key) and basis.ceilings.get(one.id) != 0
        ]
        gives[""] += Fraction(minor * each, per)
        if offers:
            best = max(percent for percent, _ in offers)
            winner = next(name for percent, name in offers if percent == best)
            gives[winner] += Fraction(minor * each, per) * Fraction(best - 100, 100)
    for one in basis.rules:
        covered = sum(minor for key, minor in goods.items() if covers(one, key))
        if one.kind == "spend":
            gives[one.id] = Fraction(covered * one.rates["USD"][0], one.rates["USD"][1])
        elif (
            (one.kind == "order" and covered)
            or (one.kind == "first_order" and covered and context.is_first)
            or (one.kind == "donation" and gift)
        ):
            gives[one.id] = Fraction(one.points)
        if one.id in basis.ceilings:
            gives[one.id] = min(gives[one.id], Fraction(basis.ceilings[one.id]))
    return gives


@given(judged())
def test_an_order_gets_what_its_rules_say_rounded_down_once(told):
    sold, basis = told
    exact = oracle(sold, basis)
    found = earning.trace(sold, basis)
    assert found.points == found.earned == floor(sum(exact.values()))
    for one in found.rules:
        if one.rule_id:
            assert abs(one.earned - exact[one.rule_id]) < 1
            assert one.limit is None or one.earned <= one.limit
        assert sum(one.lines) == one.earned
        assert (one.earned > 0) <= (one.reason in ("gave", "cap"))
    assert found.points == sum(one.kept for one in found.rules)
    counted = sum(
        one.kept
        for one in found.rules
        if not one.rule_id or next(r for r in basis.rules if r.id == one.rule_id).qualifies
    )
    assert found.qualifying == counted


@given(judged(), st.data())
def test_refunds_take_the_stored_spread_in_any_sequence_and_all_of_it_in_the_end(told, data):
    sold, basis = told
    whole = earning.trace(sold, basis)
    backs = []
    for line in sold.lines:
        pieces = data.draw(st.integers(0, line.quantity))
        if pieces:
            backs.append(refund(f"r{line.key}", took(line, pieces)))
    after = earning.trace(structs.replace(sold, refunds=tuple(backs)), basis)
    mixed = data.draw(st.permutations(backs))
    again = earning.trace(structs.replace(sold, refunds=tuple(mixed)), basis)
    assert (again.points, again.qualifying) == (after.points, after.qualifying)
    gone = {one.lines[0].line_key: one.lines[0].quantity for one in backs}
    left = sum(
        (
            part * (1 - Fraction(gone.get(line.key, 0), line.quantity))
            for one in whole.rules
            for line, part in zip(sold.lines, one.lines, strict=True)
        ),
        Fraction(0),
    )
    assert after.points == floor(left)
    for before, now in zip(whole.rules, after.rules, strict=True):
        assert 0 <= now.kept <= before.earned == now.earned
    everything = tuple(refund(f"a{line.key}", took(line, line.quantity)) for line in sold.lines)
    assert earning.target(structs.replace(sold, refunds=everything), basis) == (0, 0)
