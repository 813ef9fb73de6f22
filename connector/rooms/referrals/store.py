"""All SQL of the referrals room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    true,
    union,
    update,
)

from connector.core.bulk import among
from connector.core.db import upsert
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.referrals.models import (
    referral,
    referral_claim,
    referral_code,
    referral_day,
    referral_link,
    referral_program,
    referral_visitor,
)
from connector.rooms.referrals.rules import Program

_NUMBERS = (Path(__file__).parent / "queries" / "numbers.sql").read_text(encoding="utf-8")
_PROGRAM = tuple(Program.__dataclass_fields__)
_DUE = ((referral, "due_at"), (referral_claim, "due_at"), (referral_claim, "forget_at"))


def programs(db: Connection, shop_id: int) -> list[tuple[datetime, Program]]:
    """Every program the shop published and since when, oldest first."""
    chosen = select(referral_program).where(referral_program.c.shop_id == shop_id)
    return [
        (row.published_at, Program(**{name: getattr(row, name) for name in _PROGRAM}))
        for row in db.execute(chosen.order_by(referral_program.c.version))
    ]


def insert_program(db: Connection, **values: object) -> None:
    db.execute(insert(referral_program).values(**values))


# ------------------------------------------------------------------------------------------ links


def link_of(db: Connection, shop_id: int, member_id: int) -> str | None:
    """The code of a member's own link: the first, where merges brought several."""
    return db.scalar(
        select(referral_link.c.code)
        .where(referral_link.c.shop_id == shop_id, referral_link.c.member_id == member_id)
        .order_by(referral_link.c.made_at, referral_link.c.code)
        .limit(1)
    )


def insert_link(db: Connection, **values: object) -> None:
    """Make a link, unless the member has one or the code is taken."""
    db.execute(upsert(db, referral_link).values(**values).on_conflict_do_nothing())


def owners(db: Connection, shop_id: int, codes: Collection[str]) -> dict[str, int]:
    """Whose links these are: living members by code."""
    chosen = (
        select(referral_link.c.code, referral_link.c.member_id)
        .join(
            member,
            (member.c.shop_id == referral_link.c.shop_id)
            & (member.c.id == referral_link.c.member_id),
        )
        .where(referral_link.c.shop_id == shop_id, member.c.state.in_(("member", "guest")))
    )
    return {
        row[0]: int(row[1]) for row in db.execute(among(db, chosen, referral_link.c.code, codes))
    }


def codes_of(db: Connection, shop_id: int, member_id: int) -> list[str]:
    """All codes that lead to a member."""
    return list(
        db.scalars(
            select(referral_link.c.code).where(
                referral_link.c.shop_id == shop_id, referral_link.c.member_id == member_id
            )
        )
    )


def is_first_visit(db: Connection, shop_id: int, code: str, visitor: str, until: datetime) -> bool:
    """Note a visitor of a link, until then; False if noted already."""
    row = {"shop_id": shop_id, "code": code, "visitor_hash": visitor, "forget_at": until}
    made = upsert(db, referral_visitor).values(row).on_conflict_do_nothing()
    return db.scalar(made.returning(referral_visitor.c.code)) is not None


def count_day(
    db: Connection, shop_id: int, code: str, local_date: str, *, visits: int = 0, shares: int = 0
) -> None:
    row = {
        "shop_id": shop_id,
        "local_date": local_date,
        "code": code,
        "visits": visits,
        "shares": shares,
    }
    db.execute(
        upsert(db, referral_day)
        .values(row)
        .on_conflict_do_update(
            index_elements=["shop_id", "local_date", "code"],
            set_={
                "visits": referral_day.c.visits + visits,
                "shares": referral_day.c.shares + shares,
            },
        )
    )


def forget(db: Connection, shop_id: int, now: datetime) -> None:
    """Drop who visited yesterday, and the networks of claims a month old."""
    db.execute(
        delete(referral_visitor).where(
            referral_visitor.c.shop_id == shop_id, referral_visitor.c.forget_at <= now
        )
    )
    db.execute(
        update(referral_claim)
        .where(referral_claim.c.shop_id == shop_id, referral_claim.c.forget_at <= now)
        .values(network_hash=None, forget_at=None)
    )


# ----------------------------------------------------------------------------------------- claims


def insert_claim(db: Connection, **values: object) -> None:
    db.execute(insert(referral_claim).values(**values))


def change_claim(db: Connection, shop_id: int, claim_id: int, **values: object) -> None:
    db.execute(
        update(referral_claim)
        .where(referral_claim.c.shop_id == shop_id, referral_claim.c.id == claim_id)
        .values(**values)
    )


