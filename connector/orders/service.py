"""The order book keeps each order's newest state.

Older news is ignored, equal news changes nothing, and whoever cares hears only that an order
changed, never by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.commerce import (
    Order,
    OrderLine,
    OrderState,
    Product,
    Refund,
    RefundLine,
    RefundsOfOrder,
)
from connector.core.facts import Fact, MembersMerged, OrderChanged, OrderConfirmed
from connector.core.ids import new_id
from connector.members import Members
from connector.orders import rules, store
from connector.shops import service as shops


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
    one of refunds alone change only what they tell of an order already known. An order seen
    without its buyer gets a member as soon as somebody tells who it was.
    """
    keys = sorted({_key(one) for one in snapshots})
    rows = store.by_keys(db, context.shop_id, keys)
    stored = _stored_orders(db, context.shop_id, list(rows.values()))
    newest: dict[str, Order] = {}
    for snapshot in snapshots:
        key = _key(snapshot)
        before = newest.get(key) or stored.get(key)
        after = rules.after(before, snapshot, context.source)
        if after is not None:
            newest[key] = after
    owners = _owners(db, context, members, newest, rows, now)
    changed, later = [], {}
    for key, one in newest.items():
        row = rows.get(key)
        if row is None or row.digest != rules.digest(one) or row.member_id != owners[key]:
            changed.append(one)
        elif row.modified_at < one.modified_at:
            later[row.id] = one.modified_at
    store.touch(db, context.shop_id, later)
    facts = _write(db, context, changed, owners, rows, now)
    return facts + _confirm(db, context, [rows[key] for key in keys if key in rows], now)


def on_members_merged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    """Orders of a member that became part of another follow."""
    for fact in facts:
        if isinstance(fact, MembersMerged):
            store.move_to_member(db, fact.shop_id, fact.gone_id, fact.kept_id)
    return []


def record_products(
    db: Connection, shop_id: int, products: Sequence[Product], now: datetime
) -> None:
    """Take over newer states of the catalogue; deleted products are kept, unpublished."""
    newest = {one.key: one for one in sorted(products, key=lambda one: one.modified_at or now)}
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


def _key(snapshot: Order | RefundsOfOrder) -> str:
    return snapshot.key if isinstance(snapshot, Order) else snapshot.order_key


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


def _owners(
    db: Connection,
    context: Context,
    members: Members,
    newest: Mapping[str, Order],
    rows: Mapping[str, Row[Any]],
    now: datetime,
) -> dict[str, int | None]:
    """Member ids by order key: a member, once found, stays."""
    owners = {key: rows[key].member_id if key in rows else None for key in newest}
    nameless = [one for key, one in newest.items() if owners[key] is None]
    buyers = [(one.customer_key, one.person) for one in nameless]
    found = members.resolve(db, context.shop_id, buyers, now) if buyers else []
    return owners | {one.key: owner for one, owner in zip(nameless, found, strict=True)}


def _write(
    db: Connection,
    context: Context,
    changed: Sequence[Order],
    owners: Mapping[str, int | None],
    rows: Mapping[str, Row[Any]],
    now: datetime,
) -> list[Fact]:
    new: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    parts: dict[str, list[dict[str, Any]]] = {"lines": [], "refunds": [], "refund_lines": []}
    revisions: list[dict[str, Any]] = []
    for order in changed:
        row = rows.get(order.key)
        values = _values(context, order, now) | {"member_id": owners[order.key]}
        if not order.currency:
            values["currency"] = shops.get(db, context.shop_id).currency
        if row is None:
            values |= {
                "id": new_id(),
                "confirmed_at": now if context.trusted else None,
                "historic": context.source == "import",
                "revision": 1,
            }
            new.append(values)
        else:
            values |= {"id": row.id, "historic": row.historic, "revision": row.revision + 1}
            values["confirmed_at"] = row.confirmed_at or (now if context.trusted else None)
            known.append(values)
        _collect_parts(context.shop_id, values["id"], order, parts)
        revisions.append(_revision(context, values, order, now))
    store.put_orders(db, new, known)
    store.replace_parts(db, context.shop_id, [values["id"] for values in known], parts)
    store.add_revisions(db, revisions)
    return [OrderChanged(context.shop_id, values["id"]) for values in (*new, *known)]


def _values(context: Context, order: Order, now: datetime) -> dict[str, Any]:
    placed_at = order.placed_at or (now if order.partial else order.modified_at)
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
        "goods_minor": rules.net_goods_minor(order),
        "digest": rules.digest(order),
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
