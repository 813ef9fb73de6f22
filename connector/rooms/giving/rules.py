"""What an order's donation lines should stand for by now, and what the shop adds: pure functions.

A programme's terms say what it gives for an order; ``wanted`` computes it from the order's state.
Shares are rounded half up, once per order and programme.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from connector.core.commerce import EARNING_STATES, LineKind, Order, OrderLine, OrderState
from connector.core.money import LIMIT_MINOR, spread

WHOLE = 10_000  # basis points in one
GIFT, MATCH, POINTS, TOP_UP = "gift", "match", "points", "top_up"
ASKING = frozenset({"round_up", "add_on"})  # what shoppers give
ADDING = frozenset({"share", "per_unit", "in_kind", MATCH})  # what the shop gives for an order
MOST_AMOUNTS, MOST_CAUSES = 6, 12
_STANDING = EARNING_STATES | {OrderState.OPEN}

Amount = Annotated[int, Meta(ge=0, le=LIMIT_MINOR)]
Percent = Annotated[int, Meta(ge=0, le=WHOLE)]
Name = Annotated[str, Meta(max_length=80)]
Key = Annotated[str, Meta(max_length=200)]


# --------------------------------------------------------------------------------------- terms


class Scope(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which goods count, and whose orders: all, where nothing is named."""

    products: tuple[Key, ...] = ()
    categories: tuple[Key, ...] = ()
    levels: tuple[int, ...] = ()  # tiers' numbers, 1 the lowest


class RoundUp(Struct, frozen=True, tag="round_up", tag_field="kind", forbid_unknown_fields=True):
    """Shoppers round their order up to the next multiple of ``step_minor``."""

    step_minor: Amount = 0


class AddOn(Struct, frozen=True, tag="add_on", tag_field="kind", forbid_unknown_fields=True):
    """Shoppers add one of ``amounts_minor``, or of their own from ``least`` to ``most_minor``."""

    amounts_minor: tuple[Amount, ...] = ()
    least_minor: Amount = 0
    most_minor: Amount = 0  # 0: only the amounts named


class Share(Struct, frozen=True, tag="share", tag_field="kind", forbid_unknown_fields=True):
    """Of each order ``percent_bps`` of its goods' price net of tax, or ``amount_minor``."""

    percent_bps: Percent = 0
    amount_minor: Amount = 0
    least_order_minor: Amount = 0
    most_each_minor: Amount = 0  # of one order; 0: no limit
    scope: Scope = Scope()


class PerUnit(Struct, frozen=True, tag="per_unit", tag_field="kind", forbid_unknown_fields=True):
    """For each piece bought ``amount_minor``, which is what ``names`` says: a meal."""

    amount_minor: Amount = 0
    names: Mapping[str, Name] = {}
    scope: Scope = Scope()


class InKind(Struct, frozen=True, tag="in_kind", tag_field="kind", forbid_unknown_fields=True):
    """For each order one unit of what ``names`` says, which costs ``amount_minor``: a tree."""

    amount_minor: Amount = 0
    names: Mapping[str, Name] = {}
    scope: Scope = Scope()


class Match(Struct, frozen=True, tag="match", tag_field="kind", forbid_unknown_fields=True):
    """To each gift at checkout the shop adds ``ratio_bps`` of it: 10,000 doubles it."""

    ratio_bps: Annotated[int, Meta(ge=0, le=10 * WHOLE)] = 0


class PointsGiven(Struct, frozen=True, tag="points", tag_field="kind", forbid_unknown_fields=True):
    """Members give points by a reward, for good after a day; the shop pays their value."""

    points: Annotated[int, Meta(ge=0, le=10**9)] = 0
    value_minor: Amount = 0


Terms = RoundUp | AddOn | Share | PerUnit | InKind | Match | PointsGiven


