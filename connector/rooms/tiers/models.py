"""Tables of the tiers room, and what it reads of other books as if that were one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    UniqueConstraint,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    union_all,
)

from connector.core.bulk import among
from connector.core.commerce import EARNING_STATES
from connector.core.db import Id, Json, Key, Utc, metadata
from connector.ledger import qualifying
from connector.members.models import member
from connector.orders.models import order_line, order_refund_line, orders
from connector.rooms.tiers.rules import Parts, Program

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
    Column("doubled_at", Utc),  # the gift is taken back: who is one with them has it, too
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
    Column("email_hash", Key),  # the mailbox's sign; stays when the person is erased
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


def measured(
    db: Connection, shop_id: int, program: Program, currency: str, window_from: str
) -> Subquery:
    """(member_id, amount) of everybody living, merged accounts with whom they became part of."""
    columns = [literal(0, BigInteger).label(name) for name in Parts._fields]
    done = did(db, shop_id, program, currency, None)
    living = select(
        member.c.id.label("owner"), *columns, literal(1, BigInteger).label("lives")
    ).where(member.c.shop_id == shop_id, member.c.state == "member")
    told = living
    if done is not None:
        owner = func.coalesce(member.c.merged_into, member.c.id)
        theirs = (
            select(
                owner.label("owner"),
                *(done.c[name] for name in Parts._fields),
                literal(0, BigInteger).label("lives"),
            )
            .join(member, (member.c.shop_id == shop_id) & (member.c.id == done.c.member_id))
            .where(done.c.month >= window_from)
        )
        told = union_all(living, theirs)  # type: ignore[assignment]
    every = told.subquery()
    # Who lives is known from the row of their own: no join by what a merge made of an id, for
    # which a database that has not counted yet asks everybody of everybody.
    each = select(every.c.owner.label("member_id"), *sums(every))
    return each.group_by(every.c.owner).having(func.sum(every.c.lives) > 0).subquery()


def did(
    db: Connection,
    shop_id: int,
    program: Program,
    currency: str,
    member_ids: Sequence[int] | None,
) -> Subquery | None:
    """(member_id, month, points, spend, orders, gifts), a row for each thing somebody did."""
    selects: list[Select[Any]] = []
    if program.reads_points:
        selects += points(db, shop_id, member_ids)
    if program.reads_orders:
        selects.append(spending(db, shop_id, program, currency, member_ids))
    if program.reads_gifts:
        selects += gifts(db, shop_id, member_ids)
    return union_all(*selects).subquery() if selects else None


def monthly(rows: Subquery) -> Select[Any]:
    return select(rows.c.member_id, rows.c.month, *sums(rows)).group_by(
        rows.c.member_id, rows.c.month
    )


def sums(rows: Subquery) -> list[Any]:
    """Whole numbers: left alone, PostgreSQL would sum them up as decimals and divide those."""
    return [cast(func.sum(rows.c[name]), BigInteger).label(name) for name in Parts._fields]


def amount_sql(program: Program, sums: Subquery) -> ColumnElement[int]:
    """``Program.amount`` of such sums, which the database adds up."""
    each = program.weights
    if program.measure == "score":
        told = each.point * sums.c.points + each.order * sums.c.orders + each.gift * sums.c.gifts
        told = told + each.money * (sums.c.spend_minor // program.unit)
    else:
        name = {"points": "points", "spend": "spend_minor", "orders": "orders"}[program.measure]
        told = sums.c[name]
    return case((told > 0, told), else_=0)


def level_sql(program: Program, amount: ColumnElement[int]) -> ColumnElement[int]:
    steps = [(amount >= one.threshold, n) for n, one in enumerate(program.levels, 1)]
    return case(*reversed(steps), else_=0) if steps else literal(0)


def twice(
    db: Connection, shop_id: int, done: Subquery, member_ids: Sequence[int], window_from: str
) -> Select[Any]:
    """What these members did in this window, and then in the one each was judged by."""
    mine = select(tier_standing.c.member_id, tier_standing.c.window_from)
    mine = mine.where(tier_standing.c.shop_id == shop_id)
    kept = among(db, mine, tier_standing.c.member_id, member_ids).subquery()
    told = [
        cast(func.coalesce(func.sum(done.c[name]).filter(done.c.month >= start), 0), BigInteger)
        for start in (literal(window_from), kept.c.window_from)
        for name in Parts._fields
    ]
    rows = kept.outerjoin(done, done.c.member_id == kept.c.member_id)
    return select(kept.c.member_id, *told).select_from(rows).group_by(kept.c.member_id)


def _row(who: Any, local_date: Any, **parts: Any) -> list[Any]:
    columns = [parts.get(name, literal(0, BigInteger)) for name in Parts._fields]
    named = [one.label(name) for name, one in zip(Parts._fields, columns, strict=True)]
    return [who.label("member_id"), func.substr(local_date, 1, 7).label("month"), *named]


def points(db: Connection, shop_id: int, member_ids: Sequence[int] | None) -> list[Select[Any]]:
    """Qualifying points."""
    return [
        select(*_row(told.c.member_id, told.c.local_date, points=told.c.qualifying))
        for told in (one.subquery() for one in qualifying.counted(db, shop_id, member_ids))
    ]


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
