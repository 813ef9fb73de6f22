"""Past orders by file: as told, once, from where it ended; or refused whole, with the line."""

import csv
import fcntl
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from bench.importing import write_orders
from connector.cli import perennial
from connector.core import clock
from connector.core.errors import BadInput, Conflict, NotFound
from connector.members.models import member
from connector.orders import imports
from connector.orders import service as order_book
from connector.orders.models import order_import, orders
from connector.rooms.points import service as points
from connector.shops import service as shops
from tests.flows.service import SECRET_KEY

CUP = {"title": "Green cup", "product": "cup", "quantity": 2, "total": "40.00", "tax": "7.60"}
ORDER = {
    "key": "1021",
    "placed_at": "2025-11-20T10:00:00+01:00",
    "state": "completed",
    "currency": "EUR",
    "customer": {"key": "77", "email": "mia@example.com", "name": "Mia Chen"},
    "shipping": "4.90",
    "lines": [CUP, {"kind": "donation", "title": "Riverbank", "total": "2.00"}],
}
REFUND = {
    "key": "r1",
    "refunded_at": "2025-11-28T09:00:00Z",
    "lines": [{"line": "1", "quantity": 1, "total": "20.00", "tax": "3.80"}],
}


class Door:
    """``perennial import`` for one shop."""

    def __init__(self, service, folder):
        self.service, self.folder = service, folder
        self.shop = service.install("woocommerce", "https://acme.example", currency="EUR")
        self.environment = {
            "DATABASE_URL": service.database.url,
            "JOBS_URL": f"sqlite:///{folder / 'jobs.db'}",
            "PUBLIC_URL": service.settings.public_url,
            "SECRET_KEYS": SECRET_KEY,
        }

    def write(self, *told, name="orders.jsonl"):
        path = self.folder / name
        lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in told]
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    def command(self, path, *options):
        return ["import", str(path), "--shop", str(self.shop.id), *options]

    def run(self, path, *options):
        """The summary; raises what the command refused with."""
        result = CliRunner().invoke(perennial, self.command(path, *options), env=self.environment)
        self.said = result.stderr
        if result.exception is not None:
            raise result.exception
        return json.loads(result.stdout)

    def start(self, path, *options, **streams):
        return subprocess.Popen(
            [sys.executable, "-m", "connector.cli", *self.command(path, *options)],
            env={**os.environ, **self.environment},
            **streams,
        )

    def book(self):
        """Orders as the book has them, by key."""
        with self.service.database.read() as db:
            ids = db.scalars(select(orders.c.id).where(orders.c.shop_id == self.shop.id)).all()
            return {
                order.key: (row, order) for row, order in order_book.load(db, self.shop.id, ids)
            }

    def available(self, key="77"):
        with self.service.database.read() as db:
            found = self.service.runtime.members.by_customer_key(db, self.shop.id, key)
            return points.balance(db, self.shop.id, found).available

    def is_untouched(self):
        with self.service.database.read() as db:
            counts = [
                db.scalar(select(func.count()).select_from(table))
                for table in (orders, member, order_import)
            ]
        return counts == [0, 0, 0]


@pytest.fixture
def door(service, tmp_path):
    return Door(service, tmp_path)


def test_an_order_is_in_the_book_as_the_file_tells_it(door):
    told = door.run(door.write({**ORDER, "refunds": [REFUND]}), "--points")
    assert (told["orders"], told["lines"], told["refunds"]) == (1, 2, 1)
    assert (told["rejected"], told["resumed"]) == ({}, False)
    row, order = door.book()["1021"]
    assert (row.historic, row.goods_minor, row.total_minor) == (True, 2000, 5450)
    assert row.confirmed_at is not None
    assert order.placed_at == order.paid_at == order.completed_at
    assert [(line.key, line.kind, line.total_minor) for line in order.lines] == [
        ("1", "goods", 4000),
        ("2", "donation", 200),
    ]
    assert order.refunds[0].amount_minor == 2380
    assert order.modified_at == order.refunds[0].refunded_at
    assert door.available() == 20
    assert door.service.audit(door.shop) == []


def test_a_guest_is_known_by_the_e_mail_and_somebody_without_one_by_nothing(door):
    guest = {**ORDER, "key": "2", "customer": {"email": "noor@example.com"}}
    door.run(door.write(guest, {**ORDER, "key": "3", "customer": None}), "--points")
    book = door.book()
    assert book["2"][0].member_id is not None
    assert book["3"][0].member_id is None


def test_old_orders_earn_only_if_the_merchant_says_so(door):
    path = door.write(ORDER)
    door.run(path, "--no-points")
    assert door.available() == 0
    door.run(door.write({**ORDER, "key": "1022"}, name="more.jsonl"), "--points")
    assert door.available() == 40
    door.service.work(["import"])
    assert door.available() == 80
    assert door.service.audit(door.shop) == []


