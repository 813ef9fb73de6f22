"""What has outlived its use is deleted in time, and nothing that still serves is."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from connector.core import clock
from connector.core.commerce import Credentials, ShopFacts
from connector.orders import imports
from connector.shops import joining, lapsing
from connector.shops import service as shops
from connector.shops import store as shop_store
from connector.shops.models import (
    business,
    credential,
    idempotent_reply,
    install_intent,
    shop,
    signin_link,
    staff,
    staff_session,
)
from connector.worker import schedule

STORE = "https://new.example"
DOORS = (install_intent, signin_link, staff_session, idempotent_reply)


@pytest.fixture
def later(monkeypatch):
    """Let so much time go by."""
    began = clock.now()

    def turn(**passed):
        monkeypatch.setattr(clock, "now", lambda: began + timedelta(**passed))

    turn()
    return turn


def rows(service, *tables):
    with service.database.read() as db:
        return [db.scalar(select(func.count()).select_from(table)) for table in tables]


def purge(service):
    """How often it was due before nothing was left."""
    for times in range(10):
        if ("purge", 0) not in schedule.due(service.runtime):
            return times
        schedule.JOBS["purge"].work(service.runtime, 0)
    raise AssertionError("it never ends")


def keyed(service, *, account=None):
    """A store whose keys came, and the state of the installation nobody has confirmed yet."""
    now, keys = clock.now(), service.runtime.keys
    with service.database.write() as db:
        state = joining.begin_install(db, "woocommerce", STORE, "ada", now, business_id=account)
        joining.use_intent(db, state, "woocommerce", now)
        made = shops.install(
            db,
            keys,
            "woocommerce",
            Credentials(STORE, "ck:cs"),
            ShopFacts("New", "USD", "UTC", "11"),
            now,
            business_id=account,
            state="pending",
        )
        joining.finish_intent(db, state, made.id)
    return made


def test_each_kind_goes_when_its_life_is_over_and_not_before(service, later):
    acme = service.install("woocommerce", "https://acme.example")
    now = clock.now()
    with service.database.write() as db:
        joining.begin_install(db, "woocommerce", STORE, "ada", now, business_id=None)
        link = shops.sign_in_link(db, acme.business_id, now)
        shops.sign_in(db, link, now)
        shop_store.keep_reply(
            db, shop_id=acme.id, key="k", request_hash="h", status=200, body={}, created_at=now
        )
    assert rows(service, *DOORS) == [1, 1, 1, 1]
    assert purge(service) == 0
    for passed, left in (
        ({"minutes": joining.INTENT_MINUTES}, [0, 1, 1, 1]),
        ({"minutes": shops.LINK_MINUTES}, [0, 0, 1, 1]),
        ({"days": shops.SESSION_DAYS}, [0, 0, 0, 1]),
        ({"days": lapsing.REPLY_DAYS}, [0, 0, 0, 0]),
    ):
        later(**passed, seconds=-1)
        purge(service)
        assert rows(service, *DOORS) != left
        later(**passed)
        assert purge(service) == 1
        assert rows(service, *DOORS) == left
    assert service.shop(acme).is_live


def test_many_go_in_short_transactions(service, later):
    with service.database.write() as db:
        for _ in range(120):
            joining.begin_install(db, "woocommerce", STORE, "a", clock.now(), business_id=None)
    later(hours=1)
    assert purge(service) == 1
    assert rows(service, install_intent) == [0]


def test_a_store_nobody_confirmed_is_forgotten_with_the_account_made_for_it(service, later):
    keyed(service)
    assert purge(service) == 0
    later(minutes=joining.INTENT_MINUTES)
    assert purge(service) == 1
    assert rows(service, shop, credential, install_intent, business, staff) == [0] * 5


def test_an_account_that_somebody_uses_stays(service, later):
    acme = service.install("woocommerce", "https://acme.example")
    keyed(service, account=acme.business_id)
    later(minutes=joining.INTENT_MINUTES)
    assert purge(service) == 1
    with service.database.read() as db:
        assert [one.id for one in shops.of_business(db, acme.business_id)] == [acme.id]


def test_a_store_that_was_here_before_keeps_its_past(service, later):
    made = keyed(service)
    with service.database.write() as db:
        joining.activate(db, made, None, clock.now())
        imports.begin(db, made.id, ("orders",), clock.now())
        shops.uninstall(db, made.id, clock.now(), clock.now())
    keyed(service)
    later(minutes=joining.INTENT_MINUTES)
    assert purge(service) == 1
    assert service.shop(made).state == "uninstalled"
    with service.database.read() as db:
        assert "access" not in shop_store.credentials(db, made.id)
        assert imports.newest(db, made.id)


def test_a_confirmed_store_is_not_touched(service, later):
    made = keyed(service)
    with service.database.write() as db:
        joining.activate(db, made, None, clock.now())
    later(days=1)
    purge(service)
    assert service.shop(made).state == "unpaired"
