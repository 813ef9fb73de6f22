"""Shops and their members."""

from __future__ import annotations

import click

from connector.cli.process import runtime
from connector.core import clock
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.shops import service as shops


@click.group()
def shop() -> None:
    """Shops, their keys and sign-in links."""


@shop.command("list")
def list_() -> None:
    """Id, platform, address, state and last event of every shop."""
    with runtime().database.read() as db:
        for one in shops.everywhere(db):
            last = one.last_event_at.isoformat() if one.last_event_at else "never"
            click.echo(
                f"{one.id}  {one.platform}  {one.key}  {one.state}"
                f"  {one.problem or 'ok'}  last event {last}"
            )


@shop.command()
@click.argument("shop_id", type=int)
def link(shop_id: int) -> None:
    """Print a link that signs the owner of SHOP_ID in, once."""
    parts = runtime()
    with parts.database.write() as db:
        one = shops.get(db, shop_id)
        token = shops.sign_in_link(db, one.business_id, clock.now())
    click.echo(f"{parts.settings.public_url}/admin/signin/{token}")


@shop.command("key")
@click.argument("shop_id", type=int)
@click.option("--label", default="command line", show_default=True)
def key_(shop_id: int, label: str) -> None:
    """Make an API key of SHOP_ID and print it, this once."""
    with runtime().database.write() as db:
        click.echo(shops.new_api_key(db, shops.get(db, shop_id).id, label, clock.now()))


@click.command()
@click.argument("shop_id", type=int)
@click.argument("member_id", type=int)
def member(shop_id: int, member_id: int) -> None:
    """Print a member's balance and newest entries."""
    with runtime().database.read() as db:
        have = points.balance(db, shop_id, member_id)
        click.echo(f"available {have.available}  pending {have.pending}  debt {have.debt}")
        for entry in timeline.entries(db, shop_id, member_id, None, 50):
            click.echo(
                f"{entry.occurred_at:%Y-%m-%d %H:%M}  {entry.kind}  {entry.points:+d}"
                f"  {entry.order_number or ''}"
            )
