"""The whole service in one process: its doors as a client, its worker when a test says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from connector import ledger, members
from connector.app import SUBSCRIPTIONS, create_app, errands, platforms
from connector.core import clock
from connector.core.commerce import Credentials, ShopFacts
from connector.core.db import Database
from connector.core.inbox import inbox
from connector.core.keeper import Keeper
from connector.core.keyring import KeyRing
from connector.ledger.models import ledger_entry
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.rewards import service as rewards
from connector.runtime import Runtime
from connector.settings import Settings
from connector.shops import api_keys
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker import schedule
from tests import fakes
from tests.flows import oracle

PUBLIC_URL = "http://127.0.0.1:8400"
CLIENT_ID = "acme-client-id"
CLIENT_SECRET = "shpss_new_0123456789abcdef0123456789abcdef"
OLD_SECRET = "shpss_old_0123456789abcdef0123456789abcdef"
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
HOOK_SECRET = "test-webhook-secret-not-real-0001"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Service:
    """One service on a test's database. ``woken`` are the shops whose workers were woken."""

    database: Database
    settings: Settings
    runtime: Runtime
    app: Flask
    woken: list[int] = field(default_factory=list)

    @property
    def http(self) -> FlaskClient:
        """A new browser, or store: it has no cookies yet."""
        return self.app.test_client()

    def install(
        self, platform: str, key: str, *, currency: str = "USD", zone: str = "UTC"
    ) -> Shop:
        """A living shop whose webhooks are signed with HOOK_SECRET; not due for its rounds."""
        access = f"{fakes.CONSUMER_KEY}:{fakes.CONSUMER_SECRET}"
        facts = ShopFacts("Acme", currency, zone, "11.0.1")
        now, keys = clock.now(), self.runtime.keys
        with self.database.write() as db:
            shop = shops.install(db, keys, platform, Credentials(key, access), facts, LONG_AGO)
            shops.put_secret(db, keys, shop.id, "hook_secret", HOOK_SECRET.encode(), now)
            shops.note_reconciled(db, shop.id, now, now)
            shops.note_nightly(db, shop.id, now)
            return shops.get(db, shop.id)

    def put_hook_secret(self, shop: Shop, secret: str) -> None:
        with self.database.write() as db:
            keys = self.runtime.keys
            shops.put_secret(db, keys, shop.id, "hook_secret", secret.encode(), clock.now())

    def shop(self, shop: Shop) -> Shop:
        """The shop as it is now."""
        with self.database.read() as db:
            return shops.get(db, shop.id)

    def api_key(self, shop: Shop) -> str:
        with self.database.write() as db:
            return api_keys.new(db, shop.id, "tests", clock.now())

    def publish(self, shop: Shop, at: datetime | None = None, **changes: Any) -> None:
        """Another earning rule, from now on or since ``at``."""
        with self.database.write() as db:
            rule = replace(points.program(db, shop.id), **changes)
            points.publish_program(db, shop.id, rule, at or clock.now())

    def work(self, jobs: Collection[str] = ("drain", "dispatch", "release")) -> None:
        """Do what is due until nothing is, as the worker's schedule says."""
        for _ in range(200):
            due = [one for one in schedule.due(self.runtime) if one[0] in jobs]
            if not due:
                return
            for job, shop_id in due:
                schedule.JOBS[job].work(self.runtime, shop_id)
        raise AssertionError(f"there is always more to do: {due}")

    def inbox(self, shop: Shop) -> list[Any]:
        """What was kept, in the order it came."""
        with self.database.read() as db:
            return list(
                db.execute(select(inbox).where(inbox.c.shop_id == shop.id).order_by(inbox.c.id))
            )

    def orders(self, shop: Shop) -> list[Any]:
        with self.database.read() as db:
            return list(db.execute(select(orders).where(orders.c.shop_id == shop.id)))

    def entries(self, shop: Shop) -> int:
        """How many movements are in the shop's book."""
        with self.database.read() as db:
            mine = ledger_entry.c.shop_id == shop.id
            return len(db.execute(select(ledger_entry.c.id).where(mine)).all())

    def told(self, shop: Shop) -> oracle.Expected:
        """The rows there are, in the oracle's words."""
        found = oracle.Expected({}, {}, {})
        with self.database.read() as db:
            rows = db.execute(select(member).where(member.c.shop_id == shop.id)).all()
            people = self.runtime.members.people(db, shop.id, [row.id for row in rows])
            balances = points.balances(db, shop.id, [row.id for row in rows])
            for row in rows:
                if row.state in ("member", "guest"):
                    who = row.customer_key or str(people[row.id].email).lower()
                    found.members[who] = (balances[row.id].available, balances[row.id].pending)
            for row in db.execute(select(orders).where(orders.c.shop_id == shop.id)):
                found.orders[row.key] = (row.state, row.total_minor)
                for one in giving.of_order(db, shop.id, row.id):
                    stands = (one.given_minor, one.pledged_minor, one.due_minor)
                    found.gifts[row.key, one.line_key] = stands
        return found

    def audit(self, shop: Shop) -> list[str]:
        """Everything that does not add up in the book and beside it."""
        with self.database.read() as db:
            checks = (ledger.differences, points.check, giving.check, rewards.check)
            return [str(one) for check in checks for one in check(db, shop.id)]


def make_service(
    database: Database,
    *,
    private: Collection[str] = (),
    shopify_origin: str = "https://{shop}",
    public_url: str = PUBLIC_URL,
) -> Service:
    """A service that may call the stores at the origins ``private``."""
    settings = Settings(
        database_url=database.url,
        jobs_url="",
        public_url=public_url,
        secret_keys=(SECRET_KEY,),
        shopify_client_id=CLIENT_ID,
        shopify_client_secrets=(CLIENT_SECRET, OLD_SECRET),
        shopify_origin=shopify_origin,
        allow_private_stores=tuple(private),
    )
    keys, woken = KeyRing(settings.secret_keys), list[int]()
    people, found = members.Members(keys), platforms(settings)
    runtime = Runtime(
        settings=settings,
        database=database,
        keys=keys,
        members=people,
        platforms=found,
        subscriptions=SUBSCRIPTIONS,
        errands=errands(keys, people, found),
        keeper=Keeper(database),
        wake=woken.append,
    )
    return Service(database, settings, runtime, create_app(runtime), woken)