def claims(db: Connection, shop_id: int, ids: Collection[int]) -> dict[int, Row[Any]]:
    chosen = select(referral_claim).where(referral_claim.c.shop_id == shop_id)
    return {row.id: row for row in db.execute(among(db, chosen, referral_claim.c.id, ids))}


def claim_by_token(db: Connection, shop_id: int, token_hash: str) -> Row[Any] | None:
    return db.execute(
        select(referral_claim).where(
            referral_claim.c.shop_id == shop_id, referral_claim.c.token_hash == token_hash
        )
    ).one_or_none()


def claims_due(db: Connection, shop_id: int, now: datetime, limit: int) -> list[Row[Any]]:
    return list(
        db.execute(
            select(referral_claim)
            .where(referral_claim.c.shop_id == shop_id, referral_claim.c.due_at <= now)
            .order_by(referral_claim.c.id)
            .limit(limit)
        )
    )


def claims_of(db: Connection, shop_id: int, friend_ids: Collection[int]) -> list[Row[Any]]:
    """What these people claimed, oldest first."""
    chosen = select(referral_claim).where(referral_claim.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, referral_claim.c.friend_id, friend_ids))
    return sorted(rows, key=lambda row: int(row.id))


def waits_for_code(db: Connection, shop_id: int, since: datetime) -> bool:
    """Whether anybody who claimed since then was given a reward that has no code yet."""
    coded = select(referral_code.c.code).where(
        referral_code.c.shop_id == shop_id,
        referral_code.c.member_id == referral_claim.c.friend_id,
        referral_code.c.source.startswith("referrals:claim:"),
    )
    waiting = select(referral_claim.c.id).where(
        referral_claim.c.shop_id == shop_id,
        referral_claim.c.made_at >= since,
        referral_claim.c.stands.is_(True),
        ~coded.exists(),
    )
    return db.scalar(waiting.limit(1)) is not None


def claims_between(
    db: Connection, shop_id: int, since: datetime, until: datetime, **by: str
) -> int:
    """How many claims there were in a period, all or by one link or network."""
    chosen = select(func.count()).select_from(referral_claim)
    for column, value in by.items():
        chosen = chosen.where(referral_claim.c[column] == value)
    in_period = referral_claim.c.made_at.between(since, until)
    return int(db.scalar(chosen.where(referral_claim.c.shop_id == shop_id, in_period)) or 0)


def claims_refused(
    db: Connection, shop_id: int, since: datetime, until: datetime
) -> dict[str, int]:
    """How many claims of a period were given nothing, by why."""
    claim = referral_claim.c
    in_period = claim.refused.is_not(None) & claim.made_at.between(since, until)
    chosen = select(claim.refused, func.count()).where(claim.shop_id == shop_id, in_period)
    return {row[0]: int(row[1]) for row in db.execute(chosen.group_by(claim.refused))}


