"""What a programme promises names its days as the merchant set them, in the shop's zone."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from connector.core.commerce import Product
from connector.orders import record_products
from connector.rooms.giving import service
from connector.rooms.giving.rules import AddOn, InKind, Match, Programme, Scope, Share, Terms
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Level
from connector.rooms.tiers.rules import Program as Tiers
from connector.web import disclosures
from tests.world import NOW, acme

MARKS = dict.fromkeys((0x200E, 0x200F, 0x2066, 0x2067, 0x2068, 0x2069)) | {0xA0: 0x20}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Taipei", "UTC"])
def test_first_and_last_day_are_the_shops_own_with_their_year(database, zone):
    world, here = acme(database), ZoneInfo(zone)
    one = Programme(
        id=1,
        name="Five",
        currency="USD",
        terms=Share(percent_bps=500),
        causes=((world.riverbank.id, 1),),
        starts_at=datetime(2026, 11, 2, tzinfo=here),
        ends_at=datetime(2027, 1, 22, tzinfo=here),
        minimum_minor=0,
        cap_minor=1000,
    )
    shop = replace(world.shop, timezone=zone)
    told = disclosures.disclosures(shop, one, [world.riverbank], NOW)
    said = told["en"].replace("\N{NO-BREAK SPACE}", " ")
    assert "From 2 November 2026 to 21 January 2027." in said
    assert "2026年11月2日至2027年1月21日" in told["zh-Hant"]


def _said(database, terms: Terms, weights=(2, 1), minimum_minor=0) -> dict[str, str]:
    world = acme(database)
    trees = database.run(lambda db: service.add_cause(db, world.shop.id, "Trees", "", NOW))
    one = Programme(
        id=1,
        name="Five",
        currency="USD",
        terms=terms,
        causes=tuple(zip((world.riverbank.id, trees.id), weights, strict=True)),
        minimum_minor=minimum_minor,
        cap_minor=1000,
    )
    told = disclosures.disclosures(world.shop, one, [world.riverbank, trees], NOW)
    return {tag: text.translate(MARKS) for tag, text in told.items()}


def test_every_term_of_a_share_is_said_in_every_language(database):
    terms = Share(percent_bps=5000, least_order_minor=5000, most_each_minor=77)
    said = _said(database, terms)
    assert "Only orders count whose goods come to $50 or more" in said["en"]
    assert "Of one order at most $0.77." in said["en"]
    assert "It is shared out: Riverbank 2/3 · Trees 1/3." in said["en"]
    for tag in ("ar", "zh-Hant"):
        assert "Only" not in said[tag]
        assert "50" in said[tag] or "٥٠" in said[tag]
        assert "2/3" in said[tag]
        assert "0.77" in said[tag] or "٠٫٧٧" in said[tag] or "0,77" in said[tag]


def test_a_least_of_certain_goods_is_said_of_them(database):
    """As it is measured: other goods of the order do not help."""
    terms = Share(percent_bps=500, least_order_minor=5000, scope=Scope(categories=("Tea",)))
    said = _said(database, terms)
    assert "Only orders count whose goods that count come to $50 or more" in said["en"]
    assert "Only" not in said["ar"] + said["zh-Hant"]


def test_equal_parts_and_pieces_are_said_too(database):
    said = _said(database, InKind(amount_minor=37, names={"en": "A tree"}), weights=(3, 3))
    assert "It is shared out: Riverbank 1/2 · Trees 1/2." in said["en"]


def test_what_shoppers_decide_is_no_part_of_anybody(database):
    assert "You choose which of them." in _said(database, AddOn(amounts_minor=(100,)))["en"]
    matched = _said(database, Match(ratio_bps=10_000))["en"]
    assert "Each gets what is added to the gifts to it." in matched
    assert "shared out" not in matched
    least = _said(database, Match(ratio_bps=10_000), minimum_minor=500)["en"]
    assert "What lacks of the least is shared out: Riverbank 2/3 · Trees 1/3." in least


def _scoped(database, scope: Scope) -> dict[str, str]:
    """What is said of a share of some goods and levels; twelve teas and a tier are known."""
    world = acme(database)
    one = Programme(
        id=1,
        name="Five",
        currency="USD",
        terms=Share(percent_bps=500, scope=scope),
        causes=((world.riverbank.id, 1),),
    )
    levels = (
        Level(id=1, names={"en": "Seed", "ar": "بذرة"}, threshold=0),
        Level(id=2, names={"en": "Bloom"}, threshold=100),
    )
    with database.write() as db:
        known = [Product(str(n), f"Tea {n}") for n in range(12)]
        record_products(db, world.shop.id, [*known, Product("99", "Tea 1")], NOW)
        programs.save_draft(db, world.shop.id, Tiers(levels=levels), "staff:1", NOW)
        programs.publish(db, world.shop.id, NOW, has_standing=True)
        told = disclosures.of(db, world.shop, one, NOW)
    return {tag: text.translate(MARKS) for tag, text in told.items()}


def test_goods_and_levels_that_count_are_named(database):
    scope = Scope(products=("1", "99", "gone"), categories=("Cups",), levels=(1, 2, 7))
    said = _scoped(database, scope)
    assert (
        "Only these products count: Tea 1 · the product with the number gone;"
        " and all of these categories: Cups." in said["en"]
    )
    assert "Only for members on these levels: Seed · Bloom · level 7." in said["en"]
    assert "بذرة · Bloom · المستوى" in said["ar"]
    assert "Seed · Bloom" in said["zh-Hant"]
    for tag in ("ar", "zh-Hant"):
        assert "Tea 1" in said[tag]
        assert "gone" in said[tag]
        assert "Only" not in said[tag]


def test_of_many_goods_some_are_named_and_the_others_counted(database):
    scope = Scope(products=tuple(str(n) for n in range(12)))
    said = _scoped(database, scope)
    assert "Tea 8 · Tea 9 and 2 more." in said["en"]
    assert "Tea 10" not in said["en"]
    assert "Tea 9等另 2 項" in said["zh-Hant"]
    named = _scoped(database, Scope(products=scope.products[:10]))["en"]
    assert "Tea 8 · Tea 9." in named
    assert "more" not in named


def test_categories_alone_are_named_too(database):
    said = _scoped(database, Scope(categories=("Cups", "Pots")))
    assert "Only products of these categories count: Cups · Pots." in said["en"]
