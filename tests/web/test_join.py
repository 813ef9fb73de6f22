"""Joining where accounts join first: in the panel, by API, and the merchant's switch."""

import pytest

from connector.members import joining
from connector.shops import service as shops
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.schema import problems
from tests.web.shoppers import STORE, Storefront
from tests.web.test_api import Api, refusal
from tests.web.test_club import sections, told

BUYER = {"billing": {"email": "m@b.example", "first_name": "Mia"}}


@pytest.fixture
def acme(service):
    """Acme, where Mia (customer 7) bought something and has not joined."""
    shop = service.install("woocommerce", STORE)
    with service.database.write() as db:
        joining.join_first(db, shop.id, wanted=True)
    woocommerce(service, shop, {**WOO_ORDER, **BUYER})
    service.work(["drain"])
    with service.database.read() as db:
        return Storefront(service, shops.get(db, shop.id))


@pytest.fixture
def api(acme):
    return Api(acme.service, acme.shop)


@pytest.mark.parametrize("lang", ["en", "ar", "zh-Hant"])
def test_who_has_not_joined_reads_what_waits_and_joins_in_the_panel(acme, lang):
    head = told(acme, acme.token(), lang=lang)["head"]
    (act,) = head["acts"]
    assert act["name"] == "join"
    waits = {
        "en": "20 points from your orders wait for you.",
        "ar": "20 نقطة من طلباتك تنتظرك.",
        "zh-Hant": "您的訂單已累積 20 點，等您加入。",
    }
    assert head["lines"] == [waits[lang]]
    assert acme.do("join", {}, acme.token()).get_json() == {"joined": True}
    acme.service.work(["drain"])
    club = told(acme, acme.token(), lang=lang)
    assert "balance" in club["head"]
    assert "history" in sections(club)
    assert acme.do("join", {}, acme.token(), once="k2").get_json() == {"joined": True}


def test_guests_log_in_first_and_unknown_accounts_wait_a_minute(acme):
    assert [one["door"] for one in told(acme)["head"]["acts"]] == ["join", "log-in"]
    assert refusal(acme.do("join", {})) == (401, "sign_in_needed")
    stranger = acme.token(sub="99")
    head = told(acme, stranger)["head"]
    assert ([one["name"] for one in head["acts"]], "lines" in head) == (["join"], False)
    assert refusal(acme.do("join", {}, stranger, once="k2")) == (404, "member_not_found")
    assert refusal(acme.do("redeem", {"reward_id": "1"}, acme.token(), once="k3"))[0] == 404


def test_the_api_switches_it_and_lets_a_member_join(api, acme):
    assert api.get("/membership") == {"joins_first": True}
    (waiting,) = api.get("/members")["members"]
    assert (waiting["state"], waiting["joined_at"], waiting["pending"]) == ("guest", None, 20)
    once = {"headers": {"Idempotency-Key": "k1"}}
    joined = api.ask(f"/members/{waiting['id']}/join", "POST", **once).get_json()
    assert (joined["id"], joined["state"]) == (waiting["id"], "member")
    assert joined["joined_at"] is not None
    again = {"headers": {"Idempotency-Key": "k2"}}
    answer = api.ask("/membership", "PUT", json={"joins_first": False}, **again)
    assert answer.get_json() == {"joins_first": False}
    assert api.get("/membership") == {"joins_first": False}
    described = api.ask("/openapi.json").get_json()
    schema = described["paths"]["/membership"]["get"]["responses"]["200"]["content"]
    told_so = schema["application/json"]["schema"]
    assert problems(api.get("/membership"), told_so, described) == []
