"""What an introduction comes to by now, and how much it looks like one person: pure functions."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from connector.core.commerce import EARNING_STATES, LineKind, Order, OrderState
from connector.core.errors import BadInput
from connector.core.money import exponent

CODE_LENGTH = 8
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another
MAX_HOLD_DAYS = 365
MAX_POINTS = 1_000_000
MAX_MINOR = 1_000_000_000
MAX_CAP = 10_000
MAX_SCORE = 1_000
VELOCITY = 10  # claims a week from one network, or by one link, before they count against it
VELOCITY_DAYS = 7
WEIGHTS = {
    "mailbox_alias": 100,  # one mailbox under two names
    "mailbox_similar": 40,
    "same_phone": 50,
    "same_address": 30,
    "same_device": 40,
    "same_network": 20,
    "network_velocity": 40,
    "link_velocity": 30,
    "same_name": 30,
    "prior_buyer": 60,  # mailbox or phone of somebody who bought before
    "self_pay": 60,  # paid with a reward of the advocate's
}
OF_SIGNS = {
    "mailbox": "mailbox_alias",
    "phone": "same_phone",
    "address": "same_address",
    "device": "same_device",
    "network": "same_network",
}
_ALIKE = 0.85
_SHORTEST_ALIKE = 5  # letters; shorter names are alike by chance
_UNDONE = {
    OrderState.CANCELLED: "cancelled",
    OrderState.DELETED: "cancelled",
    OrderState.REFUNDED: "refunded",
}


@dataclass(frozen=True, slots=True)
class Program:
    """What the shop gives for an introduction. Version 0: it gives nothing yet.

    min_minor: goods the friend's order must hold, in ``currency``. hold_days: from paid on.
    window_days: between claim and order. cap_per_month: introductions an advocate is rewarded
    for; None: all. held_from: the score from which the merchant looks first.
    """

    version: int
    currency: str
    is_on: bool = False
    friend_points: int = 0
    friend_reward_id: int | None = None
    advocate_points: int = 0
    advocate_reward_id: int | None = None
    min_minor: int = 0
    hold_days: int = 14
    window_days: int = 30
    cap_per_month: int | None = None
    held_from: int = 50


@dataclass(frozen=True, slots=True)
class Origin:
    """What an order says of who sent its buyer. via: code, note or claim."""

    code: str
    advocate_id: int
    via: str
    claim_id: int | None
    program: Program


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of an introduction besides its order.

    barred: why it cannot count, whatever the order says. decision: approved or refused.
    """

    is_confirmed: bool
    score: int | None
    barred: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``state`` is waiting, held, kept, refused or void; ``why`` it is void, or ``unconfirmed``.

    due_at: when to look again; None: not before something changes.
    """

    state: str
    why: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One of an advocate's introductions of a month. cap: as promised; is_paid: for this one."""

    id: int
    cap: int | None
    is_paid: bool


def above(places: Sequence[Place]) -> set[int]:
    """Which of these, in the order they came, are above the cap: never one that is paid."""
    found = set()
    taken = sum(one.is_paid for one in places)
    for one in places:
        if one.is_paid:
            continue
        if one.cap is not None and taken >= one.cap:
            found.add(one.id)
        else:
            taken += 1
    return found


def check(program: Program) -> None:
    """BadInput naming the field that cannot be."""
    exponent(program.currency)
    for field, most in (("friend_points", MAX_POINTS), ("advocate_points", MAX_POINTS)):
        if not 0 <= getattr(program, field) <= most:
            raise BadInput("referral_points", f"0 to {most}", field=field)
    if not 0 <= program.min_minor <= MAX_MINOR:
        raise BadInput("referral_minimum", f"0 to {MAX_MINOR}", field="min_minor")
    if not 0 <= program.hold_days <= MAX_HOLD_DAYS:
        raise BadInput("hold_range", f"0 to {MAX_HOLD_DAYS} days", field="hold_days")
    if not 1 <= program.window_days <= MAX_HOLD_DAYS:
        raise BadInput("window_range", f"1 to {MAX_HOLD_DAYS} days", field="window_days")
    if program.cap_per_month is not None and not 1 <= program.cap_per_month <= MAX_CAP:
        raise BadInput("cap_range", f"1 to {MAX_CAP}, or no cap", field="cap_per_month")
    if not 1 <= program.held_from <= MAX_SCORE:
        raise BadInput("score_range", f"1 to {MAX_SCORE}", field="held_from")
    gives = (
        program.friend_points,
        program.friend_reward_id,
        program.advocate_points,
        program.advocate_reward_id,
    )
    if program.is_on and not any(gives):
        raise BadInput("referral_empty", "give one of the two something", field="friend_points")


