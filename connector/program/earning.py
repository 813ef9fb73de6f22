"""What an order should have earned by now: pure functions of the order and its frozen basis.

The rate earns on what counts of each line, times the best multiplier of that line, once; spend
rules and fixed points add. The sum is rounded down once per order; each rule's points are spread
over its lines by largest remainder. A refund takes back a line's spread in proportion (quantity,
or money where no quantity is told), and money off without a line takes its share of all goods.
What is kept is rounded down once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from operator import itemgetter

from connector.core.commerce import LineKind, Order, Refund
from connector.core.money import spread
from connector.core.points import LIMIT
from connector.program import rules
from connector.program.basis import Basis, Context, line_base_minor, spend_points, stop
from connector.program.rules import Rule

RATE, TIER = "rate", "tier"  # what gives points beside rules
PLAIN_PERCENT = 100


@dataclass(frozen=True, slots=True)
class LineTrace:
    """One line's part. base_minor: what counts of it; earned: its spread; kept: after refunds."""

    key: str
    title: str
    kind: str
    quantity: int
    base_minor: int
    earned: int
    kept: int


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule's part, or why it has none.

    ``rule_id`` is "" for the rate and for the tier's multiplier, which ``kind`` tells apart.
    ``reason``: gave, or window, minimum, scope, not_first, no_gift, lower_multiplier, cap,
    no_rate, zero_rate, nothing_counts, refunded, stopped. ``limit``: what its cap left.
    ``lines``: its spread.
    """

    rule_id: str
    kind: str
    reason: str
    earned: int = 0
    kept: int = 0
    limit: int | None = None
    gives_reward: bool = False
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer and its reason. ``reason`` is a stable code, "earned" when points > 0.

    ``qualifying``: how many of the points count for tiers.
    """

    points: int
    reason: str
    earned: int = 0
    lines: Sequence[LineTrace] = field(default_factory=tuple)
    rules: Sequence[RuleTrace] = field(default_factory=tuple)
    qualifying: int = 0


_Exact = Fraction | int  # most are whole, and whole numbers are far quicker


@dataclass(slots=True)
class _Part:
    """One rule while it is worked out. ``weights``: what each line has in it."""

    rule: Rule | None
    kind: str
    reason: str
    exact: _Exact = 0
    weights: list[int] = field(default_factory=list)
    points: int = 0
    lines: Sequence[int] = ()
    kept: _Exact = 0
    kept_points: int = 0


_Offer = tuple[int, int, _Part]  # percent, priority


def target(order: Order, basis: Basis) -> tuple[int, int]:
    """(points, how many of them qualify) this order should have earned by now."""
    if order.refunds or basis.context is not None:
        told = trace(order, basis)
        return told.points, told.qualifying
    if basis.rate is None or stop(order, basis):
        return 0, 0
    base_minor = sum([line_base_minor(line, basis) for line in order.lines])
    points = spend_points(base_minor, basis.rate)
    return points, points


def trace(order: Order, basis: Basis) -> Trace:
    """Points this order should have earned by now, by rule and by line, and why."""
    bases = [line_base_minor(line, basis) for line in order.lines]
    parts = _parts(order, basis, bases)
    _round(parts)
    earned = sum(part.points for part in parts)
    reason = stop(order, basis)
    nothing: list[list[_Exact]] = [[0] * len(bases) for _ in parts]
    kept = nothing if reason else _kept(order, bases, parts)
    for part, of_lines in zip(parts, kept, strict=True):
        part.kept = sum(of_lines)
    points = int(sum(part.kept for part in parts))
    for part, whole in zip(parts, _whole([part.kept for part in parts], points), strict=True):
        part.kept_points = whole
    if not reason:
        gives = points or any(_is_kept_gift(order, part) for part in parts)
        reason = "earned" if gives else _why_nothing(basis, bases, earned)
    return Trace(
        points=points,
        reason=reason,
        earned=earned,
        lines=_lines(order, bases, parts, kept, points),
        rules=tuple(_told(order, basis, part, is_stopped=reason != "earned") for part in parts),
        qualifying=sum(
            part.kept_points for part in parts if part.rule is None or part.rule.qualifies
        ),
    )


def _lines(
    order: Order,
    bases: Sequence[int],
    parts: Sequence[_Part],
    kept: Sequence[Sequence[_Exact]],
    points: int,
) -> tuple[LineTrace, ...]:
    """Each line with its part of all rules; what is kept of them sums to ``points``."""
    exact = [sum(one[at] for one in kept) for at in range(len(bases))]
    whole = _whole(exact, points)
    return tuple(
        LineTrace(
            key=line.key,
            title=line.title,
            kind=line.kind,
            quantity=line.quantity,
            base_minor=bases[at],
            earned=sum(part.lines[at] for part in parts),
            kept=whole[at],
        )
        for at, line in enumerate(order.lines)
    )