def test_the_same_file_again_changes_nothing(door):
    path = door.write(ORDER, {**ORDER, "key": "1022"})
    door.run(path, "--points")
    before = door.service.entries(door.shop)
    assert door.run(path, "--points")["orders"] == 2
    assert door.service.entries(door.shop) == before
    assert {row.revision for row, _ in door.book().values()} == {1}


def test_a_later_file_tells_what_came_back_since(door):
    door.run(door.write(ORDER), "--points")
    door.run(door.write({**ORDER, "refunds": [REFUND]}, name="later.jsonl"))
    assert door.available() == 20
    assert door.service.audit(door.shop) == []


def test_both_layouts_mean_the_same(door):
    donation = {"key": "2", "kind": "donation", "title": "Riverbank", "total": "2.00"}
    first = {**ORDER, "refunds": [{**REFUND, "other": "1.00"}]}
    first["lines"] = [{**CUP, "key": "1"}, donation]
    second = {**ORDER, "key": "1022", "customer": {"email": "noor@example.com"}, "lines": [CUP]}
    door.run(door.write(first, second))
    expected = {key: row.digest for key, (row, _) in door.book().items()}
    head = {key: first[key] for key in ("placed_at", "state", "currency", "shipping")}
    people = {"customer": "77", "email": "mia@example.com", "name": "Mia Chen"}
    refund = {"refund": "r1", "refunded_at": REFUND["refunded_at"]}
    taken = {"line": "1", "quantity": 1, "total": "20.00", "tax": "3.80"}
    rows = [
        {"order": "1021", **head, **people, "line": "1", **CUP},
        {"order": "1021", **donation, "line": "2"},
        {"order": "1021", **refund, **taken},
        {"order": "1021", **refund, "total": "1.00"},
        {"order": "1022", **head, "email": "noor@example.com", **CUP},
    ]
    other = Door(door.service, door.folder)
    other.shop = door.service.install("woocommerce", "https://other.example", currency="EUR")
    told = other.run(write_csv(door.folder / "orders.csv", rows))
    assert (told["orders"], told["lines"], told["refunds"]) == (2, 3, 1)
    assert {key: row.digest for key, (row, _) in other.book().items()} == expected


def write_csv(path, rows):
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "key"))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8")
    return path


BAD = {
    "no JSON": (b"{", "unreadable_line"),
    "no UTF-8": (b'{"key": "\xff"}', "unreadable_line"),
    "not an order": (b"[]", "wrong_field"),
    "unknown field": ({**ORDER, "totl": "1"}, "wrong_field"),
    "a number for an amount": ({**ORDER, "shipping": 4.9}, "wrong_field"),
    "no zone": ({**ORDER, "placed_at": "2025-11-20T10:00:00"}, "wrong_field"),
    "unknown state": ({**ORDER, "state": "shipped"}, "wrong_field"),
    "empty key": ({**ORDER, "key": ""}, "wrong_field"),
    "pieces below zero": ({**ORDER, "lines": [{**CUP, "quantity": -1}]}, "wrong_field"),
    "unknown currency": ({**ORDER, "currency": "XXX"}, "unknown_currency"),
    "too many decimals": ({**ORDER, "shipping": "4.999"}, "amount_format"),
    "a comma": ({**ORDER, "shipping": "4,90"}, "amount_format"),
    "below zero": ({**ORDER, "lines": [{**CUP, "total": "-1"}]}, "amount_range"),
    "beyond the book": ({**ORDER, "total": "99999999999999"}, "amount_range"),
    "the future": ({**ORDER, "placed_at": "2999-01-01T00:00:00Z"}, "time_range"),
    "long ago": ({**ORDER, "placed_at": "1869-01-01T00:00:00Z"}, "time_range"),
    "NUL": ({**ORDER, "number": "a\x00b"}, "control_character"),
    "a line twice": ({**ORDER, "lines": [{**CUP, "key": "a"}] * 2}, "duplicate_line"),
    "a refund twice": ({**ORDER, "refunds": [REFUND] * 2}, "duplicate_refund"),
    "a refund of nothing": (
        {**ORDER, "refunds": [{**REFUND, "lines": [{"line": "9", "total": "1"}]}]},
        "unknown_line",
    ),
    "a refund below its parts": (
        {**ORDER, "refunds": [{**REFUND, "amount": "1.00"}]},
        "refund_amount",
    ),
    "too long": (b'{"key": "' + b"x" * 4_000_000 + b'"}', "line_too_long"),
}


@pytest.mark.parametrize(("line", "code"), BAD.values(), ids=BAD)
def test_a_bad_line_refuses_the_file_before_anything_changes(door, line, code):
    path = door.write({**ORDER, "key": "1"}, b"", line, {**ORDER, "key": "2"})
    with pytest.raises(BadInput) as refused:
        door.run(path, "--points")
    assert refused.value.code == "import_refused"
    named = [line for line in door.said.splitlines() if line.startswith("line ")]
    assert [line.split("  ")[:2] for line in named] == [["line 3", code]]
    assert door.is_untouched()


