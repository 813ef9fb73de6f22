"""The door of the Shopify extensions: whose figures it tells, and to whom it says nothing."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from connector.core import clock
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.recommend.learning import service as learning
from connector.rooms.rewards import catalogue
from connector.shops import service as shops
from tests.adapters.shopify import world
from tests.flows.service import CLIENT_SECRET
from tests.flows.test_bad_webhooks import shopify
from tests.rooms.rewards.counter import COFFEE
from tests.web.shoppers import MIA

ORDER = "450789469"
NOOR = "115310627314723999"
RIVAL = "rival.myshopify.com"


class Sandbox:
    """An extension of Acme's, as its sandbox reaches us."""

    def __init__(self, service):
        self.service = service
        self.shop = service.install("shopify", world.SHOP)
        with service.database.write() as db:
            giving.add_cause(db, self.shop.id, "Riverbank", "", clock.now(), key="riverbank")

    def token(self, customer=MIA, secret=CLIENT_SECRET, **changes):
        now = int(clock.now().timestamp())
        told = {
            "iss": None,
            "dest": world.SHOP,
            "sub": customer and f"gid://shopify/Customer/{customer}",
            "nbf": now,
            "iat": now,
            "exp": now + 300,
        }
        return world.id_token(secret, **(told | changes))

    def ask(self, path, token=None, method="GET", **sending):
        headers = dict(sending.pop("headers", ()))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.service.http.open(
            f"/ext/shopify/{path}", method=method, headers=headers, **sending
        )

    def buy(self, *lines, **changes):
        """Mia's order reaches us: 100 dollars of goods, and ``lines``."""
        goods = world.line(1, "100.00", currency="USD")
        told = world.order(currency="USD", line_items=[goods, *lines], **changes)
        shopify(self.service, json.dumps(told).encode(), Webhook_Id=str(uuid4()))
        self.service.work(["drain"])

    def member(self):
        with self.service.database.read() as db:
            return self.service.runtime.members.by_customer_key(db, self.shop.id, MIA)


@pytest.fixture
def sandbox(service):
    return Sandbox(service)


def test_a_member_sees_what_she_has_and_what_this_purchase_earns(sandbox):
    sandbox.buy()
    answer = sandbox.ask("me", sandbox.token(), query_string={"spend": "2500", "lang": "en"})
    told = answer.get_json()
    assert (told["member"]["name"], told["member"]["pending"]) == ("Mia Berg", 100)
    assert told["have"] == "You have 0 points"
    assert told["earns"] == {"points": 25, "said": "Earn 25 points"}
    assert [one["key"] for one in told["causes"]] == ["riverbank"]
    assert told["donation"]["share_kept_percent"] == 0
    assert told["cause"] == "riverbank"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("customer", [None, NOOR])
def test_who_is_no_member_sees_what_everybody_may(sandbox, customer):
    sandbox.buy()
    told = sandbox.ask("me", sandbox.token(customer), query_string={"spend": "2500"}).get_json()
    assert (told["member"], told["have"], told["earns"]["points"]) == (None, None, 25)
    assert "rewards" not in told


@pytest.mark.parametrize("spend", [str(10**12 + 1), str(2**63 - 1), "9" * 30])
def test_a_spend_beyond_belief_is_refused(sandbox, spend):
    refused = sandbox.ask("me", sandbox.token(), query_string={"spend": spend})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "amount_range")


@pytest.mark.parametrize("spend", ["", "0", "-5", "1.5", "\u0661"])
def test_a_spend_that_says_nothing_earns_nothing(sandbox, spend):
    told = sandbox.ask("me", sandbox.token(), query_string={"spend": spend}).get_json()
    assert told["earns"] is None


def test_an_order_tells_its_buyer_what_it_brought(sandbox):
    sandbox.buy(world.gift(2, "2.00", currency="USD"))
    answer = sandbox.ask(f"order/{ORDER}", sandbox.token(), query_string={"lang": "ar"})
    assert answer.get_json()["order"]["said"][0].startswith("كسب هذا الطلب")
    told = sandbox.ask(f"order/{ORDER}", sandbox.token()).get_json()
    order = told["order"]
    assert (order["points"], order["pending"], told["again_ms"]) == (100, 100, 0)
    assert order["said"][0] == "This order earned 100 points."
    assert order["said"][1].startswith("You can use them ")
    (gift,) = order["donations"]
    assert (gift["cause"], gift["minor"], gift["currency"]) == ("Riverbank", 200, "USD")
    assert gift["said"] == "\u2066$2\u2069 of this order is for \u2068Riverbank\u2069. Thank you."


@pytest.mark.parametrize("customer", [None, NOOR])
def test_an_order_tells_nobody_else_anything(sandbox, customer):
    sandbox.buy(world.gift(2, "2.00", currency="USD"))
    told = sandbox.ask(f"order/{ORDER}", sandbox.token(customer)).get_json()
    assert (told["order"], told["recommendations"], told["again_ms"]) == (None, [], 0)
    assert told["signed_in"] is (customer is not None)


def test_an_order_on_its_way_is_asked_for_again(sandbox):
    sandbox.buy()
    assert sandbox.ask("order/77", sandbox.token()).get_json()["again_ms"] == 2000
    assert sandbox.ask("order/77", sandbox.token(None)).get_json()["again_ms"] == 0
    for wrong in ("0", "x", "9" * 20, "-1"):
        assert sandbox.ask(f"order/{wrong}", sandbox.token()).status_code in (404, 405), wrong


