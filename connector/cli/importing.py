"""``perennial import``: the orders of a file into a shop's order book, by the door of history.

The whole file is read once before anything is taken over, so that a bad line stops it while there
is nothing to undo. Then it goes chunk by chunk, each a transaction that also notes how far it is:
started again after any death it goes on there, and what it repeats is no news to the order book.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, TypeVar

import click
import msgspec
from sqlalchemy import Connection

from connector.cli.process import runtime
from connector.core import clock
from connector.core.commerce import Order
from connector.core.errors import BadInput, Conflict
from connector.orders import files, imports
from connector.orders.files import Record, Rejected, Survey
from connector.orders.imports import Import
from connector.orders.told import order_of
from connector.rooms.points import service as points
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker import history

CHUNK = 2_500  # orders at most: so many are written while as many are read
SHOWN = 20  # rejected orders named when the file is refused
_LINES = 2  # an order, on average, before chunks get fewer orders
_BAR_SECONDS = 0.1
_LINE_SECONDS = 10.0  # between two lines of progress where no terminal is
Tell = Callable[[int, int], None]
_T = TypeVar("_T")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", "shop_id", type=int, required=True, help="Whose orders these are.")
@click.option("--format", "layout", type=click.Choice(files.LAYOUTS), help="Else by FILE's name.")
@click.option("--points/--no-points", "counts_history", default=None, help="Do old orders earn?")
@click.option("--keep-going", is_flag=True, help="List bad orders in a report; take the others.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Where to list.")
def import_(
    file: Path,
    shop_id: int,
    *,
    layout: str | None,
    counts_history: bool | None,
    keep_going: bool,
    report: Path | None,
) -> None:
    """Import the orders of FILE (docs/import-format.md); a killed import goes on where it was.

    Without --points or --no-points old orders earn if the shop's program says so already.
    """
    parts = runtime()
    layout = layout or file.suffix.removeprefix(".").lower()
    if layout not in files.LAYOUTS:
        raise click.UsageError("say what FILE is: --format jsonl or --format csv")
    with parts.database.read() as db:
        shop = shops.get(db, shop_id)
    if not shop.is_live:
        raise Conflict("shop_not_live", f"shop {shop_id} is {shop.state}; connect it first")
    if keep_going and report is None:
        report = file.with_name(f"{file.name}.rejected.jsonl")
    with _only_one(file), _progress() as progress:
        started = time.monotonic()
        seen = look_through(file, layout, report if keep_going else None, progress("Checking"))
        if seen.rejected and not keep_going:
            raise BadInput("import_refused", f"{seen.rejected.total()} orders cannot be taken")
        tell = progress("Importing")
        job = take(parts, shop, file, layout, seen, tell, counts_history=counts_history)
    click.echo(_summary(file, job, seen, time.monotonic() - started))


def look_through(path: Path, layout: str, report: Path | None, tell: Tell) -> Survey:
    """Read all of it and change nothing; list what cannot be taken, in ``report`` or on stderr."""
    size = path.stat().st_size
    listed = 0
    with report.open("wb") if report else nullcontext() as file:

        def hear(record: Record) -> None:
            nonlocal listed
            tell(record.end, size)
            if not isinstance(record.found, Rejected):
                return
            listed += 1
            if file is not None:
                told = {"order": record.key or None, **asdict(record.found)}
                file.write(msgspec.json.encode(told) + b"\n")
            elif listed <= SHOWN:
                one = record.found
                click.echo(f"line {one.line}  {one.code}  {one.message}", err=True)

        return files.survey(path, layout, clock.now(), hear)


def take(
    parts: Runtime,
    shop: Shop,
    path: Path,
    layout: str,
    seen: Survey,
    tell: Tell,
    *,
    counts_history: bool | None = None,
) -> Import:
    """Take over every order that can be meant, from where an earlier try of this file ended."""
    with path.open("rb") as file, _collecting_by_hand():
        what = f"file:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        job = parts.database.run(lambda db: _begin(db, shop, what, counts_history=counts_history))
        unchanged, size = _state(file), min(history.chunk_size(parts), CHUNK)
        now = clock.now() if seen.rejected else None
        records = files.read(file, layout, now, int(job.cursor or 0))
        done = job.done
        for found, cursor in _ahead(lambda: _chunk(records, size)):
            if _state(file) != unchanged:
                raise Conflict("file_changed", "the file was written to while it was imported")
            done += len(found)
            history.take_chunk(
                parts, shop, job, found, done=done, total=seen.orders, cursor=cursor
            )
            gc.collect(1)
            tell(done, seen.orders)
    job = replace(job, done=done)
    history.finish(parts, shop, job)
    parts.wake(shop.id)
    return job


def _chunk(records: Iterator[Record], size: int) -> tuple[list[Order], str] | None:
    """The next orders, fewer where they have many lines, and the cursor; None at the end."""
    found: list[Order] = []
    lines, end = 0, None
    for record in records:
        end = record.end
        if not isinstance(record.found, Rejected):
            found.append(order_of(record.found))
            lines += len(found[-1].lines)
        if len(found) == size or lines >= size * _LINES:
            break
    return None if end is None else (found, str(end))


def _ahead(make: Callable[[], _T | None]) -> Iterator[_T]:
    """What ``make`` returns until None, the next one made while this one is worked on."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(make)
        while (found := coming.result()) is not None:
            coming = thread.submit(make)
            yield found


