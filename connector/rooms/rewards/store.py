"""All SQL of the rewards room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, select, text, update

from connector.core.bulk import among
from connector.core.commerce import EARNING_STATES
from connector.core.db import upsert
from connector.members.models import member
from connector.orders.models import order_code, orders
from connector.rooms.rewards import rules
from connector.rooms.rewards.models import redemption, redemption_use, reward, reward_member
from connector.rooms.rewards.rules import COUNTED, PREFIX, Kind, Offer, Redemption, Reward, State

_CHECK = (Path(__file__).parent / "checks/redemptions.sql").read_text(encoding="utf-8")
_OFFERED = tuple(field.name for field in fields(Offer))


# ----------------------------------------------------------------------------------------- rewards


def rewards(db: Connection, shop_id: int, ids: Collection[int] | None = None) -> list[Reward]:
    """The shop's rewards (or these), oldest first."""
    chosen = select(reward).where(reward.c.shop_id == shop_id)
    if ids is not None:
        chosen = among(db, chosen, reward.c.id, ids)
    return sorted((_reward(row) for row in db.execute(chosen)), key=lambda one: one.id)


def insert_reward(
    db: Connection, shop_id: int, reward_id: int, offer: Offer, now: datetime
) -> None:
    db.execute(
        reward.insert().values(
            shop_id=shop_id,
            id=reward_id,
            state="on",
            failures=0,
            made_at=now,
            changed_at=now,
            taken=0,
            spent_minor=0,
            **asdict(offer),
        )
    )


def change_reward(db: Connection, shop_id: int, reward_id: int, **values: object) -> None:
    db.execute(
        update(reward)
        .where(reward.c.shop_id == shop_id, reward.c.id == reward_id)
        .values(**values)
    )


def take(db: Connection, shop_id: int, reward_id: int, cost_minor: int) -> bool:
    """Count one more, in one conditional UPDATE; False if it is paused or nothing is left."""
    one = reward.c
    done = db.execute(
        update(reward)
        .where(
            one.shop_id == shop_id,
            one.id == reward_id,
            one.state == "on",
            one.stock.is_(None) | (one.taken < one.stock),
            one.budget_minor.is_(None) | (one.spent_minor + cost_minor <= one.budget_minor),
        )
        .values(taken=one.taken + 1, spent_minor=one.spent_minor + cost_minor)
    )
    return done.rowcount == 1


def count(db: Connection, shop_id: int, reward_id: int, number: int, cost_minor: int) -> None:
    """Count so many more (or fewer) whatever the limits say: given, or given back."""
    one = reward.c
    change_reward(
        db,
        shop_id,
        reward_id,
        taken=one.taken + number,
        spent_minor=one.spent_minor + cost_minor,
    )


def note_failure(db: Connection, shop_id: int, reward_id: int, code: str, most: int) -> None:
    """The store refused one; after ``most`` of them one after another the reward is paused."""
    change_reward(db, shop_id, reward_id, failures=reward.c.failures + 1)
    db.execute(
        update(reward)
        .where(
            reward.c.shop_id == shop_id,
            reward.c.id == reward_id,
            reward.c.failures >= most,
            reward.c.state == "on",
        )
        .values(state="paused", problem=code)
    )


def figures(db: Connection, shop_id: int, since: datetime) -> dict[int, Row[Any]]:
    """By reward: how often it was redeemed since, used, its points, and what orders got off."""
    one = redemption.c
    given = (
        select(
            func.upper(order_code.c.code).label("code"),
            func.sum(order_code.c.amount_minor).label("minor"),
        )
        .join(orders, (orders.c.shop_id == shop_id) & (orders.c.id == order_code.c.order_id))
        .where(order_code.c.shop_id == shop_id, order_code.c.code.startswith(PREFIX.lower()))
        .where(orders.c.state.in_(EARNING_STATES))
        .group_by(order_code.c.code)
        .subquery()
    )
    counted = one.state.in_(COUNTED)
    is_open = one.ended_at.is_(None) | (one.kind == Kind.CREDIT)  # or a balance that is used up
    stands = (one.state == State.USED) & ((one.spent > 0) | ((one.points == 0) & is_open))
    rows = db.execute(
        select(
            one.reward_id,
            func.count().filter(counted).label("wishes"),
            func.count().filter(stands).label("uses"),
            func.coalesce(func.sum(one.spent + one.held), 0).label("points"),
            func.coalesce(func.sum(given.c.minor).filter(stands), 0).label("given_minor"),
        )
        .select_from(redemption.outerjoin(given, given.c.code == one.code))
        .where(one.shop_id == shop_id, one.reserved_at >= since)
        .group_by(one.reward_id)
    )
    return {row.reward_id: row for row in rows}


def _reward(row: Row[Any]) -> Reward:
    told = {name: getattr(row, name) for name in _OFFERED} | {"kind": Kind(row.kind)}
    return Reward(
        row.id, row.state, row.problem, row.made_at, Offer(**told), row.taken, row.spent_minor
    )


