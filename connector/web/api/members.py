"""Members: who they are, and what they have."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import Connection, Row

from connector.core.errors import NotFound
from connector.members import store as member_store
from connector.rooms.points import service as points
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import shapes
from connector.web.api.openapi import MAX_PAGE, PAGE, Operation, Parameter
from connector.web.runtime import runtime


def list_members(db: Connection, shop: Shop) -> shapes.MemberPage:
    """By e-mail, by platform id, or all of them a page at a time."""
    if "email" in request.args:
        ids = [runtime().members.by_email(db, shop.id, addresses.text("email"))]
    elif "customer_key" in request.args:
        key = addresses.text("customer_key")
        known = runtime().members.by_customer_key(db, shop.id, key)
        if known is None:
            raise NotFound("member_not_found", "no member has this platform id")
        ids = [known]
    else:
        limit = addresses.number("limit", 50, MAX_PAGE)
        rows = member_store.page(db, shop.id, addresses.before(), limit)
        members = _members(db, shop, rows)
        return shapes.MemberPage(members, members[-1].id if len(rows) == limit else None)
    rows = [row for one in ids if (row := member_store.get(db, shop.id, one))]
    return shapes.MemberPage(_members(db, shop, rows), None)


def get_member(db: Connection, shop: Shop, member_id: str) -> shapes.Member:
    """One member with what can be used, what waits and what is owed."""
    return _members(db, shop, [found(db, shop, member_id)])[0]


def found(db: Connection, shop: Shop, member_id: str) -> Row[Any]:
    """The member that a path names, or whom they were merged into; NotFound otherwise."""
    known = addresses.row_id(member_id)
    row = member_store.get(db, shop.id, known) if known else None
    if row is None or row.state == "erased":
        raise NotFound("member_not_found", "no such member")
    if row.merged_into is not None:
        return found(db, shop, str(row.merged_into))
    return row


def _members(db: Connection, shop: Shop, rows: list[Row[Any]]) -> list[shapes.Member]:
    ids = [row.id for row in rows]
    people = runtime().members.people(db, shop.id, ids)
    balances = points.balances(db, shop.id, ids)
    return [
        shapes.Member(
            id=str(row.id),
            customer_key=row.customer_key,
            state=row.state,
            name=people[row.id].name if row.id in people else None,
            email=people[row.id].email if row.id in people else None,
            available=balances[row.id].available,
            pending=balances[row.id].pending,
            held=balances[row.id].held,
            debt=balances[row.id].debt,
            created_at=shapes.utc(row.created_at),
            joined_at=row.joined_at and shapes.utc(row.joined_at),
            blocked_at=row.blocked_at and shapes.utc(row.blocked_at),
            email_verified=row.email_verified,
            accepts_marketing=row.accepts_marketing,
            tags=row.tags or [],
        )
        for row in rows
    ]


OPERATIONS = (
    Operation(
        "GET",
        "/members",
        list_members,
        shapes.MemberPage,
        parameters=(
            Parameter("email", "The member with this e-mail"),
            Parameter("customer_key", "The member behind this platform id"),
            *PAGE,
        ),
    ),
    Operation("GET", "/members/<member_id>", get_member, shapes.Member),
)
