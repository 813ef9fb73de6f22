"""Gifts as Shopify's webhooks tell them, through the normaliser to the book and into batches.

Amounts are decimal text in three kinds of currencies; the gift names the question it answers.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.shopify.normalise import normalise
from connector import orders
from connector.core.commerce import Delivery, Order, Product
from connector.orders import gifts
from connector.rooms.giving import remitting, service
from connector.rooms.giving.rules import AddOn, Match, Share
from tests.adapters.shopify import world as shopify
from tests.rooms.giving.offers import given, papered, publish
from tests.world import NOW, World, acme

# One unit of account as text, and in minor units.
CURRENCIES = {"JPY": ("{}00", 100), "EUR": ("{}.00", 100), "KWD": ("{}.000", 1000)}
GIFT, SONG = "702", "703"
LATER = "2026-11-21T12:00:00+01:00"


def told(currency: str, mark: str, **changes: Any) -> Order:
    """A paid order: 90 of goods, 5 for the cause, and a song for 7 that its buyer marked."""
    text, _ = CURRENCIES[currency]
    properties = [{"name": "_perennial_donation", "value": mark}]
    lines = [
        shopify.line(1, text.format(90)),
        shopify.gift(2, text.format(5), properties=properties),
        shopify.gift(3, text.format(7), properties=properties),
    ]
    body = shopify.order(line_items=lines, total_price_set=shopify.money(text.format(102)))
    raw = json.dumps(body | changes).replace('"EUR"', f'"{currency}"').encode()
    (found,) = [
        one for one in normalise(Delivery("orders/updated", "", {}, raw)) if isinstance(one, Order)
    ]
    return found


def back(currency: str, line: int, amount: int) -> dict[str, Any]:
    """What Shopify adds to an order for a refund of one line."""
    text, _ = CURRENCIES[currency]
    paid = text.format(amount)
    return {"refunds": [shopify.refund((line, 1, paid, "0"), paid=paid)], "updated_at": LATER}


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("is_locked", [False, True])
def test_a_gift_a_share_and_a_match_follow_their_order_through_a_batch(
    database, currency, is_locked
):
    world, unit = acme(database, platform="shopify", currency=currency), CURRENCIES[currency][1]
    cause, values = papered(world), {"currency": currency}
    adding = publish(world, AddOn((), unit, 9 * unit), cause, **values)
    publish(world, Share(percent_bps=1000), cause, **values)
    publish(world, Match(5000), cause, **values)
    with database.write() as db:
        known = [Product(GIFT, "A gift"), Product(SONG, "A song")]
        orders.record_products(db, world.shop.id, known, NOW)
        gifts.keep(db, world.shop.id, [GIFT], "staff:1", NOW)
    mark = f"riverbank@{adding.id}"
    world.tell(told(currency, mark))
    share = 97 * unit // 10  # the song is goods
    assert due(world) == {"gift": 5 * unit, "share": share, "match": 5 * unit // 2}
    with database.read() as db:
        (gift,) = [row for row in service.log(db, world.shop.id, 9) if row.kind == "gift"]
    assert (gift.programme_id, gift.cause_id) == (adding.id, cause.id)
    first = lock(world, currency) if is_locked else None

    world.tell(told(currency, mark, **back(currency, 2, 5)))
    assert due(world) == {"gift": 0, "share": share, "match": 0}
    gone = 5 * unit + 5 * unit // 2
    if first is None:
        batch = lock(world, currency)
        assert (batch.gross_minor, batch.refunded_minor, batch.net_minor) == (share, 0, share)
    else:
        assert first.net_minor == gone + share
        world.tell(told(currency, mark, id=8, admin_graphql_api_id="gid://shopify/Order/8"))
        second = lock(world, currency)
        assert second.refunded_minor == gone
        assert second.net_minor == share
    assert world.audit() == []


def test_an_amount_no_question_asked_for_is_booked_as_it_was_paid(database):
    world = acme(database, platform="shopify", currency="EUR")
    cause = papered(world)
    adding = publish(world, AddOn((100,)), cause, currency="EUR")
    for number, mark in enumerate((f"riverbank@{adding.id}", "riverbank@7", "otters@7", "")):
        gid = f"gid://shopify/Order/{number}"
        world.tell(told("EUR", mark, id=number, admin_graphql_api_id=gid))
    assert due(world) == {"gift": 4 * 1200}, "nothing is kept: all that is marked is a gift"
    with database.read() as db:
        rows = service.log(db, world.shop.id, 20)
        assert {one.key for one in service.causes(db, world.shop.id)} == {"riverbank"}
    assert {row.programme_id for row in rows} == {adding.id}, "by name, or the one that asked"
    assert world.audit() == []


def test_two_gifts_of_two_tabs_are_two_gifts_and_each_is_refunded_by_itself(database):
    """The platform has no cart that two pages may not both add to: what was paid is booked."""
    world = acme(database, platform="shopify", currency="EUR")
    cause = papered(world)
    adding = publish(world, AddOn((500, 700)), cause, currency="EUR")
    publish(world, Match(10_000), cause, currency="EUR")
    mark = f"riverbank@{adding.id}"
    world.tell(told("EUR", mark))
    assert due(world) == {"gift": 1200, "match": 1200}
    with database.read() as db:
        rows = [row for row in service.log(db, world.shop.id, 9) if row.kind == "gift"]
    assert sorted(row.due_minor for row in rows) == [500, 700]
    world.tell(told("EUR", mark, **back("EUR", 3, 7)))
    assert due(world) == {"gift": 500, "match": 500}
    assert world.audit() == []


def due(world: World) -> dict[str, int]:
    return {name.split()[1]: amount for name, (_, amount) in given(world).items()}


def lock(world: World, currency: str) -> remitting.Batch:
    with world.database.write() as db:
        return remitting.lock(
            db,
            world.shop.id,
            world.riverbank.id,
            currency,
            by="staff:1",
            now=NOW,
            through="2026-11-22",
        )