def test_what_is_bad_can_be_left_out_and_is_listed(door):
    path = door.write({**ORDER, "key": "1"}, b"{", {**ORDER, "currency": "XXX"}, ORDER)
    told = door.run(path, "--keep-going")
    assert told["rejected"] == {"unknown_currency": 1, "unreadable_line": 1}
    assert set(door.book()) == {"1", "1021"}
    report = path.with_name("orders.jsonl.rejected.jsonl").read_text().splitlines()
    listed = [json.loads(line) for line in report]
    assert [(one["line"], one["order"], one["code"]) for one in listed] == [
        (2, None, "unreadable_line"),
        (3, "1021", "unknown_currency"),
    ]


def test_a_backslash_before_u0000_is_text(door):
    door.run(door.write({**ORDER, "number": "a\\u0000b"}))
    assert door.book()["1021"][1].number == "a\\u0000b"


HEAD = b"order,placed_at,state,currency,title,total\n"
FIRST = b"1,2025-11-20T10:00:00Z,paid,EUR,Cup,1.00\n"
SECOND = b"2,2025-11-20T10:00:00Z,paid,EUR,Cup,1.00\n"
SHEETS = {
    "unknown column": (HEAD.replace(b"total", b"totl") + FIRST, "wrong_column", "line 1"),
    "column twice": (HEAD.replace(b"title", b"total") + FIRST, "wrong_column", "line 1"),
    "missing column": (HEAD.replace(b"state,", b"") + FIRST, "wrong_column", "line 1"),
    "empty": (b"", "wrong_column", "line 1"),
    "quotes": (HEAD + FIRST.replace(b"Cup", b'"Cup"x') + SECOND, "unreadable_line", "line 2"),
    "no UTF-8": (HEAD + FIRST + b"\xff\n", "unreadable_line", "line 3"),
    "apart": (HEAD + FIRST + SECOND + FIRST, "order_split", "line 4"),
}


@pytest.mark.parametrize(("body", "code", "where"), SHEETS.values(), ids=SHEETS)
def test_a_doubtful_sheet_is_refused_whole(door, body, code, where):
    path = door.folder / "orders.csv"
    path.write_bytes(body)
    with pytest.raises(BadInput) as refused:
        door.run(path, "--keep-going")
    assert (refused.value.code, where in refused.value.message) == (code, True)
    assert door.is_untouched()


ROWS = {
    "cells": (HEAD + FIRST + SECOND.replace(b",1.00", b",1,00"), "wrong_columns"),
    "contradiction": (HEAD + SECOND + SECOND.replace(b"paid", b"open"), "rows_differ"),
    "an amount": (HEAD + FIRST + SECOND + SECOND.replace(b"1.00", b"one"), "amount_format"),
    "NUL": (HEAD + FIRST + SECOND.replace(b"Cup", b"C\x00p"), "control_character"),
}


@pytest.mark.parametrize(("body", "code"), ROWS.values(), ids=ROWS)
def test_a_bad_row_rejects_its_whole_order(door, body, code):
    path = door.folder / "orders.csv"
    path.write_bytes(body)
    told = door.run(path, "--keep-going")
    assert told["rejected"] == {code: 1}
    assert "2" not in door.book()


def test_a_killed_import_goes_on_and_repeats_nothing(door):
    path = door.folder / "many.jsonl"
    count = 5000 if door.service.database.is_sqlite else 9000  # it takes seconds
    write_orders(path, count)
    for share in (0, 0.3):
        with door.start(path, "--points", stderr=subprocess.DEVNULL) as process:
            while done(door) <= share * count and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
    assert 0 < done(door) < count
    told = door.run(path, "--points")
    assert (told["orders"], told["resumed"]) == (count, True)
    book = door.book()
    assert len(book) == count
    assert {row.revision for row, _ in book.values()} == {1}
    assert door.service.audit(door.shop) == []


def done(door):
    with door.service.database.read() as db:
        found = imports.newest(db, door.shop.id)
    return next((one.done for one in found if one.what.startswith("file:")), 0)


def test_one_file_is_imported_by_one_at_a_time(door):
    path = door.write(ORDER)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Conflict) as refused:
            door.run(path)
    assert refused.value.code == "import_running"
    assert door.is_untouched()


def test_only_a_living_shop_takes_orders(door):
    path = door.write(ORDER)
    with door.service.database.write() as db:
        shops.uninstall(db, door.shop.id, clock.now(), clock.now())
    with pytest.raises(Conflict) as refused:
        door.run(path)
    assert refused.value.code == "shop_not_live"
    door.shop = type("Shop", (), {"id": 1})
    with pytest.raises(NotFound):
        door.run(path)


def test_a_terminal_shows_a_bar_and_a_script_reads_json_and_the_exit_code(door):
    ours, theirs = pty.openpty()
    with door.start(door.write(ORDER), stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        told = json.loads(process.communicate()[0])
    assert (process.returncode, told["orders"]) == (0, 1)
    assert b"Importing" in os.read(ours, 100_000)
    os.close(ours)
    with door.start(door.write(b"{"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"\nline 1  unreadable_line  " in b"\n" + err
