"""``perennial members``: members of a file into a shop, and all a shop has out of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec
from msgspec import structs

from connector.cli.process import ID, runtime
from connector.core import clock
from connector.core.errors import BadInput
from connector.members import exchange, lines, sheets
from connector.members.exchange import Import
from connector.members.sheets import Layout
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.web import takeout
from connector.worker import exchange as worker

SHOWN = 20
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def members() -> None:
    """Bring members in from a file, and take everything out."""


@members.command("import")
@click.argument("file", type=_FILE)
@click.option("--shop", "shop_id", type=ID, required=True)
@click.option("--layout", "layout_name", help="Saved by this name, or of a known program.")
@click.option("--column", "columns", multiple=True, help="FIELD=COLUMN; else guessed by name.")
@click.option("--days", type=click.Choice(sheets.DAY_ORDERS), default="ymd", show_default=True)
@click.option("--from", "place", default="", help="Where they come from, as members are told.")
@click.option(
    "--keys", type=click.Choice(sheets.KEYS), help="Whose accounts ids are; else those known here."
)
@click.option("--check", "only_check", is_flag=True, help="Only say what would happen.")
@click.option("--keep-going", is_flag=True, help="Leave out lines that cannot be taken.")
def import_(
    file: Path,
    shop_id: int,
    *,
    only_check: bool,
    keep_going: bool,
    **layout_options: Any,
) -> None:
    """Take over points, tiers and birthdays of FILE; exit 1, nothing taken, if one is refused."""
    parts = runtime()
    layout = _layout(parts, shop_id, **layout_options)
    with file.open("rb") as source:
        job_id = exchange.keep(
            parts.database,
            parts.keys,
            shop_id,
            source,
            file.name,
            layout,
            made_by="operator",
            now=clock.now(),
        )
    job = _run(parts, shop_id, job_id)
    refused = job.report.get("refused", 0)
    if not only_check and (keep_going or not refused):
        with parts.database.write() as db:
            exchange.take(db, shop_id, job_id, clock.now())
        job = _run(parts, shop_id, job_id)
    else:
        with parts.database.write() as db:
            exchange.drop(db, shop_id, job_id, clock.now())
    _list_problems(parts, shop_id, job_id)
    click.echo(msgspec.json.encode({"file": file.name, "step": job.step, **job.report}).decode())
    if job.is_stopped or (refused and not keep_going):
        sys.exit(1)


@members.command()
@click.option("--shop", "shop_id", type=ID, required=True)
@click.option("--what", type=click.Choice((*takeout.EXPORTS, takeout.ALL)), default="members")
@click.option("--format", "kind", type=click.Choice(("csv", "json")), default="csv")
@click.option("--output", type=click.File("wb"), default="-", help="A file; else it is printed.")
def export(shop_id: int, what: str, kind: str, output: BinaryIO) -> None:
    """Write all of one kind that the shop has, or everything as one ZIP."""
    parts = runtime()
    with parts.database.read() as db:
        shop = shops.get(db, shop_id)
    format_ = "zip" if what == takeout.ALL else kind
    output.writelines(takeout.stream(parts, shop, what, format_))


def _layout(
    parts: Runtime,
    shop_id: int,
    layout_name: str | None,
    columns: tuple[str, ...],
    days: str,
    place: str,
    keys: str | None,
) -> Layout:
    with parts.database.read() as db:
        shops.get(db, shop_id)
        if layout_name is not None:
            saved = lines.layout(db, shop_id, layout_name)
            return structs.replace(saved, keys=keys or saved.keys)
    pairs = [one.partition("=") for one in columns]
    if not all(sign for _, sign, _ in pairs):
        raise BadInput("column_format", "say FIELD=COLUMN, for example points=Balance")
    return Layout(
        {field: column for field, _, column in pairs}, days, place, keys or sheets.KEYS[0]
    )


def _run(parts: Runtime, shop_id: int, job_id: int) -> Import:
    """Go through this step here and now, beside any worker that may be doing it too."""
    while True:
        with parts.database.read() as db:
            job = exchange.get(db, shop_id, job_id)
        if job.due_at is None:
            return job
        worker.go_through(parts, shop_id, job)


def _list_problems(parts: Runtime, shop_id: int, job_id: int) -> None:
    with parts.database.read() as db:
        found = lines.problems(db, shop_id, job_id, 0, SHOWN + 1)
    for one in found[:SHOWN]:
        click.echo(f"line {one.line}  {one.code}  {one.field}", err=True)
    if len(found) > SHOWN:
        click.echo("... and more", err=True)
