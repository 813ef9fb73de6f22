"""What a programme is made of: pure values, no SQL.

A programme earns its rate on everything, and what its rules add. Rules of orders are judged with
the order, rules of members once for each thing done. A rule gives points or a reward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from connector.core.money import exponent

DEFAULT_HOLD_DAYS = 14
SPEND, ORDER, FIRST_ORDER, DONATION = "spend", "order", "first_order", "donation"
MULTIPLIER = "multiplier"
ORDER_KINDS = (SPEND, ORDER, FIRST_ORDER, DONATION, MULTIPLIER)
JOINED, VERIFIED, NEWSLETTER = "joined", "verified_email", "newsletter"
OCCASION, STREAK, SHARES, VISIT, CUSTOM = "occasion", "streak", "shares", "visit", "custom"
ONCE_KINDS = (JOINED, VERIFIED, NEWSLETTER)  # a member has each of them once
MEMBER_KINDS = (*ONCE_KINDS, OCCASION, STREAK, SHARES, VISIT, CUSTOM)
EXPIRIES = ("off", "lot", "inactivity")
STATES = ("draft", "scheduled", "published", "withdrawn")


class Scope(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which goods a rule is about: those any of these names; everything if it names nothing."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.products or self.categories or self.collections or self.tags)


class Caps(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The most a rule gives: whole points, or times where it gives a reward. None: no end.

    ``per_day`` and ``per_month`` are a member's, by the shop's calendar; ``per_rule`` everybody's.
    """

    per_member: int | None = None
    per_day: int | None = None
    per_month: int | None = None
    per_rule: int | None = None

    def __bool__(self) -> bool:
        told = (self.per_member, self.per_day, self.per_month, self.per_rule)
        return any(one is not None for one in told)


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule; ``kind`` says which of the fields it reads.

    spend       ``rates``: points for every full amount of what its ``scope`` names
    order       ``points`` or a reward for an order that has something of its ``scope``
    first_order the same for a member's first paid order
    donation    the same for an order with a gift to a cause
    multiplier  ``percent`` of the rate (200 doubles) on what its ``scope`` names
    joined, verified_email, newsletter   ``points`` or a reward, once
    occasion    the same on the day named ``occasion`` (birthday), once in 365 days
    streak      the same for every ``count`` days in a row with a visit
    shares      the same for every ``count`` tracked visits by the member's share link
    visit       the same for opening the page ``target``, once
    custom      the same for the event ``target``; the event may say how many, up to ``most``
    """

    id: str
    kind: str
    points: int = 0
    reward_id: int | None = None
    tier_days: int = 0
    percent: int = 100
    rates: Mapping[str, tuple[int, int]] = {}  # currency -> (points each, per minor)
    scope: Scope = Scope()
    starts_at: datetime | None = None
    ends_at: datetime | None = None  # exclusive
    minimum: Mapping[str, int] = {}  # currency -> minor units; in others it gives nothing
    caps: Caps = Caps()
    qualifies: bool = True
    priority: int = 0  # of two equal multipliers the higher one counts
    hold_days: int = 0  # of what a member does; an order's hold is the programme's
    occasion: str = ""
    target: str = ""
    count: int = 1
    most: int = 0
    labels: Mapping[str, str] = {}  # language -> what people read

    @property
    def is_of_orders(self) -> bool:
        return self.kind in ORDER_KINDS

    @property
    def gives_reward(self) -> bool:
        return self.reward_id is not None or self.tier_days > 0

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` is in the rule's window."""
        return (self.starts_at is None or self.starts_at <= at) and (
            self.ends_at is None or at < self.ends_at
        )


class Terms(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds for all rules.

    ``hold_from``: the hold of an order begins when it was paid, or when it was delivered.
    ``expiry``: off; each lot ``expiry_months`` after it came; or all after so long without points
    coming or going. Where ``no_time_expiry`` is set no lot lapses by time alone (Ontario, Quebec).
    ``forgive_points``: a debt of at most so many points is forgiven at once.
    """

    hold_from: str = "paid"  # paid or delivery
    order_tags: tuple[str, ...] = ()  # orders with one of them earn nothing
    member_tags: tuple[str, ...] = ()  # the same for members' orders and actions: staff, wholesale
    counts_b2b: bool = False
    expiry: str = "off"
    expiry_months: int = 12
    no_time_expiry: bool = False
    forgive_points: int = 0


PLAIN = Terms()


@dataclass(frozen=True, slots=True)
class Program:
    """One version: ``points_each`` for every full ``per_minor`` spent, by currency, and rules."""

    version: int
    rates: Mapping[str, tuple[int, int]]  # currency -> (points_each, per_minor)
    hold_days: int
    award_on: str  # paid or completed
    counts_tax: bool
    counts_fees: bool
    counts_history: bool  # orders from before we were installed earn too
    rules: tuple[Rule, ...] = ()
    terms: Terms = PLAIN
    state: str = "published"
    starts_at: datetime | None = None  # None: a draft, or what a shop begins with
    name: str = ""
    note: str = ""
    made_by: str = ""  # staff:<id> or api:<key id>

    def rate(self, currency: str) -> tuple[int, int]:
        """(points_each, per_minor) in a currency; 0 points per whole unit where it has none."""
        return self.rates.get(currency, (0, 10 ** exponent(currency)))

    @property
    def order_rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.is_of_orders)

    def of_kind(self, kind: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind == kind)


@dataclass(frozen=True, slots=True)
class Programs:
    """Every version a shop published and since when, oldest first; and the one it began with."""

    first: Program
    published: Sequence[tuple[datetime, Program]]  # scheduled ones, too

    @property
    def newest(self) -> Program:
        """The one in force: what is scheduled is not, until it starts."""
        in_force = (one for _, one in reversed(self.published) if one.state == "published")
        return next(in_force, self.first)

    def at(self, moment: datetime) -> Program:
        """The one in force at ``moment``, which platforms tell in whole seconds."""
        found = self.first
        for starts_at, program in self.published:
            if starts_at.replace(microsecond=0) <= moment:
                found = program
        return found

    def of_order(self, placed_at: datetime, installed_at: datetime | None) -> Program:
        """What judges an order first seen now: the rule of its day (decision 0014)."""
        was_promised = installed_at is not None and placed_at >= installed_at
        return self.at(placed_at) if was_promised else self.newest

    def numbered(self, version: int) -> Program:
        known = (program for _, program in self.published if program.version == version)
        return next(known, self.first)


def beginning(currency: str) -> Program:
    """What a shop has that published none: 1 point per whole unit of its currency, 14 days."""
    return Program(
        version=0,
        rates={currency: (1, 10 ** exponent(currency))},
        hold_days=DEFAULT_HOLD_DAYS,
        award_on="paid",
        counts_tax=False,
        counts_fees=False,
        counts_history=False,
    )
