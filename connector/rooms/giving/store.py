"""All SQL of the giving room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    cast,
    func,
    insert,
    select,
    text,
    update,
)

from connector.core.bulk import among
from connector.core.commerce import LineKind
from connector.core.db import upsert
from connector.ledger.models import ledger_entry
from connector.orders.models import order_line, orders
from connector.rooms.giving.models import giving_cause, giving_donation

_CHECK = Path(__file__).with_name("check.sql").read_text(encoding="utf-8")


def causes(db: Connection, shop_id: int) -> list[Row[Any]]:
    """The shop's causes, the default one first."""
    return list(
        db.execute(
            select(giving_cause)
            .where(giving_cause.c.shop_id == shop_id)
            .order_by(giving_cause.c.is_default.desc(), giving_cause.c.id)
        )
    )


def insert_cause(db: Connection, **values: object) -> None:
    db.execute(insert(giving_cause).values(**values))


def change_cause(db: Connection, shop_id: int, cause_id: int, **values: object) -> None:
    db.execute(
        update(giving_cause)
        .where(giving_cause.c.shop_id == shop_id, giving_cause.c.id == cause_id)
        .values(**values)
    )


def giving_orders(db: Connection, shop_id: int, order_ids: Sequence[int]) -> list[int]:
    """Which of these orders have a donation line, or had one logged."""
    lines = select(order_line.c.order_id).where(
        order_line.c.shop_id == shop_id, order_line.c.kind == LineKind.DONATION
    )
    logged = select(giving_donation.c.order_id).where(giving_donation.c.shop_id == shop_id)
    found = set(db.scalars(among(db, lines, order_line.c.order_id, order_ids)))
    found.update(db.scalars(among(db, logged, giving_donation.c.order_id, order_ids)))
    return sorted(found)


def donations_of(
    db: Connection, shop_id: int, order_ids: Sequence[int]
) -> dict[tuple[int, str], Row[Any]]:
    """Logged donations by (order id, line key)."""
    chosen = select(giving_donation).where(giving_donation.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, giving_donation.c.order_id, order_ids))
    return {(row.order_id, row.line_key): row for row in rows}


def put_donations(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    statement = upsert(db, giving_donation)
    amounts = ("currency", "given_minor", "pledged_minor", "due_minor")
    moving = ("member_id", *amounts, "entries")
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "order_id", "line_key"],
            set_={name: statement.excluded[name] for name in moving},
        ),
        list(rows),
    )


def is_booked(db: Connection, shop_id: int, stem: str) -> bool:
    """Whether anything is booked for points under this stem."""
    entry = ledger_entry.c
    of_stem = entry.source == f"{stem}:cause:0"
    return bool(db.scalar(select(func.count()).where(entry.shop_id == shop_id, of_stem)))


def owed_for_points(db: Connection, shop_id: int, cause_ids: Sequence[int]) -> list[Row[Any]]:
    """(cause id, currency, gifts, minor) of what the shop owes for points."""
    entry = ledger_entry.c
    names = {f"cause:{cause_id}" for cause_id in cause_ids}
    return list(
        db.execute(
            select(
                cast(func.substr(entry.to_account, len("cause:") + 1), BigInteger).label("id"),
                entry.unit.label("currency"),
                func.count().label("gifts"),
                func.sum(entry.amount).label("minor"),
            )
            .where(
                entry.shop_id == shop_id,
                entry.to_account.in_(sorted(names)),
                entry.from_account == "program",
            )
            .group_by(entry.to_account, entry.unit)
        )
    )


def mismatches(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What donations stand for beside what the book says, where they differ."""
    return list(db.execute(text(_CHECK), {"shop_id": shop_id}))


def move_to_member(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    db.execute(
        update(giving_donation)
        .where(giving_donation.c.shop_id == shop_id, giving_donation.c.member_id == gone_id)
        .values(member_id=kept_id)
    )


def follow_orders(db: Connection, shop_id: int, member_id: int) -> None:
    """Give a member the donations of the member's orders."""
    theirs = select(orders.c.id).where(
        orders.c.shop_id == shop_id, orders.c.member_id == member_id
    )
    db.execute(
        update(giving_donation)
        .where(giving_donation.c.shop_id == shop_id, giving_donation.c.order_id.in_(theirs))
        .values(member_id=member_id)
    )


def log(db: Connection, shop_id: int, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Donations with their order and cause, newest first."""
    return list(
        db.execute(
            select(giving_donation, orders.c.number, giving_cause.c.name.label("cause_name"))
            .join(
                orders,
                (orders.c.shop_id == giving_donation.c.shop_id)
                & (orders.c.id == giving_donation.c.order_id),
            )
            .join(
                giving_cause,
                (giving_cause.c.shop_id == giving_donation.c.shop_id)
                & (giving_cause.c.id == giving_donation.c.cause_id),
            )
            .where(giving_donation.c.shop_id == shop_id)
            .order_by(giving_donation.c.given_at.desc(), giving_donation.c.order_id.desc())
            .limit(limit)
            .offset(offset)
        )
    )


def totals(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Per cause and currency: gifts, given, pledged and due minor units."""
    donation = giving_donation.c
    return list(
        db.execute(
            select(
                giving_cause.c.id,
                giving_cause.c.name,
                donation.currency,
                func.count().label("gifts"),
                func.sum(donation.given_minor).label("given_minor"),
                func.sum(donation.pledged_minor).label("pledged_minor"),
                func.sum(donation.due_minor).label("due_minor"),
            )
            .join(
                giving_cause,
                (giving_cause.c.shop_id == donation.shop_id)
                & (giving_cause.c.id == donation.cause_id),
            )
            .where(donation.shop_id == shop_id)
            .group_by(giving_cause.c.id, giving_cause.c.name, donation.currency)
            .order_by(giving_cause.c.id, donation.currency)
        )
    )
