"""The points room's verbs: what members have, and why. What orders earn: ``settling``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from connector.core import noticed
from connector.core.commerce import LineKind, Order, OrderLine, OrderState
from connector.core.errors import BadInput, NotFound
from connector.core.facts import Fact, GiftGiven, GiftRestored, GiftWithdrawn, PointsChanged
from connector.core.ids import new_id
from connector.core.points import UNIT
from connector.ledger import Book, Difference, Voucher
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.program import basis as bases
from connector.program import earning
from connector.program import rules as kinds
from connector.program.basis import Context
from connector.program.service import history
from connector.program.service import newest as program
from connector.program.service import publish as publish_program
from connector.rooms.points import belongings, settling, store
from connector.rooms.points.settling import release_due, settle, settle_history, shops_due
from connector.rooms.points.timeline import Diagnosis, diagnose, diagnose_all
from connector.shops import service as shops

__all__ = [  # the programme's and settling's verbs, beside those below
    "Diagnosis",
    "diagnose",
    "diagnose_all",
    "program",
    "publish_program",
    "release_due",
    "settle",
    "settle_history",
    "shops_due",
]

REASON_LENGTH = 200
MOST_ADJUSTED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Balance:
    """Whole points: ``available`` may be below zero, by ``debt``."""

    available: int
    pending: int
    held: int
    debt: int


def adjust(
    db: Connection,
    shop_id: int,
    member_id: int,
    points: int,
    *,
    reason: str,
    made_by: str,
    now: datetime,
) -> int:
    """Give (> 0) or take (< 0) points by hand; a reason is a must. Returns the adjustment's id.

    Taking more than is available is refused: a person's hand never makes debt.
    """
    if not 1 <= abs(points) <= MOST_ADJUSTED:
        raise BadInput("amount_range", f"1 to {MOST_ADJUSTED}, given or taken", field="points")
    _check_reason(reason)
    row = member_store.get(db, shop_id, member_id)
    if row is None or row.state not in ("member", "guest"):
        raise NotFound("member_not_found", "this member is gone; look the person up again")
    adjustment_id = new_id()
    why = Voucher(
        stem=f"points:adjustment:{adjustment_id}",
        kind="adjustment",
        occurred_at=now,
        origin=f"adjustment:{adjustment_id}",
    )
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [member_id])
    if points > 0:
        book.award(member_id, points, why)
    else:
        book.spend(member_id, -points, "program", why)
    book.close()
    _note_adjustment(db, shop_id, adjustment_id, member_id, points, reason, made_by, now)
    return adjustment_id


def bring_over(
    db: Connection, shop_id: int, import_id: int, told: Mapping[int, int], now: datetime
) -> tuple[list[Fact], set[int]]:
    """Book what a file says members had elsewhere: more (> 0) or less than files said before.

    Once for each file and member: the source names both. It is nothing that was earned here, and
    nothing that counts for a level. Less takes what was brought first; whoever has not so much
    left keeps everything, and is named. Returns what changed, and who.
    """
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, list(told))
    short = set()
    for member_id, points in told.items():
        stem, origin = f"points:brought:{import_id}:{member_id}", f"brought:{member_id}"
        why = Voucher(stem, "brought", now, origin=origin)
        purse = book.purse(member_id)
        if points > 0:
            book.award(member_id, points, why)
        elif -points <= purse.available + purse.debt:
            book.take_back(member_id, -points, 0, why)
        else:
            short.add(member_id)
    book.close()
    return [PointsChanged(shop_id, one) for one in sorted(told.keys() - short)], short


def forgive(
    db: Connection,
    shop_id: int,
    member_id: int,
    points: int,
    *,
    reason: str,
    made_by: str,
    now: datetime,
) -> int:
    """Write off so much of what a member owes; a reason is a must. Returns the adjustment's id."""
    _check_reason(reason)
    owed = balance(db, shop_id, member_id).debt
    if not 1 <= points <= owed:
        raise BadInput("amount_range", f"1 to the {owed} points owed", field="points")
    adjustment_id = new_id()
    why = Voucher(f"points:adjustment:{adjustment_id}", "forgiven", now)
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [member_id])
    book.forgive(member_id, points, why)
    book.close()
    _note_adjustment(db, shop_id, adjustment_id, member_id, points, reason, made_by, now)
    return adjustment_id


