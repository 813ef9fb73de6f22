"""What an order is judged by, frozen, and what counts of it: pure functions of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from connector.core.commerce import (
    EARNING_STATES,
    ROLE,
    LineKind,
    Order,
    OrderLine,
    OrderState,
)
from connector.core.i18n import SOURCE
from connector.core.money import Money
from connector.core.points import LIMIT
from connector.program.rules import PLAIN, Program, Rule, Terms

_UNDONE = frozenset({OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED})


class Context(Struct, frozen=True, omit_defaults=True):
    """What rules judge an order by beside itself, frozen when it began to earn.

    ``matches``: the ids of scoped rules by line key, each frozen when the line was first seen.
    ``excluded``: why its member earns nothing; "" for who does. ``day``: local, that caps count.
    """

    excluded: str = ""
    tier: int = 100
    is_first: bool = False
    day: str = ""
    matches: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Basis:
    """What an order is judged by, frozen when it was first seen, and its context when it earned.

    ``rate`` is the one of the order's ``currency``; None: there is none. ``ceilings``: the most
    that capped rules may give this order; 0 where a rule that gives a reward may give none.
    """

    version: int
    currency: str
    rate: tuple[int, int] | None
    hold_days: int
    award_on: str
    counts_tax: bool
    counts_fees: bool
    rules: tuple[Rule, ...] = ()
    terms: Terms = PLAIN
    context: Context | None = None
    ceilings: Mapping[str, int] = field(default_factory=dict)


def freeze(program: Program, currency: str, context: Context | None = None) -> Basis:
    """The basis of an order in ``currency`` that ``program`` judges."""
    return Basis(
        version=program.version,
        currency=currency,
        rate=program.rates.get(currency),
        hold_days=program.hold_days,
        award_on=program.award_on,
        counts_tax=program.counts_tax,
        counts_fees=program.counts_fees,
        rules=program.order_rules,
        terms=program.terms,
        context=context,
    )


def sentence(basis: Basis, currency: str) -> str:
    """The frozen rate in plain English, for machines' logs and the API."""
    if basis.rate is None:
        return f"no rate for {currency}"
    points_each, per_minor = basis.rate
    tax = "with tax" if basis.counts_tax else "without tax"
    amount = Money(per_minor, currency).text()
    return (
        f"{SOURCE.counted('point', points_each)} for every {amount} {currency} {tax},"
        f" once {basis.award_on}; usable after {SOURCE.counted('day', basis.hold_days)}"
    )


def earned_at(order: Order, basis: Basis) -> datetime | None:
    """When the order began to earn; None while it does not."""
    if order.state not in EARNING_STATES or order.is_test:
        return None
    if basis.award_on == "completed":
        return order.completed_at if order.state is OrderState.COMPLETED else None
    return order.paid_at or order.completed_at


def available_at(order: Order, basis: Basis) -> datetime | None:
    """When its points can be used; None while it does not earn, or is not delivered."""
    start = earned_at(order, basis)
    if start is not None and basis.terms.hold_from == "delivery":
        start = order.completed_at if order.state is OrderState.COMPLETED else None
    return None if start is None else start + timedelta(days=basis.hold_days)


def spend_points(base_minor: int, rate: tuple[int, int]) -> int:
    """Points for an amount, rounded down; never more than the book holds in one movement."""
    points_each, per_minor = rate
    return min(base_minor * points_each // per_minor, LIMIT)


def line_base_minor(line: OrderLine, basis: Basis) -> int:
    """What counts of one line: its price after every discount, with tax only if the rule says."""
    counts = line.kind is LineKind.GOODS or (line.kind is LineKind.FEE and basis.counts_fees)
    if not counts:
        return 0
    return max(line.total_minor + (line.tax_minor if basis.counts_tax else 0), 0)


def stop(order: Order, basis: Basis) -> str:
    """The first thing that keeps the whole order from earning; "" if nothing does."""
    if order.is_test:
        return "test_order"
    if order.state in _UNDONE:
        return str(order.state)
    if earned_at(order, basis) is None:
        return "not_completed" if basis.award_on == "completed" else "not_paid"
    if basis.context is not None and basis.context.excluded:
        return basis.context.excluded
    return _tagged(order, basis) if order.tags else ""


def _tagged(order: Order, basis: Basis) -> str:
    if "b2b" in order.tags and not basis.terms.counts_b2b:
        return "b2b"
    excluded = folded(basis.terms.order_tags)
    return "" if excluded.isdisjoint(folded(order.tags)) else "excluded_order"


class Named(Protocol):
    """What a product of the catalogue is named by."""

    @property
    def categories(self) -> Sequence[str]: ...

    @property
    def collections(self) -> Sequence[str] | None: ...

    @property
    def tags(self) -> Sequence[str] | None: ...


def matches(
    rules: Iterable[Rule], keys: Iterable[str], products: Mapping[str, Named]
) -> dict[str, tuple[str, ...]]:
    """The ids of scoped rules by product key; a product that no rule names is missing."""
    scoped = [rule for rule in rules if rule.scope]
    found: dict[str, tuple[str, ...]] = {}
    for key in keys if scoped else ():
        named = tuple(rule.id for rule in scoped if _is_named(rule, key, products.get(key)))
        if named:
            found[key] = named
    return found


def _is_named(rule: Rule, key: str, product: Named | None) -> bool:
    scope = rule.scope
    if key in scope.products:
        return True
    if product is None:
        return False
    told = (
        (scope.categories, product.categories),
        (scope.collections, product.collections),
        (scope.tags, product.tags),
    )
    return any(
        wanted and has and not folded(wanted).isdisjoint(folded(has)) for wanted, has in told
    )


def folded(names: Sequence[str]) -> set[str]:
    """Names as they are compared: people write tags in any case."""
    return {one.strip().casefold() for one in names}


def called(tags: Sequence[str]) -> set[str]:
    """What rules may call a customer by, as it is compared: tags, and a role by its name alone."""
    names = folded(tags)
    return names | {one.removeprefix(ROLE) for one in names}
