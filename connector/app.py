"""Where parts meet: the platforms, who hears which fact, and how a process is put together."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from adapters.shopify import Shopify
from adapters.woocommerce import WooCommerce
from connector import orders
from connector.core import keyring
from connector.core.commerce import Platform
from connector.core.db import Database
from connector.core.facts import (
    BatchMoved,
    CampaignReached,
    CodeEnded,
    CodeIssued,
    DonationDue,
    DonationPledged,
    GiftGiven,
    GiftRestored,
    GiftWithdrawn,
    HistoryImported,
    MemberChanged,
    MemberErased,
    MemberGave,
    MemberJoined,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
    PointsChanged,
    PointsDonated,
    ReferralKept,
    RewardRedeemed,
    Subscriptions,
    TierChanged,
)
from connector.core.http import Http
from connector.core.keeper import Keeper
from connector.core.keyring import KeyRing
from connector.core.outbox import Errand
from connector.listeners import handlers as listeners
from connector.members import Members
from connector.mirror import handlers as mirror
from connector.orders import claiming
from connector.rooms.actions import handlers as actions
from connector.rooms.expiry import handlers as expiry
from connector.rooms.giving import handlers as giving
from connector.rooms.points import handlers as points
from connector.rooms.recommend import handlers as recommend
from connector.rooms.referrals import handlers as referrals
from connector.rooms.rewards import handlers as rewards
from connector.rooms.tiers import handlers as tiers
from connector.runtime import Runtime
from connector.settings import Settings
from connector.web import doors, liquid, shopfront
from connector.worker import reflect
from connector.worker.engine import Engine

SUBSCRIPTIONS: Subscriptions = {
    OrderChanged: (
        points.on_order_changed,
        giving.on_order_changed,
        recommend.on_order_changed,
        rewards.on_order_changed,
        tiers.on_order_changed,
        referrals.on_order_changed,
    ),
    OrderConfirmed: (
        points.on_order_changed,
        giving.on_order_changed,
        referrals.on_order_changed,
    ),
    MembersMerged: (
        orders.on_members_merged,
        points.on_members_merged,
        actions.on_members_merged,
        expiry.on_members_merged,
        giving.on_members_merged,
        rewards.on_members_merged,
        tiers.on_members_merged,
        referrals.on_members_merged,
        listeners.on_members_merged,
        mirror.on_members_merged,
    ),
    MembersUnmerged: (
        orders.on_members_unmerged,
        points.on_members_unmerged,
        giving.on_members_unmerged,
        actions.on_members_unmerged,
        rewards.on_members_unmerged,
        tiers.on_members_unmerged,
        referrals.on_members_unmerged,
        mirror.on_members_unmerged,
    ),
    MemberErased: (
        points.on_member_erased,
        actions.on_member_erased,
        expiry.on_member_erased,
        giving.on_member_erased,
        recommend.on_member_erased,
        rewards.on_member_erased,
        tiers.on_member_erased,
        referrals.on_member_erased,
        listeners.on_member_erased,
        mirror.on_member_erased,
    ),
    MemberJoined: (
        claiming.on_member_joined,
        actions.on_member_joined,
        tiers.on_member_joined,
    ),
    MemberChanged: (actions.on_member_changed,),
    PointsChanged: (
        tiers.on_points_changed,
        listeners.on_points_changed,
        mirror.on_member_differs,
    ),
    GiftGiven: (points.on_gift_given, rewards.on_gift_given, tiers.on_gift_given),
    GiftWithdrawn: (
        points.on_gift_withdrawn,
        rewards.on_gift_withdrawn,
        tiers.on_gift_withdrawn,
    ),
    GiftRestored: (
        points.on_gift_restored,
        rewards.on_gift_restored,
        tiers.on_gift_restored,
    ),
    TierChanged: (
        points.on_tier_changed,
        rewards.on_tier_changed,
        giving.on_tier_changed,
        listeners.on_tier_changed,
        mirror.on_member_differs,
    ),
    PointsDonated: (giving.on_points_donated, tiers.on_points_donated),
    CodeIssued: (referrals.on_code_issued, mirror.on_member_differs),
    CodeEnded: (mirror.on_member_differs,),
    RewardRedeemed: (listeners.on_reward_redeemed, mirror.on_member_differs),
    ReferralKept: (listeners.on_referral_kept,),
    DonationPledged: (listeners.on_donation_pledged,),
    DonationDue: (listeners.on_donation_due,),
    MemberGave: (listeners.on_member_gave,),
    CampaignReached: (listeners.on_campaign_reached,),
    BatchMoved: (listeners.on_batch_moved,),
    HistoryImported: (recommend.on_history_imported,),
}


def errands(
    keys: KeyRing, members: Members, found: Mapping[str, Platform]
) -> Mapping[str, Errand]:
    """Who runs which errand at a store, by the kind of its outbox row."""
    credit_at = [platform.name for platform in found.values() if platform.has_credit]
    at_stores = rewards.errands(members, credit_at)
    return {
        **at_stores,
        **tiers.ERRANDS,
        **reflect.ERRANDS,
        **shopfront.errands(keys, found),
        **liquid.ERRANDS,
    }


def platforms(settings: Settings) -> Mapping[str, Platform]:
    """The platforms this service speaks, by the name in their doors' paths."""
    woocommerce = WooCommerce(Http(settings.allow_private_stores))
    found: dict[str, Platform] = {woocommerce.name: woocommerce}
    if settings.shopify_client_id:
        origins = () if "{shop}" in settings.shopify_origin else (settings.shopify_origin,)
        shopify = Shopify(
            client_id=settings.shopify_client_id,
            client_secrets=settings.shopify_client_secrets,
            http=Http(origins),
            origin=settings.shopify_origin,
        )
        found[shopify.name] = shopify
    return found


def create_runtime(settings: Settings, engine: Engine) -> Runtime:
    """The parts of one process; nothing is started yet. Refuses a database it cannot work on."""
    database = Database(settings.database_url, pool_size=settings.web_threads)
    keys = keyring.open_ring(database, settings.secret_keys)
    members, found = Members(keys), platforms(settings)
    return Runtime(
        settings=settings,
        database=database,
        keys=keys,
        members=members,
        platforms=found,
        subscriptions=SUBSCRIPTIONS,
        errands=errands(keys, members, found),
        keeper=Keeper(database),
        wake=engine.wake,
    )


def create_app(runtime: Runtime) -> Flask:
    """The web application: doors by audience."""
    return doors.open_all(runtime)
