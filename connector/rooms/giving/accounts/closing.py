"""What ends by itself: programmes past their end, and the room when its shop leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from connector.core.ids import new_id
from connector.rooms.giving import accounts, programmes, rules, service, settling
from connector.rooms.giving.accounts import Account
from connector.rooms.giving.models import giving_programme, giving_statement
from connector.rooms.giving.rules import Programme

STATEMENTS = 20  # of one shop that are shown
AMOUNTS = ("given", "refunded", "pledged", "due", "locked", "remitted", "owed")


@dataclass(frozen=True, slots=True)
class Statement:
    """What stood when the shop left: names as they were then, amounts in minor units."""

    id: int
    made_at: datetime
    rows: list[dict[str, Any]]


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with a published programme that is past its end and not closed."""
    of = giving_programme.c
    return list(
        db.scalars(
            select(of.shop_id)
            .where(of.published_at.is_not(None), of.closed_at.is_(None), of.ends_at <= now)
            .distinct()
        )
    )


def close_ended(db: Connection, shop_id: int, now: datetime) -> None:
    """Close what is past its end; the shop fills up what was promised at least."""
    for one in programmes.programmes(db, shop_id):
        if one.state(now) == "ended":
            settling.close(db, shop_id, one.id, now)


def state(db: Connection, shop_id: int, now: datetime) -> None:
    """Keep what is owed to whom on the day the shop leaves; nothing where nothing was given."""
    of = {one.id: one for one in programmes.programmes(db, shop_id)}
    causes = {one.id: one for one in service.causes(db, shop_id)}
    known = [*accounts.everything(db, shop_id, of), *_promised(db, shop_id, of)]
    if known:
        rows = [_row(one, of, causes[one.cause_id]) for one in known]
        values = {"shop_id": shop_id, "id": new_id(), "made_at": now, "rows": rows}
        db.execute(insert(giving_statement).values(**values))


def statements(db: Connection, shop_id: int) -> list[Statement]:
    """The shop's closing statements, newest first."""
    of = giving_statement.c
    chosen = select(giving_statement).where(of.shop_id == shop_id).order_by(of.id.desc())
    return [
        Statement(row.id, row.made_at, row.rows) for row in db.execute(chosen.limit(STATEMENTS))
    ]


def _promised(db: Connection, shop_id: int, of: Mapping[int, Programme]) -> Iterator[Account]:
    """What programmes that are not closed lack of what they promised at least."""
    for one in of.values():
        if one.published_at is not None and one.closed_at is None:
            for cause_id, minor in programmes.shortfall(db, shop_id, one):
                if minor:
                    whole = (minor, 0, minor, 0, 0)
                    yield Account(one.id, cause_id, one.currency, rules.TOP_UP, 0, *whole)


def _row(one: Account, of: Mapping[int, Programme], cause: service.Cause) -> dict[str, Any]:
    return {
        "cause": cause.name,
        "payee": cause.payee,
        "registration": cause.registration,
        "programme": of[one.programme_id].name if one.programme_id in of else "",
        "kind": one.kind,
        "currency": one.currency,
        "gifts": one.gifts,
        "unit": one.unit_minor,
        "pieces": one.pieces,
        **{name: getattr(one, f"{name}_minor") for name in AMOUNTS},
    }
