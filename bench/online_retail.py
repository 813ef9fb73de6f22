"""Online Retail II, a year of a real shop: as import format, every line of it accounted for.

The data: Chen, D. (2012), Online Retail II, UCI Machine Learning Repository, CC BY 4.0. One row is
one invoice line; "C" invoices are cancellations, "A" invoices adjust bad debt.

``python -m bench.online_retail ORDERS.jsonl`` converts it, for ``perennial import``; rows that are
no part of an order are listed by reason beside it, in ORDERS.jsonl.left.csv.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow.parquet as pq
from sqlalchemy import Connection, func, select

from bench import Figure, benchmark, online_retail_oracle
from bench.databases import postgresql
from bench.importing import import_file, make_shop
from connector import ledger
from connector.core.db import Database
from connector.core.keyring import KeyRing
from connector.core.points import UNIT
from connector.ledger.models import ledger_entry
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points

ZONE = "Europe/London"
DATA = Path(__file__).parents[2] / "shared" / "data"
FILE = DATA / "online_retail_II_y1_2009-12-01_2010-12-09.parquet"
_SHIPPING = {"POST", "DOT", "C2"}
_FEES = {"M", "m", "D", "S", "ADJUST", "ADJUST2", "BANK CHARGES", "AMAZONFEE"}
_TESTS = {"TEST001", "TEST002"}
_LONDON = ZoneInfo(ZONE)
_PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an invoice, as the data has it. The time is naive, of London."""

    invoice: str
    code: str
    title: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str | None


@dataclass(slots=True)
class Sold:
    """What is left to cancel of a line of an order; ``line`` None is its shipping."""

    order: dict[str, Any]
    line: str | None
    at: datetime
    quantity: int
    total: Decimal


@dataclass(slots=True)
class Converted:
    """Orders in the import format, and what became of every row: rows by fate.

    left: (row, invoice, reason) of those that are no part of an order; rows count from 1.
    """

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    left: list[tuple[int, str, str]] = field(default_factory=list)

    def leave(self, number: int, row: Row, reason: str) -> None:
        self.rows[reason] += 1
        self.left.append((number, row.invoice, reason))


def read_rows(path: Path = FILE, until: datetime | None = None) -> Iterator[Row]:
    """The data's rows before ``until``, in its own sequence."""
    for batch in pq.ParquetFile(path).iter_batches(batch_size=20_000):
        for one in batch.to_pylist():
            if until is None or one["invoice_date"] < until:
                customer = one["customer_id"]
                yield Row(
                    invoice=one["invoice"],
                    code=one["stock_code"],
                    title=(one["description"] or "nan").strip(),
                    quantity=one["quantity"],
                    at=one["invoice_date"],
                    price=Decimal(repr(one["price"])),
                    customer=None if customer is None else str(customer),
                )


def convert(rows: Iterable[Row]) -> Converted:
    """Orders with their refunds. Each row ends as exactly one thing, or is listed by reason."""
    found = Converted()
    cancellations: list[tuple[int, Row]] = []
    sold: dict[tuple[str, str, Decimal], list[Sold]] = {}
    for number, row in enumerate(rows, start=1):
        reason = _not_an_order(row)
        if reason:
            found.leave(number, row, reason)
        elif row.invoice.startswith("C"):
            cancellations.append((number, row))
        else:
            one = _sell(found, row)
            if row.customer:
                sold.setdefault((row.customer, row.code, row.price), []).append(one)
    for number, row in sorted(cancellations, key=lambda one: one[1].at):
        match = _match(row, sold)
        if match is None:
            found.leave(number, row, "unmatched_cancellation")
            continue
        found.rows["refund"] += 1
        _take_back(match, row)
    return found


def write(orders: Iterable[Mapping[str, Any]], path: Path, *, refunds: bool = True) -> None:
    """As JSONL; without refunds, as the shop stood before anybody cancelled."""
    encode = msgspec.json.Encoder(decimal_format="string").encode
    with path.open("wb") as file:
        for order in orders:
            told = order if refunds else {k: v for k, v in order.items() if k != "refunds"}
            file.write(encode(told) + b"\n")


def write_left(found: Converted, path: Path) -> None:
    """The rows that are no part of an order, each with its reason."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "invoice", "reason"))
        writer.writerows(sorted(found.left))


@dataclass(frozen=True, slots=True)
class Totals:
    """What a shop's book comes to, read from its rows. ``refunded``: points taken back."""

    orders: int
    members: int
    net_pence: int
    earned: int
    refunded: int
    differences: tuple[str, ...]


def totals(db: Connection, shop_id: int) -> Totals:
    """The shop's totals, and everything that does not add up."""
    booked = dict(
        db.execute(
            select(ledger_entry.c.kind, func.sum(ledger_entry.c.amount))
            .where(ledger_entry.c.shop_id == shop_id, ledger_entry.c.unit == UNIT)
            .group_by(ledger_entry.c.kind)
        ).all()
    )
    sold = db.execute(
        select(func.count(), func.sum(orders.c.goods_minor)).where(orders.c.shop_id == shop_id)
    ).one()
    people = db.scalar(select(func.count()).where(member.c.shop_id == shop_id))
    checks = (ledger.differences, points.check, giving.check)
    return Totals(
        orders=sold[0],
        members=people or 0,
        net_pence=int(sold[1] or 0),
        earned=int(booked.get("earned", 0)),
        refunded=int(booked.get("clawback", 0)),
        differences=tuple(str(one) for check in checks for one in check(db, shop_id)),
    )


