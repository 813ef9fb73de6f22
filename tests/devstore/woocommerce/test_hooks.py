"""Webhooks as the reference saw a real shop send them."""

import base64
import hashlib
import hmac

import pytest

from devstore.model import Customer, Event, Product, Status
from devstore.people import MIA
from devstore.refusals import NotPossible

SECRET = b"test-webhook-secret-not-real-0001"
ORDERS = ("order.created", "order.updated", "order.deleted", "order.restored")


def test_a_new_webhook_greets_unsigned_while_its_creator_still_waits(store, sink):
    asked = []
    sink.during = lambda _: asked.append(store.shop.order(store.sell().id).id)
    body = {"topic": "order.created", "delivery_url": sink.url, "secret": "s"}
    answer = store.rest("POST", "webhooks", body)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/webhooks/{answer.get_json()['id']}")
    ping = sink.heard[0]
    assert ping.raw == f"webhook_id={answer.get_json()['id']}".encode()
    assert ping.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not [name for name in ping.headers if name.lower().startswith("x-wc")]
    assert asked, "the shop answered somebody else during the ping"


def test_a_webhook_is_made_although_nobody_answers_its_ping(store):
    url = "http://127.0.0.1:9/nobody"
    answer = store.rest("POST", "webhooks", {"topic": "order.created", "delivery_url": url})
    assert answer.status_code == 201


def test_the_secret_is_never_told(store, sink):
    (key,) = store.hook(sink, "order.created")
    assert "secret" not in store.get(f"webhooks/{key}")
    assert "secret" not in store.get("webhooks")[0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"topic": "order.published"}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"topic": "order.created"}, "woocommerce_rest_shop_webhook_invalid_delivery_url"),
        (
            {"topic": "order.created", "delivery_url": "ftp://x"},
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
        ),
    ],
)
def test_a_webhook_needs_a_topic_that_exists_and_an_http_address(store, body, code):
    answer = store.rest("POST", "webhooks", body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)


def test_a_delivery_is_signed_over_its_exact_bytes(store, sink):
    store.hook(sink, "order.created")
    store.sell()
    store.tick()
    heard = sink.deliveries()[0]
    digest = hmac.new(SECRET, heard.raw, hashlib.sha256).digest()
    assert heard.headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert heard.headers["X-WC-Webhook-Source"] == "http://shop.example/"
    assert heard.headers["X-WC-Webhook-Resource"] == "order"
    assert heard.headers["X-WC-Webhook-Event"] == "created"
    assert b"http:\\/\\/shop.example" in heard.raw


def test_a_block_checkout_sends_updated_before_created(store, sink):
    store.hook(sink, *ORDERS, "customer.updated")
    store.sell(member=True)
    store.tick()
    assert sink.topics() == ["order.updated", "customer.updated", "order.created"]


def test_an_order_made_by_rest_sends_created_first(store, sink):
    store.hook(sink, *ORDERS)
    line = {"product_id": store.shop.products()[0].id, "quantity": 2}
    body = {"set_paid": True, "billing": {"email": "a@b.example"}, "line_items": [line]}
    made = store.rest("POST", "orders", body)
    assert made.get_json()["total"] == "101.00"
    store.tick()
    assert sink.topics() == ["order.created", "order.updated"]


def test_changes_before_the_queue_runs_are_one_delivery_of_the_latest_state(store, sink):
    store.hook(sink, "order.updated")
    order = store.sell(payment="bank")
    for status in (Status.PROCESSING, Status.COMPLETED):
        store.clock.pass_by(seconds=3)
        store.shop.set_status(order.id, status)
    assert store.tick() == 1
    assert [heard.body["status"] for heard in sink.deliveries()] == ["completed"]


def test_two_deliveries_of_one_webhook_within_a_second_share_their_id(store, sink):
    store.hook(sink, "order.created")
    store.sell()
    store.sell()
    store.tick()
    first, second = sink.deliveries()
    name = "X-WC-Webhook-Delivery-ID"
    assert first.headers[name] == second.headers[name]
    assert first.raw != second.raw


def test_the_trash_tells_only_an_id_and_a_forced_delete_no_topic_of_orders(store, sink):
    store.hook(sink, *ORDERS)
    trashed, erased = store.sell(), store.sell()
    store.tick()
    sink.heard.clear()
    store.rest("DELETE", f"orders/{trashed.id}")
    store.rest("DELETE", f"orders/{erased.id}?force=true")
    store.tick()
    assert [(heard.topic, heard.body) for heard in sink.deliveries()] == [
        ("order.deleted", {"id": trashed.id})
    ]
    store.rest("PUT", f"orders/{trashed.id}", {"status": "completed"})
    store.tick()
    assert sink.topics() == ["order.deleted"], "un-trashing by a status says nothing"


def test_an_order_taken_out_of_the_trash_is_told_whole_as_it_was(store, sink):
    store.hook(sink, *ORDERS)
    order = store.sell()
    store.rest("DELETE", f"orders/{order.id}")
    store.tick()
    sink.heard.clear()
    store.shop.restore(order.id)
    store.tick()
    assert [(heard.topic, heard.body["status"]) for heard in sink.deliveries()] == [
        ("order.restored", order.status)
    ]
    with pytest.raises(NotPossible):
        store.shop.restore(order.id)


def test_a_delete_for_good_is_told_as_the_action_it_is(store, sink):
    store.hook(sink, "action.woocommerce_delete_order")
    order = store.sell()
    store.rest("DELETE", f"orders/{order.id}?force=true")
    store.tick()
    (heard,) = sink.deliveries()
    assert heard.body == {"action": "woocommerce_delete_order", "arg": order.id}


