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
    HistoryImported,
    MemberErased,
    MembersMerged,
    OrderChanged,
    OrderConfirmed,
    Subscriptions,
)
from connector.core.http import Http
from connector.core.keeper import Keeper
from connector.core.outbox import Errand
from connector.members import Members
from connector.rooms.giving import handlers as giving
from connector.rooms.points import handlers as points
from connector.rooms.recommend import handlers as recommend
from connector.runtime import Runtime
from connector.settings import Settings
from connector.web import doors
from connector.worker.engine import Engine

SUBSCRIPTIONS: Subscriptions = {
    OrderChanged: (points.on_order_changed, giving.on_order_changed, recommend.on_order_changed),
    OrderConfirmed: (points.on_order_changed, giving.on_order_changed),
    MembersMerged: (orders.on_members_merged, points.on_members_merged, giving.on_members_merged),
    MemberErased: (points.on_member_erased,),
    HistoryImported: (recommend.on_history_imported,),
}

ERRANDS: Mapping[str, Errand] = {}


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
    return Runtime(
        settings=settings,
        database=database,
        keys=keys,
        members=Members(keys),
        platforms=platforms(settings),
        subscriptions=SUBSCRIPTIONS,
        errands=ERRANDS,
        keeper=Keeper(database),
        wake=engine.wake,
    )


def create_app(runtime: Runtime) -> Flask:
    """The web application: doors by audience."""
    return doors.open_all(runtime)
