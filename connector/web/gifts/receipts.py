"""A member's gifts of a year in one currency, as a page made to be printed.

Who may see it is told by a link that is good for an hour: a browser that opens it has neither the
storefront's token nor a cookie of ours.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.core.commerce import Person
from connector.core.errors import NotFound, PerennialError
from connector.core.i18n import Language
from connector.members import store as member_store
from connector.rooms.giving import givers, service
from connector.rooms.giving.givers import Gift
from connector.rooms.giving.service import Cause
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.runtime import runtime

SECONDS = 3600
PARTS = 5  # member, year, currency, until, seal
FIRST_YEAR, LAST_YEAR = 1970, 9000


@dataclass(frozen=True, slots=True)
class Receipt:
    """``own``: what the member paid; ``added``: what the shop gave for it. All is confirmed."""

    year: int
    currency: str
    person: Person
    causes: dict[int, Cause]
    own: list[Gift]
    added: list[Gift]

    @property
    def sums(self) -> tuple[int, int]:
        own, added = (sum(one.due_minor for one in each) for each in (self.own, self.added))
        return own, added


def receipt(db: Connection, shop: Shop, member_id: int, year: str, currency: str) -> Receipt:
    """Of who is a member; NotFound ``receipt_not_found`` where nothing of theirs is confirmed."""
    row = member_store.get(db, shop.id, member_id)
    number = addresses.row_id(year) or 0
    if row is None or row.state not in ("member", "guest"):
        raise NotFound("receipt_not_found", "no such member")
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise NotFound("receipt_not_found", "no such year")
    span = givers.year(number, shop.timezone)
    found = [
        one
        for one in reversed(givers.gifts(db, shop.id, member_id, span))
        if one.due_minor and one.currency == currency
    ]
    own = [one for one in found if one.is_own]
    if not own:
        raise NotFound("receipt_not_found", "nothing is confirmed")
    person = runtime().members.person(db, shop.id, member_id)
    causes = {one.id: one for one in service.causes(db, shop.id)}
    added = [one for one in found if not one.is_own]
    return Receipt(number, currency, person, causes, own, added)


def link(
    shop: Shop, member_id: int, of: tuple[int, str], language: Language, now: datetime
) -> str:
    """Where this member reads the receipt ``of`` a year in a currency, for the next hour."""
    year, currency = of
    told = f"{member_id}-{year}-{currency}-{int(now.timestamp()) + SECONDS}"
    home = runtime().settings.public_url
    path = f"/receipts/{shop.public_id}/{told}-{_seal(shop, told)}"
    return f"{home}{path}?lang={language.tag}"


def opened(db: Connection, shop: Shop, proof: str, now: datetime) -> Receipt:
    """What a link leads to; PerennialError ``link_over`` once it is over, or is none of ours."""
    told, _, seal = proof.rpartition("-")
    parts = told.split("-")
    genuine = hmac.compare_digest(_seal(shop, told).encode(), seal.encode("utf-8", "replace"))
    if not genuine or len(parts) != PARTS - 1 or int(parts[3]) < now.timestamp():
        raise PerennialError("link_over", "ask the shop's page for a new one", status=404)
    member_id, year, currency, _ = parts
    return receipt(db, shop, int(member_id), year, currency)


def _seal(shop: Shop, told: str) -> str:
    return runtime().keys.hash(shop.id, "receipt", told)
