"""What a store's plugin asks for people: what is kept of them, and to be forgotten."""

import pytest

from connector.core import clock
from connector.core.commerce import Customer, Person
from tests.flows.service import make_service
from tests.web.plugged import PluggedStore
from tests.web.test_install_woocommerce import code_of
from tests.web.test_plugin import paired, shop_of


@pytest.fixture
def store(serve):
    made = PluggedStore()
    serve(made)
    return made


@pytest.fixture
def acme(database, store):
    return make_service(database, private=[store.origin])


def test_a_person_asks_what_is_kept_and_to_be_forgotten(acme, store):
    paired(acme, store)
    shop = shop_of(acme)
    with acme.database.write() as db:
        acme.runtime.members.record(
            db, shop.id, [Customer("7", Person(email="mia@example.com", name="Mia"))], clock.now()
        )
    told = store.call(acme, "export", email="mia@example.com").get_json()
    assert [one["person"]["name"] for one in told["people"]] == ["Mia"]
    assert store.call(acme, "export", email="nobody@example.com").get_json() == {"people": []}
    assert code_of(store.call(acme, "export")) == "email_required"
    assert store.call(acme, "erase", email="nobody@example.com").get_json() == {"known": False}
    assert store.call(acme, "erase", email="mia@example.com").get_json() == {"known": True}
    acme.work(["drain"])
    assert store.call(acme, "export", email="mia@example.com").get_json() == {"people": []}


def test_an_account_is_found_and_forgotten_though_its_orders_carry_another_e_mail(acme, store):
    paired(acme, store)
    shop = shop_of(acme)
    with acme.database.write() as db:
        acme.runtime.members.record(
            db,
            shop.id,
            [Customer("7", Person(email="bills@example.com", name="Mia"))],
            clock.now(),
        )
    whose = {"email": "mia@example.com", "customer": "7"}
    told = store.call(acme, "export", **whose).get_json()
    assert [one["person"]["name"] for one in told["people"]] == ["Mia"]
    assert store.call(acme, "export", email="mia@example.com").get_json() == {"people": []}
    assert store.call(acme, "erase", **whose).get_json() == {"known": True}
    acme.work(["drain"])
    assert store.call(acme, "export", **whose).get_json() == {"people": []}
