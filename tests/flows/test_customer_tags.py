"""What Shopify's customer webhooks no longer tell, tags and consent, over HTTP from end to end."""

import time

import pytest
import requests
from sqlalchemy import update

from connector.core import clock
from connector.members import store
from connector.shops import service as shops
from connector.shops.models import shop as shop_table
from devstore.app import create_shopify
from devstore.model import Customer
from devstore.people import MIA, NOOR
from devstore.seed import fill
from devstore.shopper import place_order
from devstore.state import SHOPIFY_DOMAIN, State
from tests.flows.processes import free_port
from tests.flows.service import CLIENT_ID, CLIENT_SECRET, make_service


class World:
    """The service and the practice shop on two ports; the app is in."""

    def __init__(self, service, practice, origin):
        self.service, self.practice, self.origin = service, practice, origin
        self.install()
        with service.database.read() as db:
            found = shops.find(db, "shopify", SHOPIFY_DOMAIN)
        assert found is not None
        self.shop = found

    def install(self):
        browser, page = requests.Session(), f"{self.origin}/admin/apps/perennial"
        browser.get(page, timeout=30)
        assert browser.post(f"{page}/install", timeout=30).ok

    def control(self, method, path, **body):
        answer = requests.request(method, f"{self.origin}/_devstore{path}", json=body, timeout=30)
        assert answer.ok, answer.text

    def key(self, person):
        return self.practice.shelf.get(Customer, person.email).id

    def change(self, person, **fields):
        self.control("PATCH", f"/customers/{self.key(person)}", **fields)

    def hear(self):
        """What waits in the practice shop is delivered, and taken over."""
        self.control("POST", "/tick")
        self.service.work()

    def read_what_changed(self):
        """The next round; it reads what changed before the second it begins in."""
        time.sleep(1)
        with self.service.database.write() as db:
            db.execute(update(shop_table).values(reconcile_due_at=clock.now()))
        self.service.work(["reconcile", "drain", "dispatch"])

    def member(self, person):
        with self.service.database.read() as db:
            return store.by_customer_keys(db, self.shop.id, [str(self.key(person))]).popitem()[1]

    def person(self, person):
        with self.service.database.read() as db:
            return self.service.runtime.members.person(db, self.shop.id, self.member(person).id)


@pytest.fixture
def world(database, tmp_path, listen, monkeypatch):
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", CLIENT_SECRET)
    ours, theirs = free_port(), free_port()
    origin, url = f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{ours}"
    service = make_service(database, shopify_origin=origin, public_url=url, private=[origin])
    state = State(tmp_path / "devstore", {"shopify": origin}, url)
    fill(state.shops["shopify"], with_history=False)
    listen(service.app, ours)
    listen(create_shopify(state), theirs)
    yield World(service, state.shops["shopify"], origin)
    state.close()


def test_tags_and_consent_follow_the_shop_from_change_to_change(world):
    world.change(MIA, tags=["staff", "vip"], newsletter=True)
    world.hear()
    found = world.member(MIA)
    assert found.tags == ["staff", "vip"]
    assert (found.accepts_marketing, found.email_verified) == (True, True)
    assert found.joined_at is None, "the account was there before us"
    assert world.person(MIA).email == MIA.email
    world.change(MIA, tags=["vip"])
    world.change(MIA, newsletter=False)
    world.hear()
    found = world.member(MIA)
    assert (found.tags, found.accepts_marketing) == (["vip"], False)


def test_an_order_tells_the_tags_of_who_bought_when_nothing_is_delivered(world):
    world.control("PUT", "/faults", drop=1)
    world.change(NOOR, tags=["staff"], newsletter=True)
    order = place_order(world.origin, "noor", None, {"CP-EVE": 1})
    world.control("POST", "/tick")
    world.control("PUT", "/faults")
    world.read_what_changed()
    found, person = world.member(NOOR), world.person(NOOR)
    assert (found.tags, found.accepts_marketing) == (["staff"], True)
    assert (person.email, person.name) == (NOOR.email, "Noor Haddad"), "as the order says"
    assert [row.key for row in world.service.orders(world.shop)] == [str(order)]
    assert {row.source for row in world.service.inbox(world.shop)}.isdisjoint({"hook"})
    assert world.service.audit(world.shop) == []
