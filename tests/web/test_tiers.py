"""Levels at the storefront and in the API: where one stands, what is missing, VIP days."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.core import clock
from connector.orders.models import orders
from connector.rooms import insight
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Early, Ladder, Level, Perks, Program, Step, Trial
from connector.web.api import tiers
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.schema import operations, problems
from tests.web.shoppers import acme, proxy
from tests.web.test_api import Api, refusal

__all__ = ["acme", "proxy"]
JOBS = ("drain", "tiers")


def levels(early=None):
    """Seed for all, Sprout from 50 dollars, Bloom from 200 with every perk."""
    bloom = Perks(10, free_shipping=True, collection="Summer", collection_percent=15, early=early)
    return Program(
        measure="spend",
        levels=(
            Level(11, {"en": "Seed", "ar": "بذرة"}, 0),
            Level(12, {"en": "Sprout", "ar": "برعم"}, 5_000, 110),
            Level(13, {"en": "Bloom", "ar": "زهرة"}, 20_000, 150, perks=bloom),
        ),
        ladder=Ladder("orders", (Step(1, 3), Step(4, 6))),
        trial=Trial(14, 13),
    )


def publish(service, shop, program, *, has_standing=True):
    with service.database.write() as db:
        programs.save_draft(db, shop.id, program, "staff:1", clock.now())
        programs.publish(db, shop.id, clock.now(), has_standing=has_standing)
    service.work(JOBS)


def order(number, total, **changes):
    now = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    times = dict.fromkeys(("date_created_gmt", "date_modified_gmt", "date_paid_gmt"), now)
    line = {"id": 5, "name": "Tea", "quantity": 1, "subtotal": total, "total": total}
    told = {"id": number, "total": total, "line_items": [line], **times}
    person = {"billing": {"email": "m@b.example", "first_name": "Mia"}}
    return {**WOO_ORDER, **person, **told, **changes}


@pytest.fixture
def later(monkeypatch):
    """Let so many days pass, for everybody."""
    real, passed = clock.now, []

    def wait(days):
        passed.append(timedelta(days=days))

    monkeypatch.setattr(clock, "now", lambda: real() + sum(passed, timedelta()))
    return wait


def tier(acme, **query):
    return acme.ask("me", acme.token(), **query).get_json()["tier"]


def test_a_shop_without_levels_has_none_to_show(acme):
    assert tier(acme) is None
    assert refusal(acme.do("start_trial", {}, acme.token())) == (409, "trial_off")


def test_a_shopper_sees_where_she_stands_and_what_is_missing(service, acme):
    publish(service, acme.shop, levels())
    told = tier(acme)
    assert (told["level"], told["name"], told["amount"]) == (1, "Seed", 2_000)
    assert [one["name"] for one in told["stages"]] == ["Seed", "Sprout", "Bloom"]
    assert told["next"]["missing"] == 3_000
    assert told["keep"] is None
    assert told["perks"]["discount_percent"] == 3, "the ladder's"
    assert told["ladder"]["next"] == {"percent": 6, "missing": 3}
    trial = told["trial"]
    assert (trial["state"], trial["name"], trial["days"]) == ("offered", "Bloom", 14)
    assert trial["perks"]["discount_percent"] == 10
    assert "Try \u2068Bloom\u2069 for 14 days. No card. It ends by itself." in told["says"]
    assert told["says"][0].startswith("Spend \u2066$30\u2069 more")
    arabic = tier(acme, lang="ar")
    assert arabic["name"] == "بذرة"
    assert any("برعم" in one for one in arabic["says"])


def test_a_level_with_all_its_perks_and_its_own_early_pages(service, acme, later):
    now = clock.now()
    early = Early("Drop", "https://acme.example/drop", now, now + timedelta(days=2))
    publish(service, acme.shop, levels(early))
    assert tier(acme)["early"] == []
    woocommerce(service, acme.shop, order(2, "300.00"))
    service.work(JOBS)
    told = tier(acme)
    assert told["perks"] == {
        "multiplier_percent": 150,
        "discount_percent": 10,
        "free_shipping": True,
        "collection": "Summer",
        "collection_percent": 15,
    }
    assert [one["url"] for one in told["early"]] == ["https://acme.example/drop"]
    assert told["trial"] is None, "she stands there already"
    assert told["next"] is None
    later(3)
    assert tier(acme)["early"] == []


def test_free_days_begin_end_and_are_added_up_once(service, acme, later):
    publish(service, acme.shop, levels())
    begun = acme.do("start_trial", {}, acme.token()).get_json()["trial"]
    assert (begun["state"], begun["name"]) == ("running", "Bloom")
    assert acme.do("start_trial", {}, acme.token()).get_json()["trial"] == begun, "one wish"
    assert tier(acme)["trial"] == begun, "even before the worker heard of it"
    service.work(JOBS)
    assert refusal(acme.do("start_trial", {}, acme.token(), "k2")) == (409, "trial_used")
    told = tier(acme)
    assert (told["level"], told["earned"], told["trial"]) == (3, 1, begun)
    assert told["says"][-1].startswith("\u2068Bloom\u2069 until ")
    line = {"id": 5, "name": "Tea", "quantity": 1, "subtotal": "40.00", "total": "36.00"}
    free = order(2, "36.00", line_items=[line], shipping_total="0.00")
    woocommerce(service, acme.shop, free)
    service.work(JOBS)
    later(15)
    service.work(JOBS)
    told = tier(acme)
    assert (told["level"], told["trial"]) == (2, None)
    ended = told["ended"]
    assert ended["discount"] == {"minor": 280, "currency": "USD"}, "three percent are her own"
    assert (ended["points"], ended["free_deliveries"], ended["orders"]) == (18, 1, 1)
    over = "Your trial is over. You saved \u2066$2.80\u2069. Nothing was charged."
    assert told["says"][0] == f"{over} Delivered free: 1 order. It brought you 18 points more."
    with service.database.write() as db:
        insight.set_worth(db, acme.shop.id, 3_000, None, clock.now())
        db.execute(orders.update().where(orders.c.key == "2").values(shipping_off_minor=490))
    told = tier(acme)
    assert told["says"][0] == (
        "Your trial is over. You saved \u2066$7.70\u2069. Nothing was charged."
        " Of that, delivery you did not pay: \u2066$4.90\u2069."
        " It brought you 18 points more, worth \u2066$0.54\u2069. Together: \u2066$8.24\u2069."
    )
    assert told["ended"]["total"] == {"minor": 824, "currency": "USD"}
    assert acme.do("close_summary", {}, acme.token(), "k3").status_code == 200
    assert tier(acme)["ended"] is None


def test_a_store_without_standing_discounts_promises_none(service, acme, later):
    publish(service, acme.shop, levels(), has_standing=False)
    told = tier(acme)
    assert (told["ladder"], told["perks"]["discount_percent"]) == (None, 0)
    offered = told["trial"]["perks"]
    assert offered == {
        "multiplier_percent": 150,
        "discount_percent": 0,
        "free_shipping": False,
        "collection": None,
        "collection_percent": 0,
    }
    acme.do("start_trial", {}, acme.token())
    service.work(JOBS)
    line = {"id": 5, "name": "Tea", "quantity": 1, "subtotal": "40.00", "total": "36.00"}
    sale = order(2, "36.00", line_items=[line], shipping_total="0.00")
    woocommerce(service, acme.shop, sale)
    service.work(JOBS)
    later(15)
    service.work(JOBS)
    ended = tier(acme)["ended"]
    assert (ended["discount"]["minor"], ended["free_deliveries"]) == (0, 0), "the shop's own sale"
    assert ended["points"] > 0


def test_days_that_were_not_used_say_so(service, acme, later):
    publish(service, acme.shop, levels())
    acme.do("start_trial", {}, acme.token())
    service.work(JOBS)
    later(15)
    service.work(JOBS)
    told = tier(acme)
    assert told["says"][0] == "Your trial is over. Nothing was charged."
    assert told["ended"]["points"] == told["ended"]["discount"]["minor"] == 0


def test_a_shopper_on_shopify_begins_them_through_the_proxy(service, proxy):
    publish(service, proxy.shop, levels())
    begun = proxy.do("start_trial", {}, ("once", "k1")).get_json()
    assert begun["trial"]["state"] == "running"
    service.work(JOBS)
    told = proxy.ask(proxy.query(proxy.pairs())).get_json()["tier"]
    assert told["level"] == 3


# -------------------------------------------------------------------------------------------- API


@pytest.fixture
def api(service, acme):
    return Api(service, acme.shop)


def send(api, path, method="POST", key="k1", **sending):
    return api.ask(path, method, headers={"Idempotency-Key": key}, **sending)


def told_as_described(api, path, document):
    described = api.get("/openapi.json")
    answer = operations(tiers.OPERATIONS)
    assert answer
    schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    return problems(document, schema["schema"], described)


def test_levels_are_drafted_published_and_read(service, api):
    assert refusal(api.ask("/tiers")) == (404, "tiers_not_found")
    assert refusal(send(api, "/tiers/publish")) == (404, "draft_not_found")
    wanted: dict[str, Any] = {
        "measure": "spend",
        "levels": [
            {"names": {"en": "Base"}, "threshold": 0},
            {"names": {"en": "Top"}, "threshold": 1_500, "multiplier_percent": 120},
        ],
        "trial": {"days": 7, "level": 2},
    }
    drafted = send(api, "/tiers/draft", key="k2", json=wanted).get_json()
    assert (drafted["version"], drafted["rising"]) == (1, 1)
    assert drafted["after"] == {"2": 1}
    assert refusal(api.ask("/tiers")) == (404, "tiers_not_found")
    assert send(api, "/tiers/publish", key="k3").status_code == 200
    service.work(JOBS)
    told = api.get("/tiers")
    assert [(one["names"]["en"], one["members"]) for one in told["levels"]] == [
        ("Base", 0),
        ("Top", 1),
    ]
    assert (told["trial_days"], told["trial_level"]) == (7, 2)
    again: dict[str, Any] = {
        **wanted,
        "levels": [{"id": told["levels"][1]["id"], **wanted["levels"][1]}],
    }
    again["trial"] = None
    assert send(api, "/tiers/draft", key="k4", json=again).get_json()["before"] == {"2": 1}


def test_levels_that_cannot_be_meant_are_refused_by_their_place(api):
    level = {"names": {"en": "Base"}, "threshold": 0}
    wrong = send(api, "/tiers/draft", json={"levels": [level, {**level, "names": {"en": "B"}}]})
    assert wrong.get_json()["field"] == "levels-1-threshold"
    wrong = send(api, "/tiers/draft", json={"levels": [level], "measure": "weight"})
    assert refusal(wrong) == (422, "tier_value")
    trial = {"levels": [level], "trial": {"days": 5, "level": 2}}
    assert refusal(send(api, "/tiers/draft", json=trial)) == (422, "trial_level")
    assert refusal(send(api, "/tiers/draft", json={"levels": []})) == (422, "levels_empty")
    gone = {"levels": [{**level, "id": "77"}]}
    assert refusal(send(api, "/tiers/draft", json=gone)) == (422, "level_unknown")
    nothing = {"levels": [level], "measure": "score", "weights": {"point": 0, "money": 0}}
    assert refusal(send(api, "/tiers/draft", json=nothing)) == (422, "weights_empty")


def test_a_members_level_and_days_by_a_program(service, acme, api):
    (member,) = api.get("/members")["members"]
    path = f"/members/{member['id']}"
    assert refusal(api.ask(f"{path}/tier")) == (404, "tiers_not_found")
    publish(service, acme.shop, levels())
    told = api.get(f"{path}/tier")
    assert (told["level"], told["name"], told["missing"]) == (1, "Seed", 3_000)
    assert told_as_described(api, "/members/{member_id}/tier", told) == []
    assert send(api, f"{path}/vip-days").status_code == 200
    service.work(JOBS)
    told = api.get(f"{path}/tier")
    assert (told["level"], told["vip_level"]) == (3, 3)
    assert datetime.fromisoformat(told["vip_until"]) > clock.now() + timedelta(days=13)
    assert refusal(send(api, f"{path}/vip-days", key="k2")) == (409, "trial_used")
    assert send(api, f"{path}/vip-days", "DELETE", "k3").status_code == 200
    service.work(JOBS)
    assert api.get(f"{path}/tier")["level"] == 1
    assert refusal(send(api, f"{path}/vip-days", "DELETE", "k4")) == (404, "days_not_found")
