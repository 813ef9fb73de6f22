"""Referrals at the storefront: the link, and a claim that tells nothing of an e-mail."""

from datetime import timedelta

import pytest

from connector.core import clock
from connector.core.facts import CodeIssued
from connector.orders import store as order_store
from connector.rooms.points import service as points
from connector.rooms.referrals import handlers, rules, service
from connector.rooms.referrals.models import referral_claim
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from tests.flows.service import make_service
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.shoppers import Proxy, Storefront, acme, proxy
from tests.web.test_api import refusal

__all__ = ["acme", "proxy"]


def publish(front, **values):
    with front.service.database.write() as db:
        offer = Offer(Kind.AMOUNT, {"en": "Ten off"}, "USD", value_minor=1000)
        reward_id = catalogue.publish(db, front.shop.id, offer, clock.now()).id
        told = {"friend_reward_id": reward_id, "advocate_points": 500, "is_on": True, **values}
        wanted = rules.Program(0, "USD", **told)
        at = clock.now() - timedelta(days=1)
        service.publish_program(db, front.shop.id, wanted, "staff:1", at)


@pytest.fixture
def open_shop(acme: Storefront) -> Storefront:
    publish(acme)
    return acme


def code(front) -> str:
    return str(mine(front)["code"])


def mine(front, **query):
    return front.ask("me", front.token(), **query).get_json()["referral"]


def claim(front, email, once="c1", token=None):
    told = {"code": code(front), "email": email}
    answer = front.do("referral_claim", told, token, once=once)
    front.service.work(["referrals", "drain"])
    return answer


def later(monkeypatch, **passed):
    at = clock.now() + timedelta(**passed)
    monkeypatch.setattr(clock, "now", lambda: at)


def test_the_link_is_made_at_the_first_look_and_stays(open_shop):
    first = mine(open_shop)
    assert first["link"] == f"https://acme.example/?ref={first['code']}"
    assert (first["kept"], first["waiting"], first["held"], first["news"]) == (0, 0, 0, [])
    assert first["sentence"] == "Give \u2066$10\u2069 off, get 500 points."
    assert mine(open_shop)["code"] == first["code"]
    assert "500 نقطة" in mine(open_shop, lang="ar")["sentence"]
    assert mine(open_shop, lang="zh-TW")["sentence"].startswith("朋友可享")


def test_without_a_program_there_is_no_link(acme):
    assert mine(acme) is None
    answer = acme.do("referral_share", {}, acme.token())
    assert refusal(answer)[:2] == (404, "code_not_found")


def test_a_friend_claims_and_gets_the_code(open_shop, monkeypatch):
    seen = open_shop.do("referral_visit", {"code": code(open_shop)}, once="v1")
    assert seen.get_json() == {
        "own": False,
        "friend": "\u2066$10\u2069 off",
        "sentence": "For you: \u2066$10\u2069 off, with your first order.",
    }
    given = claim(open_shop, "zoe@mail.example").get_json()
    assert given["sentence"] == "It works for a first order placed with this e-mail."
    ask = {"claim": given["claim"]}
    assert open_shop.do("referral_code", ask, once="a1").get_json()["state"] == "waiting"
    claimed = {"ref": code(open_shop), **ask}
    assert open_shop.ask("club", **claimed).get_json()["again_ms"] == 5000
    with open_shop.service.database.write() as db:
        (row,) = db.execute(referral_claim.select()).all()
        source = f"{service.source_of_claim(row.id)}:1"
        fact = CodeIssued(open_shop.shop.id, row.friend_id, "FR-7K", source)
        handlers.on_code_issued(db, [fact], clock.now())
    later(monkeypatch, seconds=10)
    told = open_shop.do("referral_code", ask, once="a2").get_json()
    assert (told["state"], told["code"]) == ("ready", "FR-7K")
    assert open_shop.ask("club", **claimed).get_json()["again_ms"] == 0


def test_a_known_e_mail_gets_the_same_answers(open_shop, monkeypatch):
    known = claim(open_shop, "M@b.example")
    strange = open_shop.do(
        "referral_claim", {"code": code(open_shop), "email": "nobody@b.example"}, once="c2"
    )
    assert known.status_code == strange.status_code == 200
    assert len(known.data) == len(strange.data)
    told, other = known.get_json(), strange.get_json()
    assert told["sentence"] == other["sentence"]
    later(monkeypatch, seconds=10)
    answer = open_shop.do("referral_code", {"claim": told["claim"]}, once="a1").get_json()
    assert answer["state"] == "ready"
    with open_shop.service.database.read() as db:
        assert not [one for one in db.execute(referral_claim.select()) if one.gifts]


