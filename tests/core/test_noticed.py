"""Facts of doors: kept with what caused them, heard once, and one bad one stops no other."""

from connector.core import clock, noticed
from connector.core.facts import GiftGiven, MemberJoined

SHOP = 1


def test_facts_wait_in_order_and_are_taken_once(database):
    told = [
        MemberJoined(SHOP, 7),
        GiftGiven(SHOP, 7, "web:1", points=50, note="hi", waits_until=clock.now()),
    ]
    with database.write() as db:
        noticed.notice(db, told, clock.now())
    with database.write() as db:
        assert noticed.shops_due(db) == [SHOP]
        assert noticed.waits(db, SHOP)
        assert not noticed.waits(db, SHOP + 1)
        assert noticed.take(db, SHOP, 10) == told
        assert not noticed.waits(db, SHOP)
    with database.write() as db:
        assert noticed.take(db, SHOP, 10) == []
        assert noticed.shops_due(db) == []


def test_what_a_room_failed_on_is_set_aside_and_the_next_goes_on(database):
    first, second = MemberJoined(SHOP, 7), MemberJoined(SHOP, 8)
    with database.write() as db:
        noticed.notice(db, [first, second], clock.now())
        noticed.park(db, SHOP, clock.now())
    with database.write() as db:
        assert noticed.take(db, SHOP, 10) == [second]
        assert noticed.shops_due(db) == []