def test_an_order_gone_before_delivery_arrives_as_an_error_object(store, sink):
    store.hook(sink, "order.updated")
    order = store.sell()
    store.shop.erase(order.id)
    store.tick()
    assert sink.deliveries()[0].body == {
        "code": "woocommerce_rest_shop_order_invalid_id",
        "message": "Invalid ID.",
        "data": {"status": 404},
    }


def test_lost_rights_make_deliveries_403_bodies_and_rest_403(store, sink):
    store.hook(sink, "order.updated", "order.deleted")
    store.control("PUT", "rights", {"demoted": True})
    store.sell()
    store.tick()
    assert sink.deliveries()[0].body["code"] == "woocommerce_rest_cannot_view"
    assert sink.deliveries()[0].body["data"] == {"status": 403}
    assert store.rest("GET", "orders").status_code == 403


def test_the_seventh_failure_disables_and_the_count_survives_reactivation(store, sink):
    (key,) = store.hook(sink, "order.created")
    sink.status = 500
    for failures in range(7):
        assert store.get(f"webhooks/{key}")["status"] == "active", failures
        store.sell()
        store.tick()
    assert store.get(f"webhooks/{key}")["status"] == "disabled"
    store.sell()
    assert store.tick() == 0, "a disabled webhook queues nothing"
    store.rest("PUT", f"webhooks/{key}", {"status": "active"})
    store.sell()
    store.tick()
    assert store.get(f"webhooks/{key}")["status"] == "disabled"


@pytest.mark.parametrize("status", [201, 204, 301, 302])
def test_other_successes_and_redirects_count_as_heard(store, sink, status):
    (key,) = store.hook(sink, "order.created")
    sink.status = status
    for _ in range(8):
        store.sell()
        store.tick()
    assert store.get(f"webhooks/{key}")["status"] == "active"
    assert len(sink.deliveries()) == 8, "redirects are not followed"


def test_actions_carry_only_their_first_argument(store, sink):
    store.hook(sink, "action.woocommerce_refund_created", "action.woocommerce_payment_complete")
    order = store.sell()
    refund = store.shop.refund(order.id, amount_minor=100)
    store.tick()
    assert [heard.body for heard in sink.deliveries()] == [
        {"action": "woocommerce_payment_complete", "arg": order.id},
        {"action": "woocommerce_refund_created", "arg": refund.id},
    ]
    assert sink.deliveries()[0].headers["X-WC-Webhook-Resource"] == "action"


def test_trashing_a_product_also_announces_a_coupon(store, sink):
    store.hook(sink, "product.deleted", "coupon.deleted", "product.updated")
    product = store.shop.products()[0]
    store.rest("PUT", f"products/{product.id}", {"stock_status": "outofstock"})
    store.tick()
    store.rest("DELETE", f"products/{product.id}")
    store.tick()
    assert sink.topics() == ["product.updated", "product.deleted", "coupon.deleted"]
    assert store.shop.shelf.get(Product, product.id) is None


def test_customers_announce_their_coming_changing_and_going(store, sink):
    store.hook(sink, "customer.created", "customer.updated", "customer.deleted")
    made = store.rest("POST", "customers", {"email": "dora@customers.example"}).get_json()
    store.tick()
    store.control("PATCH", f"customers/{made['id']}", {"email": "dora@new.example"})
    store.tick()
    assert store.rest("DELETE", f"customers/{made['id']}").status_code == 501
    store.rest("DELETE", f"customers/{made['id']}?force=true")
    store.tick()
    assert sink.topics() == [
        f"customer.{word}" for word in ("created", "updated", "updated", "deleted")
    ]
    assert sink.deliveries()[2].body["email"] == "dora@new.example"
    assert sink.deliveries()[3].body == {"id": made["id"]}


def test_dropped_deliveries_are_lost_and_duplicates_come_twice(store, sink):
    store.hook(sink, "order.created")
    store.control("PUT", "faults", {"drop": 1.0})
    store.sell()
    assert (store.tick(), sink.topics()) == (1, [])
    store.control("PUT", "faults", {"duplicate": 1.0})
    store.sell()
    store.tick()
    first, second = sink.deliveries()
    assert first.raw == second.raw


def test_delayed_deliveries_wait_and_reordered_ones_all_arrive(store, sink):
    store.hook(sink, "order.created")
    store.control("PUT", "faults", {"delay_seconds": 60, "reorder": True})
    face = store.http.application.extensions["devstore"]
    for _ in range(9):
        store.sell()
    assert face.tick() == 0
    store.clock.pass_by(seconds=61)
    assert face.tick() == 9
    ids = [heard.body["id"] for heard in sink.deliveries()]
    assert len(set(ids)) == 9
    assert ids != sorted(ids), "nine in order by chance is one in 362,880"


def test_what_happened_is_told_to_listeners_once_it_holds(store):
    told = []
    store.shop.listeners.append(
        lambda change: told.append((store.shop.order(change.id).status, change.events))
    )
    order = store.sell(payment="bank")
    store.shop.set_status(order.id, Status.COMPLETED)
    assert told == [
        (Status.ON_HOLD, (Event.CREATED,)),
        (Status.COMPLETED, (Event.UPDATED, Event.PAID, Event.COMPLETED)),
    ]
    assert store.shop.shelf.get(Customer, MIA.email)