@benchmark("online-retail")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    """A year of a real shop: sales first, then the same orders with what came back."""
    if not FILE.exists():
        return
    until = datetime(2009, 12, 8) if quick else None  # noqa: DTZ001 - London's, as in the data
    expected = online_retail_oracle.expect(FILE, until)
    found = convert(read_rows(until=until))
    assert found.rows == expected.rows
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder, postgresql() as url:
        key = KeyRing.new_key()
        shop_id = make_shop(url, key, "GBP", ZONE)
        for name, refunds in (("sales", False), ("with cancellations", True)):
            path = Path(folder) / f"{refunds}.jsonl"
            write(found.orders.values(), path, refunds=refunds)
            done = import_file(url, path, key, shop_id)
            told = f"{done.orders:,} orders in {done.seconds:.1f} s, {done.peak_mb:.0f} MB"
            yield Figure(name, done.rate, None, told, unit="/s")
        database = Database(url)
        with database.read() as db:
            booked = totals(db, shop_id)
        database.dispose()
    rows = ", ".join(f"{fate} {count:,}" for fate, count in found.rows.most_common())
    yield Figure("rows accounted for", found.rows.total(), expected.rows.total(), rows)
    yield from _compared(booked, expected)


def _compared(booked: Totals, expected: online_retail_oracle.Totals) -> Iterator[Figure]:
    assert not booked.differences, booked.differences[:5]
    for name in ("orders", "members", "net_pence", "earned", "refunded"):
        reached, wanted = getattr(booked, name), getattr(expected, name)
        assert reached == wanted, f"{name}: {reached}, the oracle says {wanted}"
        yield Figure(name.replace("_", " "), reached, wanted, "as the oracle says")


def _not_an_order(row: Row) -> str:
    """Why a row can be no line and no refund, or ""."""
    if row.invoice.startswith("A"):
        return "bad_debt"
    if row.code in _TESTS:
        return "test_product"
    if row.price <= 0:
        return "price_not_positive"
    if row.invoice.startswith("C") != (row.quantity < 0):
        return "wrong_sign"
    return ""


def _sell(found: Converted, row: Row) -> Sold:
    order = found.orders.get(row.invoice)
    if order is None:
        order = found.orders[row.invoice] = {
            "key": row.invoice,
            "placed_at": row.at.replace(tzinfo=_LONDON),
            "state": "completed",
            "currency": "GBP",
            "customer": {"key": row.customer} if row.customer else None,
            "shipping": Decimal(0),
            "lines": [],
        }
    total = _money(row.quantity, row.price)
    if row.code in _SHIPPING:
        found.rows["shipping"] += 1
        order["shipping"] += total
        return Sold(order, None, row.at, row.quantity, total)
    kind = _kind(row.code)
    found.rows[kind] += 1
    key = str(len(order["lines"]) + 1)
    order["lines"].append(
        {
            "key": key,
            "kind": kind,
            "title": row.title if row.title != "nan" else row.code,
            "product": row.code if kind == "goods" else None,
            "sku": row.code,
            "quantity": row.quantity,
            "total": total,
        }
    )
    return Sold(order, key, row.at, row.quantity, total)


def _kind(code: str) -> str:
    if code in _FEES:
        return "fee"
    return "gift_card" if code.lower().startswith("gift") else "goods"


def _match(row: Row, sold: Mapping[tuple[str, str, Decimal], list[Sold]]) -> Sold | None:
    """The newest line before it, of the same customer, code and price, with enough left."""
    if row.customer is None:
        return None
    for one in reversed(sold.get((row.customer, row.code, row.price), [])):
        if one.at <= row.at and one.quantity >= -row.quantity:
            return one
    return None


def _take_back(match: Sold, row: Row) -> None:
    total = min(_money(-row.quantity, row.price), match.total)
    match.quantity += row.quantity
    match.total -= total
    refunds = match.order.setdefault("refunds", [])
    refund = next((one for one in refunds if one["key"] == row.invoice), None)
    if refund is None:
        refund = {"key": row.invoice, "refunded_at": row.at.replace(tzinfo=_LONDON)}
        refund |= {"amount": Decimal(0), "lines": []}
        refunds.append(refund)
    refund["amount"] += total
    if match.line is not None:
        taken = {"line": match.line, "quantity": -row.quantity, "total": total}
        refund["lines"].append(taken)


def _money(quantity: int, price: Decimal) -> Decimal:
    return (quantity * price).quantize(_PENNY, ROUND_HALF_UP)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    converted = convert(read_rows())
    write(converted.orders.values(), target)
    write_left(converted, target.with_name(f"{target.name}.left.csv"))
    for name, count in converted.rows.most_common():
        print(f"{count:>9,}  {name}")  # noqa: T201 - what the command is for
