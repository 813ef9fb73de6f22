"""The order book keeps each order's newest state. Older news is ignored, equal news changes
nothing, and whoever cares hears only that an order changed, never by how much.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.commerce import (
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Product,
    Refund,
    RefundLine,
    RefundsOfOrder,
)
from connector.core.facts import Fact, OrderChanged, OrderConfirmed
from connector.core.ids import new_id
from connector.members import Members
from connector.orders import store

_REVERSED = (OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED)


@dataclass(frozen=True, slots=True)
class Context:
    """Where snapshots come from. ``trusted``: by an authenticated read of that very shop."""

    shop_id: int
    zone: str
    source: str  # hook, fetch, poll or import
    trusted: bool


def record(
    db: Connection,
    context: Context,
    members: Members,
    snapshots: Sequence[Order | RefundsOfOrder],
    now: datetime,
) -> list[Fact]:
    """Take over newer states of orders, in bulk; returns what changed.

    Several snapshots of one order may be given in any sequence. A partial one (a deletion) and
    one of refunds alone change only what they tell of an order already known.
    """
    keys = sorted({_key(one) for one in snapshots})
    rows = store.by_keys(db, context.shop_id, keys)
    stored = _stored_orders(db, context.shop_id, list(rows.values()))
    newest: dict[str, Order] = {}
    for snapshot in snapshots:
        key = _key(snapshot)
        before = newest.get(key) or stored.get(key)
        after = _after(before, snapshot)
        if after is not None:
            newest[key] = after
    changed = [
        one for key, one in newest.items() if key not in rows or rows[key].digest != _digest(one)
    ]
    facts = _write(db, context, members, changed, rows, now)
    return facts + _confirm(db, context, [rows[key] for key in keys if key in rows], now)


def record_products(
    db: Connection, shop_id: int, products: Sequence[Product], now: datetime
) -> None:
    """Take over newer states of the catalogue; deleted products are kept, unpublished."""
    newest = {one.key: one for one in products}
    store.put_products(
        db,
        [
            {
                "shop_id": shop_id,
                "key": one.key,
                "title": one.title,
                "price_minor": one.price_minor,
                "url": one.url,
                "image_url": one.image_url,
                "categories": list(one.categories),
                "in_stock": one.in_stock,
                "published": one.published,
                "modified_at": one.modified_at or now,
            }
            for one in newest.values()
            if not one.deleted
        ],
    )
    store.unpublish(db, shop_id, [one.key for one in newest.values() if one.deleted])


def load(db: Connection, shop_id: int, ids: Sequence[int]) -> list[tuple[Row[Any], Order]]:
    """(row, order) by id: the row has what only we know (member, confirmation), oldest first."""
    rows = store.by_ids(db, shop_id, ids)
    by_key = _stored_orders(db, shop_id, rows)
    return [(row, by_key[row.key]) for row in rows]


def net_goods_minor(order: Order) -> int:
    """Net revenue of one order: goods after discounts and refunds, without tax; 0 if undone."""
    if order.state in _REVERSED or order.is_test:
        return 0
    goods = {line.key: line for line in order.lines if line.kind is LineKind.GOODS}
    net = sum(line.total_minor for line in goods.values())
    gross = sum(line.total_minor + line.tax_minor for line in goods.values())
    for refund in order.refunds:
        net -= sum(one.total_minor for one in refund.lines if one.line_key in goods)
        if gross > 0:
            net -= refund.other_minor * sum(g.total_minor for g in goods.values()) // gross
    return max(net, 0)


def _key(snapshot: Order | RefundsOfOrder) -> str:
    return snapshot.key if isinstance(snapshot, Order) else snapshot.order_key


def _after(before: Order | None, snapshot: Order | RefundsOfOrder) -> Order | None:
    """The order as known after this snapshot; None when it tells nothing new."""
    if isinstance(snapshot, RefundsOfOrder):
        return None if before is None else replace(before, refunds=snapshot.refunds)
    if snapshot.partial:
        if before is None:
            return None
        modified_at = max(before.modified_at, snapshot.modified_at)
        return replace(before, state=snapshot.state, modified_at=modified_at)
    if before is None:
        return snapshot
    if snapshot.modified_at < before.modified_at:
        return None
    if not snapshot.refunds_known:
        return replace(snapshot, refunds=before.refunds)
    return replace(snapshot, refunds=_with_known_lines(snapshot.refunds, before.refunds))


def _with_known_lines(told: Sequence[Refund], before: Sequence[Refund]) -> tuple[Refund, ...]:
    """Refunds as told, with the lines an earlier fetch brought where only amounts are told."""
    known = {one.key: one for one in before if one.lines_known}
    return tuple(
        known[one.key]
        if not one.lines_known
        and one.key in known
        and known[one.key].amount_minor == one.amount_minor
        else one
        for one in told
    )


def _stored_orders(db: Connection, shop_id: int, rows: Sequence[Row[Any]]) -> dict[str, Order]:
    ids = [row.id for row in rows]
    lines = store.lines(db, shop_id, ids)
    refunds = store.refunds(db, shop_id, ids)
    return {
        row.key: Order(
            key=row.key,
            state=OrderState(row.state),
            currency=row.currency,
            modified_at=row.modified_at,
            number=row.number,
            placed_at=row.placed_at,
            paid_at=row.paid_at,
            completed_at=row.completed_at,
            is_test=row.is_test,
            taxes_included=row.taxes_included,
            total_minor=row.total_minor,
            shipping_minor=row.shipping_minor,
            tax_minor=row.tax_minor,
            lines=tuple(lines[row.id]),
            refunds=tuple(refunds[row.id]),
        )
        for row in rows
    }


def _digest(order: Order) -> str:
    """What makes two states of an order the same: everything but the person and the moment."""
    told = asdict(order)
    for name in ("person", "customer_key", "modified_at", "refunds_known", "partial"):
        del told[name]
    for refund in told["refunds"]:
        refund["lines"] = sorted(refund["lines"], key=lambda one: str(one["line_key"]))
    told["refunds"] = sorted(told["refunds"], key=lambda one: str(one["key"]))
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:32]


def _write(
    db: Connection,
    context: Context,
    members: Members,
    changed: Sequence[Order],
    rows: Mapping[str, Row[Any]],
    now: datetime,
) -> list[Fact]:
    buyers = [(one.customer_key, one.person) for one in changed if one.key not in rows]
    found = iter(members.resolve(db, context.shop_id, buyers, now))
    new: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    parts: dict[str, list[dict[str, Any]]] = {"lines": [], "refunds": [], "refund_lines": []}
    revisions: list[dict[str, Any]] = []
    for order in changed:
        row = rows.get(order.key)
        values = _values(context, order)
        if row is None:
            values |= {
                "id": new_id(),
                "member_id": next(found),
                "confirmed_at": now if context.trusted else None,
                "historic": context.source == "import",
                "revision": 1,
            }
            new.append(values)
        else:
            values |= {name: getattr(row, name) for name in ("id", "member_id", "historic")}
            values["confirmed_at"] = row.confirmed_at or (now if context.trusted else None)
            values["revision"] = row.revision + 1
            known.append(values)
        _collect_parts(context.shop_id, values["id"], order, parts)
        revisions.append(_revision(context, values, order, now))
    store.put_orders(db, new, known)
    store.replace_parts(db, context.shop_id, [values["id"] for values in known], parts)
    store.add_revisions(db, revisions)
    return [OrderChanged(context.shop_id, values["id"]) for values in (*new, *known)]


def _values(context: Context, order: Order) -> dict[str, Any]:
    placed_at = order.placed_at or order.modified_at
    return {
        "shop_id": context.shop_id,
        "key": order.key,
        "number": order.number or order.key,
        "state": order.state,
        "currency": order.currency,
        "placed_at": placed_at,
        "local_date": local_date(placed_at, context.zone),
        "modified_at": order.modified_at,
        "paid_at": order.paid_at,
        "completed_at": order.completed_at,
        "is_test": order.is_test,
        "taxes_included": order.taxes_included,
        "total_minor": order.total_minor,
        "shipping_minor": order.shipping_minor,
        "tax_minor": order.tax_minor,
        "goods_minor": net_goods_minor(order),
        "digest": _digest(order),
    }


def _revision(
    context: Context, values: Mapping[str, Any], order: Order, now: datetime
) -> dict[str, Any]:
    return {
        "shop_id": context.shop_id,
        "order_id": values["id"],
        "revision": values["revision"],
        "recorded_at": now,
        "source": context.source,
        "state": order.state,
        "modified_at": order.modified_at,
        "total_minor": order.total_minor,
        "refunded_minor": sum(refund.amount_minor for refund in order.refunds),
    }


def _collect_parts(
    shop_id: int, order_id: int, order: Order, parts: Mapping[str, list[dict[str, Any]]]
) -> None:
    owner = {"shop_id": shop_id, "order_id": order_id}
    for position, line in enumerate(order.lines):
        parts["lines"].append({**owner, "position": position, **_line_values(line)})
    for refund in order.refunds:
        parts["refunds"].append(
            {
                **owner,
                "key": refund.key,
                "refunded_at": refund.refunded_at,
                "amount_minor": refund.amount_minor,
                "other_minor": refund.other_minor,
                "lines_known": refund.lines_known,
            }
        )
        parts["refund_lines"] += [
            {
                **owner,
                "refund_key": refund.key,
                "line_key": one.line_key,
                "quantity": one.quantity,
                "total_minor": one.total_minor,
                "tax_minor": one.tax_minor,
            }
            for one in _one_per_line(refund)
        ]


def _one_per_line(refund: Refund) -> list[RefundLine]:
    """A platform may list one line twice in one refund, e.g. restocked in two places."""
    found: dict[str, RefundLine] = {}
    for one in refund.lines:
        had = found.get(one.line_key)
        found[one.line_key] = (
            one
            if had is None
            else RefundLine(
                one.line_key,
                had.quantity + one.quantity,
                had.total_minor + one.total_minor,
                had.tax_minor + one.tax_minor,
            )
        )
    return list(found.values())


def _line_values(line: OrderLine) -> dict[str, Any]:
    return {
        "key": line.key,
        "kind": line.kind,
        "title": line.title,
        "product_key": line.product_key,
        "sku": line.sku,
        "quantity": line.quantity,
        "subtotal_minor": line.subtotal_minor,
        "total_minor": line.total_minor,
        "tax_minor": line.tax_minor,
        "cause": line.cause,
    }


def _confirm(
    db: Connection, context: Context, rows: Sequence[Row[Any]], now: datetime
) -> list[Fact]:
    if not context.trusted:
        return []
    fresh = [row.id for row in rows if row.confirmed_at is None]
    store.confirm(db, context.shop_id, fresh, now)
    return [OrderConfirmed(context.shop_id, order_id) for order_id in fresh]
