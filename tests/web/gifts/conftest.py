"""Acme's application at Acme's time, and the panel of its members."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from connector.core.i18n import LANGUAGES
from connector.rooms.giving import programmes
from connector.rooms.giving.programmes import Campaign
from connector.rooms.giving.rules import RoundUp
from connector.web.storefront.asker import Asker
from connector.web.storefront.told.blocks import Block
from connector.web.storefront.told.giving import giving
from connector.web.tongue import Tongue
from tests.rooms.giving.offers import papered, publish
from tests.web.admin.conftest import ada, app, still_time, visitor, world
from tests.world import MIA, NOW, World, donation, goods, order

__all__ = ["ada", "app", "still_time", "visitor", "world"]
GIFT = donation("d", 40)
Panel = Callable[..., Block | None]


def rounded(key: str, **values: Any) -> Any:
    """Mia's order that a gift of 40 makes round."""
    return order(key, goods("g", 960), GIFT, **{"customer_key": MIA, **values})


@pytest.fixture
def trees(world: World) -> Campaign:
    """Acme rounds up for trees, ten dollars together."""
    names = {"en": "Trees", "ar": "أشجار", "zh-Hant": "種樹"}
    wanted = Campaign(0, "", names, {"en": "For the river."}, "USD", 1000)
    with world.database.write() as db:
        made = programmes.add_campaign(db, world.shop.id, wanted, NOW)
    publish(world, RoundUp(100), papered(world), campaign_id=made.id)
    return made


@pytest.fixture
def panel(app: Flask, world: World) -> Panel:
    """The section of Mia's giving in her panel."""

    def see(key: str = MIA, language: str = "en") -> Block | None:
        spoken = LANGUAGES[language]
        member_id = world.member(key)
        asker = Asker(
            shop=world.shop, language=spoken, customer_key=key, address="", member_id=member_id
        )
        with app.test_request_context(), world.database.read() as db:
            return giving(db, asker, Tongue.of(world.shop, spoken, NOW))

    return see


def plain(text: str) -> str:
    return re.sub("[\u2066-\u2069]", "", text)
