"""When lists are built, from what, and what a build leaves behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, event

from connector import orders
from connector.core.commerce import LineKind, OrderState
from connector.core.db import Database
from connector.core.facts import HistoryImported, MemberErased
from connector.rooms import recommend
from connector.rooms.recommend import handlers, store
from tests.rooms.recommend.acme import LATER, NOW, Acme, line


def test_orders_become_lists(acme):
    acme.sells("mug", "bowl", "plate")
    acme.order("mug", "bowl", times=4)
    acme.order("mug", "bowl", "plate", times=3)
    assert acme.build()
    assert acme.shown("mug") == [("bowl", 7), ("plate", 3)]
    assert acme.shown("plate") == [("bowl", 3), ("mug", 3)]
    with acme.database.read() as db:
        assert recommend.newest_build(db, acme.id) == recommend.Build(NOW, None, 7, 3)


@pytest.mark.parametrize(
    "state",
    [OrderState.OPEN, OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED],
)
def test_only_paid_orders_count(acme, state):
    acme.sells("mug", "bowl")
    acme.order("mug", "bowl", times=2)
    acme.order("mug", "bowl", times=5, state=state)
    acme.order("mug", "bowl", times=5, is_test=True)
    acme.build()
    assert acme.shown("mug") == []
    acme.order("mug", "bowl", state=OrderState.COMPLETED)
    acme.build()
    assert acme.shown("mug") == [("bowl", 3)]


def test_only_goods_that_stayed_in_the_order_count(acme):
    acme.sells("mug", "river", "card", "wrap", "bowl")
    others = [
        line("river", 1, LineKind.DONATION),
        line("card", 2, LineKind.GIFT_CARD),
        line("wrap", 3, LineKind.FEE),
        line(None, 4),
        line("bowl", 5, quantity=0),
    ]
    acme.order("mug", times=5, extra=others)
    acme.build()
    assert [acme.shown(key) for key in ("mug", "river", "card", "wrap", "bowl")] == [[]] * 5


def test_a_shop_learns_nothing_from_another(acme):
    other = Acme(acme.database, "other")
    for shop in (acme, other):
        shop.sells("mug", "bowl")
        shop.order("mug", "bowl", times=2)
    acme.build()
    other.build()
    assert acme.shown("mug") == other.shown("mug") == []


@pytest.mark.parametrize("key", ["gid://shopify/Product/1", "a:b", "x'y\"z", "كوب", "杯子", " "])
def test_a_product_key_may_be_any_text(acme, key):
    acme.sells(key, "mug")
    acme.order("mug", key, times=3)
    acme.build()
    assert acme.shown("mug") == [(key, 3)]
    assert acme.shown(key) == [("mug", 3)]


def test_a_list_goes_when_its_orders_are_undone(acme):
    acme.sells("mug", "bowl", "cup")
    acme.order("mug", "cup", times=3)
    acme.order("mug", "bowl", times=2)
    facts = acme.order("mug", "bowl")
    acme.build()
    assert acme.shown("bowl") == [("mug", 3)]
    undo(acme, facts[0].order_id)
    acme.build()
    assert acme.shown("bowl") == []
    assert acme.shown("mug") == [("cup", 3)]


def test_many_changes_are_one_build(acme):
    for seconds in range(15):
        facts = acme.order("mug", "bowl")
        heard(acme, facts, NOW + timedelta(seconds=seconds))
    assert due(acme, NOW + timedelta(seconds=9)) == []
    assert due(acme, NOW + LATER) == [acme.id]
    now = NOW + timedelta(seconds=20)
    assert recommend.build(acme.database, acme.id, now)
    assert due(acme, now + timedelta(days=1)) == []
    assert not recommend.build(acme.database, acme.id, now + timedelta(days=1))


def test_a_long_build_is_followed_by_a_long_rest(acme):
    acme.build()
    with acme.database.write() as db:
        store.finish(db, acme.id, 1, NOW, took_ms=1_500)
    heard(acme, acme.order("mug"), NOW)
    assert due(acme, NOW + timedelta(seconds=29)) == []
    assert due(acme, NOW + timedelta(seconds=30)) == [acme.id]


def test_no_rest_keeps_an_order_from_showing_within_a_minute(acme):
    acme.build()
    with acme.database.write() as db:
        store.finish(db, acme.id, 1, NOW, took_ms=20_000)
    heard(acme, acme.order("mug"), NOW)
    assert due(acme, NOW + timedelta(seconds=60 - 20)) == [acme.id]


def test_who_is_erased_is_in_no_list_and_erasing_asks_for_a_build(acme):
    acme.sells("mug", "bowl")
    for customer in ("7", "8", "9"):
        acme.order("mug", customer_key=customer)
        acme.order("bowl", customer_key=customer)
    acme.build()
    assert acme.shown("mug") == [("bowl", 0)]
    (member_id,) = acme.erase("7")
    heard(acme, [MemberErased(acme.id, member_id)], NOW, handlers.on_member_erased)
    assert due(acme, NOW + LATER) == [acme.id]
    acme.build()
    assert acme.shown("mug") == []
    with acme.database.read() as db:
        buyers = store.baskets(db, acme.id)[0].buyers.tolist()
    assert sorted(buyers) == [0, 0, 1, 1]


def test_an_imported_history_is_due_at_once(acme):
    heard(acme, acme.order("mug"), NOW)
    with acme.database.write() as db:
        assert handlers.on_history_imported(db, [HistoryImported(acme.id, 5)], NOW) == []
    assert due(acme, NOW) == [acme.id]


def test_an_order_that_arrives_while_we_build_is_due_again(acme):
    acme.sells("mug", "bowl")
    acme.order("mug", "bowl", times=3)

    def meanwhile(db: Connection) -> None:
        recommend.mark(db, acme.id, NOW)

    slow = Interrupted(acme.database, meanwhile)
    with acme.database.write() as db:
        recommend.mark(db, acme.id, NOW, at_once=True)
    assert recommend.build(slow, acme.id, NOW)
    assert acme.shown("mug") == [("bowl", 3)]
    assert due(acme, NOW) == []
    assert due(acme, NOW + LATER) == [acme.id]


def test_two_do_not_build_one_shop(acme):
    with acme.database.write() as db:
        recommend.mark(db, acme.id, NOW, at_once=True)
    seen: list[bool] = []

    def meanwhile(_db: Connection) -> None:
        seen.append(recommend.build(acme.database, acme.id, NOW))

    assert recommend.build(Interrupted(acme.database, meanwhile, writes=False), acme.id, NOW)
    assert seen == [False]


def test_a_build_that_died_is_tried_again(acme):
    with acme.database.write() as db:
        recommend.mark(db, acme.id, NOW, at_once=True)

    def die(_db: Connection) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        recommend.build(Interrupted(acme.database, die), acme.id, NOW)
    assert due(acme, NOW + timedelta(seconds=299)) == []
    assert due(acme, NOW + timedelta(seconds=300)) == [acme.id]


def test_a_list_that_did_not_change_is_not_written(acme):
    acme.order("mug", "bowl", times=3)
    acme.order("cup", "plate", times=3)
    with count_writes(acme.database) as writes:
        acme.build()
        assert writes == [4]
        acme.build()
        assert writes == [4]
        acme.order("cup", "plate")
        acme.build()
        assert writes == [4, 2]


# ------------------------------------------------------------------------------------------------


class Interrupted(Database):
    """The same database, where something happens between reading and writing."""

    def __init__(
        self, real: Database, meanwhile: Callable[[Connection], None], *, writes: bool = True
    ) -> None:
        self._real = real
        self._meanwhile = meanwhile
        self._writes = writes
        self.is_sqlite = real.is_sqlite

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._real.read() as db:
            yield db
        with self._real.write() if self._writes else self._real.read() as db:
            self._meanwhile(db)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._real.write() as db:
            yield db


@contextmanager
def count_writes(database: Database) -> Iterator[list[int]]:
    """How many lists each statement wrote."""
    writes: list[int] = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        if statement.startswith("INSERT INTO recommend_together"):
            writes.append(len(parameters) if many else 1)

    event.listen(database.engine, "before_cursor_execute", note)
    yield writes
    event.remove(database.engine, "before_cursor_execute", note)


def heard(acme, facts, now, handler=handlers.on_order_changed):
    with acme.database.write() as db:
        assert handler(db, facts, now) == []


def due(acme, now):
    with acme.database.read() as db:
        return recommend.build_due(db, now)


def undo(acme, order_id):
    with acme.database.read() as db:
        ((_, order),) = orders.load(db, acme.id, [order_id])
    acme.hear(replace(order, state=OrderState.CANCELLED))