def put_codes(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note discount codes; one that is made again belongs to whom it is told to belong."""
    statement = upsert(db, referral_code)
    taken = {name: statement.excluded[name] for name in ("shown", "member_id", "source")}
    db.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "code"], set_=taken),
        list(rows),
    )


def discounts(db: Connection, shop_id: int, codes: Collection[str]) -> list[Row[Any]]:
    """Whose discounts these codes are, in the order of the alphabet."""
    chosen = select(referral_code).where(referral_code.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, referral_code.c.code, codes))
    return sorted(rows, key=lambda row: str(row.code))


def code_of_sources(db: Connection, shop_id: int, sources: Collection[str]) -> str | None:
    """The newest code of one of these gifts."""
    chosen = select(referral_code).where(referral_code.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, referral_code.c.source, sources)).all()
    return str(max(rows, key=lambda row: str(row.source)).shown) if rows else None


# -------------------------------------------------------------------------------------- referrals


def insert_referral(db: Connection, **values: object) -> None:
    db.execute(insert(referral).values(**values))


def change(db: Connection, shop_id: int, referral_id: int, **values: object) -> None:
    db.execute(
        update(referral)
        .where(referral.c.shop_id == shop_id, referral.c.id == referral_id)
        .values(**values)
    )


def decide(
    db: Connection, shop_id: int, referral_id: int, states: Sequence[str], **values: object
) -> bool:
    """Keep a decision in one of these states: the first one, or one that takes a refusal back."""
    mine = (referral.c.shop_id == shop_id) & (referral.c.id == referral_id)
    is_open = referral.c.decision.is_(None) | (referral.c.state == "refused")
    done = update(referral).where(mine, referral.c.state.in_(states), is_open)
    return db.execute(done.values(**values)).rowcount == 1


def get(db: Connection, shop_id: int, referral_id: int) -> Row[Any] | None:
    return db.execute(
        select(referral).where(referral.c.shop_id == shop_id, referral.c.id == referral_id)
    ).one_or_none()


def of_friends(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[Row[Any]]:
    """How these people were introduced, oldest first."""
    chosen = select(referral).where(referral.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, referral.c.friend_id, member_ids))
    return sorted(rows, key=lambda row: int(row.id))


def of_orders(db: Connection, shop_id: int, order_ids: Collection[int]) -> list[Row[Any]]:
    chosen = select(referral).where(referral.c.shop_id == shop_id)
    return list(db.execute(among(db, chosen, referral.c.order_id, order_ids)))


def of_advocate(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    """Whom this member introduced, oldest first."""
    chosen = select(referral).where(
        referral.c.shop_id == shop_id, referral.c.advocate_id == member_id
    )
    return list(db.execute(chosen.order_by(referral.c.id)))


def claim_users(db: Connection, shop_id: int, claim_ids: Collection[int]) -> dict[int, int]:
    """Referral ids by the claim that brought them."""
    chosen = select(referral.c.claim_id, referral.c.id).where(
        referral.c.shop_id == shop_id, referral.c.claim_id.is_not(None)
    )
    return {
        int(row[0]): int(row[1])
        for row in db.execute(among(db, chosen, referral.c.claim_id, claim_ids))
    }


def of_month(
    db: Connection, shop_id: int, advocate_id: int, month: str, states: Sequence[str]
) -> list[Row[Any]]:
    """An advocate's introductions of a local month in these states, first orders first."""
    own = (referral.c.shop_id == shop_id) & (referral.c.advocate_id == advocate_id)
    in_time = referral.c.local_date.startswith(month) & referral.c.state.in_(states)
    chosen = select(referral).where(own, in_time)
    return list(db.execute(chosen.order_by(referral.c.ordered_at, referral.c.id)))


def due(db: Connection, shop_id: int, now: datetime, limit: int) -> list[Row[Any]]:
    """Referrals to look at again."""
    return list(
        db.execute(
            select(referral)
            .where(referral.c.shop_id == shop_id, referral.c.due_at <= now)
            .order_by(referral.c.id)
            .limit(limit)
        )
    )


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with a claim or referral to look at, or something to forget."""
    waiting = [
        select(table.c.shop_id).where(table.c[column].is_not(None), table.c[column] <= now)
        for table, column in _DUE
    ]
    old = select(referral_visitor.c.shop_id).where(referral_visitor.c.forget_at <= now)
    return sorted(db.scalars(union(*waiting, old)))


def move_links(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Links of one member lead to another."""
    own = (referral_link.c.shop_id == shop_id) & (referral_link.c.member_id == gone_id)
    db.execute(update(referral_link).where(own).values(member_id=kept_id))


def move_back(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Links that a member brought into a merge are theirs again."""
    brought = select(member.c.id).where(
        member.c.shop_id == shop_id, (member.c.id == gone_id) | (member.c.merged_into == gone_id)
    )
    own = (referral_link.c.shop_id == shop_id) & (referral_link.c.member_id == kept_id)
    db.execute(
        update(referral_link)
        .where(own, referral_link.c.made_for.in_(brought))
        .values(member_id=gone_id)
    )


def drop_person(db: Connection, shop_id: int, member_id: int) -> None:
    """Links and claims of somebody who is gone."""
    for table, column in ((referral_link, "member_id"), (referral_claim, "friend_id")):
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c[column] == member_id))


def page(
    db: Connection, shop_id: int, states: Sequence[str], before: int | None, limit: int
) -> list[Row[Any]]:
    """Referrals in these states (all if none is named), newest first, below the id ``before``."""
    chosen: list[ColumnElement[bool]] = [referral.c.shop_id == shop_id]
    if states:
        chosen.append(or_(*(referral.c.state == one for one in states)))
    chosen.append(referral.c.id < before if before is not None else true())
    return list(
        db.execute(
            select(referral, orders.c.number, orders.c.currency, orders.c.total_minor)
            .join(
                orders,
                (orders.c.shop_id == referral.c.shop_id) & (orders.c.id == referral.c.order_id),
            )
            .where(*chosen)
            .order_by(referral.c.id.desc())
            .limit(limit)
        )
    )


def numbers(db: Connection, shop_id: int, since: str, until: str) -> RowMapping:
    """What introductions brought from one local date to another, both counted."""
    told = {"shop_id": shop_id, "since": since, "until": until}
    return db.execute(text(_NUMBERS), told).mappings().one()
