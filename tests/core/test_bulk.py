"""Many rows at once say the same as one by one, whatever is in them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from connector.core.bulk import COPY_ROWS, among, insert_new, insert_rows, rows_of
from connector.core.inbox import inbox
from connector.orders.models import order_line
from tests.world import NOW

HOSTILE = [
    "",
    "plain",
    "'; DROP TABLE orders; --",
    'a "quoted" word',
    "back\\slash",
    "comma,brace}{",
    "line\nbreak\ttab\rreturn",
    "\\N",
    "\\.",
    "NULL",
    "نور 王小明 🍵",
    "%s %(x)s :x ?",
]
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


def line(number, **values):
    return {
        "shop_id": 1,
        "order_id": number,
        "key": "a",
        "position": 0,
        "kind": "goods",
        "title": "Cup",
        "product_key": None,
        "sku": None,
        "quantity": 1,
        "subtotal_minor": 5,
        "total_minor": 2**62,
        "tax_minor": -5,
        "cause": None,
        "cause_by_shopper": False,
        **values,
    }


@pytest.mark.parametrize("count", [1, len(HOSTILE), COPY_ROWS, 3 * COPY_ROWS])
def test_rows_come_back_as_they_were_written(database, count):
    told = [
        line(n, title=HOSTILE[n % len(HOSTILE)], sku=HOSTILE[-n % len(HOSTILE)] or None)
        for n in range(count)
    ]
    with database.write() as db:
        insert_rows(db, order_line, told)
        insert_rows(db, order_line, [])
        found = db.execute(select(order_line).order_by(order_line.c.order_id)).mappings()
        assert [dict(row) for row in found] == told


@pytest.mark.parametrize("count", [2, COPY_ROWS + 1])
def test_a_row_that_is_there_already_is_an_error(database, count):
    with pytest.raises(IntegrityError), database.write() as db:
        insert_rows(db, order_line, [line(n % (count - 1)) for n in range(count)])


def test_new_rows_leave_known_ones_alone(database):
    def row(number, key, body):
        return {
            "shop_id": 1,
            "id": number,
            "source": "hook",
            "topic": "t",
            "dedupe_key": key,
            "headers": {"X": 'a "b" \\'},
            "body": body,
            "flag": None,
            "received_at": NOW,
            "due_at": NOW,
            "state": "new",
        }

    with database.write() as db:
        insert_new(db, inbox, [row(1, "k", b"\x00\xff'"), row(2, "k", b"later")])
        insert_new(db, inbox, [row(3, "k", b"later"), row(4, "l", b"other")])
        found = db.execute(select(inbox).order_by(inbox.c.id)).all()
    assert [(one.id, one.body, one.headers, one.due_at) for one in found] == [
        (1, b"\x00\xff'", {"X": 'a "b" \\'}, NOW),
        (4, b"other", {"X": 'a "b" \\'}, NOW),
    ]


def test_values_are_looked_up_however_many(database):
    with database.write() as db:
        told = [line(n, key=HOSTILE[n % len(HOSTILE)] or "-") for n in range(300)]
        insert_rows(db, order_line, told)
        chosen = select(order_line.c.order_id).where(order_line.c.shop_id == 1)
        numbers = among(db, chosen, order_line.c.order_id, [*range(5000), 7, 7])
        assert sorted(db.scalars(numbers)) == list(range(300))
        keys = among(db, chosen, order_line.c.key, HOSTILE[1:4])
        expected = [row["order_id"] for row in told if row["key"] in HOSTILE[1:4]]
        assert sorted(db.scalars(keys)) == expected
        assert db.scalars(among(db, chosen, order_line.c.key, [])).all() == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(st.integers(-(2**62), 2**62), texts), min_size=1, max_size=8))
def test_rows_can_be_a_table(database, told):
    rows = [{"number": number, "word": word} for number, word in told]
    with database.read() as db:
        table = rows_of(db, {"number": int, "word": str}, rows)
        found = db.execute(select(table.c.number, table.c.word)).all()
    assert sorted(map(tuple, found)) == sorted(told)
