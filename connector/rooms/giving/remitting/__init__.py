"""Remittance: what is due to a cause is locked in a batch, approved, sent and receipted.

A batch is one cause's and one currency's. Its lines are differences between what is due of each
donation and what batches before it held: a refund after the lock is a line of the next batch.
We never hold money: a batch says what the shop owes the cause, and when the shop sent it. Every
verb is set-based, so a batch of a million donations takes seconds and no memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    String,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)

from connector.core import noticed
from connector.core.db import Utc
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.facts import BatchMoved
from connector.core.ids import new_id
from connector.core.money import exponent
from connector.ledger import Voucher
from connector.rooms.giving import service, store
from connector.rooms.giving.accounts import movements
from connector.rooms.giving.models import (
    giving_batch,
    giving_batch_line,
    giving_cause,
    giving_donation,
    giving_proof,
)
from connector.shops import service as shops

REFERENCE_LENGTH = 140
_SQL = {path.stem: text(path.read_text("utf-8")) for path in Path(__file__).parent.glob("*.sql")}
_LINES = _SQL["lines"].bindparams(bindparam("until", type_=Utc))
_STATEMENT = _SQL["statement"].columns(
    order_id=BigInteger,
    kind=String,
    line_key=String,
    gross_minor=BigInteger,
    refunded_minor=BigInteger,
    given_at=Utc,
    programme_id=BigInteger,
    number=String,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """One payment to a cause: reconciled, approved, remitted, receipted. Our fee is 0."""

    id: int
    number: int | None  # without gaps by cause: one that may still be taken apart has none
    cause_id: int
    currency: str
    state: str
    through: str  # the last day whose gifts are in it
    gifts: int
    gross_minor: int
    matched_minor: int
    refunded_minor: int
    net_minor: int
    payee: str
    locked_at: datetime
    locked_by: str
    approved_at: datetime | None
    approved_by: str | None
    sent_on: str | None
    sent_at: datetime | None
    sent_by: str | None
    reference: str
    receipted_at: datetime | None
    receipt: str


@dataclass(frozen=True, slots=True)
class Open:
    """What is in no batch yet. oldest: when the first gift of it was given."""

    cause_id: int
    currency: str
    pledged_minor: int
    ready_minor: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a batch holds of one programme (0: of none) and kind.

    gifts: lines that pay something; the others take back what was refunded after an older batch.
    """

    programme_id: int
    kind: str
    lines: int
    gifts: int
    gross_minor: int
    refunded_minor: int


def waiting(db: Connection, shop_id: int) -> list[Open]:
    """By cause and currency, what batches are still to be made of; pledges become ready."""
    sums: dict[tuple[int, str], list[int]] = {}
    for row in store.tallies(db, shop_id):
        have = sums.setdefault((row.cause_id, row.currency), [0, 0])
        have[0] += row.pledged_minor
        have[1] += row.due_minor - row.locked_minor
    return [
        Open(cause_id, currency, pledged, ready, _oldest(db, shop_id, cause_id, currency))
        for (cause_id, currency), (pledged, ready) in sums.items()
    ]


def _oldest(db: Connection, shop_id: int, cause_id: int, currency: str) -> datetime | None:
    of = giving_donation.c
    found: datetime | None = db.scalar(
        select(of.given_at)
        .where(
            of.shop_id == shop_id,
            of.cause_id == cause_id,
            of.currency == currency,
            text("due_minor <> locked_minor"),
        )
        .order_by(of.given_at)
        .limit(1)
    )
    return found


# -------------------------------------------------------------------------------------- batches


def batches(db: Connection, shop_id: int, limit: int = 100) -> list[Batch]:
    """The shop's batches, newest first."""
    of = giving_batch.c
    rows = db.execute(
        select(giving_batch).where(of.shop_id == shop_id).order_by(of.id.desc()).limit(limit)
    )
    return [_batch(row) for row in rows]


def batch(db: Connection, shop_id: int, batch_id: int) -> Batch:
    """One; NotFound ``batch_not_found``."""
    of = giving_batch.c
    row = db.execute(
        select(giving_batch).where(of.shop_id == shop_id, of.id == batch_id)
    ).one_or_none()
    if row is None:
        raise NotFound("batch_not_found", "no such batch")
    return _batch(row)


