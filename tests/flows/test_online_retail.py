"""A real shop's first days, row by row: each accounted for, totals as the oracle's.

The whole year, 525,461 rows, is the benchmark "online-retail".
"""

from datetime import datetime

import pytest

from bench import online_retail, online_retail_oracle
from bench.recommend import rows
from tests.flows.test_import import Door

UNTIL = datetime(2009, 12, 8)  # noqa: DTZ001 - London's, as in the data

pytestmark = pytest.mark.skipif(
    not online_retail.FILE.exists(), reason="needs the order histories of ../shared/data"
)


@pytest.fixture(scope="module")
def converted():
    return online_retail.convert(online_retail.read_rows(until=UNTIL))


@pytest.fixture(scope="module")
def expected():
    return online_retail_oracle.expect(online_retail.FILE, UNTIL)


def test_each_row_is_part_of_an_order_or_listed_with_its_reason(converted, expected, tmp_path):
    assert converted.rows == expected.rows
    parts = sum(len(order["lines"]) for order in converted.orders.values())
    taken = converted.rows["shipping"] + converted.rows["refund"]
    assert parts + taken + len(converted.left) == expected.rows.total() > 15_000
    listed = tmp_path / "left.csv"
    online_retail.write_left(converted, listed)
    assert len(listed.read_text().splitlines()) == 1 + len(converted.left)


def test_imported_it_comes_to_the_oracles_totals(service, tmp_path, converted, expected):
    door = Door(service, tmp_path)
    door.shop = service.install("woocommerce", "https://gifts.example", currency="GBP")
    path = tmp_path / "orders.jsonl"
    for refunds in (False, True):  # first as sold, then what came back of it
        online_retail.write(converted.orders.values(), path, refunds=refunds)
        assert door.run(path, "--points")["orders"] == len(converted.orders)
    with service.database.read() as db:
        found = online_retail.totals(db, door.shop.id)
    assert found.differences == ()
    for name in ("orders", "members", "net_pence", "earned", "refunded"):
        assert getattr(found, name) == getattr(expected, name), name
    assert found.refunded > 0


def test_its_rows_can_be_read():
    told = list(rows.tables(UNTIL))
    heads = [line for line in told if line.startswith("\n## ")]
    members = [line for line in heads if "Member" in line]
    assert len(heads) > len(members) > 4  # shops of a week have fewer than ten
    counted = [line for line in told if "Bought with it" in line and "times" in line]
    assert len(counted) > 10
    assert any("Because you bought" in line for line in told)
    assert not [line for line in told if "POSTAGE" in line or "VOUCHER" in line.upper()]
