"""The program: its versions, what it counts of the book in SQL, and whom it would move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Subquery,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from connector.core import outbox
from connector.core.bulk import among
from connector.core.clock import local_date
from connector.core.commerce import EARNING_STATES
from connector.core.errors import NotFound
from connector.core.ids import new_id
from connector.core.money import exponent
from connector.core.points import UNIT
from connector.ledger.models import ledger_entry
from connector.members.models import member
from connector.orders.models import order_line, order_refund_line, orders
from connector.rooms.tiers import perks, rules, store
from connector.rooms.tiers.models import tier_donation, tier_standing
from connector.rooms.tiers.rules import Month, Parts, Program, Standing
from connector.shops import service as shops
from connector.shops.service import Shop

STANDING = "tier_standing"
_SHOWN_MOVES = 20
_ACCOUNTS = ("member", "pending", "debt")


@dataclass(frozen=True, slots=True)
class Published:
    """The program in force. Members up to placed_to stand on it; None: all do."""

    program: Program
    newcomers_from: int
    placed_to: int | None
    has_standing: bool

    @property
    def given(self) -> Program:
        """What of it members get at this shop's platform."""
        return perks.given(self.program, has_standing=self.has_standing)


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would change: members by level before and after, and some who move."""

    before: Mapping[int, int]
    after: Mapping[int, int]
    rising: int
    at_risk: int  # they would not reach their level anew, and keep it until its day
    moves: Sequence[tuple[int, int, int]]  # member id, level before and after; new ones last
    gift_points: int  # for reaching levels, as if everybody who rises got them
    gift_rewards: int


def current(db: Connection, shop_id: int) -> Published | None:
    """The program in force; None for a shop that never published one."""
    rows = store.programs(db, shop_id, "published", 1)
    if not rows:
        return None
    made, row = store.program_of(rows[0].body), rows[0]
    return Published(made, row.newcomers_from, row.placed_to, row.has_standing)


def draft(db: Connection, shop_id: int) -> Program | None:
    """What the merchant is working on, if it is not published yet."""
    rows = store.programs(db, shop_id, "draft", 1)
    return store.program_of(rows[0].body) if rows else None


def save_draft(
    db: Connection, shop_id: int, wanted: Program, made_by: str, now: datetime
) -> Program:
    """Keep a program that is not in force yet; BadInput if it cannot be. Levels get their ids."""
    shop = shops.get(db, shop_id)
    made = with_ids(wanted)
    published = current(db, shop_id)
    version = published.program.version + 1 if published else 1
    made = msgspec.structs.replace(made, version=version, unit=10 ** exponent(shop.currency))
    rules.check(made)
    store.put_program(
        db,
        shop_id=shop_id,
        version=version,
        state="draft",
        body=made,
        has_standing=False,
        made_by=made_by,
        made_at=now,
    )
    return made


def publish(db: Connection, shop_id: int, now: datetime, *, has_standing: bool) -> Program:
    """Put the draft in force; everybody is placed on it soon. NotFound without a draft.

    has_standing: the shop's platform knows tags and discounts without a code.
    """
    rows = store.programs(db, shop_id, "draft", 1)
    if not rows:
        raise NotFound("draft_not_found", "there is no draft to publish")
    store.end_placing(db, shop_id)
    row = rows[0]
    store.put_program(
        db,
        shop_id=shop_id,
        version=row.version,
        state="published",
        body=row.body,
        has_standing=has_standing,
        made_by=row.made_by,
        made_at=row.made_at,
        published_at=now,
        newcomers_from=new_id(),
        placed_to=0,
    )
    program = store.program_of(row.body)
    if has_standing:
        abouts = perks.standings(program).keys() | store.discounts(db, shop_id).keys()
        outbox.send(db, shop_id, STANDING, sorted(abouts), now)
    return program


def drop_draft(db: Connection, shop_id: int) -> None:
    store.drop_draft(db, shop_id)


def preview(db: Connection, shop_id: int, wanted: Program, now: datetime) -> Preview:
    """Who would move if this were published now. Asked of the database in one question each."""
    shop = shops.get(db, shop_id)
    window_from = wanted.window_from(today_of(shop, now))
    asked = moves(db, shop_id, wanted, shop.currency, window_from).subquery()
    counted = db.execute(
        select(asked.c.before, asked.c.before_id, asked.c.after, func.count()).group_by(
            asked.c.before, asked.c.before_id, asked.c.after
        )
    ).all()
    published = current(db, shop_id)
    old = published.program if published else Program()
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    rising = at_risk = 0
    movers: list[tuple[int, int, int]] = []
    gift_points = gift_rewards = 0
    for level, level_id, earned, count in sorted(counted, key=lambda row: not row.before):
        standing = Standing(version=old.version, level=level, level_id=level_id)
        kept = rules.carried(old, standing, wanted).level
        before[level] = before.get(level, 0) + count
        ends = max(kept, earned)
        after[ends] = after.get(ends, 0) + count
        rising += count if earned > kept else 0
        at_risk += count if earned < kept else 0
        reached = wanted.levels[kept:earned]
        gift_points += count * sum(one.gift_points for one in reached)
        gift_rewards += count * sum(one.gift_reward_id is not None for one in reached)
        if earned != kept and len(movers) < _SHOWN_MOVES:
            some = select(asked.c.member_id).where(
                asked.c.before == level, asked.c.before_id == level_id, asked.c.after == earned
            )
            left = _SHOWN_MOVES - len(movers)
            movers += [(one, level, earned) for one in db.scalars(some.limit(left))]
    return Preview(before, after, rising, at_risk, movers, gift_points, gift_rewards)


# --------------------------------------------------------------------------------------- measures


def months(
    db: Connection, shop_id: int, program: Program, currency: str, member_ids: Sequence[int]
) -> dict[int, list[Month]]:
    """What each of these members did, by month; what the program does not read is zero."""
    found: dict[int, list[Month]] = defaultdict(list)
    did = _did(db, shop_id, program, currency, member_ids)
    if did is not None:
        for row in db.execute(_monthly(did)):
            found[row.member_id].append(Month(row.month, Parts(*map(int, row[2:]))))
    return found


def measured(
    db: Connection, shop_id: int, program: Program, currency: str, window_from: str
) -> Subquery:
    """(member_id, amount) of everybody living, merged accounts with whom they became part of."""
    columns = [literal(0, BigInteger).label(name) for name in Parts._fields]
    did = _did(db, shop_id, program, currency, None)
    living = select(member.c.id.label("owner"), *columns).where(
        member.c.shop_id == shop_id, member.c.state == "member"
    )
    told = living
    if did is not None:
        owner = func.coalesce(member.c.merged_into, member.c.id)
        whom = member.alias()
        theirs = (
            select(owner.label("owner"), *(did.c[name] for name in Parts._fields))
            .join(member, (member.c.shop_id == shop_id) & (member.c.id == did.c.member_id))
            .join(whom, (whom.c.shop_id == shop_id) & (whom.c.id == owner))
            .where(did.c.month >= window_from, whom.c.state == "member")
        )
        told = union_all(living, theirs)  # type: ignore[assignment]
    every = told.subquery()
    sums = _sums(every)
    return select(every.c.owner.label("member_id"), *sums).group_by(every.c.owner).subquery()


def stale(
    db: Connection, shop_id: int, program: Program, currency: str, window_from: str
) -> Select[Any]:
    """Standings of this window, of living members, beside what they did in it."""
    sums = measured(db, shop_id, program, currency, window_from)
    kept = tier_standing.c
    mine = (kept.shop_id == shop_id) & (kept.member_id == sums.c.member_id)
    stored = [kept[name].label(f"stored_{name}") for name in Parts._fields]
    counted = [sums.c[name] for name in Parts._fields]
    other = or_(*(kept[name] != sums.c[name] for name in Parts._fields))
    low = kept.level < store.level_sql(program, store.amount_sql(program, sums))
    return (
        select(kept.member_id, kept.level, *stored, *counted)
        .select_from(sums.join(tier_standing, mine))
        .where(kept.version == program.version, kept.window_from == window_from, other | low)
    )


def moves(
    db: Connection, shop_id: int, program: Program, currency: str, window_from: str
) -> Select[Any]:
    """(member_id, before, after, amount) of everybody living, as a publish would place them."""
    sums = measured(db, shop_id, program, currency, window_from)
    amount = store.amount_sql(program, sums)
    mine = (tier_standing.c.shop_id == shop_id) & (tier_standing.c.member_id == sums.c.member_id)
    return select(
        sums.c.member_id,
        func.coalesce(tier_standing.c.level, 0).label("before"),
        func.coalesce(tier_standing.c.level_id, 0).label("before_id"),
        store.level_sql(program, amount).label("after"),
        amount.label("amount"),
    ).select_from(sums.outerjoin(tier_standing, mine))


def _did(
    db: Connection,
    shop_id: int,
    program: Program,
    currency: str,
    member_ids: Sequence[int] | None,
) -> Subquery | None:
    """(member_id, month, points, spend, orders, gifts), a row for each thing somebody did."""
    selects: list[Select[Any]] = []
    if program.reads_points:
        selects += _points(db, shop_id, member_ids)
    if program.reads_orders:
        selects.append(_orders(db, shop_id, program, currency, member_ids))
    if program.reads_gifts:
        selects += _gifts(db, shop_id, member_ids)
    return union_all(*selects).subquery() if selects else None


def _row(who: Any, local_date: Any, **parts: Any) -> list[Any]:
    columns = [parts.get(name, literal(0, BigInteger)) for name in Parts._fields]
    named = [one.label(name) for name, one in zip(Parts._fields, columns, strict=True)]
    return [who.label("member_id"), func.substr(local_date, 1, 7).label("month"), *named]


def _points(db: Connection, shop_id: int, member_ids: Sequence[int] | None) -> list[Select[Any]]:
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


def _orders(
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


def _gifts(db: Connection, shop_id: int, member_ids: Sequence[int] | None) -> list[Select[Any]]:
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


def _monthly(did: Subquery) -> Select[Any]:
    return select(did.c.member_id, did.c.month, *_sums(did)).group_by(did.c.member_id, did.c.month)


def _sums(rows: Subquery) -> list[Any]:
    """Whole numbers: left alone, PostgreSQL would sum them up as decimals and divide those."""
    return [cast(func.sum(rows.c[name]), BigInteger).label(name) for name in Parts._fields]


def with_ids(program: Program, beyond: int = 0) -> Program:
    """New levels, whose ids are places up to ``beyond``, get their own; the free days follow."""
    change, trial = msgspec.structs.replace, program.trial
    number = program.number_of(trial.level_id) if trial else 0
    levels = [change(one, id=new_id()) if one.id <= beyond else one for one in program.levels]
    if trial and number:
        trial = change(trial, level_id=levels[number - 1].id)
    return change(program, levels=tuple(levels), trial=trial)


def today_of(shop: Shop, now: datetime) -> date:
    """The date at the shop."""
    return date.fromisoformat(local_date(now, shop.timezone))