def test_what_cannot_be_claimed_is_refused(open_shop):
    def refused(wanted, token=None, once="r1"):
        return refusal(open_shop.do("referral_claim", wanted, token, once=once))[:2]

    own = code(open_shop)
    long = {"code": own, "email": "a" * 250 + "@b.example"}
    assert refused(long) == (422, "invalid_email")
    assert refused({"code": own, "email": "a@b\r\nBcc:c"}) == (422, "invalid_email")
    assert refused({"code": own, "email": "a@b.c"}, open_shop.token()) == (409, "self_referral")
    assert refused({"code": "../../x", "email": "a@b.c"}) == (404, "code_not_found")
    assert refused({"code": own, "email": "a@b.c", "next": "//evil"}) == (422, "unknown_field")
    answer = open_shop.do("referral_code", {"claim": "0" * 64})
    assert refusal(answer)[:2] == (404, "claim_not_found")


def test_the_sixth_bad_code_of_a_minute_has_to_wait(open_shop):
    for n in range(5):
        answer = open_shop.do("referral_visit", {"code": "zzzzzzzz"}, once=f"b{n}")
        assert refusal(answer)[:2] == (404, "code_not_found")
    answer = open_shop.do("referral_visit", {"code": "zzzzzzzz"}, once="b6")
    assert refusal(answer)[:2] == (429, "too_many_requests")
    assert answer.headers["Retry-After"] == "60"
    assert open_shop.do("referral_visit", {"code": code(open_shop)}, once="g").status_code == 200


def test_ones_own_link_is_said_to_be_ones_own(open_shop):
    answer = open_shop.do("referral_visit", {"code": code(open_shop)}, open_shop.token())
    assert answer.get_json()["own"] is True
    assert open_shop.do("referral_share", {"device": "d1"}, open_shop.token()).status_code == 200
    with open_shop.service.database.read() as db:
        told = service.numbers(db, open_shop.shop, 30, clock.now())
    assert (told.visits, told.shares) == (0, 1)


def test_the_advocate_reads_what_became_of_it(open_shop):
    claim(open_shop, "zoe@mail.example")
    at = (clock.now() + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    times = {f"date_{name}_gmt": at for name in ("created", "modified", "paid")}
    zoe = {"customer_id": 9, "billing": {"email": "zoe@mail.example", "first_name": "Zoe"}}
    woocommerce(
        open_shop.service,
        open_shop.shop,
        {**WOO_ORDER, **times, **zoe, "id": 91, "number": "91"},
        delivery="d91",
    )
    open_shop.service.work(["drain", "referrals"])
    told = mine(open_shop)
    assert told["waiting"] == 1
    assert told["news"][0]["sentence"].startswith("Your friend ordered. Points come after ")
    assert "Zoe" not in str(told)


def test_the_landing_page_of_a_shopify_shop(proxy):
    publish(proxy)
    link = proxy.ask(proxy.query(proxy.pairs())).get_json()["referral"]["link"]
    assert link.startswith("https://acme.myshopify.com/?ref=")
    told = {"code": link.partition("=")[2], "email": "zoe@mail.example"}
    answer = proxy.do("referral_claim", told, ("once", "c1"), customer="")
    assert answer.status_code == 200, answer.text


def test_a_link_leads_where_the_shop_is_reached(database):
    practice = Proxy(make_service(database, shopify_origin="http://127.0.0.1:9"))
    publish(practice)
    told = practice.ask(practice.query(practice.pairs())).get_json()["referral"]
    assert told["link"] == f"http://127.0.0.1:9/?ref={told['code']}"


def test_from_the_note_in_an_order_to_the_points_of_both(open_shop, monkeypatch):
    publish(open_shop, friend_reward_id=None, friend_points=100)
    at = (clock.now() + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    zoe = {
        **{f"date_{name}_gmt": at for name in ("created", "modified", "paid")},
        "customer_id": 9,
        "billing": {"email": "zoe@mail.example", "first_name": "Zoe"},
        "meta_data": [{"id": 1, "key": "_perennial_ref", "value": code(open_shop)}],
    }
    world, shop = open_shop.service, open_shop.shop
    before = points_of(world, shop, "7").available
    woocommerce(world, shop, {**WOO_ORDER, **zoe, "id": 91, "number": "91"}, delivery="d91")
    world.work(["drain", "referrals"])
    assert mine(open_shop)["waiting"] == 1
    with world.database.write() as db:
        ids = [row.id for row in order_store.by_keys(db, shop.id, ["91"]).values()]
        order_store.confirm(db, shop.id, ids, clock.now())
    later(monkeypatch, days=15)
    world.work(["referrals"])
    told = mine(open_shop)
    assert (told["kept"], told["waiting"]) == (1, 0)
    assert told["news"][0]["sentence"] == "Your friend stayed. Your reward is here."
    assert points_of(world, shop, "7").available == before + 500
    assert points_of(world, shop, "9").available >= 100


def points_of(world, shop, key):
    with world.database.read() as db:
        member_id = world.runtime.members.by_customer_key(db, shop.id, key)
        return points.balance(db, shop.id, member_id)
