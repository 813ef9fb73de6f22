"""Two years of orders from a seeded process whose truth is known.

Each customer joins on a day, buys at a rate of their own, and may leave for good after any order.
A basket starts with one product (by its pull and the customer's taste), companions join by the
odds in ``catalogue.COMPANIONS``, and tea is bought again when it runs out. Some orders fail, are
cancelled, refunded or carry a donation. Guests buy once or twice and have no account.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from devstore.catalogue import COMPANIONS, LASTS_DAYS, WARES, Ware
from devstore.model import Status
from devstore.people import MIA, NOOR, Person, crowd

SEED = 20_241_122
SPAN_DAYS = 730
MEMBERS = 300
GUESTS = 520
CAUSE = "riverbank"
LAST_VISIT_DAYS = {MIA.email: 6, NOOR.email: 19}  # the demo's two have something pending

_BY_SKU: dict[str, Ware] = {ware.sku: ware for ware in WARES}


@dataclass(frozen=True, slots=True)
class Habit:
    """The truth about one customer: every how many days on average, and how likely to stay."""

    person: Person
    account: bool
    joined_at: datetime
    every_days: float
    stays: float
    taste: str
    gives: bool


@dataclass(frozen=True, slots=True)
class Back:
    """A refund to come: by skus and quantities, or by ``amount_minor`` of the goods."""

    after: timedelta
    quantities: dict[str, int]
    amount_minor: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """One order of the past, before a platform numbers it."""

    habit: Habit
    at: datetime
    items: dict[str, int]
    donation_minor: int
    payment: str
    status: Status
    settled_at: datetime | None  # completed, cancelled or failed
    back: Back | None


def habits(rng: random.Random, now: datetime) -> list[Habit]:
    """Everybody, Mia and Noor first; the shop grows, so more join later than earlier."""
    start = now - timedelta(days=SPAN_DAYS)
    known = [
        Habit(MIA, True, start + timedelta(days=90, hours=9), 38.0, 1.0, "teaware", True),
        Habit(NOOR, True, start + timedelta(days=400, hours=17), 70.0, 1.0, "tea", False),
    ]
    tastes = [ware.category for ware in WARES for _ in range(ware.pull)]
    people = [(person, True) for person in crowd(rng, MEMBERS)]
    people += [(person, False) for person in crowd(rng, GUESTS, tag=".g")]
    for person, account in people:
        days = SPAN_DAYS * rng.random() ** 0.75
        joined_at = start + timedelta(days=days, seconds=rng.randrange(86_400))
        every = 24 + rng.gammavariate(1.6, 48)
        stays = rng.betavariate(8, 1.4) if account else 0.14
        habit = Habit(
            person, account, joined_at, every, stays, rng.choice(tastes), rng.random() < 0.35
        )
        known.append(habit)
    return known


def sales(now: datetime, seed: int = SEED) -> list[Sale]:
    """All orders placed before ``now``, the oldest first: the same for the same two arguments."""
    rng = random.Random(seed)
    sold = [sale for habit in habits(rng, now) for sale in _life(rng, habit, now)]
    return sorted(sold, key=lambda sale: sale.at)


def _life(rng: random.Random, habit: Habit, now: datetime) -> list[Sale]:
    pantry: dict[str, datetime] = {}  # tea, and when it runs out
    bought = []
    for at in _visits(rng, habit, now):
        items = _basket(rng, habit, pantry, at)
        bought.append(_sale(rng, habit, at, items, now))
    return bought


def _visits(rng: random.Random, habit: Habit, now: datetime) -> Iterator[datetime]:
    if habit.person.email in LAST_VISIT_DAYS:  # regular, counted back from a known last visit
        at = now - timedelta(days=LAST_VISIT_DAYS[habit.person.email], hours=3)
        visits = []
        while at > habit.joined_at:
            visits.append(at)
            at -= timedelta(days=habit.every_days * rng.uniform(0.6, 1.4))
        yield from reversed(visits)
        return
    at = habit.joined_at
    while at < now - timedelta(hours=2):
        yield at
        if rng.random() > habit.stays:
            return
        wait = max(0.5, rng.expovariate(1 / habit.every_days))
        at += timedelta(days=wait, seconds=rng.randrange(3600))


def _basket(
    rng: random.Random, habit: Habit, pantry: dict[str, datetime], at: datetime
) -> dict[str, int]:
    items: dict[str, int] = {}
    for sku, empty_at in pantry.items():
        if empty_at <= at and rng.random() < 0.62:
            items[sku] = 1 if rng.random() < 0.8 else 2
    if not items or rng.random() < 0.45:
        weights = [ware.pull * (3 if ware.category == habit.taste else 1) for ware in WARES]
        anchor = rng.choices(WARES, weights)[0].sku
        items[anchor] = items.get(anchor, 0) + _quantity(rng, anchor)
        for companion, percent in COMPANIONS.get(anchor, {}).items():
            if rng.random() * 100 < percent:
                items[companion] = items.get(companion, 0) + _quantity(rng, companion)
    for sku, quantity in items.items():
        if sku in LASTS_DAYS:
            pantry[sku] = at + timedelta(days=LASTS_DAYS[sku] * quantity)
    return items


def _quantity(rng: random.Random, sku: str) -> int:
    if sku.startswith(("CP", "BW", "PL")):
        return rng.choices((1, 2, 4), (6, 5, 2))[0]
    return 1


def _sale(
    rng: random.Random, habit: Habit, at: datetime, items: dict[str, int], now: datetime
) -> Sale:
    goods = sum(_BY_SKU[sku].price_minor * quantity for sku, quantity in items.items())
    payment = rng.choices(("card", "bank", "cod"), (90, 5, 5))[0]
    status, settled_at = Status.COMPLETED, at + timedelta(hours=rng.uniform(20, 96))
    draw = rng.random()
    if draw < 0.02:
        status, settled_at = Status.CANCELLED, at + timedelta(hours=rng.uniform(0.3, 20))
    elif draw < 0.03:
        status, settled_at = Status.FAILED, at + timedelta(minutes=4)
    back = _back(rng, items, goods) if status is Status.COMPLETED else None
    if settled_at > now:  # not there yet
        status = Status.ON_HOLD if payment == "bank" else Status.PROCESSING
        return Sale(habit, at, items, _gift(rng, habit, goods), payment, status, None, None)
    if back and settled_at + back.after > now:
        back = None
    gift = _gift(rng, habit, goods)
    return Sale(habit, at, items, gift, payment, status, settled_at, back)


def _gift(rng: random.Random, habit: Habit, goods: int) -> int:
    if rng.random() >= (0.28 if habit.gives else 0.04):
        return 0
    round_up = -(goods + 500) % 100 or 100
    return rng.choices((round_up, 100, 200, 500), (3, 2, 4, 1))[0]


def _back(rng: random.Random, items: dict[str, int], goods: int) -> Back | None:
    draw = rng.random()
    after = timedelta(days=rng.uniform(1, 18))
    if draw < 0.035:
        sku = rng.choice(list(items))
        return Back(after, {sku: 1}, reason="Arrived chipped")
    if draw < 0.05:
        amount = max(100, goods // 10 // 50 * 50)
        return Back(after, {}, amount, reason="Late parcel")
    if draw < 0.06:
        return Back(after, dict(items), reason="Sent back")
    return None
