"""A wish through the whole house: the door, the errand over HTTP, the store's own order."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from connector.core import clock, noticed, outbox
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue
from connector.rooms.rewards import service as rewards
from tests.fakes import REST, Answer, WooStore
from tests.flows.service import make_service
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.rooms.rewards.counter import COFFEE


@dataclass
class CouponStore(WooStore):
    """It keeps coupons. ``lost``: it does what is asked so many times, and its reply is lost."""

    coupons: dict[str, Any] = field(default_factory=dict)
    lost: int = 0

    def answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        place = urlsplit(url).path.removeprefix(REST)
        if not place.startswith("coupons") or self.fail_next:
            return super().answer(method, url, headers, body)
        self.asked.append(f"{method} {place}")
        told = self._coupons(method, place.partition("/")[2], url, body)
        if self.lost and method in ("POST", "DELETE"):
            self.lost -= 1
            return 504, "the reply is lost"
        return told

    def _coupons(self, method: str, key: str, url: str, body: bytes) -> Answer:
        if method == "POST":
            made = {"id": 70 + len(self.coupons), "usage_count": 0, **json.loads(body)}
            self.coupons[str(made["id"])] = made
            return 201, made
        if method == "DELETE":
            return 200, self.coupons.pop(key, {})
        code = parse_qs(urlsplit(url).query).get("code", [""])[0]
        found = [one for one in self.coupons.values() if one["code"].lower() == code.lower()]
        return 200, found


@pytest.fixture
def store(serve):
    made = CouponStore(orders={"1": WOO_ORDER})
    serve(made)
    return made


@pytest.fixture
def acme(database, store):
    """(service, shop, Mia with 250 points, a reward)"""
    service = make_service(database, private=[store.origin])
    shop = service.install("woocommerce", store.origin)
    woocommerce(service, shop, WOO_ORDER)
    service.work(["drain"])
    with database.write() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "7")
        assert mia is not None
        points.adjust(db, shop.id, mia, 250, reason="a gift", made_by="x", now=clock.now())
        coffee = catalogue.publish(db, shop.id, COFFEE, clock.now())
    return service, shop, mia, coffee


def redeem(acme):
    service, shop, mia, coffee = acme
    with service.database.write() as db:
        one, facts = rewards.redeem(db, shop.id, mia, coffee.id, clock.now())
        noticed.notice(db, facts, clock.now())
    return one


def stands(acme, one):
    service, shop, *_ = acme
    with service.database.read() as db:
        found = catalogue.redemption(db, shop.id, one.id)
    return str(found.state), found.held, found.spent


def later(acme):
    """The errands that wait for another try are due."""
    service, *_ = acme
    with service.database.write() as db:
        waits = outbox.outbox.c.due_at.is_not(None)
        db.execute(update(outbox.outbox).where(waits).values(due_at=clock.now()))


def test_a_wish_becomes_a_coupon_and_an_order_with_it_spends_the_points(acme, store):
    service, shop, *_ = acme
    one = redeem(acme)
    service.work()
    assert stands(acme, one) == ("issued", 100, 0)
    (coupon,) = store.coupons.values()
    assert (coupon["code"], coupon["amount"], coupon["usage_limit"]) == (one.code, "5.00", 1)
    lines = [{"id": 9, "code": one.code.lower(), "discount": "5.00", "discount_tax": "0.00"}]
    paid = {**WOO_ORDER, "id": 2, "number": "2", "coupon_lines": lines}
    woocommerce(service, shop, paid, delivery="d2")
    service.work(["drain"])
    assert stands(acme, one) == ("used", 0, 100)
    assert service.audit(shop) == []


def test_a_lost_reply_makes_one_coupon(acme, store):
    service, shop, *_ = acme
    one = redeem(acme)
    store.lost = 1
    service.work()
    assert stands(acme, one) == ("reserved", 100, 0)
    assert len(store.coupons) == 1
    later(acme)
    service.work()
    assert stands(acme, one) == ("issued", 100, 0)
    posts = [asked for asked in store.asked if asked.startswith("POST coupons")]
    assert (len(store.coupons), len(posts)) == (1, 1)
    assert service.audit(shop) == []


def test_a_silent_store_keeps_points_held_and_a_cancelled_coupon_is_removed_once(acme, store):
    service, shop, mia, _ = acme
    one = redeem(acme)
    service.work()
    with service.database.write() as db:
        rewards.cancel(db, shop.id, one.id, clock.now(), member_id=mia)
    store.lost = 1
    service.work()
    assert stands(acme, one) == ("issued", 100, 0)
    later(acme)
    service.work()
    assert stands(acme, one) == ("cancelled", 0, 0)
    assert store.coupons == {}
    assert service.audit(shop) == []


def test_the_schedule_ends_what_is_over(acme, store):
    service, shop, *_ = acme
    one = redeem(acme)
    service.work()
    with service.database.write() as db:
        db.exec_driver_sql("UPDATE redemption SET due_at = reserved_at")
    service.work(["rewards", "dispatch"])
    assert (stands(acme, one), store.coupons) == (("expired", 0, 0), {})
    assert service.audit(shop) == []
