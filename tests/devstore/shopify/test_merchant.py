import json
from typing import Any

import pytest

from devstore.model import Buyer, Customer, Status, replace
from tests.devstore.shopify.conftest import World


def post(world: World, path: str, **body: object):
    return world.http.post(f"/_devstore/shopify{path}", json=body)


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """What waits for the service: topic and body."""
    return [(one.topic, json.loads(one.body)) for one in world.face.webhooks.waiting()]


def topics(world: World) -> list[str]:
    return [topic for topic, _ in told(world)]


@pytest.fixture
def order(installed):
    return installed.sell({"CP-EVE": 3}, donation=(250, "riverbank"))


def test_an_edit_adds_a_line_and_says_so_twice(installed, order):
    answer = post(installed, f"/orders/{order.id}/edit", sku="TP-CEL", quantity=2)
    added = answer.get_json()["lines"][-1]
    edited, updated = told(installed)[-2:]
    assert edited[0] == "orders/edited"
    assert edited[1]["order_edit"]["order_id"] == order.id
    assert edited[1]["order_edit"]["line_items"]["additions"] == [{"id": added["id"], "delta": 2}]
    assert updated[0] == "orders/updated"
    assert updated[1]["total_price"] == "157.50"


def test_all_of_an_order_can_be_refunded_even_after_a_part(installed, order):
    installed.shop.refund(order.id, {order.lines[0].id: 1})
    installed.shop.refund(order.id, amount_minor=150)
    assert post(installed, f"/orders/{order.id}/refund-all").status_code == 200
    after = installed.shop.order(order.id)
    assert after.status is Status.REFUNDED
    body = told(installed)[-1][1]
    assert body["financial_status"] == "refunded"
    assert body["current_total_price"] == "0.00"
    assert [line["current_quantity"] for line in body["line_items"]] == [0, 0]
    last = body["refunds"][-1]
    assert [piece["quantity"] for piece in last["refund_line_items"]] == [
        1,
        2,
    ]  # the gift, the cups
    assert last["order_adjustments"][0]["amount"] == "1.50"  # less than the pieces were worth


def test_a_cancellation_may_give_the_money_back(installed, order):
    post(installed, f"/orders/{order.id}/cancel", refund=True)
    assert topics(installed)[-4:] == [
        "refunds/create",
        "orders/updated",
        "orders/cancelled",
        "orders/updated",
    ]
    assert installed.shop.order(order.id).refunded_minor == order.total_minor


def test_money_that_arrives_later_is_paid_once(installed):
    order = installed.sell({"CP-EVE": 1}, payment="bank")
    assert topics(installed) == ["orders/create", "orders/updated"]
    assert post(installed, f"/orders/{order.id}/paid").status_code == 200
    assert topics(installed)[2:] == ["orders/paid", "orders/updated"]
    again = post(installed, f"/orders/{order.id}/paid")
    assert again.status_code == 422
    assert again.get_json()["message"] == "Order #1001 is paid already."


def test_two_accounts_become_one(installed, order):
    mia = installed.mia()
    other = installed.shop.add_customer("mia.l@customers.example", "Mia", "L")
    moved = installed.shop.place_order(Buyer(other.email, "Mia", "L", other.id), {"CP-EVE": 1})
    post(installed, "/customers/merge", kept=mia.id, gone=other.id)
    assert installed.shop.order(moved.id).buyer.customer_id == mia.id
    assert installed.shop.shelf.get(Customer, other.id) is None
    merged, updated = told(installed)[-2:]
    assert merged[0] == "customers/merge"
    assert merged[1]["admin_graphql_api_customer_kept_id"].endswith(f"/{mia.id}")
    assert merged[1]["admin_graphql_api_customer_deleted_id"].endswith(f"/{other.id}")
    assert merged[1]["status"] == "completed"
    assert updated[0] == "customers/update"
    assert post(installed, "/customers/merge", kept=mia.id, gone=mia.id).status_code == 422


