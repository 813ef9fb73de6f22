"""What a reward may be, what it costs, and what of its points stands: pure functions.

Money is in minor units of the reward's currency. A flexible reward is worth what the member
chooses between ``least_minor`` and ``most_minor``, at ``points_each`` points per ``per_minor``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from connector.core.commerce import EARNING_STATES, LineKind, Order, OrderState
from connector.core.errors import BadInput, Conflict
from connector.core.i18n import LANGUAGES, SOURCE, Language, without_bidi_controls
from connector.core.points import LIMIT

PREFIX = "PRL-"
AGAIN = ":again:"  # between a gift's source and the number of its next life
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no two of them look alike
_CODE_SIGNS = 17  # of 30 signs: more than 80 bits
ORDER_UNDONE = "order_undone"  # the problem of a code whose order was never paid
NAME_LENGTH = 80
NOTE_LENGTH = 300
MAX_MINOR = 10**9
MAX_COUNT = 10**6
MAX_DAYS = 365
MAX_LEVEL = 8
DEFAULT_DAYS = 90


class Kind(StrEnum):
    """What a reward gives."""

    AMOUNT = "amount"  # off an order
    PERCENT = "percent"  # off an order
    SHIPPING = "shipping"  # free
    PRODUCT = "product"  # one piece of it, free
    CREDIT = "credit"  # at the store
    DONATION = "donation"  # to a cause
    VIP = "vip"  # days on a tier


CODED = frozenset({Kind.AMOUNT, Kind.PERCENT, Kind.SHIPPING, Kind.PRODUCT})
VALUED = frozenset({Kind.AMOUNT, Kind.CREDIT, Kind.DONATION})  # their worth is an amount


class State(StrEnum):
    """Where a redemption stands. Points that came back are an amount, not a state."""

    RESERVED = "reserved"  # points held; the store does not know of it yet
    ISSUED = "issued"  # it can be used, or a donation undone
    USED = "used"  # points spent
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"  # the store would not have it
    PARKED = "parked"  # nobody can tell whether the store has it: the merchant decides


OPEN = frozenset({State.RESERVED, State.ISSUED, State.PARKED})
COUNTED = OPEN | {State.USED}  # against stock and budget


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as the merchant means it.

    points: the price; None where it is flexible (``points_each``), or only given as a gift.
    cost_minor: what one costs the shop, where its worth does not say it. stock, budget_minor,
    per_member: None is no limit. returns_whole: points of a used reward come back only when the
    whole order is undone, else in proportion to what is returned.
    """

    kind: Kind
    names: Mapping[str, str]
    currency: str
    points: int | None = None
    points_each: int | None = None
    per_minor: int | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    value_minor: int = 0
    percent: int = 0
    product_key: str | None = None
    cause_id: int | None = None
    tier_days: int = 0
    cost_minor: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    minimum_minor: int = 0
    valid_days: int = DEFAULT_DAYS
    stock: int | None = None
    budget_minor: int | None = None
    per_member: int | None = None
    tier_level: int = 0
    returns_whole: bool = False

    @property
    def is_flexible(self) -> bool:
        return self.points_each is not None

    @property
    def is_gift_only(self) -> bool:
        return self.points is None and self.points_each is None

    def name(self, language: Language) -> str:
        return spoken(self.names, language)

    def note(self, language: Language) -> str:
        return spoken(self.notes, language)


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward as it is offered now, and what is gone of it."""

    id: int
    state: str
    problem: str | None
    made_at: datetime
    offer: Offer
    taken: int
    spent_minor: int


@dataclass(slots=True)
class Redemption:
    """One exchange: what was agreed, where it stands, what is posted of it."""

    id: int
    member_id: int
    account_id: int
    reward_id: int
    source: str
    kind: Kind
    names: Mapping[str, str]
    points: int
    currency: str
    value_minor: int
    cost_minor: int
    percent: int
    product_key: str | None
    cause_id: int | None
    tier_days: int
    minimum_minor: int
    valid_days: int
    returns_whole: bool
    reserved_at: datetime
    note: str = ""
    state: State = State.RESERVED
    ending: State | None = None
    problem: str | None = None
    code: str | None = None
    discount_key: str | None = None
    credit_before: Sequence[str] | None = None
    credit_key: str | None = None
    left_minor: int = 0
    held: int = 0
    spent: int = 0
    entries: int = 0
    due_at: datetime | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def returned(self) -> int:
        """Points that came back, by whatever way."""
        return self.points - self.held - self.spent

    @property
    def is_undone_gift(self) -> bool:
        """A code without a price whose orders are all undone."""
        was_used = self.state is State.USED or self.problem == ORDER_UNDONE
        return self.kind in CODED and not self.points and was_used and self.ended_at is not None

    @property
    def has_balance(self) -> bool:
        """A code that stands for store credit, used piece by piece."""
        return self.kind is Kind.CREDIT and self.discount_key is not None


@dataclass(frozen=True, slots=True)
class Price:
    """What one redemption costs the member and the shop, and what it is worth."""

    points: int
    value_minor: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Use:
    """One order that was placed with a code. share: how much of what it gave was returned."""

    state: OrderState
    share: Fraction
    amount_minor: int = 0

    @property
    def stands(self) -> bool:
        return self.state in EARNING_STATES or self.state is OrderState.OPEN


class Phase(StrEnum):
    """What the orders with a code say of it."""

    UNUSED = "unused"
    WAITING = "waiting"  # in an order nobody paid yet
    USED = "used"
    UNDONE = "undone"  # every order that had it is cancelled, refunded or deleted


def spoken(words: Mapping[str, str], language: Language) -> str:
    """In this language, else in English, else in any."""
    found = words.get(language.tag) or words.get(SOURCE.tag)
    return found or next((one for one in words.values() if one), "")


def new_code() -> str:
    """A code nobody can guess, that can be read aloud."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_SIGNS))


