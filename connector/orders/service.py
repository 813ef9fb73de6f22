"""The order book keeps each order's newest state.

Older news is ignored, equal news changes nothing, and whoever cares hears only that an order
changed, never by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.commerce import (
    CodeUse,
    Order,
    OrderLine,
    OrderState,
    Product,
    Refund,
    RefundsOfOrder,
)
from connector.core.db import known
from connector.core.facts import Fact, MembersMerged, MembersUnmerged, OrderChanged, OrderConfirmed
from connector.core.ids import new_ids
from connector.members import Identity, Members
from connector.members import store as member_store
from connector.orders import gifts, rules, store
from connector.shops import service as shops
from connector.shops.service import Shop

GRACE = timedelta(days=30)  # placed so shortly before the install, an order was in flight at it
_WRITTEN = "orders"  # in ``known``: what the newest ``record`` wrote, by id
_Loaded = tuple[Row[Any], Order]


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
    newest = gifts.judged(db, context.shop_id, newest, stored)
    shop = shops.get(db, context.shop_id)
    owners = _owners(db, context, shop, members, newest, rows, now)
    changed: list[tuple[Order, str]] = []
    later = {}
    for key, one in newest.items():
        row, digest = rows.get(key), rules.digest(one)
        owner = owners[key]
        if row is None or row.digest != digest or row.member_id != (owner and owner.member_id):
            changed.append((one, digest))
        elif row.modified_at < one.modified_at:
            later[row.id] = one.modified_at
    store.touch(db, context.shop_id, later)
    facts = _write(db, context, shop, changed, owners, rows, now)
    return facts + _confirm(db, context, [rows[key] for key in keys if key in rows], now)


def on_members_merged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    """Orders of a member that became part of another follow."""
    for fact in facts:
        if isinstance(fact, MembersMerged):
            store.move_to_member(db, fact.shop_id, fact.gone_id, fact.kept_id)
    known(db).pop(_WRITTEN, None)
    return []


def on_members_unmerged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    """Orders that came over by a merge go back to whose they were."""
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            parts = [row.id for row in member_store.merged_into(db, fact.shop_id, fact.gone_id)]
            were = [fact.gone_id, *parts]
            store.move_back(db, fact.shop_id, fact.kept_id, fact.gone_id, were)
    known(db).pop(_WRITTEN, None)
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
                "collections": None if one.collections is None else list(one.collections),
                "tags": None if one.tags is None else list(one.tags),
                "is_gift_card": one.is_gift_card,
                "titles": None if one.titles is None else dict(one.titles),
            }
            for one in newest.values()
            if not one.deleted
        ],
    )
    store.unpublish(db, shop_id, [one.key for one in newest.values() if one.deleted])


def load(db: Connection, shop_id: int, ids: Sequence[int]) -> list[tuple[Row[Any], Order]]:
    """(row, order) by id: the row has what only we know (member, confirmation), oldest first.

    What this transaction itself wrote last is not read back.
    """
    written: Mapping[int, _Loaded] = known(db).get(_WRITTEN, {})
    found = {order_id: written[order_id] for order_id in ids if order_id in written}
    if len(found) < len(set(ids)):
        rows = store.by_ids(db, shop_id, [one for one in ids if one not in found])
        by_key = _stored_orders(db, shop_id, rows)
        found |= {row.id: (row, by_key[row.key]) for row in rows}
    return [found[order_id] for order_id in sorted(found)]


def _key(snapshot: Order | RefundsOfOrder) -> str:
    return snapshot.key if isinstance(snapshot, Order) else snapshot.order_key


def _stored_orders(db: Connection, shop_id: int, rows: Sequence[Row[Any]]) -> dict[str, Order]:
    ids = [row.id for row in rows]
    lines = store.lines(db, shop_id, ids)
    refunds = store.refunds(db, shop_id, ids)
    codes = store.codes(db, shop_id, ids)
    return {
        row.key: _stored(row, tuple(lines[row.id]), tuple(refunds[row.id]), tuple(codes[row.id]))
        for row in rows
    }


def _stored(
    row: Row[Any],
    lines: tuple[OrderLine, ...],
    refunds: tuple[Refund, ...],
    codes: tuple[CodeUse, ...],
) -> Order:
    """An order as the book keeps it: without the person."""
    return Order(
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
        lines=lines,
        refunds=refunds,
        codes=codes,
        tags=tuple(row.tags or ()),
        referral=row.referral,
        row_note=row.row_note,
        shipping_off_minor=row.shipping_off_minor,
    )


def _owners(
    db: Connection,
    context: Context,
    shop: Shop,
    members: Members,
    newest: Mapping[str, Order],
    rows: Mapping[str, Row[Any]],
    now: datetime,
) -> dict[str, Identity | None]:
    """Whose each order is, by its key: a member, once found, stays."""
    owners = {key: _owner(rows.get(key)) for key in newest}
    nameless = [one for key, one in newest.items() if owners[key] is None]
    parts: dict[bool, list[Order]] = {False: [], True: []}
    for one in nameless:
        parts[not _is_historic(context, shop, one.placed_at or now)].append(one)
    for live, part in parts.items():
        buyers = [(one.customer_key, one.person) for one in part]
        found = members.identify(db, shop.id, buyers, now, live=live) if part else []
        owners |= {one.key: owner for one, owner in zip(part, found, strict=True)}
    return owners


def _owner(row: Row[Any] | None) -> Identity | None:
    if row is None or row.member_id is None:
        return None
    return Identity(row.bought_by or row.member_id, row.member_id)


def _write(
    db: Connection,
    context: Context,
    shop: Shop,
    changed: Sequence[tuple[Order, str]],
    owners: Mapping[str, Identity | None],
    rows: Mapping[str, Row[Any]],
    now: datetime,
) -> list[Fact]:
    new: list[dict[str, Any]] = []
    replaced: list[dict[str, Any]] = []
    kinds = ("lines", "refunds", "refund_lines", "codes")
    parts: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    revisions: list[dict[str, Any]] = []
    written: dict[int, _Loaded] = {}
    ids = iter(new_ids(len(changed)))
    for order, digest in changed:
        row = rows.get(order.key)
        values = _values(context, order, digest, now) | _whose(owners[order.key])
        if not order.currency:
            values["currency"] = shop.currency
        if row is None:
            values["id"] = next(ids)
            values["confirmed_at"] = now if context.trusted else None
            values["historic"] = _is_historic(context, shop, values["placed_at"])
            values["revision"] = 1
            new.append(values)
        else:
            values["id"] = row.id
            values["confirmed_at"] = row.confirmed_at or (now if context.trusted else None)
            values["historic"] = row.historic
            values["revision"] = row.revision + 1
            replaced.append(values)
        refunds, codes = rules.stored_refunds(order), rules.stored_codes(order)
        _collect_parts(context.shop_id, values["id"], order.lines, refunds, parts)
        parts["codes"] += [
            {"shop_id": context.shop_id, "order_id": values["id"], "code": one.code}
            | {"amount_minor": one.amount_minor}
            for one in codes
        ]
        revisions.append(_revision(context, values, order, now))
        as_row = cast("Row[Any]", SimpleNamespace(**values))  # has what a row of the table has
        written[values["id"]] = as_row, _stored(as_row, order.lines, refunds, codes)
    store.put_orders(db, new, replaced)
    store.replace_parts(db, context.shop_id, [values["id"] for values in replaced], parts)
    store.add_revisions(db, revisions)
    known(db)[_WRITTEN] = written
    return [OrderChanged(context.shop_id, order_id) for order_id in written]


def _whose(owner: Identity | None) -> dict[str, int | None]:
    """The member an order belongs to; and who bought it, where that is part of the member."""
    if owner is None:
        return {"member_id": None, "bought_by": None}
    is_part = owner.id != owner.member_id
    return {"member_id": owner.member_id, "bought_by": owner.id if is_part else None}


def _is_historic(context: Context, shop: Shop, placed_at: datetime) -> bool:
    """Whether an order seen for the first time is of the past: docs/decisions/0010."""
    if context.source == "import" or shop.installed_at is None:
        return context.source == "import"
    return placed_at < shop.installed_at - GRACE


def _values(context: Context, order: Order, digest: str, now: datetime) -> dict[str, Any]:
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
        "tags": list(order.tags) or None,
        "referral": order.referral,
        "row_note": order.row_note,
        "shipping_off_minor": order.shipping_off_minor,
        "digest": digest,
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
    shop_id: int,
    order_id: int,
    lines: Sequence[OrderLine],
    refunds: Sequence[Refund],
    parts: Mapping[str, list[dict[str, Any]]],
) -> None:
    parts["lines"] += [
        {
            "shop_id": shop_id,
            "order_id": order_id,
            "key": line.key,
            "position": position,
            "kind": line.kind,
            "title": line.title,
            "product_key": line.product_key,
            "sku": line.sku,
            "quantity": line.quantity,
            "subtotal_minor": line.subtotal_minor,
            "total_minor": line.total_minor,
            "tax_minor": line.tax_minor,
            "cause": line.cause,
            "cause_by_shopper": line.cause_by_shopper,
        }
        for position, line in enumerate(lines)
    ]
    for refund in refunds:
        parts["refunds"].append(
            {
                "shop_id": shop_id,
                "order_id": order_id,
                "key": refund.key,
                "refunded_at": refund.refunded_at,
                "amount_minor": refund.amount_minor,
                "other_minor": refund.other_minor,
                "lines_known": refund.lines_known,
            }
        )
        parts["refund_lines"] += [
            {
                "shop_id": shop_id,
                "order_id": order_id,
                "refund_key": refund.key,
                "line_key": one.line_key,
                "quantity": one.quantity,
                "total_minor": one.total_minor,
                "tax_minor": one.tax_minor,
            }
            for one in refund.lines
        ]


def _confirm(
    db: Connection, context: Context, rows: Sequence[Row[Any]], now: datetime
) -> list[Fact]:
    if not context.trusted:
        return []
    fresh = [row.id for row in rows if row.confirmed_at is None]
    store.confirm(db, context.shop_id, fresh, now)
    return [OrderConfirmed(context.shop_id, order_id) for order_id in fresh]