def give(db: Connection, shop_id: int, gifts: Sequence[GiftGiven], now: datetime) -> list[Fact]:
    """Points of gifts arrive, or wait; a source is heard once. Returns what changed.

    Nobody who is blocked or erased gets anything; who became part of another gets it there.
    """
    wanted = {one.source: one for one in gifts if one.points > 0}
    known = belongings.known_gifts(db, shop_id, wanted)
    new = [one for one in wanted.values() if one.source not in known]
    owners = belongings.owners(db, shop_id, {one.member_id for one in new})
    kept = [(owners[one.member_id], one) for one in new if one.member_id in owners]
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [owner for owner, _ in kept])
    rows = []
    for owner, gift in kept:
        gift_id = new_id()
        why = _gift_voucher(gift_id, "earned", now, gift.points if gift.qualifies else 0)
        waits = gift.waits_until is not None and gift.waits_until > now
        (book.hold_back if waits else book.award)(owner, gift.points, why)
        rows.append(
            {
                "shop_id": shop_id,
                "id": gift_id,
                "source": gift.source,
                "member_id": owner,
                "given_to": gift.member_id,
                "points": gift.points,
                "qualifies": gift.qualifies,
                "note": gift.note,
                "given_at": now,
                "posted": gift.points,
                "pending": gift.points if waits else 0,
                "entries": why.number,
                "available_at": gift.waits_until if waits else now,
            }
        )
    book.close()
    belongings.insert_gifts(db, rows)
    return [PointsChanged(shop_id, owner) for owner in sorted({owner for owner, _ in kept})]


def withdraw(
    db: Connection, shop_id: int, gifts: Sequence[GiftWithdrawn], now: datetime
) -> list[Fact]:
    """What gifts of points were for is undone: what is left of them goes, the rest is owed."""
    rows = belongings.given_gifts(db, shop_id, [one.source for one in gifts])
    shop = shops.get(db, shop_id)
    book = Book(db, shop_id, UNIT, shop.timezone, [row.member_id for row in rows])
    unspent = {one.source for one in gifts if one.unspent}
    for row in rows:
        spent = row.posted - row.pending if row.source in unspent else 0
        spent -= min(spent, book.left(row.member_id, f"gift:{row.id}"))
        taken = row.posted - spent
        why = _gift_voucher(row.id, "clawback", now, taken if row.qualifies else 0, row.entries)
        book.take_back(row.member_id, taken, row.pending, why)
        told = {"posted": spent, "pending": 0, "entries": why.number}
        belongings.change_gift(db, shop_id, row.id, withdrawn_at=now, **told)
    touched = {row.member_id for row in rows}
    settling.forgive_small(book, touched, history(db, shop).newest.terms.forgive_points, now)
    book.close()
    return [PointsChanged(shop_id, one) for one in sorted(touched)]


def restore(
    db: Connection, shop_id: int, gifts: Sequence[GiftRestored], now: datetime
) -> list[Fact]:
    """What gifts were for holds again: whoever paid for their withdrawal has it back."""
    touched = set()
    for row in belongings.withdrawn_gifts(db, shop_id, [one.source for one in gifts]):
        paid = belongings.paid(db, shop_id, row)
        became = belongings.standing(db, shop_id, {payer for payer, _ in paid})
        people = {row.member_id, *became.values()}
        book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, sorted(people))
        move = Voucher(f"points:unmerge:{row.given_to}:{new_id()}", "unmerge", now)
        why = _gift_voucher(row.id, "earned", now, 0, row.entries)
        posted, pending = row.posted, 0
        for (payer, own), amount in paid.items():
            payer_id, owner = became[payer], became[payer] if own else row.member_id
            why.qualifying = amount if row.qualifies else 0
            why.origin = None if own else f"gift:{row.id}"
            waits = not own and row.available_at > now
            book.hold_back(payer_id, amount, why)
            if owner != payer_id:
                book.hand_back(payer_id, owner, lots=(), origins=(), pending=amount, why=move)
            if not waits:
                book.release(owner, amount, why)
            posted, pending = posted + amount, pending + amount * waits
        book.close()
        told = {"posted": posted, "pending": pending, "entries": why.number}
        belongings.change_gift(db, shop_id, row.id, withdrawn_at=None, **told)
        belongings.count_for(db, shop_id, row.member_id, [f"gift:{row.id}"])
        touched |= people
    return [PointsChanged(shop_id, one) for one in sorted(touched)]


def set_multiplier(db: Connection, shop_id: int, percents: Mapping[int, int]) -> None:
    """What a tier multiplies by, by member; orders that earn already keep what they have."""
    belongings.put_multipliers(db, shop_id, percents)


def merge(db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime) -> list[Fact]:
    """What one member owns follows to another; lots keep their dates, orders their basis.

    What a member has once is had once: the later first order is none, and caps are those of one.
    """
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [kept_id, gone_id])
    why = Voucher(stem=f"points:merge:{gone_id}:{new_id()}", kind="merge", occurred_at=now)
    book.hand_over(gone_id, kept_id, why)
    book.close()
    ids = belongings.orders_of_member(db, shop_id, gone_id)
    belongings.move_to_member(db, shop_id, gone_id, kept_id)
    ids += belongings.firsts_anew(db, shop_id, [kept_id])
    facts = settling.settle(db, shop_id, belongings.judged_by_rules(db, shop_id, ids), now)
    return [*facts, PointsChanged(shop_id, kept_id), PointsChanged(shop_id, gone_id)]