# ------------------------------------------------------------------------------------- redemptions


def insert_redemption(db: Connection, shop_id: int, one: Redemption) -> bool:
    """Keep a new one; False if its source is there already."""
    statement = upsert(db, redemption).values(shop_id=shop_id, **asdict(one))
    done = db.execute(
        statement.on_conflict_do_nothing(index_elements=["shop_id", "source"]).returning(
            redemption.c.id
        )
    )
    return done.one_or_none() is not None


def put(db: Connection, shop_id: int, changed: Sequence[Redemption]) -> None:
    """Keep what moved of these; what was agreed never does."""
    if not changed:
        return
    moving = (
        *("member_id", "note", "state", "ending", "problem", "discount_key", "credit_before"),
        *("credit_key", "left_minor", "held", "spent", "entries", "due_at", "issued_at"),
        *("expires_at", "used_at", "ended_at"),
    )
    statement = (
        update(redemption)
        .where(redemption.c.shop_id == shop_id, redemption.c.id == bindparam("of_id"))
        .values({name: bindparam(f"new_{name}") for name in moving})
    )
    told = [
        {"of_id": one.id} | {f"new_{name}": getattr(one, name) for name in moving}
        for one in sorted(changed, key=lambda one: one.id)
    ]
    db.execute(statement, told)


def locked(db: Connection, shop_id: int, ids: Collection[int]) -> list[Redemption]:
    """These by id, nobody else changing them until this transaction ends."""
    chosen = _of(shop_id).where(redemption.c.id.in_(sorted(ids))).order_by(redemption.c.id)
    return [_redemption(row) for row in db.execute(chosen.with_for_update())]


def get(db: Connection, shop_id: int, redemption_id: int) -> Redemption | None:
    """One, as it stands; others may be changing it."""
    return next(iter(some(db, shop_id, [redemption_id])), None)


def some(db: Connection, shop_id: int, ids: Collection[int]) -> list[Redemption]:
    """These by id, as they stand."""
    return [_redemption(row) for row in db.execute(among(db, _of(shop_id), redemption.c.id, ids))]


def by_codes(db: Connection, shop_id: int, codes: Collection[str]) -> list[int]:
    """Ids of redemptions by code, in any letter case."""
    chosen = select(redemption.c.id).where(redemption.c.shop_id == shop_id)
    wanted = {code.upper() for code in codes}
    return list(db.scalars(among(db, chosen, redemption.c.code, wanted))) if wanted else []


def family(db: Connection, shop_id: int, source: str) -> list[Redemption]:
    """A gift and what was given anew for it, by the source of any of them."""
    first = source.partition(rules.AGAIN)[0]
    one = redemption.c.source
    own = (one == first) | ((one > first + rules.AGAIN) & (one < first + rules.AGAIN + ":"))
    return [_redemption(row) for row in db.execute(_of(shop_id).where(own))]


def counts_of_member(db: Connection, shop_id: int, member_id: int) -> dict[int, int]:
    """How many of each reward the member bought that count."""
    one = redemption.c
    rows = db.execute(
        select(one.reward_id, func.count())
        .where(
            one.shop_id == shop_id,
            one.member_id == member_id,
            one.state.in_(COUNTED),
            one.points > 0,
        )
        .group_by(one.reward_id)
    )
    return {row[0]: row[1] for row in rows}


def of_member(
    db: Connection, shop_id: int, member_id: int, states: Collection[State] | None = None
) -> list[Redemption]:
    """The member's redemptions, newest first."""
    chosen = _of(shop_id).where(redemption.c.member_id == member_id)
    if states is not None:
        chosen = chosen.where(redemption.c.state.in_(states))
    return [_redemption(row) for row in db.execute(chosen.order_by(redemption.c.id.desc()))]


def page(
    db: Connection,
    shop_id: int,
    before: int | None,
    limit: int,
    *,
    state: str | None = None,
    member_id: int | None = None,
) -> list[Redemption]:
    """Redemptions newest first, below the id ``before``."""
    chosen = _of(shop_id)
    if before is not None:
        chosen = chosen.where(redemption.c.id < before)
    if state is not None:
        chosen = chosen.where(redemption.c.state == state)
    if member_id is not None:
        chosen = chosen.where(redemption.c.member_id == member_id)
    rows = db.execute(chosen.order_by(redemption.c.id.desc()).limit(limit))
    return [_redemption(row) for row in rows]


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops of which a redemption changes by time alone."""
    return list(
        db.scalars(select(redemption.c.shop_id).where(redemption.c.due_at <= now).distinct())
    )


def due(db: Connection, shop_id: int, now: datetime, limit: int) -> list[int]:
    """The shop's redemptions whose time has come."""
    one = redemption.c
    chosen = select(one.id).where(one.shop_id == shop_id, one.due_at <= now)
    return list(db.scalars(chosen.order_by(one.due_at, one.id).limit(limit)))


