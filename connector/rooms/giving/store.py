"""All SQL of the giving room but that of remittance."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, insert, select, text, update

from connector.core.bulk import among
from connector.core.commerce import LineKind
from connector.core.db import upsert
from connector.orders.models import order_line, orders
from connector.rooms.giving.models import (
    giving_batch,
    giving_batch_line,
    giving_campaign,
    giving_cause,
    giving_donation,
    giving_member,
    giving_month,
    giving_programme,
    giving_tally,
)

_CHECKS = sorted((Path(__file__).parent / "checks").glob("*.sql"))
_AMOUNTS = ("given_minor", "pledged_minor", "due_minor")
PAGE = 5_000  # rows of a long list in memory at once
_SUMS = ("gifts", *_AMOUNTS, "locked_minor", "remitted_minor")
STANDS = giving_donation.c.pledged_minor + giving_donation.c.due_minor

# -------------------------------------------------------------------------------------- causes


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


# ------------------------------------------------------------------------------------- members


def put_member(db: Connection, shop_id: int, member_id: int, **values: object) -> None:
    """Keep a member's ``level`` or ``cause_id``."""
    statement = upsert(db, giving_member).values(shop_id=shop_id, member_id=member_id, **values)
    db.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "member_id"], set_=values)
    )


def members(db: Connection, shop_id: int, ids: Collection[int]) -> dict[int, Row[Any]]:
    chosen = select(giving_member).where(giving_member.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, giving_member.c.member_id, ids))
    return {row.member_id: row for row in rows}


def drop_member(db: Connection, shop_id: int, member_id: int) -> None:
    of = giving_member.c
    db.execute(giving_member.delete().where(of.shop_id == shop_id, of.member_id == member_id))


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


# ---------------------------------------------------------------------- programmes and campaigns


def programmes(db: Connection, shop_id: int, *, published: bool = False) -> list[Row[Any]]:
    """The shop's programmes, oldest first."""
    of = giving_programme.c
    chosen = select(giving_programme).where(of.shop_id == shop_id).order_by(of.id)
    return list(db.execute(chosen.where(of.published_at.is_not(None)) if published else chosen))


def insert_programme(db: Connection, **values: object) -> None:
    db.execute(insert(giving_programme).values(**values))


def change_programme(
    db: Connection, shop_id: int, programme_id: int, *, drafts: bool, **values: object
) -> bool:
    """Change one programme; False if it is no draft, or none that was published."""
    of = giving_programme.c
    is_draft = of.published_at.is_(None)
    done = db.execute(
        update(giving_programme)
        .where(of.shop_id == shop_id, of.id == programme_id, of.closed_at.is_(None))
        .where(is_draft if drafts else ~is_draft)
        .values(**values)
        .returning(of.id)
    )
    return done.first() is not None


def remove_draft(db: Connection, shop_id: int, programme_id: int) -> None:
    of = giving_programme.c
    db.execute(
        giving_programme.delete().where(
            of.shop_id == shop_id, of.id == programme_id, of.published_at.is_(None)
        )
    )


def hold_counter(db: Connection, shop_id: int, programme_id: int) -> tuple[int, int | None]:
    """(used, cap), nobody else's to change until the transaction ends."""
    of = giving_programme.c
    row = db.execute(
        update(giving_programme)
        .where(of.shop_id == shop_id, of.id == programme_id)
        .values(used_minor=of.used_minor)
        .returning(of.used_minor, of.cap_minor)
    ).one()
    return row.used_minor, row.cap_minor


def move_counter(db: Connection, shop_id: int, programme_id: int, by: int) -> None:
    """The constraint of the row refuses what is beyond the cap."""
    of = giving_programme.c
    db.execute(
        update(giving_programme)
        .where(of.shop_id == shop_id, of.id == programme_id)
        .values(used_minor=of.used_minor + by)
    )


def campaigns(db: Connection, shop_id: int) -> list[Row[Any]]:
    of = giving_campaign.c
    return list(
        db.execute(select(giving_campaign).where(of.shop_id == shop_id).order_by(of.id.desc()))
    )


def insert_campaign(db: Connection, **values: object) -> None:
    db.execute(insert(giving_campaign).values(**values))


def change_campaign(db: Connection, shop_id: int, campaign_id: int, **values: object) -> None:
    of = giving_campaign.c
    db.execute(
        update(giving_campaign).where(of.shop_id == shop_id, of.id == campaign_id).values(**values)
    )


# ----------------------------------------------------------------------------------- donations


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
) -> dict[tuple[int, str, str], Row[Any]]:
    """Donations by (order id, kind, line key)."""
    chosen = select(giving_donation).where(giving_donation.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, giving_donation.c.order_id, order_ids))
    return {(row.order_id, row.kind, row.line_key): row for row in rows}


def put_donations(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    statement = upsert(db, giving_donation)
    moving = ("member_id", "currency", *_AMOUNTS, "entries", "basis")
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "order_id", "kind", "line_key"],
            set_={name: statement.excluded[name] for name in moving},
        ),
        list(rows),
    )


