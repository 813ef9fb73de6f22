"""What the panel shows, ready to be read: from every room, in the shopper's language."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection

from connector.web import addresses
from connector.web.storefront import referrals as referral_room
from connector.web.storefront import tiers as tier_room
from connector.web.storefront.asker import Asker, Visitor
from connector.web.storefront.told import (
    earning,
    giving,
    members,
    points,
    referrals,
    rewards,
    tiers,
    wishes,
)
from connector.web.storefront.told.blocks import Block, Club, Head
from connector.web.tongue import Tongue, mark

REFUSALS = {
    "too_many_requests": mark("That was a lot at once. Try again in a minute."),
    "sign_in_needed": mark("You are not logged in any more. Log in, then try again."),
    **rewards.REFUSALS,
    **tiers.REFUSALS,
    **referrals.REFUSALS,
    **giving.REFUSALS,
    **members.REFUSALS,
}
REWARDS = "rewards"
CART_OFFERS, CART_CODES = 2, 1  # what has room in the place that a cart keeps
SOON_MS, LATER_MS = 2_000, 5_000  # for what is made at once, and for what a worker looks at first


def club(db: Connection, visitor: Visitor, now: datetime) -> Club:
    """A member's own, or what anybody may know. ``only`` rewards: what a cart has room for."""
    say = Tongue.of(visitor.shop, visitor.language, now)
    says = {code: say.t(sentence) for code, sentence in REFUSALS.items()}
    if addresses.text("only") == REWARDS:
        return _rewards(db, visitor, says, say)
    if not isinstance(visitor, Asker):
        code, claim = addresses.text("ref", 40), addresses.text("claim", 80)
        gift, soon = referrals.welcome(db, visitor, code, claim, say)
        sections = _filled(gift, earning.ways(db, visitor, say), rewards.to_see(db, visitor, say))
        return Club(points.guests_head(db, visitor, say), sections, says, LATER_MS * soon)
    tier = tier_room.part(db, visitor, now)["tier"]
    referral = referral_room.part(db, visitor, now)["referral"]
    yours, soon = rewards.to_use(db, visitor, say)
    sections = _filled(
        yours,
        rewards.to_buy(db, visitor, say),
        earning.ways(db, visitor, say),
        tier and tiers.level(tier, say),
        tier and tiers.trial(tier, say),
        referral and referrals.invite(referral, say),
        giving.giving(db, visitor, say),
        members.days(db, visitor, say),
        wishes.wishes(db, visitor, say),
        points.history(db, visitor, say),
    )
    head = points.head(db, visitor, say, tier and tiers.stem(tier, say))
    return Club(head, sections, says, SOON_MS * soon)


def _rewards(db: Connection, visitor: Visitor, says: dict[str, str], say: Tongue) -> Club:
    """What a member's points buy, and her open codes; nothing for anybody else."""
    head = Head(say.t("Your points"))
    if not isinstance(visitor, Asker):
        return Club(head, (), says)
    yours, soon = rewards.to_use(db, visitor, say)
    buys = rewards.to_buy(db, visitor, say)
    if buys is not None:
        buys = structs.replace(buys, lines=(points.have(db, visitor, say),))
        buys = rewards.brief(buys, 0 if yours else CART_OFFERS, say)
    if yours is not None:
        yours = rewards.brief(yours, CART_CODES, say)
    return Club(head, _filled(yours, buys), says, SOON_MS * soon)


def _filled(*sections: Block | None) -> tuple[Block, ...]:
    """Those that have something to say."""
    return tuple(one for one in sections if one is not None)
