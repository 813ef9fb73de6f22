"""Tables of the tiers room, and what it reads of other books as if that were one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    Select,
    Table,
    Text,
    UniqueConstraint,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from connector.core.bulk import among
from connector.core.commerce import EARNING_STATES
from connector.core.db import Id, Json, Key, Utc, metadata
from connector.core.points import UNIT
from connector.ledger.models import ledger_entry
from connector.orders.models import order_line, order_refund_line, orders
from connector.rooms.tiers.rules import Parts, Program

_ACCOUNTS = ("member", "pending", "debt")

tier_program = Table(
    "tier_program",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("body", Json, nullable=False),  # rules.Program
    Column("has_standing", Boolean, nullable=False),  # the platform has tags and such discounts
    Column("made_by", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("published_at", Utc),
    Column("newcomers_from", Id),  # members with ids from here on came after it
    Column("placed_to", Id),  # members up to this id stand on it; NULL: all do
    CheckConstraint("state IN ('draft', 'published')", name="state"),
)
Index(
    "ix_tier_program_placing",
    tier_program.c.shop_id,
    sqlite_where=tier_program.c.placed_to.is_not(None),
    postgresql_where=tier_program.c.placed_to.is_not(None),
)

tier_standing = Table(
    "tier_standing",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # of the program that judged last
    # What is earned (rules.Standing):
    Column("level", Integer, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("reached_at", Utc),
    Column("keeps_until", Text),
    Column("lands_on", Text),
    Column("window_from", Key, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("spend_minor", BigInteger, nullable=False),
    Column("orders", BigInteger, nullable=False),
    Column("gifts", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("ladder_percent", Integer, nullable=False),
    # VIP days:
    Column("overlay_level", Integer, nullable=False),
    Column("overlay_until", Utc),
    # What others were told:
    Column("told_level", Integer, nullable=False),
    Column("told_percent", Integer, nullable=False),
    Column("tagged", Json, nullable=False),  # at the platform
    Column("due_at", Utc),  # when time alone changes something
)
Index("ix_tier_standing_level", tier_standing.c.shop_id, tier_standing.c.level)
Index(
    "ix_tier_standing_due",
    tier_standing.c.due_at,
    tier_standing.c.shop_id,
    sqlite_where=tier_standing.c.due_at.is_not(None),
    postgresql_where=tier_standing.c.due_at.is_not(None),
)

tier_reach = Table(
    "tier_reach",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("level", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # of this level by this member, from 1
    Column("reached_at", Utc, nullable=False),
    Column("settles_at", Utc, nullable=False),
    Column("keeps_before", Text),
    Column("gift", Key),  # its source; NULL: none was given
    Column("undone_at", Utc),
)
Index("ix_tier_reach_member", tier_reach.c.shop_id, tier_reach.c.member_id)

# What a merchant decided, each time; a member's newest counts.
tier_floor = Table(
    "tier_floor",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("until", Text),  # the last day; NULL: for good
    Column("reason", Text, nullable=False),
    Column("placed_at", Utc, nullable=False),
)
Index("ix_tier_floor_member", tier_floor.c.shop_id, tier_floor.c.member_id)

tier_days = Table(
    "tier_days",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("source", Key, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("is_over", Boolean, nullable=False),
    Column("seen_at", Utc),  # the summary was
    UniqueConstraint("shop_id", "source"),
    CheckConstraint("ends_at >= starts_at", name="ends_at"),
)
Index("ix_tier_days_member", tier_days.c.shop_id, tier_days.c.member_id)

tier_trial = Table(
    "tier_trial",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("email_hash", Key),
    Column("level_id", Id, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
    UniqueConstraint("shop_id", "email_hash"),
)

tier_donation = Table(
    "tier_donation",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("redemption_id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("local_date", Text, nullable=False),
)
Index("ix_tier_donation_member", tier_donation.c.shop_id, tier_donation.c.member_id)

tier_discount = Table(
    "tier_discount",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("about", Key, primary_key=True),
    Column("title", Text, nullable=False),  # what stands at the platform
    Column("put_at", Utc, nullable=False),
)


# ------------------------------------------------------------- what other books tell of members


def _row(who: Any, local_date: Any, **parts: Any) -> list[Any]:
    columns = [parts.get(name, literal(0, BigInteger)) for name in Parts._fields]
    named = [one.label(name) for name, one in zip(Parts._fields, columns, strict=True)]
    return [who.label("member_id"), func.substr(local_date, 1, 7).label("month"), *named]


def points(db: Connection, shop_id: int, member_ids: Sequence[int] | None) -> list[Select[Any]]:
    """Qualifying points by the side they stand on; what moves within a member comes to zero."""
    entry = ledger_entry.c
    found = []
    for side, sign in ((entry.to_account, 1), (entry.from_account, -1)):
        chosen = select(side.label("name"), entry.local_date, entry.qualifying).where(
            entry.shop_id == shop_id, entry.unit == UNIT, entry.qualifying.is_not(None)
        )
        if member_ids is None:
            chosen = chosen.where(or_(*(side.like(f"{one}:%") for one in _ACCOUNTS)))
        else:
            names = [f"{one}:{member_id}" for member_id in member_ids for one in _ACCOUNTS]
            chosen = among(db, chosen, side, names)
        told = chosen.subquery()
        bare: Any = told.c.name
        for one in _ACCOUNTS:
            bare = func.replace(bare, f"{one}:", "")
        who = cast(bare, BigInteger)
        found.append(select(*_row(who, told.c.local_date, points=told.c.qualifying * sign)))
    return found


def spending(
    db: Connection,
    shop_id: int,
    program: Program,
    currency: str,
    member_ids: Sequence[int] | None,
) -> Select[Any]:
    """Kept orders of goods; other currencies by the program's rates, each rounded down."""
    goods = orders.c.goods_minor
    rated = [
        (orders.c.currency == other, goods * here // literal(theirs, BigInteger))
        for other, (here, theirs) in program.rates.items()
        if other != currency
    ]
    spend = case(
        (orders.c.currency == currency, goods),
        *rated,
        else_=0,
    )
    chosen = _kept_orders(shop_id).add_columns(spend.label("spend"))
    if member_ids is not None:
        chosen = among(db, chosen, orders.c.member_id, member_ids)
    told = chosen.subquery()
    one = literal(1, BigInteger)
    return select(
        *_row(told.c.member_id, told.c.local_date, spend_minor=told.c.spend, orders=one)
    ).where(told.c.goods_minor > 0)


def _kept_orders(shop_id: int) -> Select[Any]:
    return select(
        orders.c.member_id, orders.c.local_date, orders.c.goods_minor, orders.c.id
    ).where(
        orders.c.shop_id == shop_id,
        orders.c.member_id.is_not(None),
        orders.c.state.in_(sorted(EARNING_STATES)),
        orders.c.is_test.is_(False),
    )


def gifts(db: Connection, shop_id: int, member_ids: Sequence[int] | None) -> list[Select[Any]]:
    """Orders with a gift to a cause that was not given back, and points given to one."""
    refunded = exists().where(
        order_refund_line.c.shop_id == shop_id,
        order_refund_line.c.order_id == order_line.c.order_id,
        order_refund_line.c.line_key == order_line.c.key,
    )
    gave = exists().where(
        order_line.c.shop_id == shop_id,
        order_line.c.order_id == orders.c.id,
        order_line.c.kind == "donation",
        order_line.c.total_minor > 0,
        ~refunded,
    )
    bought = _kept_orders(shop_id).where(gave)
    given = select(tier_donation.c.member_id, tier_donation.c.local_date).where(
        tier_donation.c.shop_id == shop_id
    )
    if member_ids is not None:
        bought = among(db, bought, orders.c.member_id, member_ids)
        given = among(db, given, tier_donation.c.member_id, member_ids)
    one = literal(1, BigInteger)
    return [
        select(*_row(told.c.member_id, told.c.local_date, gifts=one))
        for told in (bought.subquery(), given.subquery())
    ]