def retire(db: Connection, row: Row[Any]) -> None:
    """A donation that was locked in another currency keeps a row of its own, of which 0 stands."""
    key = f"{row.line_key}@{row.entries}"
    nothing = dict.fromkeys((*_AMOUNTS, "entries"), 0)
    for table, values in ((giving_donation, nothing), (giving_batch_line, {})):
        of = table.c
        db.execute(
            update(table)
            .where(
                of.shop_id == row.shop_id,
                of.order_id == row.order_id,
                of.kind == row.kind,
                of.line_key == row.line_key,
            )
            .values(kind="past", line_key=key, **values)
        )


def insert_donation(db: Connection, row: Mapping[str, Any]) -> bool:
    """A donation that is complete by itself; False if it is there already."""
    statement = upsert(db, giving_donation).values(**row).on_conflict_do_nothing()
    return db.execute(statement.returning(giving_donation.c.order_id)).first() is not None


def tally(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add to tallies; each row names one, and how much."""
    if not rows:
        return
    statement = upsert(db, giving_tally)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "programme_id", "cause_id", "currency", "kind"],
            set_={name: giving_tally.c[name] + statement.excluded[name] for name in _SUMS},
        ),
        [{**dict.fromkeys(_SUMS, 0), **row} for row in rows],
    )


def add_months(db: Connection, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Add to sums of months; each row names one, and how much."""
    if not rows:
        return
    statement = upsert(db, giving_month)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "month", "cause_id", "currency"],
            set_={name: giving_month.c[name] + statement.excluded[name] for name in names},
        ),
        list(rows),
    )


def tallies(db: Connection, shop_id: int) -> list[Row[Any]]:
    """All tallies: what donations of a programme, cause, currency and kind come to."""
    of = giving_tally.c
    return list(
        db.execute(
            select(giving_tally)
            .where(of.shop_id == shop_id)
            .order_by(of.cause_id, of.currency, of.programme_id, of.kind)
        )
    )


def totals(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Per cause and currency, whoever gave it: given, pledged, due and of that remitted."""
    of = giving_tally.c
    sums = [func.sum(of[name]).label(name) for name in (*_AMOUNTS, "remitted_minor")]
    return list(
        db.execute(
            select(giving_cause.c.id, giving_cause.c.name, of.currency, *sums)
            .join(
                giving_cause,
                and_(giving_cause.c.shop_id == of.shop_id, giving_cause.c.id == of.cause_id),
            )
            .where(of.shop_id == shop_id)
            .group_by(giving_cause.c.id, giving_cause.c.name, of.currency)
            .order_by(giving_cause.c.id, of.currency)
            .having(func.sum(of.given_minor) > 0)
        )
    )


def of_member(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    """What one member's orders and points gave, newest first."""
    of = giving_donation.c
    return list(
        db.execute(
            with_names()
            .where(of.shop_id == shop_id, of.member_id == member_id)
            .order_by(of.given_at.desc(), of.order_id.desc(), of.kind)
        )
    )


def standing_of_member(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    """The same sums as a tally's, of one member's donations, by programme and currency."""
    of, line = giving_donation.c, giving_batch_line.c
    sent = (
        select(func.sum(line.gross_minor - line.refunded_minor))
        .join(
            giving_batch,
            and_(giving_batch.c.shop_id == line.shop_id, giving_batch.c.id == line.batch_id),
        )
        .where(
            line.shop_id == of.shop_id,
            line.order_id == of.order_id,
            line.kind == of.kind,
            line.line_key == of.line_key,
            giving_batch.c.sent_at.is_not(None),
        )
        .scalar_subquery()
    )
    sums = [of[name] for name in (*_AMOUNTS, "locked_minor")]
    return list(
        db.execute(
            select(
                of.programme_id,
                of.currency,
                case((STANDS > 0, 1), else_=0).label("gifts"),  # as ``rules.Standing.gifts``
                *sums,
                func.coalesce(sent, 0).label("remitted_minor"),
            ).where(of.shop_id == shop_id, of.member_id == member_id)
        )
    )


def with_names() -> Select[Any]:
    """Donations with their order's number and their cause's name.

    Both are joined from outside, so that SQLite, too, begins with the donations.
    """
    of = giving_donation.c
    chosen = select(giving_donation, orders.c.number, giving_cause.c.name.label("cause_name"))
    return chosen.outerjoin(
        orders, and_(orders.c.shop_id == of.shop_id, orders.c.id == of.order_id)
    ).outerjoin(
        giving_cause,
        and_(giving_cause.c.shop_id == of.shop_id, giving_cause.c.id == of.cause_id),
    )


def mismatches(db: Connection, shop_id: int) -> Iterator[Row[Any]]:
    """What is kept beside the book, and what the book says, where they differ."""
    for path in _CHECKS:
        yield from db.execute(text(path.read_text(encoding="utf-8")), {"shop_id": shop_id})