def queue(db: Connection, shop_id: int, member_id: int) -> None:
    """Let the member's other wishes wait until this transaction ends.

    Accounts that one wish is about to make cannot be locked by the next one: it would lock some
    and wait for others, each for the other.
    """
    chosen = select(member.c.id).where(member.c.shop_id == shop_id, member.c.id == member_id)
    db.execute(chosen.with_for_update(key_share=True)).all()


def next_credit(db: Connection, shop_id: int, member_id: int) -> Redemption | None:
    """The oldest store credit the member waits for."""
    one = redemption.c
    waits = (one.member_id == member_id) & (one.kind == Kind.CREDIT) & one.ending.is_(None)
    chosen = _of(shop_id).where(waits, one.state == State.RESERVED).order_by(one.id).limit(1)
    row = db.execute(chosen).one_or_none()
    return _redemption(row) if row else None


def credit_keys(db: Connection, shop_id: int, member_id: int) -> list[str]:
    """The store's keys of credit the member had from us."""
    one = redemption.c
    own = (one.shop_id == shop_id) & (one.member_id == member_id)
    return list(db.scalars(select(one.credit_key).where(own, one.credit_key.is_not(None))))


def move_to_member(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    _move(db, shop_id, redemption.c.member_id == gone_id, kept_id)


def move_back(
    db: Connection, shop_id: int, gone_id: int, kept_id: int, were: Collection[int]
) -> None:
    """What was of these accounts before a merge is ``gone_id``'s again."""
    own = (redemption.c.member_id == kept_id) & redemption.c.account_id.in_(were)
    _move(db, shop_id, own, gone_id)


def _move(db: Connection, shop_id: int, which: Any, member_id: int) -> None:
    db.execute(
        update(redemption)
        .where(redemption.c.shop_id == shop_id, which)
        .values(member_id=member_id)
    )


def _of(shop_id: int) -> Select[Any]:
    return select(redemption).where(redemption.c.shop_id == shop_id)


def _redemption(row: Row[Any]) -> Redemption:
    told = row._asdict()
    del told["shop_id"]
    told |= {
        "kind": Kind(row.kind),
        "state": State(row.state),
        "ending": State(row.ending) if row.ending else None,
    }
    return Redemption(**told)


# -------------------------------------------------------------------------------------- the orders


def of_orders(db: Connection, shop_id: int, order_ids: Sequence[int]) -> list[int]:
    """Redemptions that these orders were ever placed with."""
    chosen = select(redemption_use.c.redemption_id).where(redemption_use.c.shop_id == shop_id)
    return list(db.scalars(among(db, chosen, redemption_use.c.order_id, order_ids)))


def orders_of(db: Connection, shop_id: int, ids: Collection[int]) -> dict[int, int]:
    """The newest order that each of these redemptions was placed in."""
    chosen = select(redemption_use).where(redemption_use.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, redemption_use.c.redemption_id, ids)).all()
    return {row.redemption_id: row.order_id for row in sorted(rows, key=lambda row: row.order_id)}


def put_uses(db: Connection, shop_id: int, redemption_id: int, order_ids: Sequence[int]) -> None:
    """Remember which orders had the code, also once they have it no more."""
    if order_ids:
        rows = [
            {"shop_id": shop_id, "redemption_id": redemption_id, "order_id": order_id}
            for order_id in order_ids
        ]
        db.execute(upsert(db, redemption_use).on_conflict_do_nothing(), rows)


# --------------------------------------------------------------------------------------- the tiers


def level(db: Connection, shop_id: int, member_id: int) -> int:
    """The level of the member's tier; 0: on none."""
    one = reward_member.c
    found = db.scalar(select(one.level).where(one.shop_id == shop_id, one.member_id == member_id))
    return found or 0


def members_from(db: Connection, shop_id: int, level: int, limit: int) -> list[int]:
    """Members on this tier or a higher one; all who have an account for level 0."""
    if level:
        one = reward_member.c
        chosen = select(one.member_id).where(one.shop_id == shop_id, one.level >= level)
        return list(db.scalars(chosen.order_by(one.member_id).limit(limit)))
    chosen = select(member.c.id).where(member.c.shop_id == shop_id, member.c.state == "member")
    return list(db.scalars(chosen.order_by(member.c.id).limit(limit)))


def put_level(db: Connection, shop_id: int, member_id: int, level: int) -> None:
    statement = upsert(db, reward_member).values(shop_id=shop_id, member_id=member_id, level=level)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "member_id"], set_={"level": statement.excluded.level}
        )
    )


def drop_level(db: Connection, shop_id: int, member_id: int) -> None:
    one = reward_member.c
    db.execute(delete(reward_member).where(one.shop_id == shop_id, one.member_id == member_id))


def mismatches(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What redemptions say beside what the book and the rewards say, where they differ."""
    return list(db.execute(text(_CHECK), {"shop_id": shop_id}))
