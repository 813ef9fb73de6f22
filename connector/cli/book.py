"""The book's health, and messages that need a look."""

from __future__ import annotations

import click
from sqlalchemy import Connection, func, select

from connector import ledger
from connector.cli.process import ID, runtime
from connector.core import clock
from connector.core import inbox as inbox_
from connector.core.errors import NotFound
from connector.ledger.models import ledger_entry
from connector.rooms.actions import service as actions
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.rewards import service as rewards
from connector.rooms.tiers import programs as tiers
from connector.shops import service as shops
from connector.shops.service import Shop


@click.command()
@click.argument("shop_id", type=ID, required=False)
def verify(shop_id: int | None) -> None:
    """Recompute every balance of SHOP_ID, or of all shops; exit 1 if anything differs."""
    found = 0
    with runtime().database.read() as db:
        for shop in chosen(db, shop_id):
            checks = (
                ledger.differences,
                points.check,
                actions.check,
                giving.check,
                rewards.check,
                tiers.audit,
            )
            differences = [one for check in checks for one in check(db, shop.id)]
            table = ledger_entry.c.shop_id
            entries = db.scalar(select(func.count()).where(table == shop.id))
            for one in differences:
                click.echo(f"{shop.id}  {one}")
            click.echo(f"{shop.id}  {shop.key}  entries {entries}  differences {len(differences)}")
            found += len(differences)
    if found:
        raise SystemExit(1)


@click.group()
def inbox() -> None:
    """Messages of the platforms."""


@inbox.command("list")
@click.argument("shop_id", type=ID, required=False)
def list_(shop_id: int | None) -> None:
    """Count messages by state; list those that need a look."""
    table = inbox_.inbox.c
    with runtime().database.read() as db:
        for shop in chosen(db, shop_id):
            states = db.execute(
                select(table.state, func.count())
                .where(table.shop_id == shop.id)
                .group_by(table.state)
                .order_by(table.state)
            )
            click.echo(f"{shop.id}  " + "  ".join(f"{state} {count}" for state, count in states))
            for row in inbox_.need_a_look(db, shop.id, 100):
                click.echo(f"{shop.id}  {row.id}  {row.topic}  {row.state}  {row.code}")


@inbox.command()
@click.argument("shop_id", type=ID)
@click.argument("ids", type=ID, nargs=-1)
def replay(shop_id: int, ids: tuple[int, ...]) -> None:
    """Read quarantined and parked messages of SHOP_ID (or just IDS, all or none) again."""
    parts = runtime()
    with parts.database.write() as db:
        shop = shops.get(db, shop_id)
        count = inbox_.replay(db, shop.id, clock.now(), ids)
        if count < len(set(ids)):
            raise NotFound(
                "message_not_found", f"{len(set(ids)) - count} of them not there, or bytes gone"
            )
    parts.wake(shop_id)
    click.echo(f"replayed {count}")


def chosen(db: Connection, shop_id: int | None) -> list[Shop]:
    """One shop, or all of them."""
    return shops.everywhere(db) if shop_id is None else [shops.get(db, shop_id)]
