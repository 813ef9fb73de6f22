"""The giving room's verbs.

``settle`` posts the difference between what an order's donation lines should stand for by now and
what is posted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector import ledger, orders
from connector.core.commerce import Order, OrderLine
from connector.core.errors import BadInput
from connector.core.facts import PointsDonated
from connector.core.ids import new_id
from connector.ledger import Difference, Voucher
from connector.rooms.giving import rules, store
from connector.rooms.giving.rules import Standing
from connector.shops import plugin
from connector.shops import service as shops

NAME_LENGTH = 80
STORY_LENGTH = 500
KEY_LENGTH = 60
MAX_CAUSES = 50
Step = tuple[str, str, int, Voucher]  # from, to, how much, why


@dataclass(frozen=True, slots=True)
class Cause:
    """A charity or project that receives money."""

    id: int
    key: str
    name: str
    story: str
    is_default: bool


def causes(db: Connection, shop_id: int) -> list[Cause]:
    """The shop's causes, the default one first."""
    return [
        Cause(row.id, row.key, row.name, row.story, row.is_default)
        for row in store.causes(db, shop_id)
    ]


def add_cause(
    db: Connection, shop_id: int, name: str, story: str, now: datetime, *, key: str = ""
) -> Cause:
    """A new cause; the first one is the default."""
    name, story = name.strip(), story.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise BadInput("name_length", f"1 to {NAME_LENGTH} characters", field="name")
    if len(story) > STORY_LENGTH:
        raise BadInput("story_length", f"at most {STORY_LENGTH} characters", field="story")
    known = causes(db, shop_id)
    if not key and name.casefold() in {one.name.casefold() for one in known}:
        raise BadInput("name_taken", f"there is a cause {name!r} already", field="name")
    taken = {one.key for one in known}
    stem = key or re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "cause"
    unique = next(
        one
        for one in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3)))
        if one not in taken
    )
    cause = Cause(new_id(), unique, name, story, is_default=not known)
    store.insert_cause(
        db,
        shop_id=shop_id,
        id=cause.id,
        key=cause.key,
        name=name,
        story=story,
        is_default=cause.is_default,
        created_at=now,
    )
    plugin.tell_settings(db, shop_id, now)
    return cause


def settle(db: Connection, shop_id: int, order_ids: Sequence[int], now: datetime) -> None:
    """Log these orders' donations, and post what changed since the last time."""
    giving = store.giving_orders(db, shop_id, order_ids)
    if not giving:
        return
    zone = shops.get(db, shop_id).timezone
    found = store.donations_of(db, shop_id, giving)
    logged: dict[int, list[str]] = defaultdict(list)
    for order_id, line_key in found:
        logged[order_id].append(line_key)
    known = causes(db, shop_id)
    kept: list[dict[str, Any]] = []
    movements: dict[str, list[Step]] = defaultdict(list)
    for row, order in orders.load(db, shop_id, giving):
        for line in (*rules.donation_lines(order), *rules.vanished_lines(order, logged[row.id])):
            before = found.get((row.id, line.key))
            cause_id = before.cause_id if before else _cause_for(db, shop_id, known, line, now).id
            after, booked = _difference(row, order, line, before, cause_id)
            kept.append({"shop_id": shop_id, **after})
            for currency, steps in booked.items():
                movements[currency].extend(steps)
    for currency, steps in movements.items():
        ledger.append(db, shop_id, currency, zone, steps)
    store.put_donations(db, kept)


def owe(db: Connection, shop_id: int, given: Sequence[PointsDonated], now: datetime) -> None:
    """Points given to causes: the shop owes each what they were worth, once for each gift."""
    zone = shops.get(db, shop_id).timezone
    for one in given:
        why = Voucher(stem=f"giving:points:{one.redemption_id}", kind="donation", occurred_at=now)
        if not store.is_booked(db, shop_id, why.stem):
            step = ("program", f"cause:{one.cause_id}", one.minor, why)
            ledger.append(db, shop_id, one.currency, zone, [step])


