"""What came together for a campaign, told without anybody's name and with verified figures only.

Paid is what the shop sent to causes, with how many payments they confirmed beside it; what is on
its way nobody can take back; what is promised stands apart and is in no sum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from connector.core.errors import NotFound
from connector.core.i18n import Language
from connector.rooms.giving import accounts, givers, programmes, service
from connector.rooms.giving.givers import listing
from connector.rooms.giving.programmes import Campaign, Progress
from connector.rooms.giving.rules import Programme
from connector.rooms.giving.service import Cause
from connector.shops.service import Shop
from connector.web.runtime import runtime
from connector.web.tongue import Tongue, own

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Impact:
    """One campaign. ``paid``: by cause; ``pieces``: of what programmes give by the piece."""

    campaign: Campaign
    told: Progress
    programmes: tuple[Programme, ...] = ()
    paid: tuple[tuple[Cause, int], ...] = ()
    pieces: tuple[tuple[Programme, int], ...] = field(default=())

    @property
    def given_minor(self) -> int:
        """What nobody can take back any more."""
        return self.told.total_minor - self.told.pledged_minor

    @property
    def on_its_way_minor(self) -> int:
        return self.given_minor - self.told.paid_minor

    @property
    def state(self) -> str:
        """open, met or ended."""
        if self.campaign.closed_at:
            return "ended"
        return "met" if self.given_minor >= self.campaign.goal_minor else "open"

    @property
    def percents(self) -> tuple[int, int]:
        """(paid, given), whole and rounded down: a hundred is reached and not before."""
        goal = self.campaign.goal_minor
        paid, given = (
            max(0, min(WHOLE, minor * WHOLE // goal))
            for minor in (self.told.paid_minor, self.given_minor)
        )
        return paid, given

    def name(self, say: Tongue) -> str:
        names = self.campaign.names
        return names.get(say.language.tag) or names["en"]

    def story(self, say: Tongue) -> str:
        stories = self.campaign.stories
        return stories.get(say.language.tag) or stories.get("en", "")

    def sum(self, say: Tongue) -> str:
        currency = self.campaign.currency
        money, goal = (
            say.money(each, currency) for each in (self.given_minor, self.campaign.goal_minor)
        )
        return say.t("{money} of {goal} together", money=money, goal=goal)


def impacts(db: Connection, shop: Shop) -> Iterator[Impact]:
    """All campaigns, newest first: as few questions as for one."""
    known = programmes.programmes(db, shop.id)
    causes = service.causes(db, shop.id)
    campaigns = programmes.campaigns(db, shop.id)
    standing = programmes.standing(db, shop.id, campaigns)
    for campaign in campaigns:
        of = tuple(one for one in known if one.campaign_id == campaign.id)
        rows = standing[campaign.id]
        paid = (
            (one, sum(row.remitted_minor for row in rows if row.cause_id == one.id))
            for one in causes
        )
        made = (
            (one, sum(row.due_minor for row in rows if row.programme_id == one.id)) for one in of
        )
        yield Impact(
            campaign,
            programmes.progress_of(rows),
            of,
            tuple((cause, minor) for cause, minor in paid if minor > 0),
            tuple((one, minor) for one, minor in made if givers.pieces(one, minor)),
        )


def impact(db: Connection, shop: Shop, key: str) -> Impact:
    """Of one campaign; NotFound ``campaign_not_found``."""
    for one in impacts(db, shop):
        if one.campaign.key == key:
            return one
    raise NotFound("campaign_not_found", "no such campaign")


def helped(db: Connection, shop: Shop, ids: Collection[int]) -> list[Impact]:
    """Of these campaigns, newest first."""
    return [one for one in impacts(db, shop) if one.campaign.id in ids] if ids else []


def receipts(db: Connection, shop: Shop, one: Impact) -> tuple[int, int]:
    """(payments to causes, how many of them are confirmed by a receipt)."""
    ids = [programme.id for programme in one.programmes]
    return accounts.receipts(db, shop.id, ids) if one.told.paid_minor else (0, 0)


def givers_of(db: Connection, shop: Shop, one: Impact) -> list[tuple[str, int]] | None:
    """Who gave most, of those who want to be seen; None where the merchant lists nobody."""
    if one.campaign.id not in listing.listing(db, shop.id):
        return None
    return listing.top(db, shop.id, one.campaign, [each.id for each in one.programmes])


def url(shop: Shop, key: str, language: Language | None = None, part: str = "") -> str:
    """Where everybody may see it: one address for each campaign, in a language if one is named."""
    home = runtime().settings.public_url
    query = f"?lang={language.tag}" if language else ""
    return f"{home}/impact/{shop.public_id}/{key}{part}{query}"


def store(shop: Shop) -> str:
    """The shop's own front page."""
    elsewhere = runtime().settings.shopify_origin
    return shop.key if "://" in shop.key else elsewhere.format(shop=shop.key)


def pieces(one: Programme, minor: int, say: Tongue) -> str:
    """What an amount of a programme comes to, as "a tree, 12 times"; "" where none is whole."""
    count = givers.pieces(one, minor)
    if count > 1:
        return say.t("{unit}, {times}", unit=unit(one, say), times=say.count("time", count))
    return unit(one, say) if count else ""


def wholly(one: Programme, minor: int, say: Tongue) -> str:
    """The same, and "" also where the amount is no whole number of pieces."""
    made = pieces(one, minor, say)
    return made if made and minor % getattr(one.terms, "amount_minor", 1) == 0 else ""


def unit(one: Programme, say: Tongue) -> str:
    """What one piece is called; "" where nothing is counted."""
    names = getattr(one.terms, "names", {})
    found = names.get(say.language.tag) or names.get("en", "")
    return own(found) if found else ""
