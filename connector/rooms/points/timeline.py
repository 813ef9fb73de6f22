"""Why: what an order earned and why not, and a member's entries as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector import orders as order_book
from connector.core.commerce import Order
from connector.core.errors import NotFound
from connector.members import exchange
from connector.program import basis as bases
from connector.program import earning
from connector.program.basis import Basis
from connector.program.earning import Trace
from connector.program.rules import Programs
from connector.program.service import history
from connector.rooms.points import store
from connector.rooms.points.store import Posted
from connector.shops import service as shops
from connector.shops.service import Shop


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


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One line's part in an order's points, as the order stands now."""

    title: str
    base_minor: int
    earned: int
    kept: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why an entry exists: the order's rule and lines, or the words a person gave."""

    reason: str
    currency: str | None = None
    points_each: int | None = None
    per_minor: int | None = None
    lines: Sequence[WhyLine] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one act changed. available, pending: by how much, signed; ``points`` is what to show.

    ``id`` is of its oldest movement. ``state`` is pending while the points it brought still wait,
    and available after that. ``diagnosis`` is of its order; ``gift``: the source of the gift it
    is; ``redemption_id``: of the reward it is about; ``import_id``: of the file that brought it,
    and ``place`` where from, if somebody said.
    """

    id: int
    occurred_at: datetime
    kind: str
    available: int
    pending: int
    state: str
    order_id: int | None
    order_number: str | None
    why: Why | None
    diagnosis: Diagnosis | None = None
    gift: str | None = None
    redemption_id: int | None = None
    import_id: int | None = None
    place: str = ""

    @property
    def points(self) -> int:
        """The change a member sees: a release moves points and shows how many."""
        return self.available + self.pending or self.available


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
    states = store.posted(db, shop_id, order_ids, known)
    for grant in store.grants(db, shop_id, order_ids):
        state = states[grant.order_id]
        if grant.ceiling is not None:
            ceilings = {**state.basis.ceilings, grant.rule_id: grant.ceiling}
            state.basis = replace(state.basis, ceilings=ceilings)
    return [
        _diagnosis(row, order, states.get(row.id), known, shop)
        for row, order in order_book.load(db, shop_id, order_ids)
    ]


def _diagnosis(
    row: Row[Any], order: Order, state: Posted | None, known: Programs, shop: Shop
) -> Diagnosis:
    basis = (
        state.basis
        if state
        else bases.freeze(known.of_order(row.placed_at, shop.installed_at), order.currency)
    )
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


def entries(
    db: Connection, shop_id: int, member_id: int, before: int | None, limit: int
) -> list[Entry]:
    """The member's entries below the id ``before``, newest first.

    Movements of one stem, kind and moment are one entry: of a return there is one for each lot.
    """
    acts = _acts(db, shop_id, member_id, before, limit)
    rows = [act[-1] for act in acts]
    orders = _orders(db, shop_id, rows)
    adjustments = store.adjustments(db, shop_id, _stem_ids(rows, "adjustment"))
    gifts = store.gifts(db, shop_id, _stem_ids(rows, "gift"))
    places = exchange.places(db, shop_id, _stem_ids(rows, "brought"))
    released: set[int] = set()  # orders whose points came through in a newer entry
    found = []
    for act in acts:
        entry = _entry(act, member_id, orders, adjustments, gifts)
        if entry.import_id is not None:
            entry = replace(entry, place=places.get(entry.import_id, ""))
        if entry.order_id in released:
            entry = replace(entry, state="available")
        elif entry.kind == "released" and entry.order_id is not None:
            released.add(entry.order_id)
        found.append(entry)
    return found


def _acts(
    db: Connection, shop_id: int, member_id: int, before: int | None, limit: int
) -> list[list[Row[Any]]]:
    """The newest so many acts, whole: each has its movements, newest first."""
    found: list[list[Row[Any]]] = []
    while True:
        rows = store.entries_of(db, shop_id, member_id, before, limit + 1)
        for row in rows:
            if found and _act(found[-1][-1]) == _act(row):
                found[-1].append(row)
            elif len(found) == limit:
                return found
            else:
                found.append([row])
        if len(rows) <= limit:
            return found
        before = rows[-1].id


def _act(row: Row[Any]) -> tuple[object, ...]:
    return (*row.source.split(":")[:3], row.kind, row.occurred_at)


def _entry(
    rows: Sequence[Row[Any]],
    member_id: int,
    orders: Mapping[int, Diagnosis],
    adjustments: Mapping[int, Row[Any]],
    gifts: Mapping[int, Row[Any]],
) -> Entry:
    row = rows[-1]
    about, about_id = _about(row.source)
    why, order = None, orders.get(about_id) if about == "order" else None
    if order is not None:
        why = _order_why(order)
    elif about == "adjustment" and about_id in adjustments:
        why = Why(reason="adjustment", note=adjustments[about_id].reason)
    gift = gifts.get(about_id) if about == "gift" else None
    if gift is not None and gift.note:
        why = Why(reason="gift", note=gift.note)
    pending = _change(rows, f"pending:{member_id}")
    left = order.pending if order else gift.pending if gift else 0
    return Entry(
        id=row.id,
        occurred_at=row.occurred_at,
        kind=row.kind,
        available=_change(rows, f"member:{member_id}") + _change(rows, f"debt:{member_id}"),
        pending=pending,
        state="pending" if pending > 0 and left > 0 else "available",
        order_id=order.order_id if order else None,
        order_number=order.order.number if order else None,
        why=why,
        diagnosis=order,
        gift=gift.source if gift else None,
        redemption_id=about_id if about == "redemption" else None,
        import_id=about_id if about == "brought" else None,
    )


def _order_why(order: Diagnosis) -> Why:
    points_each, per_minor = order.basis.rate or (None, None)
    return Why(
        reason=order.trace.reason,
        currency=order.order.currency,
        points_each=points_each,
        per_minor=per_minor,
        lines=tuple(
            WhyLine(line.title, line.base_minor, line.earned, line.kept)
            for line in order.trace.lines
            if line.base_minor or line.kind != "goods"
        ),
    )


def _orders(db: Connection, shop_id: int, rows: Sequence[Row[Any]]) -> dict[int, Diagnosis]:
    ids = sorted(set(_stem_ids(rows, "order")))
    return {one.order_id: one for one in diagnose_all(db, shop_id, ids)}


def _stem_ids(rows: Sequence[Row[Any]], about: str) -> list[int]:
    return [one for kind, one in (_about(row.source) for row in rows) if kind == about]


def _about(source: str) -> tuple[str, int]:
    """What a source key points at: ("order", its id), ("adjustment", its id), ..."""
    _, about, number, *_ = source.split(":")
    return about, int(number)


def _change(rows: Sequence[Row[Any]], account: str) -> int:
    came = sum(int(row.amount) for row in rows if row.to_account == account)
    return came - sum(int(row.amount) for row in rows if row.from_account == account)