def new_code() -> str:
    """A code for a link: short, and nobody guesses the next one."""
    return "".join(secrets.choice(_SIGNS) for _ in range(CODE_LENGTH))


def is_paid(order: Order) -> bool:
    return order.state in EARNING_STATES and not order.is_test


def ordered_at(order: Order) -> datetime:
    """When an order counts as made: holds run from here."""
    return order.paid_at or order.completed_at or order.placed_at or order.modified_at


def verdict(order: Order, program: Program, look: Look, now: datetime) -> Verdict:
    """What an introduction comes to by now."""
    why = look.barred or _undone(order) or _too_small(order, program)
    if why is not None:
        return Verdict("void", why)
    if look.decision == "refused":
        return Verdict("refused")
    if look.score is None:
        return Verdict("waiting", due_at=now)
    if look.score >= program.held_from and look.decision != "approved":
        return Verdict("held")
    ends_at = ordered_at(order) + timedelta(days=program.hold_days)
    if now < ends_at:
        return Verdict("waiting", due_at=ends_at)
    return _at_the_end(order, look)


def _at_the_end(order: Order, look: Look) -> Verdict:
    """What it comes to once the hold is over."""
    if is_paid(order) and look.is_confirmed:
        return Verdict("kept")
    return Verdict("waiting", "unconfirmed" if is_paid(order) else None)


def _undone(order: Order) -> str | None:
    """Refunds of half the goods and more void both sides, however many they are.

    Half of what earns: goods after discounts, without shipping, gifts and their refunds. Money
    off without a line is gross, so it is a share of the goods with their tax.
    """
    if order.is_test:
        return "test_order"
    if order.state in _UNDONE:
        return _UNDONE[order.state]
    goods = {one.key: one for one in order.lines if one.kind is LineKind.GOODS}
    net = sum(one.total_minor for one in goods.values())
    gross = net + sum(one.tax_minor for one in goods.values())
    lines = (line for one in order.refunds for line in one.lines if line.line_key in goods)
    taken, other = sum(one.total_minor for one in lines), sum(r.other_minor for r in order.refunds)
    # taken / net + other / gross, and not a rounded half of it
    refunded = taken * gross + other * net
    return "refunded" if refunded > 0 and 2 * refunded >= net * gross else None


def _too_small(order: Order, program: Program) -> str | None:
    goods = sum(one.total_minor for one in order.lines if one.kind is LineKind.GOODS)
    if goods <= 0:
        return "below_minimum"
    if program.min_minor == 0:
        return None
    if order.currency != program.currency:
        return "other_currency"
    return "below_minimum" if goods < program.min_minor else None


def score(reasons: Collection[str]) -> int:
    """How much these reasons say together."""
    return sum(WEIGHTS[one] for one in reasons)


def alike(one: str, other: str) -> bool:
    """Whether two mailboxes differ by little more than a number."""
    first, second = (text.partition("@")[0].strip("0123456789") for text in (one, other))
    if min(len(first), len(second)) < _SHORTEST_ALIKE:
        return False
    return SequenceMatcher(None, first, second).ratio() >= _ALIKE


def similar(
    first: tuple[str | None, str | None], second: tuple[str | None, str | None]
) -> set[str]:
    """Reasons in the (e-mail, name) of two people."""
    (email, name), (other_email, other_name) = first, second
    found = set()
    if email and other_email and alike(email.casefold(), other_email.casefold()):
        found.add("mailbox_similar")
    if name and other_name and _bare(name) == _bare(other_name):
        found.add("same_name")
    return found


def _bare(name: str) -> str:
    return " ".join(name.casefold().split())
