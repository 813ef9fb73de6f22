"""The points room's verbs.

``settle`` is the heart: it posts the difference between what orders should have earned by now and
what is posted, and is right however often and in whatever order it is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector import orders
from connector.core import outbox
from connector.core.commerce import LineKind, NeedsFetch, Order, OrderLine, OrderState
from connector.core.errors import BadInput, NotFound
from connector.core.ids import new_id
from connector.core.points import UNIT
from connector.ledger import Book, Difference, Voucher
from connector.members import erased
from connector.members import store as member_store
from connector.program import basis as bases
from connector.program import earning
from connector.program.basis import Basis
from connector.program.earning import Trace
from connector.program.rules import Program, Programs
from connector.program.service import history
from connector.program.service import newest as program
from connector.program.service import publish as publish_program
from connector.rooms.points import store
from connector.rooms.points.store import Posted
from connector.shops import service as shops
from connector.shops.service import Shop

__all__ = ["program", "publish_program"]  # the programme's verbs, beside those below

REASON_LENGTH = 200
MOST_ADJUSTED = 1_000_000_000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Balance:
    """Whole points: ``available`` may be below zero, by ``debt``."""

    available: int
    pending: int
    held: int
    debt: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An order's trace beside what is posted. They differ only while something waits."""

    order_id: int
    member_id: int | None
    order: Order
    basis: Basis
    trace: Trace
    is_frozen: bool
    is_confirmed: bool
    posted: int
    pending: int
    available_at: datetime | None


def settle(db: Connection, shop_id: int, order_ids: Sequence[int], now: datetime) -> None:
    """Post what these orders should have earned by now, less what is posted.

    Orders of an erased member stay as they are: nothing reaches a closed balance.
    """
    loaded = [
        (row, order)
        for row, order in orders.load(db, shop_id, order_ids)
        if row.member_id is not None
    ]
    if not loaded:
        return
    shop = shops.get(db, shop_id)
    states = _states(db, shop, loaded)
    gone = erased(db, shop_id, {state.member_id for state in states.values()})
    due = [
        (row, order, states[row.id])
        for row, order in loaded
        if row.id in states and states[row.id].member_id not in gone
    ]
    book = Book(db, shop_id, UNIT, shop.timezone, [state.member_id for _, _, state in due])
    asked: list[NeedsFetch] = []
    for row, order, state in due:
        _post_difference(book, row, order, state, now)
        if state.pending and row.confirmed_at is None and state.basis.hold_days == 0:
            asked.append(NeedsFetch("order", order.key))
    book.close()
    store.put_posted(db, shop_id, [state for _, _, state in due])
    outbox.ask(db, shop_id, asked, now)


def settle_history(db: Connection, shop_id: int, after: int, limit: int, now: datetime) -> int:
    """Settle orders from before the install above id ``after``; the last id, or 0 at the end."""
    ids = store.historic_orders(db, shop_id, after, limit)
    settle(db, shop_id, ids, now)
    return ids[-1] if ids else 0


def release_due(db: Connection, shop_id: int, now: datetime, limit: int) -> int:
    """Make pending points available whose hold has ended; returns how many orders."""
    ids = store.due_orders(db, shop_id, now, limit)
    states = store.posted(db, shop_id, ids)
    zone = shops.get(db, shop_id).timezone
    book = Book(db, shop_id, UNIT, zone, [state.member_id for state in states.values()])
    for state in states.values():
        _release(book, state)
    book.close()
    store.put_posted(db, shop_id, list(states.values()))
    return len(ids)


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with pending points whose hold has ended."""
    return store.due(db, now)


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
    if not reason.strip() or len(reason) > REASON_LENGTH:
        raise BadInput(
            "reason_length", f"say why, in 1 to {REASON_LENGTH} letters", field="reason"
        )
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
    return adjustment_id


def merge(db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime) -> None:
    """What one member owns follows to another; lots keep their dates, orders their basis."""
    zone = shops.get(db, shop_id).timezone
    book = Book(db, shop_id, UNIT, zone, [kept_id, gone_id])
    why = Voucher(stem=f"points:merge:{gone_id}", kind="merge", occurred_at=now)
    book.hand_over(gone_id, kept_id, why)
    book.close()
    ids = store.orders_of_member(db, shop_id, gone_id)
    states = list(store.posted(db, shop_id, ids).values())
    for state in states:
        state.member_id = kept_id
    store.put_posted(db, shop_id, states)


def forfeit(db: Connection, shop_id: int, member_id: int, now: datetime) -> None:
    """Close an erased member's balance; the book keeps numbers only."""
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, [member_id])
    why = Voucher(stem=f"points:erasure:{member_id}", kind="erasure", occurred_at=now)
    book.forfeit(member_id, why)
    book.close()
    ids = store.orders_of_member(db, shop_id, member_id)
    states = list(store.posted(db, shop_id, ids).values())
    for state in states:
        state.pending = 0
    store.put_posted(db, shop_id, states)


def check(db: Connection, shop_id: int) -> Iterator[Difference]:
    """What the room keeps beside the book and the book tells otherwise."""
    for row in store.mismatches(db, shop_id):
        yield Difference(row.what, UNIT, row.place, int(row.stored), int(row.recomputed))


