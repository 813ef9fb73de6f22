"""What a Shopify theme's Liquid prints of us without scripts: what is asked in the cart.

It is kept with the app's installation, where only our own blocks read it, and is whole: amounts,
causes, terms in every language and until when. The words of the WooCommerce plugin are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Connection

from adapters.shopify.client import ShopifyClient
from adapters.shopify.metafields import MOST_BYTES
from connector import mirror
from connector.core.commerce import ShopClient
from connector.core.facts import Fact
from connector.core.outbox import Errand
from connector.shops import service as shops
from connector.web import shopfront

FIELD = "asked"


@dataclass(frozen=True, slots=True)
class _Telling:
    """JSON; None: nothing is asked."""

    told: bytes | None


class AskedErrand:
    """Bring what the store prints up to date; it is read when it is told."""

    def prepare(self, db: Connection, shop_id: int, _about: str, _now: datetime) -> _Telling:
        asked = shopfront.donation(db, shops.get(db, shop_id))
        return _Telling(None if asked is None else fitting(asked))

    def carry_out(self, client: ShopClient, todo: _Telling) -> None:
        cast("ShopifyClient", client).keep_app_data(FIELD, todo.told)

    def finish(
        self, _db: Connection, _shop_id: int, _about: str, _answer: None, _now: datetime
    ) -> Sequence[Fact]:
        return []

    def fail(
        self, _db: Connection, _shop_id: int, _about: str, _code: str, _now: datetime
    ) -> Sequence[Fact]:
        """The store keeps what it has, which says itself until when it may be asked."""
        return []


def fitting(asked: Mapping[str, Any]) -> bytes:
    """As much as a field holds: causes' stories go first, of many causes that tell much."""
    told = msgspec.json.encode(asked)
    if len(told) <= MOST_BYTES:
        return told
    causes = [{**one, "stories": {}} for one in asked["causes"]]
    return msgspec.json.encode({**asked, "causes": causes})


ERRANDS: Mapping[str, Errand] = {mirror.ASKED: AskedErrand()}