def test_tags_and_consent_have_topics_of_their_own(installed):
    mia = installed.mia()
    consent = "customers_email_marketing_consent/update"

    def change(**fields: Any) -> list[tuple[str, dict[str, Any]]]:
        before = len(told(installed))
        installed.shop.change_customer(replace(installed.mia(), **fields))
        return told(installed)[before:]

    gid = f"gid://shopify/Customer/{mia.id}"
    first = change(tags=("staff", "vip"))
    assert [topic for topic, _ in first] == ["customer.tags_added", "customers/update"]
    assert first[0][1] == {
        "customerId": gid,
        "tags": ["staff", "vip"],
        "occurredAt": "2026-11-22T12:00:00.000Z",
    }
    assert "tags" not in first[1][1]
    second = change(tags=("b2b", "vip"))
    assert [(topic, body["tags"]) for topic, body in second[:-1]] == [
        ("customer.tags_added", ["b2b"]),
        ("customer.tags_removed", ["staff"]),
    ]
    third = change(newsletter=True)
    assert [topic for topic, _ in third] == [consent, "customers/update"]
    assert third[0][1] == {
        "customer_id": mia.id,
        "email_address": mia.email,
        "email_marketing_consent": {
            "state": "subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": "2026-11-22T04:00:00-08:00",
        },
    }
    left = change(newsletter=False)[0][1]["email_marketing_consent"]["state"]
    assert (left, change(newsletter=False)[0][0]) == ("unsubscribed", "customers/update")


def test_uninstalling_is_told_and_ends_everything_else(installed):
    post(installed, "/uninstall")
    assert topics(installed) == ["app/uninstalled"]
    assert told(installed)[0][1]["myshopify_domain"] == "acme.myshopify.com"
    installed.sell({"CP-EVE": 1})
    assert topics(installed) == ["app/uninstalled"]
    assert installed.http.get("/_devstore/shopify/app").get_json() is None


def test_scopes_taken_away_are_told_and_gone(installed):
    fewer = "read_customers,read_products"
    installed.http.put("/_devstore/shopify/scopes", json={"scopes": fewer})
    topic, body = told(installed)[-1]
    assert topic == "app/scopes_update"
    assert "read_orders" in body["previous"]
    assert body["current"] == fewer.split(",")
    held = installed.graphql("{ currentAppInstallation { accessScopes { handle } } }")["data"]
    handles = [scope["handle"] for scope in held["currentAppInstallation"]["accessScopes"]]
    assert handles == fewer.split(",")


def test_the_law_can_be_invoked(installed, order):
    mia = installed.mia()
    post(installed, "/compliance", topic="customers/data_request", customer=mia.id)
    post(installed, "/compliance", topic="customers/redact", customer=mia.id)
    post(installed, "/compliance", topic="shop/redact")
    asked, redact, shop = told(installed)[-3:]
    person = {"id": mia.id, "email": mia.email, "phone": None}
    assert asked[1]["customer"] == redact[1]["customer"] == person
    assert asked[1]["orders_requested"] == redact[1]["orders_to_redact"] == [order.id]
    assert asked[1]["data_request"]["id"]
    assert set(shop[1]) == {"shop_id", "shop_domain"}
    assert post(installed, "/compliance", topic="shop/forget").status_code == 422
    assert post(installed, "/compliance", topic="customers/redact", customer=1).status_code == 422


def test_the_hand_behind_the_curtain_answers_on_loopback_only(installed):
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert installed.http.get("/_devstore/shopify/app", environ_base=far).status_code == 403
    named = {"Host": "acme.myshopify.com"}
    assert installed.http.get("/_devstore/shopify/app", headers=named).status_code == 403


def test_an_order_that_is_not_there_is_a_sentence(installed):
    answer = post(installed, "/orders/1/paid")
    assert answer.status_code == 422
    assert answer.get_json() == {"code": "not_possible", "message": "no order 1"}