def lock(
    db: Connection,
    shop_id: int,
    cause_id: int,
    currency: str,
    *,
    by: str,
    now: datetime,
    through: str = "",
) -> Batch:
    """Put what is due of gifts up to the day ``through`` (yesterday) into a batch.

    Conflict ``nothing_to_remit`` where nothing is due, or refunds outweigh it: they are carried.
    """
    cause = service.cause(db, shop_id, cause_id)
    if not cause.payee:
        raise BadInput("payee_missing", "tell whom the money is sent to", field="payee")
    exponent(currency)
    day, until = _cut(shops.get(db, shop_id).timezone, through, now)
    _count(db, shop_id, cause_id, 0)
    batch_id = new_id()
    told = {"shop_id": shop_id, "batch_id": batch_id}
    db.execute(_LINES, {**told, "cause_id": cause_id, "currency": currency, "until": until})
    parts = _parts(db, shop_id, batch_id)
    gross = sum(one.gross_minor for one in parts if one.kind != "match")
    matched = sum(one.gross_minor for one in parts if one.kind == "match")
    refunded = sum(one.refunded_minor for one in parts)
    if gross + matched <= refunded:
        _drop_lines(db, shop_id, batch_id)
        raise Conflict("nothing_to_remit", "nothing is due; refunds are carried to the next batch")
    db.execute(_SQL["locked"], {**told, "sign": 1})
    db.execute(
        insert(giving_batch).values(
            shop_id=shop_id,
            id=batch_id,
            cause_id=cause_id,
            currency=currency,
            state="reconciled",
            through=day,
            gifts=sum(one.gifts for one in parts),
            gross_minor=gross,
            matched_minor=matched,
            refunded_minor=refunded,
            net_minor=gross + matched - refunded,
            payee=cause.payee,
            parts=[asdict(one) for one in parts],
            locked_at=now,
            locked_by=by,
        )
    )
    _tally(db, shop_id, batch(db, shop_id, batch_id), "locked_minor", parts)
    return _moved(db, shop_id, batch_id, now)


def unlock(db: Connection, shop_id: int, batch_id: int) -> None:
    """Take a batch apart that nobody has approved yet; what was in it is ready again."""
    found = batch(db, shop_id, batch_id)
    _move(db, shop_id, batch_id, "reconciled", state="reconciled")
    taken_out = _parts(db, shop_id, batch_id)
    _tally(db, shop_id, found, "locked_minor", taken_out, sign=-1)
    db.execute(_SQL["locked"], {"shop_id": shop_id, "batch_id": batch_id, "sign": -1})
    _drop_lines(db, shop_id, batch_id)
    for table in (giving_proof.c.batch_id, giving_batch.c.id):
        db.execute(delete(table.table).where(table.table.c.shop_id == shop_id, table == batch_id))


def approve(db: Connection, shop_id: int, batch_id: int, *, by: str, now: datetime) -> Batch:
    """Its lines are right: from now on it stays as it is, under the next number of its cause."""
    told = {"approved_at": now, "approved_by": by}
    number = _count(db, shop_id, batch(db, shop_id, batch_id).cause_id, 1)
    _move(db, shop_id, batch_id, "reconciled", state="approved", number=number, **told)
    return _moved(db, shop_id, batch_id, now)


def send(
    db: Connection,
    shop_id: int,
    batch_id: int,
    *,
    reference: str,
    sent_on: str,
    by: str,
    now: datetime,
) -> Batch:
    """The shop has paid the cause: the bank transfer's reference, and its day.

    That may be before the lock, but not before the last day whose gifts are in the batch.
    """
    reference = reference.strip()
    if not 1 <= len(reference) <= REFERENCE_LENGTH:
        wrong = f"1 to {REFERENCE_LENGTH} characters of the transfer's reference"
        raise BadInput("reference_length", wrong, field="reference")
    zone = shops.get(db, shop_id).timezone
    day = service.checked_day(sent_on, "sent_on") or ""
    found = batch(db, shop_id, batch_id)
    if not found.through <= day <= now.astimezone(ZoneInfo(zone)).date().isoformat():
        raise BadInput("date_range", f"from {found.through} to today", field="sent_on")
    told = {"sent_on": day, "sent_at": now, "sent_by": by, "reference": reference}
    _move(db, shop_id, batch_id, "approved", state="remitted", **told)
    why = Voucher(f"giving:batch:{batch_id}", "remittance", now)
    step = (f"cause:{found.cause_id}", "remitted", found.net_minor, why)
    movements.book(db, shop_id, found.currency, zone, [step])
    _tally(db, shop_id, found, "remitted_minor", _parts(db, shop_id, batch_id))
    return _moved(db, shop_id, batch_id, now)