class Programme(Struct, frozen=True):
    """One way of giving. ``causes``: (id, weight). Its state follows from its times."""

    id: int
    name: str
    currency: str
    terms: Terms
    causes: tuple[tuple[int, int], ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None  # exclusive
    minimum_minor: int | None = None
    cap_minor: int | None = None
    campaign_id: int | None = None
    used_minor: int = 0
    disclosures: Mapping[str, str] = {}
    published_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def kind(self) -> str:
        return str(self.terms.__struct_config__.tag)

    @property
    def scope(self) -> Scope:
        return getattr(self.terms, "scope", Scope())

    def state(self, at: datetime) -> str:
        """draft, scheduled, live, ended or closed."""
        if self.closed_at is not None:
            return "closed"
        if self.published_at is None or self.starts_at is None or self.ends_at is None:
            return "draft"
        if at < self.starts_at:
            return "scheduled"
        return "live" if at < self.ends_at else "ended"

    @property
    def begins_at(self) -> datetime | None:
        """The whole second from which on it gives: its start, or when it was published later.

        Stores date orders to the second, cut off. So an order of the very second of publishing, or
        of closing, may have been placed while it was published, and is of it: what was told is
        what is given. One of an end on a whole second is of it no more.
        """
        if self.published_at is None or self.starts_at is None:
            return None
        return max(self.starts_at, self.published_at).replace(microsecond=0)

    def covers(self, at: datetime) -> bool:
        """Whether what happens at ``at`` is of this programme: begun by then, and not over."""
        begins_at, ends_at = self.begins_at, self.ends_at
        return begins_at is not None and ends_at is not None and begins_at <= at < ends_at


# ------------------------------------------------------------------------------------ an order


@dataclass(frozen=True, slots=True)
class Standing:
    """One donation. given: all of it; pledged or due: what stands of it now."""

    given_minor: int
    pledged_minor: int
    due_minor: int

    @property
    def gifts(self) -> int:
        """1 or 0. A gift is a donation of which something stands, pledged or due.

        A donation is what one order, or one giving of points, gives one cause in one way; so a cap
        that left nothing and a refund of everything leave no gift. Every count of gifts is this.
        """
        return int(self.pledged_minor + self.due_minor > 0)


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


def stands(order: Order) -> bool:
    """Whether an order gives anything: not undone, and no test."""
    return not order.is_test and order.state in _STANDING


def standing(order: Order, line: OrderLine, *, is_confirmed: bool) -> Standing:
    """What this line stands for: pledged until the order is paid and confirmed, then due.

    Nothing once the order is undone, or for test orders; less what was refunded of this line.
    """
    given = line.total_minor + line.tax_minor
    if not stands(order) or given <= 0:
        return Standing(max(given, 0), 0, 0)
    refunded = sum(
        one.total_minor + one.tax_minor
        for refund in order.refunds
        for one in refund.lines
        if one.line_key == line.key
    )
    return placed(given, max(given - refunded, 0), order, is_confirmed=is_confirmed)


def placed(given: int, left: int, order: Order, *, is_confirmed: bool) -> Standing:
    """What is left of a donation, where the order's state puts it."""
    if order.state in EARNING_STATES and is_confirmed:
        return Standing(given, 0, left)
    return Standing(given, left, 0)


def net_minor(order: Order) -> dict[str, int]:
    """What goods come to by line: after discounts, net of tax, less what was refunded.

    Money given back for no line is taken from all goods by their price.
    """
    goods = [line for line in order.lines if line.kind is LineKind.GOODS]
    net = {line.key: line.total_minor for line in goods}
    prices = [line.total_minor + line.tax_minor for line in goods]
    for refund in order.refunds:
        for one in refund.lines:
            if one.line_key in net:
                net[one.line_key] -= one.total_minor
        for line, price, part in zip(
            goods, prices, spread(max(refund.other_minor, 0), prices), strict=True
        ):
            net[line.key] -= part * line.total_minor // price if price else 0
    return {key: max(minor, 0) for key, minor in net.items()}


@dataclass(frozen=True, slots=True)
class Want:
    """What a programme gives an order: ``whole`` as bought, ``left`` after what was undone."""

    whole: int
    left: int


def wanted(terms: Terms, order: Order, keys: Collection[str], gifts: Sequence[Standing]) -> Want:
    """What ``terms`` give for the lines ``keys``, or to ``gifts``, before any cap."""
    if isinstance(terms, Match):
        given = sum(one.given_minor for one in gifts)
        left = sum(one.pledged_minor + one.due_minor for one in gifts)
        want = Want(part(given, terms.ratio_bps), part(left, terms.ratio_bps))
    elif isinstance(terms, PerUnit):
        want = _by_piece(terms.amount_minor, order, keys)
    elif isinstance(terms, Share | InKind):
        want = _by_price(terms, order, keys)
    else:
        return Want(0, 0)
    return want if stands(order) else Want(want.whole, 0)


def is_worth(terms: Terms, points: int, minor: int) -> bool:
    """Whether so many points gave what ``terms`` promise for them, but for a rounded point."""
    if not isinstance(terms, PointsGiven):
        return False
    apart = abs(minor * terms.points - points * terms.value_minor)
    return points > 0 and apart < max(terms.points, terms.value_minor)


def part(minor: int, bps: int) -> int:
    """``bps`` basis points of an amount >= 0, rounded half up."""
    return (2 * minor * bps + WHOLE) // (2 * WHOLE)


def _by_price(terms: Share | InKind, order: Order, keys: Collection[str]) -> Want:
    bought = sum(max(one.total_minor, 0) for one in order.lines if one.key in keys)
    net = net_minor(order)
    left = sum(net.get(key, 0) for key in keys)
    if bought <= 0:
        return Want(0, 0)
    if isinstance(terms, InKind):
        return Want(terms.amount_minor, terms.amount_minor if left else 0)
    if bought < terms.least_order_minor:
        return Want(0, 0)
    if terms.percent_bps:
        whole, rest = part(bought, terms.percent_bps), part(left, terms.percent_bps)
    else:
        whole = terms.amount_minor
        rest = (2 * whole * left + bought) // (2 * bought)
    most = terms.most_each_minor or LIMIT_MINOR
    return Want(min(whole, most), min(rest, most))


def _by_piece(amount_minor: int, order: Order, keys: Collection[str]) -> Want:
    """A piece is undone when it came back, or when nothing is left of its line's price."""
    net = net_minor(order)
    whole = left = 0
    for line in order.lines:
        if line.key not in keys or line.total_minor <= 0:
            continue
        back = sum(
            one.quantity
            for refund in order.refunds
            for one in refund.lines
            if one.line_key == line.key
        )
        whole += line.quantity
        left += max(line.quantity - back, 0) if net[line.key] else 0
    return Want(whole * amount_minor, left * amount_minor)


@dataclass(slots=True)
class Room:
    """What a programme's cap leaves. ``used`` moves as orders take and give back.

    An order never gets more than the cap left when it came (its allowance), nor more than is left
    now beside what it has: room that a refund frees is for orders that come after.
    """

    used: int
    cap: int | None

    def left(self) -> int:
        return LIMIT_MINOR if self.cap is None else self.cap - self.used

    def grant(self, want: int, had: int, allowance: int) -> int:
        granted = max(min(want, allowance, had + self.left()), 0)
        self.used += granted - had
        return granted