def unmerge(db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime) -> list[Fact]:
    """What came over and is still there goes back, and what the one's own orders and gifts earned.

    The order book has moved the orders back before. Debt stays where it came to rest. Each has a
    first order again, and caps of their own; what counts for levels goes where the orders go.
    """
    ids = belongings.orders_back(db, shop_id, kept_id, gone_id)
    gifts = belongings.gifts_back(db, shop_id, kept_id, gone_id)
    states = store.waiting(db, shop_id, ids)
    origins = {f"order:{one}" for one in ids} | {f"gift:{row.id}" for row in gifts}
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [kept_id, gone_id])
    why = Voucher(stem=f"points:unmerge:{gone_id}:{new_id()}", kind="unmerge", occurred_at=now)
    book.hand_back(
        kept_id,
        gone_id,
        lots=belongings.handed_over(db, shop_id, kept_id, gone_id),
        origins=origins,
        pending=sum(one.pending for one in states) + sum(row.pending for row in gifts),
        why=why,
    )
    book.close()
    belongings.move_back(db, shop_id, gone_id, ids, [row.id for row in gifts])
    judged = [*ids, *belongings.firsts_anew(db, shop_id, [kept_id, gone_id])]
    facts = settling.settle(db, shop_id, belongings.judged_by_rules(db, shop_id, judged), now)
    belongings.count_for(db, shop_id, gone_id, origins)
    return [*facts, PointsChanged(shop_id, kept_id), PointsChanged(shop_id, gone_id)]


def forfeit(db: Connection, shop_id: int, member_id: int, now: datetime) -> None:
    """Close an erased member's balance; the book keeps numbers only."""
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [member_id])
    why = Voucher(stem=f"points:erasure:{member_id}", kind="erasure", occurred_at=now)
    book.forfeit(member_id, why)
    book.close()
    belongings.close_member(db, shop_id, member_id)


def check(db: Connection, shop_id: int) -> Iterator[Difference]:
    """What the room keeps beside the book and the book tells otherwise."""
    for row in store.mismatches(db, shop_id):
        yield Difference(row.what, UNIT, row.place, int(row.stored), int(row.recomputed))


def preview(
    db: Connection, shop_id: int, price_minor: int, now: datetime, product_key: str | None = None
) -> int:
    """Points one product at this price would earn now: the award's own arithmetic.

    By its rate, multipliers and spend rules; not what needs an order of some size.
    """
    shop = shops.get(db, shop_id)
    known = program(db, shop_id)
    offered = tuple(
        rule
        for rule in known.order_rules
        if rule.kind in (kinds.SPEND, kinds.MULTIPLIER) and not rule.minimum
    )
    context = None
    if offered:
        keys = [product_key] if product_key else []
        named = bases.matches(offered, keys, order_store.products(db, shop_id, keys))
        context = Context(matches={"": named.get(product_key or "", ())})
    basis = replace(bases.freeze(known, shop.currency, context), rules=offered)
    line = OrderLine("", LineKind.GOODS, "", 1, price_minor, price_minor, 0)
    order = Order(
        key="",
        state=OrderState.COMPLETED,
        currency=shop.currency,
        modified_at=now,
        placed_at=now,
        paid_at=now,
        completed_at=now,
        lines=(line,),
    )
    return earning.target(order, basis)[0]


def balance(db: Connection, shop_id: int, member_id: int) -> Balance:
    """What the member can use, what waits, and what is owed."""
    return balances(db, shop_id, [member_id])[member_id]


def balances(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, Balance]:
    """Balances by member id; one who is new to the book has zeros.

    What was held when a member became part of another stays in its own account until it ends.
    """
    became = member_store.became(db, shop_id, member_ids)
    found = store.balances(db, shop_id, [*member_ids, *became])
    for gone_id, kept_id in became.items():
        kept = f"held:{kept_id}"
        found[kept] = found.get(kept, 0) + found.get(f"held:{gone_id}", 0)
    return {
        one: Balance(
            available=found.get(f"member:{one}", 0) + found.get(f"debt:{one}", 0),
            pending=found.get(f"pending:{one}", 0),
            held=found.get(f"held:{one}", 0),
            debt=-found.get(f"debt:{one}", 0),
        )
        for one in member_ids
    }


def next_pending(db: Connection, shop_id: int, member_id: int) -> tuple[datetime, int] | None:
    """When the next pending points arrive, and how many."""
    return store.next_pending(db, shop_id, member_id)


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > REASON_LENGTH:
        raise BadInput(
            "reason_length", f"say why, in 1 to {REASON_LENGTH} letters", field="reason"
        )


def _note_adjustment(
    db: Connection,
    shop_id: int,
    adjustment_id: int,
    member_id: int,
    points: int,
    reason: str,
    made_by: str,
    now: datetime,
) -> None:
    store.insert_adjustment(
        db,
        shop_id=shop_id,
        id=adjustment_id,
        member_id=member_id,
        points=points,
        reason=reason.strip(),
        made_by=made_by,
        made_at=now,
    )
    noticed.notice(db, [PointsChanged(shop_id, member_id)], now)


def _gift_voucher(
    gift_id: int, kind: str, now: datetime, qualifying: int, number: int = 0
) -> Voucher:
    stem = f"points:gift:{gift_id}"
    return Voucher(stem, kind, now, number, f"gift:{gift_id}", qualifying=qualifying)