def _told(order: Order, basis: Basis, part: _Part, *, is_stopped: bool) -> RuleTrace:
    rule = part.rule
    gives_reward = rule is not None and rule.gives_reward
    is_given = gives_reward and not is_stopped and _is_kept_gift(order, part)
    reason = part.reason
    if reason == "gave" and (part.points or gives_reward) and not (part.kept_points or is_given):
        reason = "refunded" if order.refunds else "stopped"
    return RuleTrace(
        rule_id=rule.id if rule else "",
        kind=part.kind,
        reason=reason,
        earned=part.points,
        kept=int(is_given) if gives_reward else part.kept_points,
        limit=basis.ceilings.get(rule.id) if rule else None,
        gives_reward=gives_reward,
        lines=tuple(part.lines),
    )


def _why_nothing(basis: Basis, bases: Sequence[int], earned: int) -> str:
    if earned:
        return "refunded"
    if basis.rate is None:
        return "no_rate"
    if basis.rate[0] == 0:
        return "zero_rate"
    return "below_one_point" if any(bases) else "nothing_counts"


def _parts(order: Order, basis: Basis, bases: Sequence[int]) -> list[_Part]:
    """Every rule with what it gives exactly, before rounding and after caps."""
    rate = _Part(None, RATE, "gave", weights=list(bases))
    if basis.rate is None:
        rate.reason = "no_rate"
    elif basis.rate[0] == 0:
        rate.reason = "zero_rate"
    elif not any(bases):
        rate.reason = "nothing_counts"
    else:
        rate.exact = Fraction(sum(bases) * basis.rate[0], basis.rate[1])
    context = basis.context
    if context is None:
        return [rate]
    parts = [rate, *_multiplied(order, basis, context, bases)]
    adding = (rule for rule in basis.rules if rule.kind != rules.MULTIPLIER)
    parts += [_added(order, basis, context, rule, bases) for rule in adding]
    for part in parts:
        if part.rule is not None and part.reason == "gave":
            _cap(part, basis.ceilings.get(part.rule.id), gives_reward=part.rule.gives_reward)
    return parts


def _cap(part: _Part, limit: int | None, *, gives_reward: bool) -> None:
    if limit is None or (limit >= 1 and gives_reward):
        return
    if gives_reward or part.exact > limit:
        part.reason = "cap"
        part.exact = limit


def _closed(order: Order, basis: Basis, rule: Rule, bases: Sequence[int]) -> str:
    """Why a rule is not about this order at all; "" if it is."""
    if order.placed_at is not None and not rule.is_open(order.placed_at):
        return "window"
    if rule.minimum:
        least = rule.minimum.get(basis.currency)
        if least is None or sum(bases) < least:
            return "minimum"
    return ""


def _multiplied(order: Order, basis: Basis, context: Context, bases: Sequence[int]) -> list[_Part]:
    """The tier's and the rules' multipliers: on each line the best one counts, once."""
    parts: list[_Part] = []
    offers: list[_Offer] = []
    if context.tier > PLAIN_PERCENT:
        tier = _Part(None, TIER, "scope", weights=[0] * len(bases))
        parts.append(tier)
        offers.append((context.tier, 0, tier))
    for rule in basis.rules:
        if rule.kind == rules.MULTIPLIER:
            closed = _closed(order, basis, rule, bases)
            if not closed and basis.ceilings.get(rule.id) == 0:
                closed = "cap"
            part = _Part(rule, rule.kind, closed or "scope", weights=[0] * len(bases))
            parts.append(part)
            if not closed:
                offers.append((rule.percent, rule.priority, part))
    if basis.rate is None:
        return parts
    for at, (line, base) in enumerate(zip(order.lines, bases, strict=True)):
        named = context.matches.get(line.key, ())
        _take_best(at, base, [one for one in offers if base and _is_about(one[2].rule, named)])
    points_each, per_minor = basis.rate
    for _, _, part in offers:
        part.exact = Fraction(sum(part.weights) * points_each, per_minor * PLAIN_PERCENT)
    return parts


def _take_best(at: int, base: int, offers: Sequence[_Offer]) -> None:
    """Of the multipliers that are about a line the highest counts, the others do not."""
    best = max(offers, key=itemgetter(0, 1), default=None)
    for offer in offers:
        percent, _, part = offer
        if offer is best:
            part.reason = "gave"
            part.weights[at] = base * (percent - PLAIN_PERCENT)
        elif part.reason != "gave":
            part.reason = "lower_multiplier"