def preview(db: Connection, shop_id: int, price_minor: int) -> int:
    """Points one product at this price would earn now: the award's own arithmetic."""
    shop = shops.get(db, shop_id)
    basis = bases.freeze(program(db, shop_id), shop.currency)
    line = OrderLine("", LineKind.GOODS, "", 1, price_minor, price_minor, 0)
    order = Order(
        key="",
        state=OrderState.COMPLETED,
        currency=shop.currency,
        modified_at=_LONG_AGO,
        paid_at=_LONG_AGO,
        completed_at=_LONG_AGO,
        lines=(line,),
    )
    return earning.target(order, basis)[0]


def balance(db: Connection, shop_id: int, member_id: int) -> Balance:
    """What the member can use, what waits, and what is owed."""
    return balances(db, shop_id, [member_id])[member_id]


def balances(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, Balance]:
    """Balances by member id; one who is new to the book has zeros."""
    found = store.balances(db, shop_id, member_ids)
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


def diagnose(db: Connection, shop_id: int, order_id: int) -> Diagnosis:
    """What one order earned, line by line, by which rule, or exactly why not."""
    found = diagnose_all(db, shop_id, [order_id])
    if not found:
        raise NotFound("order_not_found", "we do not know this order")
    return found[0]


def diagnose_all(db: Connection, shop_id: int, order_ids: Sequence[int]) -> list[Diagnosis]:
    """The same for several orders, oldest first."""
    if not order_ids:
        return []
    shop = shops.get(db, shop_id)
    known = history(db, shop)
    states = store.posted(db, shop_id, order_ids)
    return [
        _diagnosis(row, order, states.get(row.id), known, shop)
        for row, order in orders.load(db, shop_id, order_ids)
    ]


def _diagnosis(
    row: Row[Any], order: Order, state: Posted | None, known: Programs, shop: Shop
) -> Diagnosis:
    basis = state.basis if state else bases.freeze(_rule(row, known, shop), order.currency)
    trace = earning.trace(order, basis)
    if row.member_id is None:
        trace = replace(trace, points=0, reason="no_identity")
    elif state is None and row.historic and not known.newest.counts_history:
        trace = replace(trace, points=0, reason="before_program")
    return Diagnosis(
        order_id=row.id,
        member_id=row.member_id,
        order=order,
        basis=basis,
        trace=trace,
        is_frozen=state is not None,
        is_confirmed=row.confirmed_at is not None,
        posted=state.posted if state else 0,
        pending=state.pending if state else 0,
        available_at=state.available_at if state else None,
    )


def _post_difference(
    book: Book, row: Row[Any], order: Order, state: Posted, now: datetime
) -> None:
    target = earning.target(order, state.basis)[0]
    difference = target - state.posted
    start = bases.earned_at(order, state.basis)
    available_at = bases.available_at(order, state.basis)
    why = Voucher(
        stem=f"points:order:{state.order_id}",
        kind="earned" if difference > 0 else "clawback",
        occurred_at=(start if state.posted == 0 else None) or order.modified_at,
        number=state.entries,
        origin=f"order:{state.order_id}",
        rule_version=state.basis.version,
    )
    held = row.confirmed_at is None or available_at is None or available_at > now
    if available_at is not None:
        state.available_at = available_at
    if difference > 0 and held:
        book.hold_back(state.member_id, difference, why)
        state.pending += difference
    elif difference > 0:
        book.award(state.member_id, difference, why)
    elif difference < 0:
        state.pending -= book.take_back(state.member_id, -difference, state.pending, why)
    state.posted = target
    state.entries = why.number
    if not held and state.pending:
        _release(book, state)


def _release(book: Book, state: Posted) -> None:
    if state.available_at is None:
        return
    why = Voucher(
        stem=f"points:order:{state.order_id}",
        kind="released",
        occurred_at=state.available_at,
        number=state.entries,
        origin=f"order:{state.order_id}",
        rule_version=state.basis.version,
    )
    book.release(state.member_id, state.pending, why)
    state.pending = 0
    state.entries = why.number


def _states(
    db: Connection, shop: Shop, loaded: Sequence[tuple[Row[Any], Order]]
) -> dict[int, Posted]:
    """Frozen states of these orders, made where an order is seen for the first time.

    An order that changed its currency is judged anew by the rule it was judged by, in that one.
    """
    known = history(db, shop)
    states = store.posted(db, shop.id, [row.id for row, _ in loaded])
    frozen: dict[tuple[int, str], Basis] = {}
    for row, order in loaded:
        state = states.get(row.id)
        if state is None and row.historic and not known.newest.counts_history:
            continue
        if state is not None and state.basis.currency == order.currency:
            continue
        rule = known.numbered(state.basis.version) if state else _rule(row, known, shop)
        named = rule.version, order.currency
        basis = frozen.setdefault(named, bases.freeze(rule, order.currency))
        if state is None:
            states[row.id] = Posted(row.id, row.member_id, basis, retro=row.historic, is_new=True)
        else:
            state.basis = basis
    return states


def _rule(row: Row[Any], known: Programs, shop: Shop) -> Program:
    """What judges an order first seen now: the rule of the day it was placed (decision 0014)."""
    was_promised = shop.installed_at is not None and row.placed_at >= shop.installed_at
    return known.at(row.placed_at) if was_promised else known.newest
