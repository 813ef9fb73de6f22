"""What each rule gave an order, or why not, in words; and the same for an order tried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from flask import g, request
from markupsafe import Markup
from sqlalchemy import Connection

from connector.core import clock
from connector.core.commerce import LineKind, Order, OrderLine, OrderState
from connector.core.errors import BadInput
from connector.core.money import exponent
from connector.orders import store as order_store
from connector.program import basis as bases
from connector.program import earning
from connector.program.basis import Basis, Context
from connector.program.earning import RuleTrace, Trace
from connector.program.rules import Program, Rule
from connector.web.admin import base, forms, rule_form, sentences, store, ways
from connector.web.admin.ways import Names
from connector.web.admin.words import count, isolated, mark, t

WHY_NOT = {
    "window": mark("Not on its days."),
    "minimum": mark("The order is below its least amount."),
    "scope": mark("Nothing of its goods is in the order."),
    "not_first": mark("It is not a first order."),
    "no_gift": mark("No gift to a cause is in the order."),
    "lower_multiplier": mark("A higher multiplier counts instead."),
    "no_rate": mark("It says nothing for {currency}."),
    "zero_rate": mark("It gives 0 points for {currency}."),
    "nothing_counts": mark("Nothing in the order counts for it."),
    "refunded": mark("Taken back with what was refunded."),
    "stopped": mark("The order earns nothing."),
}
_CUT = mark("Its limit left {points}.")
_USED_UP = mark("Its limit is used up.")


@dataclass(frozen=True, slots=True)
class Part:
    """What one rule gave. reason: why not, or why not all."""

    label: Markup
    earned: int
    kept: int
    reason: Markup | None
    gives_reward: bool
    limit: int | None

    @property
    def gave(self) -> bool:
        return self.kept > 0


@dataclass(slots=True)
class Trial:
    """An order tried out: what was typed, and what it would earn."""

    values: dict[str, str]
    is_first: bool = False
    errors: dict[str, Markup] = field(default_factory=dict)
    minor: int = 0
    total: int | None = None
    parts: Sequence[Part] = ()


def parts(trace: Trace, basis: Basis, known: Names) -> list[Part]:
    """Every rule that was looked at, those that gave something first."""
    found = [
        Part(
            label=label(one, basis, known),
            earned=one.earned,
            kept=one.kept,
            reason=why_not(one, basis.currency),
            gives_reward=one.gives_reward,
            limit=one.limit,
        )
        for one in trace.rules
    ]
    return sorted(found, key=lambda part: not part.gave)


def label(one: RuleTrace, basis: Basis, known: Names) -> Markup:
    """The rule, the rate or the level's multiplier in a sentence."""
    rule = next((rule for rule in basis.rules if rule.id == one.rule_id), None)
    if rule is not None:
        return ways.sentence(rule, known, basis.currency)
    if one.kind == earning.TIER:
        factor = isolated(ways.factor_text(basis.context.tier if basis.context else 100))
        return t("Points {times} by the level.", times=factor)
    if basis.rate is None:
        return t("What everything earns.")
    return ways.rate_sentence(basis.rate, basis.currency)


def why_not(one: RuleTrace, currency: str) -> Markup | None:
    """Why a rule gave nothing, or not all."""
    if one.reason == "cap":
        return t(_CUT, points=count("point", one.limit)) if one.limit else t(_USED_UP)
    return t(WHY_NOT[one.reason], currency=currency) if one.reason in WHY_NOT else None


def trial(db: Connection, program: Program | None, known: Names) -> Trial:
    """The order as typed, under a programme; what a member without any history would get."""
    currency = g.shop.currency
    values = {
        "tried": base.short(50 * 10 ** exponent(currency), currency),
        "tried_product": "",
        "tried_factor": "1",
        "tried_on": clock.local_date(clock.now(), g.shop.timezone),
    }
    values = {name: request.form.get(name, usual).strip() for name, usual in values.items()}
    told = Trial(values, is_first="tried_first" in request.form)
    if program is None or not values["tried"]:
        return told
    try:
        told.minor = max(forms.amount(values["tried"], currency, "tried"), 0)
    except BadInput as problem:
        told.errors["tried"] = sentences.refusal(problem, currency=currency)
    key = _product(db, told)
    percent = rule_form.factor(values["tried_factor"])
    if percent is None:
        told.errors["tried_factor"] = sentences.refusal(BadInput("factor_range"))
    at = rule_form.moment(values["tried_on"], at=time(12))
    if at is None:
        told.errors["tried_on"] = sentences.refusal(BadInput("date"))
    if told.errors or at is None or percent is None:
        return told
    basis = _basis(db, program, told, key, percent)
    trace = earning.trace(_order(told.minor, key, at), basis)
    told.total, told.parts = trace.points, parts(trace, basis, known)
    return told


def _basis(db: Connection, program: Program, told: Trial, key: str | None, percent: int) -> Basis:
    keys = [key] if key else []
    named = bases.matches(program.order_rules, keys, order_store.products(db, g.shop.id, keys))
    context = Context(tier=percent, is_first=told.is_first, matches={"": named.get(key or "", ())})
    basis = bases.freeze(program, g.shop.currency, context)
    return replace(basis, ceilings=_ceilings(program.order_rules))


def _ceilings(offered: Sequence[Rule]) -> dict[str, int]:
    """What the caps leave to somebody who was given nothing so far."""
    caps = {rule.id: [getattr(rule.caps, cap) for cap in rule_form.CAPS] for rule in offered}
    told = {one: [most for most in limits if most is not None] for one, limits in caps.items()}
    return {one: min(limits) for one, limits in told.items() if limits}


def _order(minor: int, key: str | None, at: datetime) -> Order:
    line = OrderLine("", LineKind.GOODS, "", 1, minor, minor, 0, product_key=key)
    return Order(
        key="",
        state=OrderState.COMPLETED,
        currency=g.shop.currency,
        modified_at=at,
        placed_at=at,
        paid_at=at,
        completed_at=at,
        lines=(line,),
    )


def _product(db: Connection, told: Trial) -> str | None:
    title = told.values["tried_product"]
    found = store.products_titled(db, g.shop.id, title) if title else []
    if title and not found:
        told.errors["tried_product"] = t("No product is called so.")
    return found[0] if found else None