def _begin(db: Connection, shop: Shop, what: str, *, counts_history: bool | None) -> Import:
    now = clock.now()
    rule = points.program(db, shop.id)
    if counts_history is not None and counts_history is not rule.counts_history:
        wanted = replace(rule, counts_history=counts_history)
        points.publish_program(db, shop.id, wanted, now)
        if counts_history:  # old orders that are in the book already earn by the worker's hand
            imports.begin(db, shop.id, ["points"], now)
    begun = imports.unfinished(db, shop.id, what)
    return begun or imports.begin(db, shop.id, [what], now, due=False)[0]


def _state(file: IO[bytes]) -> tuple[int, int]:
    told = os.fstat(file.fileno())
    return told.st_size, told.st_mtime_ns


@contextmanager
def _collecting_by_hand() -> Iterator[None]:
    """Garbage is looked for after a chunk, and not while its many thousand objects are made."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Nobody else on this machine imports this file meanwhile."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("import_running", f"{path.name} is being imported already") from None
        yield


@contextmanager
def _progress() -> Iterator[Callable[[str], Tell]]:
    """Bars on a terminal, else a line now and then; both on stderr."""
    if not sys.stderr.isatty():
        yield lambda words: _seldom(
            _LINE_SECONDS,
            lambda done, total: click.echo(f"{words} {done} of {total}", err=True),
        )
        return
    from rich.console import Console  # noqa: PLC0415 - a script that imports need not load it
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True)) as bars:

        def begin(words: str) -> Tell:
            bar = bars.add_task(words, total=None)
            return _seldom(
                _BAR_SECONDS,
                lambda done, total: bars.update(bar, completed=done, total=total),
            )

        yield begin


def _seldom(seconds: float, tell: Tell) -> Tell:
    """``tell`` at most once in so many seconds, and at the end."""
    told = time.monotonic()

    def now_and_then(done: int, total: int) -> None:
        nonlocal told
        if done == total or time.monotonic() - told >= seconds:
            told = time.monotonic()
            tell(done, total)

    return now_and_then


def _summary(path: Path, job: Import, seen: Survey, seconds: float) -> str:
    told = {
        "file": path.name,
        "import": str(job.id),
        "orders": job.done,
        "lines": seen.lines,
        "refunds": seen.refunds,
        "rejected": dict(sorted(seen.rejected.items())),
        "resumed": job.cursor is not None,
        "seconds": round(seconds, 1),
    }
    return msgspec.json.encode(told).decode()
