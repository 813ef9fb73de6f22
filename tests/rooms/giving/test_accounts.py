"""Accounts: months out of the book, programmes to their end, what is kept of a shop that left."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.core.clock import local_date
from connector.core.commerce import OrderState
from connector.rooms.giving import accounts, programmes, remitting
from connector.rooms.giving.accounts import closing
from connector.rooms.giving.rules import Match, PerUnit, RoundUp, Share
from connector.web import statements
from tests.rooms.giving.offers import given, papered, publish, used
from tests.world import NOW, acme, donation, goods, order, refund, took

OVER = NOW + timedelta(days=11)
MEAL = {"en": "a meal"}


def test_a_month_tells_gross_matched_refunded_and_remitted_apart_by_cause(database):
    world = acme(database)
    cause, reeds = papered(world), papered(world, "Reeds")
    publish(world, Match(10_000), cause)
    gift = donation("d", 250)
    world.tell(
        order("1", gift),
        order("2", donation("d", 100, "reeds"), placed_at=NOW - timedelta(days=40)),
    )
    world.tell(order("1", gift, minute=1, refunds=(refund("r", took(gift, total_minor=50)),)))
    with world.database.write() as db:
        batch = remitting.lock(
            db, world.shop.id, cause.id, "USD", by="x", now=NOW, through="2026-11-22"
        )
        remitting.approve(db, world.shop.id, batch.id, by="x", now=NOW)
        remitting.send(
            db, world.shop.id, batch.id, reference="R", sent_on="2026-11-22", by="x", now=NOW
        )
        told = accounts.months(db, world.shop.id)
        recent = accounts.months(db, world.shop.id, "2026-11")
    assert told == [
        accounts.Month("2026-10", reeds.id, "USD", gross_minor=100),
        accounts.Month("2026-11", cause.id, "USD", 250, 250, 100, 400),
    ]
    assert told[1].net_minor == 400
    assert recent == told[1:]


def test_an_account_counts_pieces_that_stand(sqlite_world):
    world, cause = sqlite_world
    one = publish(world, PerUnit(30, MEAL), cause, cap_minor=100)
    cups = goods("a", 1000, 3)
    world.tell(order("1", cups))
    world.tell(order("1", cups, minute=1, refunds=(refund("r", took(cups, 1)),)))
    world.tell(order("2", goods("a", 1000, 3)))  # of the cap 10 are left, and 30 were given back
    with world.database.read() as db:
        (told,) = accounts.accounts(db, world.shop.id, [one])
    assert (told.given_minor, told.refunded_minor, told.pieces) == (130, 30, 3)
    assert told.standing_minor == used(world, one) == 100


def test_pieces_of_all_causes_add_up_to_the_whole_amount(sqlite_world):
    world, cause = sqlite_world
    reeds = papered(world, "Reeds")
    weights = ((cause.id, 2), (reeds.id, 1))
    one = publish(world, PerUnit(37, MEAL), cause, reeds, causes=weights)
    world.tell(order("1", goods("a", 1000, 16)))
    with world.database.read() as db:
        told = accounts.accounts(db, world.shop.id, [one])
        every = accounts.everything(db, world.shop.id, {one.id: one})
    assert sum(each.standing_minor for each in told) == 16 * 37
    assert [each.pieces for each in told] == [11, 5]
    assert every == told


def test_a_programme_past_its_end_is_closed_and_filled_up_once(database):
    world = acme(database)
    cause = papered(world)
    publish(world, Share(percent_bps=500), cause, minimum_minor=1000)
    rounding = publish(world, RoundUp(100), cause, ends_at=OVER)
    world.tell(order("1", goods("a", 1000)))
    shop_id = world.shop.id
    with world.database.write() as db:
        assert closing.shops_due(db, NOW) == []
        assert closing.shops_due(db, OVER - timedelta(days=1)) == [shop_id]
        closing.close_ended(db, shop_id, OVER - timedelta(days=1))
        assert closing.shops_due(db, OVER - timedelta(days=1)) == []
        states = [one.state(OVER) for one in programmes.programmes(db, shop_id)]
        assert states == ["closed", "ended"]
        closing.close_ended(db, shop_id, OVER)
        assert programmes.programme(db, shop_id, rounding.id).state(OVER) == "closed"
    assert given(world) == {"riverbank share": (0, 50), "riverbank top_up": (0, 950)}
    assert world.audit() == []


def test_orders_that_come_late_after_the_close_still_count_and_lower_what_was_filled_up(database):
    world = acme(database)
    cause = papered(world)
    end = NOW - timedelta(days=7)
    one = publish(world, Share(percent_bps=500), cause, ends_at=end, minimum_minor=1000)
    with world.database.write() as db:  # the worker was down for a week
        closing.close_ended(db, world.shop.id, NOW)
        found = programmes.programme(db, world.shop.id, one.id)
    assert (found.ends_at, found.closed_at) == (end, NOW)
    world.tell(
        order("1", goods("a", 1000), placed_at=end - timedelta(hours=1)),
        order("2", goods("a", 1000), placed_at=end),
    )
    assert given(world) == {"riverbank share": (0, 50), "riverbank top_up": (0, 950)}
    assert world.audit() == []


@pytest.mark.parametrize("gives", [True, False])
def test_what_is_owed_is_kept_when_the_shop_leaves(database, gives):
    world = acme(database)
    cause = papered(world)
    if gives:
        publish(world, Share(percent_bps=500), cause, minimum_minor=1000, name="Five")
        world.tell(order("1", goods("a", 1000), donation("d", 250)))
    with world.database.write() as db:
        closing.state(db, world.shop.id, OVER)
        kept = closing.statements(db, world.shop.id)
    assert len(kept) == int(gives)
    if not gives:
        return
    assert kept[0].made_at == OVER
    told = {one["kind"]: (one["programme"], one["payee"], one["owed"]) for one in kept[0].rows}
    assert told == {
        "gift": ("", "Riverbank e.V.", 250),
        "share": ("Five", "Riverbank e.V.", 50),
        "top_up": ("Five", "Riverbank e.V.", 950),
    }
    first, *lines = (
        b"".join(statements.of_closing(world.shop, kept[0])).decode("utf-8-sig").splitlines()
    )
    assert first.startswith("store,left_on,cause,payee,registration")
    day = local_date(OVER, world.shop.timezone)
    assert all(line.startswith(f"{world.shop.name},{day},Riverbank,") for line in lines)
    assert len(lines) == 3


def test_a_sum_of_a_month_that_differs_from_the_book_is_found(database):
    world = acme(database)
    papered(world)
    gift = donation("d", 250)
    world.tell(order("1", gift), order("2", gift, state=OrderState.OPEN))
    assert world.audit() == []
    with world.database.write() as db:
        db.execute(text("UPDATE giving_month SET gross_minor = gross_minor + 1"))
    (found,) = world.audit()
    assert "giving_month" in found
