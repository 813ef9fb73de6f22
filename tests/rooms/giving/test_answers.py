"""Figures of the report: orders that could have been asked, gifts among them, and their way."""

from datetime import timedelta

from connector.core.commerce import OrderState
from connector.rooms.giving import programmes, remitting
from connector.rooms.giving.accounts import answers
from connector.rooms.giving.accounts.answers import Answers
from connector.rooms.giving.rules import AddOn, RoundUp, Share
from tests.rooms.giving.offers import SINCE, papered, publish
from tests.rooms.giving.test_remitting import lock, send
from tests.world import NOW, acme, donation, goods, order, refund, took

YEAR = NOW - timedelta(days=365)
GIFT = donation("d", 250)


def spans(world, currency="USD", now=NOW):
    with world.database.read() as db:
        return answers.spans(programmes.programmes(db, world.shop.id), currency, YEAR, now)


def asked(world):
    with world.database.read() as db:
        return answers.asked(db, world.shop.id, "USD", spans(world), world.shop.timezone)


def test_only_orders_placed_while_something_was_asked_are_counted(database):
    world = acme(database)
    cause = papered(world)
    publish(world, AddOn(amounts_minor=(100,)), cause)
    publish(world, Share(percent_bps=100), cause, at=YEAR)
    before = SINCE - timedelta(seconds=1)
    test = order("8", GIFT, is_test=True)
    world.tell(
        order("1", goods("a", 1000), GIFT, donation("e", 100)),
        order("2", goods("a", 1000)),
        order("3", goods("a", 1000), placed_at=SINCE),
        order("4", GIFT, placed_at=before),
        order("5", GIFT, currency="EUR"),
        order("6", goods("a", 1000), state=OrderState.CANCELLED),
        test,
    )
    assert asked(world) == [Answers("2026-11", 4, 1)]
    back = refund("r", took(GIFT, total_minor=250))
    world.tell(order("1", goods("a", 1000), GIFT, minute=1, refunds=(back,)))
    assert asked(world) == [Answers("2026-11", 4, 1)], "a gift that was refunded was given"


def test_times_that_overlap_count_once_and_those_to_come_not_at_all(sqlite_world):
    world, cause = sqlite_world
    assert spans(world) == []
    day = timedelta(days=1)
    publish(world, RoundUp(100), cause, ends_at=NOW - 3 * day)
    publish(world, AddOn(amounts_minor=(100,)), cause, ends_at=NOW - 5 * day)
    publish(world, AddOn(amounts_minor=(100,)), cause, starts_at=NOW - day)
    publish(world, RoundUp(100), cause, starts_at=NOW + day)
    assert spans(world) == [(SINCE, NOW - 3 * day), (NOW - day, NOW)]
    assert spans(world, "EUR") == []


def test_a_gift_is_averaged_as_it_stands(sqlite_world):
    world, _ = sqlite_world
    back = refund("r", took(GIFT, total_minor=249))
    world.tell(
        order("1", GIFT),
        order("2", GIFT, refunds=(back,)),
        order("3", GIFT, state=OrderState.CANCELLED),
        order("4", GIFT, placed_at=YEAR - timedelta(days=1)),
    )
    with world.database.read() as db:
        told = answers.gifts(db, world.shop.id, "USD", YEAR)
        nothing = answers.gifts(db, world.shop.id, "EUR", YEAR)
    assert (told.count, told.minor, told.mean_minor) == (2, 251, 126)
    assert (nothing.count, nothing.mean_minor) == (0, 0)


def test_what_the_shop_gives_for_an_order_has_a_way_too(sqlite_world):
    world, cause = sqlite_world
    publish(world, Share(percent_bps=1000), cause)
    world.tell(order("1", goods("a", 1000), placed_at=NOW - timedelta(days=3)))
    send(world, lock(world))
    with world.database.read() as db:
        assert answers.days_to_send(db, world.shop.id, "USD", YEAR.date()) == 3


def test_the_way_to_a_cause_is_the_median_of_gifts_that_were_sent(database):
    world = acme(database)
    papered(world)
    ages = (0, 2, 2, 30)
    world.tell(
        *(order(str(n), GIFT, placed_at=NOW - timedelta(days=days)) for n, days in enumerate(ages))
    )

    def median():
        with database.read() as db:
            return answers.days_to_send(db, world.shop.id, "USD", YEAR.date())

    assert median() is None
    batch = lock(world)
    assert median() is None
    send(world, batch)
    assert median() == 2
    with database.read() as db:
        assert remitting.batches(db, world.shop.id)[0].gifts == len(ages)
        assert answers.days_to_send(db, world.shop.id, "EUR", YEAR.date()) is None
