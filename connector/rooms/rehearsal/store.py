"""All SQL of the rehearsal room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Text,
    case,
    cast,
    column,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
    true,
    update,
)

from connector.core.bulk import rows_of
from connector.core.commerce import LineKind
from connector.core.db import Utc, upsert
from connector.core.points import UNIT
from connector.ledger.models import ledger_account
from connector.members.models import member
from connector.orders.models import order_line, order_refund, orders, product
from connector.program.basis import called
from connector.rooms.rehearsal.models import rehearsal
from connector.rooms.rehearsal.rules import EVERYTHING

_BOUGHT = ("paid", "completed", "refunded")
_percents = table(
    "insight_points_member", column("shop_id"), column("member_id"), column("multiplier_percent")
)
_OWED = ("member:", "held:", "debt:")  # accounts of points that are owed
PAGE = 10_000
_actions = table(
    "insight_member_action",
    column("shop_id"),
    column("member_id"),
    column("day"),
    column("points"),
    column("acted_at", Utc),
)
_judged = table(
    "insight_points_order",
    column("shop_id"),
    column("order_id"),
    column("percent"),  # of the level its member was on when it began to earn
    column("is_first"),
    column("settled"),  # what it gave; NULL while that is pending
)


def ask(db: Connection, shop_id: int, version: int, against: int, now: datetime) -> None:
    """Ask for a rehearsal of a version; one that was there is made anew."""
    values = {
        "against": against,
        "asked_at": now,
        "due_at": now,
        "code": None,
        "done": 0,
        "total": 0,
        "result": None,
        "finished_at": None,
    }
    statement = upsert(db, rehearsal).values(shop_id=shop_id, version=version, **values)
    keys = ["shop_id", "version"]
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))


def get(db: Connection, shop_id: int, version: int) -> Row[Any] | None:
    mine = rehearsal.c
    return db.execute(
        select(rehearsal).where(mine.shop_id == shop_id, mine.version == version)
    ).one_or_none()


def next_due(db: Connection, shop_id: int, now: datetime) -> Row[Any] | None:
    """The rehearsal that waits longest."""
    mine = rehearsal.c
    chosen = select(rehearsal).where(mine.shop_id == shop_id, mine.due_at <= now)
    return db.execute(chosen.order_by(mine.asked_at).limit(1)).one_or_none()


def shops_due(db: Connection, now: datetime) -> list[int]:
    mine = rehearsal.c
    return list(db.scalars(select(mine.shop_id).where(mine.due_at <= now).distinct()))


def change(
    db: Connection, shop_id: int, version: int, asked_at: datetime, **values: object
) -> bool:
    """Note how far it is; False when it was asked for anew, or dropped, meanwhile."""
    mine = rehearsal.c
    done = db.execute(
        update(rehearsal)
        .where(mine.shop_id == shop_id, mine.version == version, mine.asked_at == asked_at)
        .values(**values)
    )
    return done.rowcount == 1


def drop(db: Connection, shop_id: int, version: int) -> None:
    mine = rehearsal.c
    db.execute(delete(rehearsal).where(mine.shop_id == shop_id, mine.version == version))


def counted_days(db: Connection, shop_id: int, since: str) -> list[tuple[str, int]]:
    """(local day, orders) since a day, the oldest first."""
    order = orders.c
    chosen = select(order.local_date, func.count()).where(
        order.shop_id == shop_id, order.local_date >= since
    )
    rows = db.execute(chosen.group_by(order.local_date).order_by(order.local_date))
    return [(row[0], row[1]) for row in rows]


def bought_before(db: Connection, shop_id: int, since: str) -> set[int]:
    """Members who bought before a day."""
    order = orders.c
    return set(
        db.scalars(
            select(order.member_id)
            .where(
                order.shop_id == shop_id,
                order.local_date < since,
                order.member_id.is_not(None),
                order.is_test.is_(False),
                order.state.in_(_BOUGHT),
            )
            .distinct()
        )
    )


def excluded(db: Connection, shop_id: int, tags: set[str]) -> set[int]:
    """Members who earn nothing as they are today: blocked, erased, or with one of these tags."""
    person = member.c
    special = person.blocked_at.is_not(None) | (person.state == "erased")
    if tags:
        special = special | person.tags.is_not(None)
    told = select(person.id, person.state, person.blocked_at, person.tags)
    return {
        row.id
        for row in db.execute(told.where(person.shop_id == shop_id, special))
        if row.blocked_at is not None
        or row.state == "erased"
        or not tags.isdisjoint(called(row.tags or ()))
    }


def products(db: Connection, shop_id: int) -> dict[str, Any]:
    """What the catalogue names each product by."""
    one = product.c
    chosen = select(one.key, one.categories, one.collections, one.tags)
    return {row.key: row for row in db.execute(chosen.where(one.shop_id == shop_id))}


@dataclass(frozen=True, slots=True)
class Counting:
    """What of an order's lines counts, and from when it earns: one programme's words."""

    award_on: str
    with_tax: bool
    with_fees: bool


Span = tuple[datetime | None, datetime | None]  # from; until, not included
Window = tuple[int, Sequence[Span]]  # the bit of who is in one of these


def heads(
    db: Connection,
    shop_id: int,
    days: tuple[str, str],
    countings: Sequence[Counting],
    windows: Sequence[Window],
) -> list[tuple[Any, ...]]:
    """Paid orders placed on these local days, in that sequence.

    (id, member, currency, local day, tags, percent of its level, whether its member's first, the
    bits of windows it is in, the points it gave, and for each counting when it began to earn:
    seconds, 0 for the moment it was placed, None for not at all). The driver's own values: nothing
    is converted.
    """
    order, judged, standing = orders.c, _judged.c, _percents.c
    same = (judged.shop_id == order.shop_id) & (judged.order_id == order.id)
    of_member = (standing.shop_id == order.shop_id) & (standing.member_id == order.member_id)
    bits: Any = literal_column(str(EVERYTHING))
    for bit, spans in windows:
        is_in = or_(*(_placed_in(one) for one in spans))
        bits = bits + case((is_in, literal_column(str(bit))), else_=literal_column("0"))
    statement = (
        select(
            order.id,
            order.member_id,
            order.currency,
            order.local_date,
            cast(order.tags, Text),
            func.coalesce(judged.percent, standing.multiplier_percent, literal_column("100")),
            judged.is_first,
            bits,
            judged.settled,
            *(_began(db, one.award_on) for one in countings),
        )
        .select_from(orders.outerjoin(_judged, same).outerjoin(_percents, of_member))
        .where(*_paid(shop_id, days))
        .order_by(order.placed_at, order.id)
    )
    return _raw(db, statement)


def _placed_in(span: Span) -> Any:
    starts_at, ends_at = span
    found: Any = true()
    if starts_at is not None:
        found &= orders.c.placed_at >= starts_at
    if ends_at is not None:
        found &= orders.c.placed_at < ends_at
    return found


def _began(db: Connection, award_on: str) -> Any:
    """When an order began to earn, in seconds; 0 for the moment it was placed."""
    order = orders.c
    if award_on == "completed":
        earns: Any = order.state == "completed"
        at: Any = order.completed_at
    else:
        earns = order.state.in_(("paid", "completed"))
        at = func.coalesce(order.paid_at, order.completed_at, type_=Utc)
    if db.dialect.name == "sqlite":
        seconds: Any = cast(func.strftime("%s", at), BigInteger)
    else:
        seconds = cast(func.floor(func.extract("epoch", at)), BigInteger)
    return case((~earns, null()), (at == order.placed_at, literal_column("0")), else_=seconds)


def _paid(shop_id: int, days: tuple[str, str]) -> tuple[Any, ...]:
    order = orders.c
    return (
        order.shop_id == shop_id,
        order.local_date.between(*days),
        order.is_test.is_(False),
        order.member_id.is_not(None),
        order.state.in_(_BOUGHT),
    )


def parts(
    db: Connection,
    shop_id: int,
    days: tuple[str, str],
    countings: Sequence[Counting],
    masks: Mapping[str, int],
    *,
    with_gifts: bool,
) -> list[tuple[Any, ...]]:
    """(order, mask, gift to a cause, what counts by each counting) of the orders of these days.

    masks: by product, the bits of the rules that name it.
    """
    line, order = order_line.c, orders.c
    joined = orders.join(order_line, (line.shop_id == order.shop_id) & (line.order_id == order.id))
    mask: Any = literal_column("0")
    # An expression, lest SQLite walk the whole shop in the sequence of its orders.
    grouped: list[Any] = [line.order_id + literal_column("0")]
    if masks:
        by_mask: dict[int, list[str]] = defaultdict(list)
        for key, bits in masks.items():
            by_mask[bits].append(key)
        among: list[Any] = [
            (line.product_key.in_(_keys(db, by_mask[bits])), literal_column(str(bits)))
            for bits in sorted(by_mask)
        ]
        mask = case(*among, else_=literal_column("0")).label("mask")
        grouped.append(column("mask"))
    gift: Any = literal_column("0")
    if with_gifts:
        gift = _summed((LineKind.DONATION,), line.total_minor)
    statement = (
        select(grouped[0], mask, gift, *(_counted(one) for one in countings))
        .select_from(joined)
        .where(order.shop_id == shop_id, order.local_date.between(*days))
        .group_by(*grouped)
    )
    return _raw(db, statement)


def _keys(db: Connection, keys: Sequence[str]) -> Any:
    named = rows_of(db, {"key": str}, [{"key": key} for key in keys])
    return select(named.c.key)


def _counted(counting: Counting) -> Any:
    line = order_line.c
    told = (LineKind.GOODS, LineKind.FEE) if counting.with_fees else (LineKind.GOODS,)
    amount = line.total_minor + line.tax_minor if counting.with_tax else line.total_minor
    return _summed(told, amount)


def _summed(told: Sequence[LineKind], amount: Any) -> Any:
    kinds: list[Any] = [literal_column(f"'{one}'") for one in told]
    counts = order_line.c.kind.in_(kinds) & (amount > literal_column("0"))
    total = func.sum(case((counts, amount), else_=literal_column("0")))
    return cast(total, BigInteger)


def refunded(db: Connection, shop_id: int, days: tuple[str, str]) -> set[int]:
    """Which of the paid orders placed on these local days have refunds."""
    order, refund = orders.c, order_refund.c
    same = (refund.shop_id == order.shop_id) & (refund.order_id == order.id)
    joined = orders.join(order_refund, same)
    return set(db.scalars(select(order.id).select_from(joined).where(*_paid(shop_id, days))))


def done(
    db: Connection, shop_id: int, since: str, installed_at: datetime
) -> list[tuple[int, int]]:
    """(member, points that what they did really gave) since a local day, and the install."""
    did = _actions.c
    chosen = select(did.member_id, cast(func.sum(did.points), BigInteger)).where(
        did.shop_id == shop_id, did.day >= since, did.acted_at >= installed_at
    )
    return [(row[0], row[1]) for row in db.execute(chosen.group_by(did.member_id))]


def held(db: Connection, shop_id: int) -> Iterator[tuple[int, int]]:
    """(member, points they can use or that are held, less their debt) as the book has it."""
    account = ledger_account.c
    owner = cast(func.ltrim(account.name, "".join({*"".join(_OWED)})), BigInteger)
    chosen = select(owner, cast(func.sum(account.balance), BigInteger)).where(
        account.shop_id == shop_id,
        account.unit == UNIT,
        or_(*(account.name.startswith(one) for one in _OWED)),
    )
    found = db.execute(chosen.group_by(owner).execution_options(yield_per=PAGE))
    return ((row[0], row[1]) for row in found)


def _raw(db: Connection, statement: Any) -> list[tuple[Any, ...]]:
    """Rows as the driver gives them: at a million rows, every conversion costs seconds."""
    return list(db.execute(statement).cursor.fetchall())
