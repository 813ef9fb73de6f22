"""The donations log, and what one member gave."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import Connection, Row

from connector.core import clock
from connector.core.errors import BadInput, NotFound
from connector.rooms.giving import asking, rules, service
from connector.rooms.giving.accounts.log import KINDS, STATES, Search
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import members, shapes
from connector.web.api.openapi import MAX_PAGE, Operation, Parameter
from connector.web.body import read_json

MOST_PAGES = 10_000


class DonationTold(Struct):
    kind: Annotated[
        str, Meta(description="gift, points, share, per_unit, in_kind, match or top_up")
    ]
    order: Annotated[str | None, Meta(description="Order number")]
    order_id: str | None
    member_id: str | None
    cause_id: str
    programme_id: str | None
    given_at: str
    given: shapes.Money
    pledged: shapes.Money
    due: shapes.Money
    locked: Annotated[shapes.Money, Meta(description="In batches by now")]


class DonationPage(Struct):
    donations: list[DonationTold]
    page: int
    has_more: bool


class MemberGiving(Struct):
    cause_id: Annotated[str | None, Meta(description="Chosen last, or the shop's default")]
    donations: list[DonationTold]


class Choice(Struct, forbid_unknown_fields=True):
    cause_id: str


def list_donations(db: Connection, shop: Shop) -> DonationPage:
    """The donations log, newest first."""
    page = addresses.number("page", 1, MOST_PAGES)
    limit = addresses.number("limit", 50, MAX_PAGE)
    cause_id = addresses.text("cause_id")
    kind, state = addresses.text("kind"), addresses.text("state")
    member_id = addresses.text("member_id")
    if state and state not in STATES:
        raise BadInput("invalid_parameter", f"one of {', '.join(STATES)}", field="state")
    if kind and kind not in KINDS:
        raise BadInput("invalid_parameter", f"one of {', '.join(KINDS)}", field="kind")
    search = Search(
        kinds=(kind,) if kind else (),
        cause_id=number(cause_id, "cause") if cause_id else None,
        member_ids=(number(member_id, "member"),) if member_id else None,
        number=addresses.text("order"),
        state=state,
        since=_moment("since"),
        until=_moment("until"),
    )
    rows = service.log(db, shop.id, limit + 1, (page - 1) * limit, search)
    return DonationPage([_donation(row) for row in rows[:limit]], page, len(rows) > limit)


def get_member_giving(db: Connection, shop: Shop, member_id: str) -> MemberGiving:
    """What a member gave, what the shop added, and the cause chosen last."""
    row = members.found(db, shop, member_id)
    chosen = asking.remembered(db, shop.id, row.id, clock.now())
    rows = service.of_member(db, shop.id, row.id)
    return MemberGiving(str(chosen.id) if chosen else None, [_donation(one) for one in rows])


def choose_cause(db: Connection, shop: Shop, member_id: str) -> MemberGiving:
    """Remember a member's cause."""
    row = members.found(db, shop, member_id)
    cause_id = number(read_json(Choice).cause_id, "cause")
    asking.remember(db, shop.id, row.id, cause_id, clock.now())
    return get_member_giving(db, shop, member_id)


def _moment(name: str) -> datetime | None:
    told = addresses.text(name)
    if not told:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput("time_format", "say the offset, as in 2026-11-22T12:00:00Z", field=name)
    return at


def number(told: str, what: str) -> int:
    """An id in an address or body; NotFound where it can be none."""
    if not told.isascii() or not told.isdigit() or len(told) > len(str(2**63)) - 1:
        raise NotFound(f"{what}_not_found", f"no such {what}")
    return int(told)


def _donation(row: Row[Any]) -> DonationTold:
    def money(name: str) -> shapes.Money:
        return shapes.Money(getattr(row, f"{name}_minor"), row.currency)

    is_order = row.kind not in (rules.POINTS, rules.TOP_UP)
    return DonationTold(
        kind=row.kind,
        order=row.number,
        order_id=str(row.order_id) if is_order else None,
        member_id=str(row.member_id) if row.member_id else None,
        cause_id=str(row.cause_id),
        programme_id=str(row.programme_id) if row.programme_id else None,
        given_at=shapes.utc(row.given_at),
        given=money("given"),
        pledged=money("pledged"),
        due=money("due"),
        locked=money("locked"),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/donations",
        list_donations,
        DonationPage,
        parameters=(
            Parameter("kind", "Only of this kind"),
            Parameter("cause_id", "Only to this cause"),
            Parameter("member_id", "Only of this member"),
            Parameter("order", "Only of the order with this number"),
            Parameter("state", "Only pledged, due, locked in batches, or taken_back"),
            Parameter("since", "Only of orders placed then or later"),
            Parameter("until", "Only of orders placed before"),
            Parameter("page", "From 1"),
            Parameter("limit", f"1 to {MAX_PAGE}, 50 if not given"),
        ),
    ),
    Operation("GET", "/members/<member_id>/giving", get_member_giving, MemberGiving),
    Operation("PUT", "/members/<member_id>/cause", choose_cause, MemberGiving, body=Choice),
)
