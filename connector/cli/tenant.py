"""Shops and their members."""

from __future__ import annotations

import click
import msgspec

from connector.cli.process import ID, runtime
from connector.core import clock
from connector.core.errors import NotFound
from connector.members import store as member_store
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.shops import api_keys
from connector.shops import service as shops
from connector.web import dossier

# The admin's words for the same facts.
STATES = {
    "pending": "waits for the merchant",
    "active": "connected",
    "unpaired": "connected",
    "uninstalled": "disconnected",
}


@click.group()
def shop() -> None:
    """Shops, their keys and sign-in links."""


@shop.command("list")
def list_() -> None:
    """Id, platform, address, name, state, problem and last event of every shop."""
    with runtime().database.read() as db:
        for one in shops.everywhere(db):
            last = one.last_event_at.isoformat() if one.last_event_at else "never"
            click.echo(
                f"{one.id}  {one.platform}  {one.key}  {one.name}  {STATES[one.state]}"
                f"  {one.problem or 'ok'}  last event {last}"
            )


@shop.command()
@click.argument("shop_id", type=ID)
def link(shop_id: int) -> None:
    """Print a link that signs the owner of SHOP_ID in, once."""
    parts = runtime()
    with parts.database.write() as db:
        one = shops.get(db, shop_id)
        token = shops.sign_in_link(db, one.business_id, clock.now())
    click.echo(f"{parts.settings.public_url}/admin/signin/{token}")


@shop.command("key")
@click.argument("shop_id", type=ID)
@click.option("--label", default="command line", show_default=True)
def key_(shop_id: int, label: str) -> None:
    """Make an API key of SHOP_ID and print it, this once."""
    with runtime().database.write() as db:
        click.echo(api_keys.new(db, shops.get(db, shop_id).id, label, clock.now()))


@shop.command()
@click.argument("shop_id", type=ID)
def privacy(shop_id: int) -> None:
    """List what customers of SHOP_ID asked for through their platform."""
    with runtime().database.read() as db:
        for one in member_store.privacy_requests(db, shops.get(db, shop_id).id):
            whom = f"member {one.member_id}" if one.member_id else "nobody we know"
            click.echo(f"{one.received_at.isoformat()}  {one.kind}  {one.reference}  {whom}")


@click.command()
@click.argument("shop_id", type=ID)
@click.argument("member_id", type=ID)
@click.option("--export", is_flag=True, help="Print everything we hold of the person, as JSON.")
def member(shop_id: int, member_id: int, *, export: bool) -> None:
    """Print a member's balance and newest entries."""
    parts = runtime()
    with parts.database.read() as db:
        if member_store.get(db, shops.get(db, shop_id).id, member_id) is None:
            raise NotFound("member_not_found", f"shop {shop_id} has no member {member_id}")
        if export:
            click.echo(
                msgspec.json.encode(
                    dossier.everything(db, parts.members, shop_id, member_id)
                ).decode()
            )
            return
        have = points.balance(db, shop_id, member_id)
        click.echo(f"available {have.available}  pending {have.pending}  debt {have.debt}")
        for entry in timeline.entries(db, shop_id, member_id, None, 50):
            click.echo(
                f"{entry.occurred_at:%Y-%m-%d %H:%M}  {entry.kind}  {entry.points:+d}"
                f"  {entry.order_number or ''}"
            )