def check(offer: Offer) -> None:
    """BadInput, by field, for what cannot be offered."""
    check_words(offer)
    check_worth(offer)
    check_price(offer)
    _check_range("minimum_minor", offer.minimum_minor, 0, MAX_MINOR)
    _check_range("valid_days", offer.valid_days, 1, MAX_DAYS)
    _check_range("stock", offer.stock, 0, MAX_COUNT)
    _check_range("budget_minor", offer.budget_minor, 0, MAX_MINOR * 1000)
    _check_range("per_member", offer.per_member, 1, MAX_COUNT)
    _check_range("tier_level", offer.tier_level, 0, MAX_LEVEL)
    _check_range("cost_minor", offer.cost_minor, 0, MAX_MINOR)
    if offer.budget_minor is not None and offer.kind not in VALUED and not offer.cost_minor:
        raise BadInput("cost_missing", "a budget needs to know what one costs", field="cost_minor")


def price(offer: Offer, wanted_minor: int | None) -> Price:
    """What one costs, for the worth a member chose. BadInput if it is not to be chosen so."""
    if offer.is_gift_only:
        raise Conflict("not_for_points", "this reward is only given, not bought")
    if not offer.is_flexible:
        if wanted_minor is not None:
            raise BadInput("amount_fixed", "this reward has one price", field="amount")
        return Price(offer.points or 0, offer.value_minor, cost(offer, offer.value_minor))
    least, most = offer.least_minor or 0, offer.most_minor or 0
    if wanted_minor is None:
        raise BadInput("amount_missing", "say how much of it", field="amount")
    if not least <= wanted_minor <= most:
        raise BadInput("amount_range", f"{least} to {most} minor units", field="amount")
    return Price(points_for(offer, wanted_minor), wanted_minor, cost(offer, wanted_minor))