def receipt(db: Connection, shop_id: int, batch_id: int, number: str, now: datetime) -> Batch:
    """The cause has confirmed that the money arrived, under this number of a receipt."""
    if not 1 <= len(number.strip()) <= REFERENCE_LENGTH:
        wrong = f"1 to {REFERENCE_LENGTH} characters of the receipt's number"
        raise BadInput("receipt_length", wrong, field="receipt")
    _move(
        db,
        shop_id,
        batch_id,
        "remitted",
        state="receipted",
        receipt=number.strip(),
        receipted_at=now,
    )
    return _moved(db, shop_id, batch_id, now)


def parts(db: Connection, shop_id: int, batch_id: int) -> list[Part]:
    """What a batch holds, by programme and kind, as it was locked."""
    batch(db, shop_id, batch_id)
    of = giving_batch.c
    chosen = select(of.parts).where(of.shop_id == shop_id, of.id == batch_id)
    return [Part(**one) for one in db.scalar(chosen) or ()]


def lines(db: Connection, shop_id: int, batch_id: int) -> Iterator[Row[Any]]:
    """A batch's lines, PAGE in memory at once."""
    told = {"shop_id": shop_id, "batch_id": batch_id}
    options = {"stream_results": True, "yield_per": store.PAGE}
    yield from db.execute(_STATEMENT, told, execution_options=options)


# ------------------------------------------------------------------------------------------------


def _cut(zone: str, through: str, now: datetime) -> tuple[str, datetime]:
    """The last day of a batch, and the moment it ends in the shop's zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    told = service.checked_day(through, "through")
    day = date.fromisoformat(told) if told else today - timedelta(days=1)
    if day > today:
        raise BadInput("date_range", "today at the latest", field="through")
    return day.isoformat(), datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def _count(db: Connection, shop_id: int, cause_id: int, by: int) -> int | None:
    """The last number given to a batch of a cause, after ``by`` more.

    Nobody else makes or numbers one of this cause until the transaction ends.
    """
    of = giving_cause.c
    number: int | None = db.scalar(
        update(giving_cause)
        .where(of.shop_id == shop_id, of.id == cause_id)
        .values(batches=of.batches + by)
        .returning(of.batches)
    )
    return number


def _move(db: Connection, shop_id: int, batch_id: int, before: str, **values: object) -> None:
    """The next state, only from the one before it; who comes second is refused."""
    of = giving_batch.c
    done = db.execute(
        update(giving_batch)
        .where(of.shop_id == shop_id, of.id == batch_id, of.state == before)
        .values(**values)
        .returning(of.id)
    ).first()
    if done is None:
        state = batch(db, shop_id, batch_id).state
        raise Conflict("batch_state", f"the batch is {state}, and must be {before} for this")


def _moved(db: Connection, shop_id: int, batch_id: int, now: datetime) -> Batch:
    """The batch in its new state, which the worker tells."""
    found = batch(db, shop_id, batch_id)
    noticed.notice(db, [BatchMoved(shop_id, batch_id, found.state)], now)
    return found


def _parts(db: Connection, shop_id: int, batch_id: int) -> list[Part]:
    rows = db.execute(_SQL["parts"], {"shop_id": shop_id, "batch_id": batch_id})
    return [
        Part(
            row.programme_id,
            row.kind,
            row.lines,
            row.gifts,
            int(row.gross_minor),
            int(row.refunded_minor),
        )
        for row in rows
    ]


def _tally(
    db: Connection, shop_id: int, found: Batch, name: str, parts: Sequence[Part], sign: int = 1
) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "programme_id": one.programme_id,
            "cause_id": found.cause_id,
            "currency": found.currency,
            "kind": one.kind,
            name: sign * (one.gross_minor - one.refunded_minor),
        }
        for one in parts
    ]
    store.tally(db, rows)


def _drop_lines(db: Connection, shop_id: int, batch_id: int) -> None:
    of = giving_batch_line.c
    db.execute(delete(giving_batch_line).where(of.shop_id == shop_id, of.batch_id == batch_id))


def _batch(row: Row[Any]) -> Batch:
    told = row._asdict()
    return Batch(**{name: told[name] for name in Batch.__slots__})
