"""What a shopper does: by who may, once a wish, a few a minute, and nothing when refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec
import pytest
from sqlalchemy import func, select

from connector.core import clock
from connector.core.errors import Conflict
from connector.core.i18n import LANGUAGES
from connector.rooms.points import service as points
from connector.shops import service as shops
from connector.shops.models import idempotent_reply
from connector.web.storefront import acts
from connector.web.storefront.asker import Act, Asker, Visitor
from connector.web.storefront.me import PARTS, me
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.shoppers import MIA, STORE, Storefront, acme, proxy
from tests.web.test_api import refusal

__all__ = ["acme", "proxy"]
NOOR = "8"


class Take(msgspec.Struct, forbid_unknown_fields=True):
    points: int


def give(db, asker: Asker, wanted: Take, now):
    """Give or take points, and say who asked."""
    shop_id, member_id = asker.shop.id, asker.member_id
    points.adjust(db, shop_id, member_id, wanted.points, reason="a test", made_by="x", now=now)
    if wanted.points == 13:
        raise Conflict("unlucky", "not thirteen")
    left = points.balance(db, shop_id, member_id).available
    return {"left": left, "customer": asker.customer_key, "language": asker.language.tag}


def greet(_db, visitor: Visitor, _wanted: Take, _now):
    known = isinstance(visitor, Asker)
    return {"known": known, "customer": visitor.customer_key, "address": visitor.address}


@pytest.fixture(autouse=True)
def offered(service):
    acts.offer(service.app, {"give": Act(Take, give)}, {"greet": Act(Take, greet)})


def kept(service):
    with service.database.read() as db:
        return db.scalar(select(func.count()).select_from(idempotent_reply))


def test_a_member_does_it_once_a_wish(acme):
    first = acme.do("give", {"points": 30}, acme.token())
    assert first.get_json() == {"left": 30, "customer": "7", "language": "en"}
    assert first.headers["Cache-Control"] == "private, no-store"
    assert first.headers["Access-Control-Allow-Origin"] == STORE
    again = acme.do("give", {"points": 30}, acme.token())
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert acme.do("give", {"points": 30}, acme.token(), "k2").get_json()["left"] == 60
    assert acme.ask("me", acme.token()).get_json()["member"]["available"] == 60
    other = acme.do("give", {"points": 31}, acme.token())
    assert refusal(other) == (409, "idempotency_mismatch")


def test_the_same_key_of_another_member_is_another_wish(service, acme):
    woocommerce(service, acme.shop, {**WOO_ORDER, "id": 2, "customer_id": int(NOOR)})
    service.work(["drain"])
    mia = acme.do("give", {"points": 30}, acme.token())
    noor = acme.do("give", {"points": 40}, acme.token(sub=NOOR))
    assert (mia.get_json()["left"], noor.get_json()["left"]) == (30, 40)
    assert noor.get_json()["customer"] == NOOR


def test_what_is_refused_leaves_nothing_and_may_be_tried_again(service, acme):
    refused = acme.do("give", {"points": 13}, acme.token())
    assert refusal(refused) == (409, "unlucky")
    assert refused.headers["Cache-Control"] == "private, no-store"
    assert refused.headers["Access-Control-Allow-Origin"] == STORE
    assert kept(service) == 0
    assert acme.do("give", {"points": 30}, acme.token()).get_json()["left"] == 30
    assert service.audit(acme.shop) == []


def test_the_same_wish_at_the_same_moment_is_told_the_same(service, acme):
    """The last points go once: whoever sent that wish again is told that it worked."""
    acme.do("give", {"points": 20}, acme.token(), "before")
    together = Barrier(8)

    def take(_):
        together.wait()
        return acme.do("give", {"points": -20}, acme.token())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(take, range(8)))
    assert [(one.status_code, one.get_json()["left"]) for one in answers] == [(200, 0)] * 8
    assert service.audit(acme.shop) == []


@pytest.mark.parametrize(
    ("act", "wanted", "once", "refused"),
    [
        ("nothing", {"points": 1}, "k1", (404, "not_found")),
        ("give", {"points": 1}, None, (400, "idempotency_key")),
        ("give", {"points": 1}, "", (400, "idempotency_key")),
        ("give", {"points": 1}, "k" * 256, (400, "idempotency_key")),
        ("give", {"points": "1"}, "k1", (422, "integer_required")),
        ("give", {"points": 1, "member": "9"}, "k1", (422, "unknown_field")),
        ("give", {}, "k1", (422, "field_missing")),
        ("give", {"points": "1" * 70_000}, "k1", (413, "too_large")),
        ("me", {"points": 1}, "k1", (405, "method_not_allowed")),
        ("config", {"points": 1}, "k1", (405, "method_not_allowed")),
    ],
)
def test_a_wish_that_cannot_be_meant(service, acme, act, wanted, once, refused):
    assert refusal(acme.do(act, wanted, acme.token(), once)) == refused
    assert kept(service) == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_another_site_wishes_nothing(service, acme, kind):
    """A browser sends only these without asking us first."""
    sending = {"data": b'{"points": 30}', "content_type": kind}
    told = {"Idempotency-Key": "k1"}
    answer = acme.send("give", acme.token(), told, method="POST", **sending)
    assert refusal(answer) == (415, "json_required")
    assert kept(service) == 0


def test_only_who_is_signed_in_and_known_may(acme):
    assert refusal(acme.do("give", {"points": 1})) == (401, "sign_in_needed")
    assert refusal(acme.do("give", {"points": 1}, "no token")) == (401, "invalid_token")
    old = acme.token(iat=1, exp=2)
    assert refusal(acme.do("give", {"points": 1}, old)) == (401, "expired")
    unknown = acme.do("give", {"points": 1}, acme.token(sub="99"))
    assert refusal(unknown) == (404, "member_not_found")


def test_what_guests_may_members_may_too(acme):
    guest = acme.do("greet", {"points": 1})
    assert guest.get_json() == {"known": False, "customer": None, "address": "127.0.0.1"}
    assert acme.do("greet", {"points": 1}, acme.token()).get_json()["known"] is True
    unknown = acme.do("greet", {"points": 1}, acme.token(sub="99"), "k2").get_json()
    assert (unknown["known"], unknown["customer"]) == (False, "99")
    assert refusal(acme.do("greet", {"points": 2})) == (409, "idempotency_mismatch")


def test_members_first_do_what_is_for_members(service, acme):
    acts.offer(service.app, {"meet": Act(Take, give)}, {"meet": Act(Take, greet)})
    assert acme.do("meet", {"points": 5}, acme.token()).get_json()["left"] == 5
    assert acme.do("meet", {"points": 5}).get_json()["known"] is False


def test_each_member_has_a_pace(service, acme):
    woocommerce(service, acme.shop, {**WOO_ORDER, "id": 2, "customer_id": int(NOOR)})
    service.work(["drain"])
    mia = [acme.do("give", {"points": 1}, acme.token()) for _ in range(acts.ACTS_A_MINUTE + 1)]
    assert {one.status_code for one in mia[:-1]} == {200}
    assert refusal(mia[-1]) == (429, "too_many_requests")
    assert mia[-1].headers["Retry-After"] == "60"
    assert mia[-1].headers["Access-Control-Allow-Origin"] == STORE
    assert acme.do("give", {"points": 1}, acme.token(sub=NOOR)).status_code == 200
    assert acme.do("greet", {"points": 1}).status_code == 200


def test_a_page_may_ask_whether_it_may_send_a_wish(acme):
    answer = acme.ask("give", method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    sent = answer.headers["Access-Control-Allow-Headers"]
    assert sent == "Authorization, Content-Type, Idempotency-Key"


def test_a_shop_that_has_left_takes_no_wishes(service, acme):
    with service.database.write() as db:
        shops.uninstall(db, acme.shop.id, clock.now(), clock.now())
    assert refusal(acme.do("give", {"points": 1}, acme.token())) == (404, "shop_not_found")
    assert refusal(acme.do("greet", {"points": 1})) == (404, "shop_not_found")


def test_a_wish_of_one_shop_is_none_of_another(service, acme):
    rival = Storefront(service, service.install("woocommerce", "https://rival.example"))
    assert refusal(rival.do("give", {"points": 1}, acme.token())) == (401, "invalid_token")


# ---------------------------------------------------------------------------- Shopify's app proxy


def test_a_wish_comes_through_the_proxy(service, proxy):
    first = proxy.do("give", {"points": 30}, ("once", "k1"))
    assert first.get_json() == {"left": 30, "customer": MIA, "language": "en"}
    assert first.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in first.headers
    again = proxy.do("give", {"points": 30}, ("once", "k1"))
    assert again.get_json() == first.get_json()
    same = proxy.do("give", {"points": 30}, ("once", "k9"), headers={"Idempotency-Key": "k1"})
    assert same.get_json() == first.get_json()
    arabic = proxy.do("give", {"points": 30}, ("once", "k2"), ("lang", "ar-EG"))
    assert (arabic.get_json()["left"], arabic.get_json()["language"]) == (60, "ar")
    assert refusal(proxy.do("give", {"points": 1})) == (400, "idempotency_key")
    nobody = proxy.do("give", {"points": 1}, ("once", "k3"), customer="")
    assert refusal(nobody) == (401, "sign_in_needed")


def test_the_proxys_signature_covers_who_wishes_and_the_key(service, proxy):
    good = proxy.query(proxy.pairs(("once", "k1")))
    for name, other in (("logged_in_customer_id", "12"), ("once", "k2"), ("signature", "0" * 64)):
        bad = [(key, other if key == name else value) for key, value in good]
        told = proxy.service.http.post("/storefront/shopify/give", query_string=bad, json={})
        assert refusal(told) == (401, "bad_signature"), name
    stranger = proxy.do("give", {"points": 1}, shop="stranger.myshopify.com")
    assert refusal(stranger) == (404, "shop_not_found")
    large = proxy.do("give", {"points": "1" * 70_000}, ("once", "k1"))
    assert refusal(large) == (413, "too_large")
    assert refusal(proxy.do("me", {"points": 1})) == (405, "method_not_allowed")
    assert kept(service) == 0


def test_guests_of_a_proxy_are_counted_by_their_own_address(proxy):
    def greet(address):
        told = {"X-Forwarded-For": address, "Idempotency-Key": address}
        return proxy.do("greet", {"points": 1}, headers=told, customer="")

    assert greet("192.0.2.7").get_json()["address"] == "192.0.2.7"
    assert [greet("192.0.2.7").status_code for _ in range(30)] == [200] * 29 + [429]
    assert greet("192.0.2.8").status_code == 200


# -------------------------------------------------------------------------------- what she sees


def asker_of(service, storefront, tag="en"):
    with service.database.read() as db:
        member_id = service.runtime.members.by_customer_key(db, storefront.shop.id, "7")
    return Asker(
        shop=storefront.shop,
        language=LANGUAGES[tag],
        customer_key="7",
        address="127.0.0.1",
        member_id=member_id,
    )


def test_no_part_of_what_she_sees_hides_another(service, acme):
    asker = asker_of(service, acme)
    with service.app.app_context(), service.database.read() as db:
        told = [set(part(db, asker, clock.now())) for part in PARTS]
        together = me(db, asker, clock.now())
    assert sum(map(len, told)) == len(together)
    assert together["member"]["name"] == "Mia"
