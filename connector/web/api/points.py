"""Points: a member's entries, and adjustments by hand."""

from __future__ import annotations

from flask import g
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import Forbidden
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.shops import team
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import members, shapes
from connector.web.api.openapi import MAX_PAGE, PAGE, Operation
from connector.web.body import read_json


def list_entries(db: Connection, shop: Shop, member_id: str) -> shapes.EntryPage:
    """The member's ledger entries, newest first."""
    limit = addresses.number("limit", 50, MAX_PAGE)
    row = members.found(db, shop, member_id)
    found = timeline.entries(db, shop.id, row.id, addresses.before(), limit)
    entries = [
        shapes.Entry(
            id=str(entry.id),
            at=shapes.utc(entry.occurred_at),
            kind=entry.kind,
            points=entry.points,
            available=entry.available,
            pending=entry.pending,
            order=entry.order_number,
            note=entry.why.note if entry.why else entry.place or None,
            redemption_id=str(entry.redemption_id) if entry.redemption_id else None,
        )
        for entry in found
    ]
    return shapes.EntryPage(entries, entries[-1].id if len(found) == limit else None)


def add_adjustment(db: Connection, shop: Shop, member_id: str) -> shapes.Adjustment:
    """Give or take points by hand; once for each Idempotency-Key.

    Above the limit of a team that has one, given or taken: 403 ``approval_needed``; people
    confirm in the admin.
    """
    wanted = read_json(shapes.AdjustmentRequest)
    if team.needs_second(db, shop.business_id, wanted.points):
        raise Forbidden("approval_needed", "so many points take two people, in the admin")
    row = members.found(db, shop, member_id)
    adjustment_id = points.adjust(
        db,
        shop.id,
        row.id,
        wanted.points,
        reason=wanted.reason,
        made_by=f"api:{g.api_key_id}",
        now=clock.now(),
    )
    left = points.balance(db, shop.id, row.id).available
    return shapes.Adjustment(str(adjustment_id), str(row.id), wanted.points, wanted.reason, left)


OPERATIONS = (
    Operation(
        "GET", "/members/<member_id>/entries", list_entries, shapes.EntryPage, parameters=PAGE
    ),
    Operation(
        "POST",
        "/members/<member_id>/adjustments",
        add_adjustment,
        shapes.Adjustment,
        body=shapes.AdjustmentRequest,
    ),
)
