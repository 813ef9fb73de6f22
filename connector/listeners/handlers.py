"""Facts in, messages queued: in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    BatchMoved,
    CampaignReached,
    DonationDue,
    DonationPledged,
    Fact,
    MemberErased,
    MemberGave,
    MembersMerged,
    PointsChanged,
    ReferralKept,
    RewardRedeemed,
    TierChanged,
)
from connector.listeners import service, store


def on_points_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = dict.fromkeys(one.member_id for one in facts if isinstance(one, PointsChanged))
    about = [(str(one), one) for one in ids]
    service.queue(db, facts[0].shop_id, "points.changed", about, now)
    return []


def on_tier_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = dict.fromkeys(one.member_id for one in facts if isinstance(one, TierChanged))
    about = [(str(one), one) for one in ids]
    service.queue(db, facts[0].shop_id, "tier.reached", about, now)
    return []


def on_reward_redeemed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    about = [
        (str(one.redemption_id), one.member_id) for one in facts if isinstance(one, RewardRedeemed)
    ]
    service.queue(db, facts[0].shop_id, "reward.redeemed", about, now)
    return []


def on_referral_kept(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    about = [
        (str(one.referral_id), one.member_id) for one in facts if isinstance(one, ReferralKept)
    ]
    service.queue(db, facts[0].shop_id, "referral.kept", about, now)
    return []


def on_donation_pledged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    about = [
        (str(one.order_id), one.member_id) for one in facts if isinstance(one, DonationPledged)
    ]
    service.queue(db, facts[0].shop_id, "donation.pledged", about, now)
    return []


def on_donation_due(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    about = [(str(one.order_id), one.member_id) for one in facts if isinstance(one, DonationDue)]
    service.queue(db, facts[0].shop_id, "donation.due", about, now)
    return []


def on_member_gave(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = dict.fromkeys(one.member_id for one in facts if isinstance(one, MemberGave))
    about = [(str(one), one) for one in ids]
    service.queue(db, facts[0].shop_id, "member.gave", about, now)
    return []


def on_campaign_reached(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    about = [(str(one.campaign_id), None) for one in facts if isinstance(one, CampaignReached)]
    service.queue(db, facts[0].shop_id, "campaign.reached", about, now)
    return []


def on_batch_moved(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for one in facts:
        if isinstance(one, BatchMoved):
            service.queue(db, one.shop_id, f"batch.{one.state}", [(str(one.batch_id), None)], now)
    return []


def on_members_merged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersMerged):
            store.move_to_member(db, fact.shop_id, fact.gone_id, fact.kept_id)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            store.drop_of_member(db, fact.shop_id, fact.member_id)
    return []
