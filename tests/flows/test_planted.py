"""What the practice shop's past was drawn from, its rows find again: pairs, refills, the cold."""

import pytest
import requests

from connector.cli import demo_world
from connector.core import clock
from connector.orders import imports
from connector.rooms.recommend import showing
from connector.shops import service as shops
from devstore.app import create_woocommerce
from devstore.catalogue import COMPANIONS, LASTS_DAYS
from devstore.model import Customer, Order, Product, Status
from devstore.seed import fill
from devstore.shelf import Query
from devstore.state import State
from tests.flows.processes import free_port
from tests.flows.service import make_service

COLD, LIKE_IT = "TP-CEG", "TP-CEL"
BEGIN = ("TP-CEL", "TP-TEN", "TP-KYU", "GW-WHT", "BW-MAT", "PL-DIN")  # pairs that start here
MANY = 3
PAID = (Status.PROCESSING, Status.COMPLETED)


class Planted:
    """A store with its past, read into the service as any store's is."""

    def __init__(self, service, store, origin, url):
        self.service, self.store = service, store
        demo_world.install_woocommerce(requests.Session(), url, origin)
        with service.database.write() as db:
            (self.shop,) = shops.everywhere(db)
            imports.begin(db, self.shop.id, (), clock.now())
        service.work(["import", "drain", "dispatch", "build"])
        self.skus = {str(one.id): one.sku for one in self.all(Product)}
        self.keys = {sku: key for key, sku in self.skus.items()}

    def all(self, kind):
        return self.store.shelf.find(kind, Query(limit=100_000))[0]

    def orders_with(self, *skus):
        """How many orders the store counts as paid that hold all of these."""
        paid = (one for one in self.all(Order) if one.status in PAID)
        return sum({*skus} <= {line.sku for line in one.lines} for one in paid)

    def rows(self, surface, *skus, buyer=None):
        """{row: [(sku, reason, times), the best first]}, the shown row first."""
        products = tuple(self.keys[sku] for sku in skus)
        with self.service.database.read() as db:
            people = self.service.runtime.members
            member_id = buyer and people.by_customer_key(db, self.shop.id, str(buyer.id))
            asked = showing.Question(surface=surface, products=products, member_id=member_id)
            told = showing.ladder(db, self.shop, asked)
        return {
            row.kind: [(self.skus[one.item.key], one.reason, one.times) for one in row.shown]
            for row in told
        }


@pytest.fixture
def planted(database, tmp_path, listen):
    ours, theirs = free_port(), free_port()
    origin, url = f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{ours}"
    service = make_service(database, public_url=url, private=[origin])
    state = State(tmp_path / "devstore", {"woocommerce": origin}, url)
    fill(state.shops["woocommerce"])
    listen(service.app, ours)
    listen(create_woocommerce(state), theirs)
    yield Planted(service, state.shops["woocommerce"], origin, url)
    state.close()


def test_what_was_planted_is_found(planted):
    """One world for all of it: reading the past takes longer than asking."""
    pairs_stand_first_where_they_were_planted(planted)
    people_return_for_what_runs_out(planted)
    what_is_new_has_its_likes_companions(planted)


def pairs_stand_first_where_they_were_planted(planted):
    for sku in BEGIN:
        right = {(one, "orders", planted.orders_with(sku, one)) for one in COMPANIONS[sku]}
        for surface, row in (
            ("product", "together"),
            ("cart", "together"),
            ("thank_you", "complete"),
        ):
            told = planted.rows(surface, sku)
            assert next(iter(told)) == row
            assert {*told[row][: len(right)]} == right


def people_return_for_what_runs_out(planted):
    """Who bought a tea once is told that people return for it; of nothing else is that said."""
    said, first = set(), []
    for buyer in planted.all(Customer):
        again = planted.rows("account", buyer=buyer).get("again", [])
        said |= {sku for sku, reason, _ in again if reason == "returned_for"}
        first += [sku in LASTS_DAYS for sku, _, times in again[:1] if times > MANY]
    assert said == LASTS_DAYS.keys()
    assert len(first) > MANY
    assert sum(first) > 0.9 * len(first)


def what_is_new_has_its_likes_companions(planted):
    told = planted.rows("product", COLD)
    assert {reason for _, reason, _ in told["together"]} == {"alike"}
    assert {sku for sku, *_ in told["together"][:3]} == COMPANIONS[LIKE_IT].keys()
    assert told["similar"][0] == (LIKE_IT, "titles", 0)
    assert planted.rows("cart", COLD).keys() == {"together"}