def _is_about(rule: Rule | None, named: Sequence[str]) -> bool:
    """Whether a rule is about a line that these scoped rules are about."""
    return rule is None or not rule.scope or rule.id in named


def _added(
    order: Order, basis: Basis, context: Context, rule: Rule, bases: Sequence[int]
) -> _Part:
    """A rule whose points add: on an amount, or fixed."""
    part = _Part(rule, rule.kind, _closed(order, basis, rule, bases) or "gave")
    if rule.kind == rules.DONATION:
        gifts = (line.total_minor if line.kind is LineKind.DONATION else 0 for line in order.lines)
        part.weights = [max(one, 0) for one in gifts]
        missing = "no_gift"
    else:
        part.weights = [
            base if _is_about(rule, context.matches.get(line.key, ())) else 0
            for line, base in zip(order.lines, bases, strict=True)
        ]
        missing = "scope" if rule.scope else "nothing_counts"
    if part.reason != "gave":
        return part
    if rule.kind == rules.FIRST_ORDER and not context.is_first:
        part.reason = "not_first"
    elif not any(part.weights):
        part.reason = missing
    elif rule.kind != rules.SPEND:
        part.exact = rule.points
    elif basis.currency not in rule.rates:
        part.reason = "no_rate"
    else:
        points_each, per_minor = rule.rates[basis.currency]
        part.exact = Fraction(sum(part.weights) * points_each, per_minor)
    return part


def _round(parts: Sequence[_Part]) -> None:
    """Round down once, give each rule its whole points, and spread them over its lines."""
    exact = [part.exact for part in parts]
    total = int(sum(exact))
    if total > LIMIT:
        shrink = Fraction(LIMIT, total)
        exact, total = [one * shrink for one in exact], LIMIT
    for part, points in zip(parts, _whole(exact, total), strict=True):
        part.points = points
        part.lines = spread(points, part.weights)


def _whole(exact: Sequence[_Exact], total: int) -> list[int]:
    """Each part rounded down, and what is missing to ``total`` by the largest remainders."""
    parts = [int(one) for one in exact]
    missing = total - sum(parts)
    if missing:
        ranked = sorted(range(len(exact)), key=lambda at: parts[at] - exact[at])
        for at in ranked[:missing]:
            parts[at] += 1
    return parts


def _is_kept_gift(order: Order, part: _Part) -> bool:
    """Whether a rule that gives a reward gives it for what is left of the order."""
    if part.rule is None or not part.rule.gives_reward or part.reason != "gave":
        return False
    shares = _line_shares(order)
    return any(weight and share for weight, share in zip(part.weights, shares, strict=True))


def _line_shares(order: Order) -> list[_Exact]:
    """How much of each line is kept after refunds that name it: 0 to 1."""
    taken, _ = _refunded(order.refunds)
    shares: list[_Exact] = []
    for line in order.lines:
        if line.key not in taken:
            shares.append(1)
            continue
        quantity, money = taken[line.key]
        share = Fraction(0)
        if quantity and line.quantity:
            share += Fraction(quantity, line.quantity)
        if money and line.total_minor:
            share += Fraction(money, line.total_minor)
        shares.append(max(1 - share, Fraction(0)))
    return shares


def _kept(order: Order, bases: Sequence[int], parts: Sequence[_Part]) -> list[list[_Exact]]:
    """Each rule's points of each line after refunds, exact."""
    shares = _line_shares(order)
    kept: list[list[_Exact]] = [
        [points * share for points, share in zip(part.lines, shares, strict=True)]
        for part in parts
    ]
    _, other_minor = _refunded(order.refunds)
    goods = [at for at, base in enumerate(bases) if base]
    gross = sum(order.lines[at].total_minor + order.lines[at].tax_minor for at in goods)
    if not other_minor or not gross:
        return kept
    # Money off is a share of the whole order; of what line refunds left it is a larger one.
    whole = sum(part.lines[at] for part in parts for at in goods)
    left = sum(lines[at] for lines in kept for at in goods)
    ratio = Fraction(whole) / left if left else Fraction(0)
    factor = max(1 - Fraction(other_minor, gross) * ratio, Fraction(0))
    for lines in kept:
        for at in goods:
            lines[at] *= factor
    return kept


def _refunded(refunds: Sequence[Refund]) -> tuple[dict[str, tuple[int, int]], int]:
    """(quantity, money where no quantity is told) by line, and money off without a line."""
    taken: dict[str, tuple[int, int]] = {}
    other_minor = 0
    for refund in refunds:
        other_minor += refund.other_minor
        for one in refund.lines:
            quantity, money = taken.get(one.line_key, (0, 0))
            if one.quantity:
                quantity += one.quantity
            else:
                money += one.total_minor
            taken[one.line_key] = (quantity, money)
    return taken, other_minor
