"""What a programme promises names its days as the merchant set them, in the shop's zone."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from connector.rooms.giving import service
from connector.rooms.giving.rules import AddOn, InKind, Match, Programme, Share, Terms
from connector.web import disclosures
from tests.world import NOW, acme


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
    marks = dict.fromkeys((0xA0, 0x200E, 0x200F, 0x2066, 0x2067, 0x2068, 0x2069))
    marks[0xA0] = 0x20
    return {tag: text.translate(marks) for tag, text in told.items()}


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