def points_for(offer: Offer, minor: int) -> int:
    """Points for so much of a flexible reward, rounded up: pieces never cost less."""
    each, per = offer.points_each or 0, offer.per_minor or 1
    return -(-minor * each // per)


def least_points(offer: Offer) -> int:
    """What the cheapest of it costs."""
    if offer.is_flexible:
        return points_for(offer, offer.least_minor or 0)
    return offer.points or 0


def affordable_minor(offer: Offer, points: int) -> int:
    """The most of a flexible reward that so many points buy; 0 if not even the least."""
    each, per = offer.points_each or 1, offer.per_minor or 1
    most = min(points * per // each, offer.most_minor or 0)
    return most if most >= (offer.least_minor or 0) else 0


def cost(offer: Offer, value_minor: int) -> int:
    """What one costs the shop, as far as that is known before it is used."""
    return value_minor if offer.kind in VALUED else offer.cost_minor


def nothing_left(reward: Reward, price: Price) -> Conflict:
    """Why one more could not be counted."""
    if reward.state != "on":
        return Conflict("reward_paused", "this reward is paused")
    if reward.offer.stock is not None and reward.taken >= reward.offer.stock:
        return Conflict("out_of_stock", "none is left")
    return Conflict("budget_spent", f"less than {price.cost_minor} is left of what it may cost")


def gift(offer: Offer) -> Price:
    """The same given as a gift: no points, and of a flexible one the least."""
    value = (offer.least_minor or 0) if offer.is_flexible else offer.value_minor
    return Price(0, value, cost(offer, value))


def phase(uses: Sequence[Use], *, was_used: bool) -> Phase:
    """What a code's orders say of it by now."""
    if not uses:
        return Phase.UNDONE if was_used else Phase.UNUSED
    if any(use.state in EARNING_STATES for use in uses):
        return Phase.USED
    if any(use.stands for use in uses):
        return Phase.USED if was_used else Phase.WAITING
    return Phase.UNDONE


def returned(points: int, uses: Sequence[Use], *, whole: bool) -> int:
    """Points that should be back by now: the share that every standing order returned.

    Rounded down, so that all come back only with everything.
    """
    share = min((use.share for use in uses if use.stands), default=Fraction(1))
    if whole and share < 1:
        return 0
    return int(points * share)


def left(value_minor: int, uses: Sequence[Use]) -> int:
    """What a code with a balance still holds: what orders took, less what they gave back."""
    taken = sum(use.amount_minor - int(use.amount_minor * use.share) for use in uses if use.stands)
    return max(value_minor - taken, 0)


def share_returned(order: Order, kind: Kind) -> Fraction:
    """How much of what a code gave in this order was returned, by the discount on its lines.

    Without a discount on any line (the platform does not tell, or shipping was free) lines weigh
    what they cost; free shipping is used up unless everything comes back.
    """
    lines = [line for line in order.lines if line.kind is not LineKind.DONATION]
    weights = [max(line.subtotal_minor - line.total_minor, 0) for line in lines]
    if not any(weights):
        weights = [line.total_minor for line in lines]
    gross = sum(line.total_minor + line.tax_minor for line in lines)
    taken = {line.key: Fraction(0) for line in lines}
    pieces = {line.key: (line.quantity, line.total_minor) for line in lines}
    for refund in order.refunds:
        for one in refund.lines:
            quantity, total = pieces.get(one.line_key, (0, 0))
            if one.quantity and quantity:
                taken[one.line_key] += Fraction(one.quantity, quantity)
            elif not one.quantity and total:
                taken[one.line_key] += Fraction(one.total_minor, total)
    back = Fraction(0)
    for line, weight in zip(lines, weights, strict=True):
        back += weight * min(taken[line.key], Fraction(1))
    share = back / sum(weights) if sum(weights) else Fraction(0)
    other = sum(refund.other_minor for refund in order.refunds)
    if other and gross:
        share += Fraction(other, gross)
    if kind is Kind.SHIPPING and share < 1:
        return Fraction(0)
    return min(share, Fraction(1))


def check_words(offer: Offer) -> None:
    both = (offer.names, NAME_LENGTH, "name"), (offer.notes, NOTE_LENGTH, "note")
    for words, most, name in both:
        if words.keys() - LANGUAGES.keys():
            raise BadInput("unknown_language", f"one of {', '.join(LANGUAGES)}", field=name)
        if any(one != without_bidi_controls(one) for one in words.values()):
            raise BadInput("invalid_text", "no direction controls in a text", field=name)
        if any(len(one) > most for one in words.values()):
            raise BadInput(f"{name}_length", f"at most {most} characters", field=name)
    if not any(one.strip() for one in offer.names.values()):
        raise BadInput("name_length", f"1 to {NAME_LENGTH} characters", field="name")


def check_worth(offer: Offer) -> None:
    if offer.kind in VALUED and not offer.is_flexible:
        _check_range("value_minor", offer.value_minor, 1, MAX_MINOR)
    if offer.kind is Kind.PERCENT:
        _check_range("percent", offer.percent, 1, 100)
    if offer.kind is Kind.PRODUCT and not offer.product_key:
        raise BadInput("product_missing", "say which product", field="product_key")
    if offer.kind is Kind.DONATION and offer.cause_id is None:
        raise BadInput("cause_missing", "say which cause", field="cause_id")
    if offer.kind is Kind.VIP:
        _check_range("tier_days", offer.tier_days, 1, MAX_DAYS)


def check_price(offer: Offer) -> None:
    if not offer.is_flexible:
        _check_range("points", offer.points, 1, LIMIT)
        return
    if offer.kind not in VALUED or offer.points is not None:
        raise BadInput("price_fixed", "this reward has one price", field="points_each")
    _check_range("points_each", offer.points_each, 1, MAX_COUNT)
    _check_range("per_minor", offer.per_minor or 0, 1, MAX_MINOR)
    _check_range("least_minor", offer.least_minor or 0, 1, MAX_MINOR)
    _check_range("most_minor", offer.most_minor or 0, offer.least_minor or 1, MAX_MINOR)


def _check_range(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise BadInput("amount_range", f"{least} to {most}", field=name)
