"""Points given to causes: the shop owes what they were worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import PointsDonated
from connector.ledger import Voucher
from connector.rooms.giving import programmes, rules, store
from connector.rooms.giving.accounts import movements
from connector.rooms.giving.rules import Programme
from connector.shops import service as shops


def owe(db: Connection, shop_id: int, given: Sequence[PointsDonated], now: datetime) -> set[int]:
    """Points given to causes: the shop owes each what they were worth, once for each gift.

    The programmes that asked for them are the answer. A gift is of a programme only at the worth
    of points that it promises; see docs/decisions/0034-giving.md.
    """
    asked: set[int] = set()
    zone = shops.get(db, shop_id).timezone
    for_points = [one for one in programmes.programmes(db, shop_id) if one.kind == rules.POINTS]
    for one in given:
        of = next(_covering(for_points, one, now), None)
        row = {
            "shop_id": shop_id,
            "order_id": one.redemption_id,
            "kind": rules.POINTS,
            "line_key": "",
            "cause_id": one.cause_id,
            "programme_id": of.id if of else 0,
            "member_id": one.member_id,
            "currency": one.currency,
            "given_minor": one.minor,
            "pledged_minor": 0,
            "due_minor": one.minor,
            "entries": 1,
            "given_at": now,
        }
        if not store.insert_donation(db, row):
            continue
        asked.add(of.id if of else 0)
        names = ("shop_id", "programme_id", "cause_id", "currency", "kind", "given_minor")
        tally = {name: row[name] for name in (*names, "due_minor")}
        gifts = rules.Standing(one.minor, 0, one.minor).gifts
        store.tally(db, [{**tally, "gifts": gifts}])
        why = Voucher(f"giving:points:{one.redemption_id}", "donation", now)
        step = ("program", f"cause:{one.cause_id}", one.minor, why)
        movements.book(db, shop_id, one.currency, zone, [step])
    return asked


def _covering(
    for_points: Sequence[Programme], given: PointsDonated, now: datetime
) -> Iterator[Programme]:
    for one in for_points:
        named = {cause_id for cause_id, _ in one.causes}
        is_asked = one.currency == given.currency and given.cause_id in named and one.covers(now)
        if is_asked and rules.is_worth(one.terms, given.points, given.minor):
            yield one