def owed_for_points(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Per cause and currency: what the shop gave for points, in minor units."""
    return store.owed_for_points(db, shop_id, [cause.id for cause in causes(db, shop_id)])


def check(db: Connection, shop_id: int) -> Iterator[Difference]:
    """What the room keeps beside the book and the book tells otherwise."""
    for row in store.mismatches(db, shop_id):
        yield Difference(row.what, row.unit, row.place, int(row.stored), int(row.recomputed))


def merge(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> None:
    """Donations of one member become another's."""
    store.move_to_member(db, shop_id, gone_id, kept_id)


def unmerge(db: Connection, shop_id: int, gone_id: int) -> None:
    """Donations follow their orders back to who stands for themselves again."""
    store.follow_orders(db, shop_id, gone_id)


def log(db: Connection, shop_id: int, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Donations, newest first: what was given, what stands, of which order, to which cause."""
    return store.log(db, shop_id, limit, offset)


def totals(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Per cause and currency: gifts, given, pledged and due, in minor units."""
    return store.totals(db, shop_id)


def of_order(db: Connection, shop_id: int, order_id: int) -> list[Row[Any]]:
    """What one order gives."""
    return list(store.donations_of(db, shop_id, [order_id]).values())


def _cause_for(
    db: Connection, shop_id: int, known: list[Cause], line: OrderLine, now: datetime
) -> Cause:
    """The cause a line names; the default one where it names none.

    No donation is ever left without a cause, and none is booked to another's. A name nobody set up
    makes a cause if the shop wrote it; a shopper's is no more than no name. A shop that has
    MAX_CAUSES already books what names yet another one to its default. ``known`` grows.
    """
    key = (line.cause or "")[:KEY_LENGTH]
    named = next((cause for cause in known if cause.key == key), None)
    if named is not None:
        return named
    if line.cause_by_shopper:
        key = ""
    if known and (not key or len(known) >= MAX_CAUSES):
        return known[0]
    title = line.title[:NAME_LENGTH].strip() or "Donation"
    known.append(add_cause(db, shop_id, title, "", now, key=key))
    return known[-1]


def _difference(
    row: Row[Any], order: Order, line: OrderLine, before: Row[Any] | None, cause_id: int
) -> tuple[dict[str, Any], dict[str, list[Step]]]:
    """The donation as it is now, and the steps to it, by currency.

    An order that changed its currency gives everything back in the old one and begins anew.
    """
    stands = rules.standing(order, line, is_confirmed=row.confirmed_at is not None)
    stood, number = rules.NOTHING, 0
    booked: dict[str, list[Step]] = {}
    why = Voucher(
        stem=f"giving:order:{row.id}:{line.key}",
        kind="",
        occurred_at=order.modified_at if before else row.placed_at,
    )
    if before is not None:
        stood = Standing(before.given_minor, before.pledged_minor, before.due_minor)
        number = before.entries
        if before.currency != order.currency:
            booked[before.currency] = _steps(stood, rules.NOTHING, cause_id, why, number)
            stood, number = rules.NOTHING, number + len(booked[before.currency])
    booked[order.currency] = _steps(stood, stands, cause_id, why, number)
    after = {
        "order_id": row.id,
        "line_key": line.key,
        "cause_id": cause_id,
        "member_id": row.member_id,
        "currency": order.currency,
        "given_minor": stands.given_minor,
        "pledged_minor": stands.pledged_minor,
        "due_minor": stands.due_minor,
        "entries": number + len(booked[order.currency]),
        "given_at": row.placed_at,
    }
    return after, booked


def _steps(
    before: Standing, after: Standing, cause_id: int, why: Voucher, number: int
) -> list[Step]:
    """What moves between donors, pledges and the cause; ``why`` counts on from ``number``."""
    pledged = after.pledged_minor - before.pledged_minor
    due = after.due_minor - before.due_minor
    kind = "donation" if pledged + due >= 0 else "donation_refund"
    why = replace(why, kind=kind, number=number)
    steps: list[Step] = []
    pledge, cause = f"pledged:{cause_id}", f"cause:{cause_id}"
    if pledged < 0 < due:
        moved = min(-pledged, due)
        steps.append((pledge, cause, moved, why))
        pledged, due = pledged + moved, due - moved
    for account, amount in ((pledge, pledged), (cause, due)):
        if amount > 0:
            steps.append(("donors", account, amount, why))
        elif amount < 0:
            steps.append((account, "donors", -amount, why))
    return steps