def test_a_cancelled_order_says_nothing_of_points(sandbox):
    sandbox.buy()
    at = "2026-11-21T10:00:00+01:00"
    sandbox.buy(cancelled_at=at, updated_at=at, financial_status="voided")
    told = sandbox.ask(f"order/{ORDER}", sandbox.token()).get_json()["order"]
    assert (told["points"], told["said"]) == (0, [])


def test_a_wish_is_carried_out_once_and_its_code_follows(sandbox):
    sandbox.buy()
    with sandbox.service.database.write() as db:
        now = clock.now()
        shop_id, mia = sandbox.shop.id, sandbox.member()
        points.adjust(db, shop_id, mia, 250, reason="a gift", made_by="x", now=now)
        reward = str(catalogue.publish(db, sandbox.shop.id, replace(COFFEE), now).id)

    def wish(token, key="k1"):
        return sandbox.ask(
            "redeem", token, "POST", json={"reward": reward}, headers={"Idempotency-Key": key}
        )

    first, again = wish(sandbox.token()), wish(sandbox.token())
    assert (first.status_code, first.get_json()["available"]) == (200, 150)
    assert first.get_json() == again.get_json()
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert wish(sandbox.token(None)).get_json()["code"] == "sign_in_needed"
    assert wish(sandbox.token(NOOR)).get_json()["code"] == "member_not_found"
    (open_one,) = sandbox.ask("me", sandbox.token()).get_json()["rewards"]["open"]
    assert open_one["id"] == first.get_json()["redemption"]["id"]


@pytest.mark.parametrize("path", ["me", f"order/{ORDER}", "redeem"])
def test_without_a_token_of_this_app_nothing_is_told(sandbox, path):
    sandbox.buy()
    method = "POST" if path == "redeem" else "GET"
    stale = int(clock.now().timestamp()) - 400
    tokens = [
        None,
        "",
        "x",
        "a" * 5000,
        sandbox.token(secret="another"),
        sandbox.token(aud="another"),
        sandbox.token(exp=stale),
    ]
    for token in tokens:
        answer = sandbox.ask(path, token, method)
        assert answer.status_code == 401, token
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "private, no-store"
    staff = sandbox.token(iss=f"https://{world.SHOP}/admin", sub="42")
    assert sandbox.ask(path, staff, method).status_code == 403


def test_the_token_names_the_shop_and_nothing_else_does(sandbox):
    sandbox.buy()
    sandbox.service.install("shopify", RIVAL)
    rival = sandbox.token(dest=RIVAL)
    told = sandbox.ask("me", rival, query_string={"shop": world.SHOP}).get_json()
    assert (told["member"], told["causes"]) == (None, [])
    assert sandbox.ask(f"order/{ORDER}", rival).get_json()["order"] is None
    assert sandbox.ask("me", sandbox.token(dest="none.myshopify.com")).status_code == 404


def test_a_shop_that_has_left_is_not_there(sandbox):
    with sandbox.service.database.write() as db:
        shops.uninstall(db, sandbox.shop.id, clock.now(), clock.now())
    answer = sandbox.ask("me", sandbox.token())
    assert (answer.status_code, answer.get_json()["code"]) == (404, "shop_not_found")


def note(text):
    return [{"name": "_perennial_row", "value": text}]


def bucket(sandbox, key=ORDER, customer=None, **query):
    query = {"product": "7", **query}
    told = sandbox.ask(f"order/{key}", sandbox.token(customer), query_string=query).get_json()
    return told["bucket"], told["method"]


def test_a_guest_who_sees_no_rows_sees_none_after_the_order_either(sandbox):
    sandbox.buy(customer=None, note_attributes=note("3.home.trending.standard.20000"))
    assert bucket(sandbox) == (3, None)
    gid = {"id": 9, "admin_graphql_api_id": "gid://shopify/Order/9"}
    sandbox.buy(customer=None, note_attributes=note("999"), **gid)
    assert bucket(sandbox, "9") == (999, "standard")


def test_before_the_order_is_here_its_own_note_says_whose_it_is(sandbox):
    assert bucket(sandbox, "77", bucket="3") == (3, None)
    assert bucket(sandbox, "77", bucket="500") == (500, "standard")
    sandbox.buy(customer=None, note_attributes=note("3"))
    assert bucket(sandbox, bucket="500") == (3, None)


def test_an_order_no_page_was_near_is_dealt_by_its_key(sandbox):
    first, again = ([bucket(sandbox, str(key)) for key in range(1, 9)] for _ in range(2))
    assert first == again
    assert len(set(first)) > 4  # of a thousand: two may meet, hardly four
    sandbox.buy()
    assert bucket(sandbox, customer=MIA) == bucket(sandbox, "77", customer=MIA, bucket="3")


def test_what_is_seen_after_the_order_is_counted(sandbox):
    row = {"surface": "thank_you", "row": "complete", "method": "standard"}
    told = {"bucket": 999, "first": False, "rows": [{**row, "shown": 1, "pages": 1}]}
    assert sandbox.ask("beacon", method="POST", json=told).status_code == 401
    for body in (told, {**told, "bucket": 3}):  # who is held out saw nothing
        answer = sandbox.ask("beacon", sandbox.token(None), "POST", json=body)
        assert (answer.status_code, answer.data) == (204, b"")
    with sandbox.service.database.read() as db:
        found = learning.figures(db, sandbox.shop.id, clock.now())
    [one] = found.rows
    assert (one.place.surface, one.shown, found.lift.shown.visits) == ("thank_you", 1, 0)
    assert (found.coverage.pages, found.coverage.with_row) == (1, 1)


def test_a_sandbox_may_ask_whether_it_may_send_a_token(sandbox):
    for path in ("me", "order/1", "beacon", "redeem"):
        answer = sandbox.ask(path, method="OPTIONS")
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
