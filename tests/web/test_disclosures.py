"""What a programme promises names its days as the merchant set them, in the shop's zone."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from connector.rooms.giving.rules import Programme, Share
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
