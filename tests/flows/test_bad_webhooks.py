"""Bad webhooks by the numbers of the list of bad inputs (5.1 Shopify, 5.2 WooCommerce)."""

import json
from datetime import timedelta

import pytest

from connector.core import clock
from tests.adapters.shopify import world as acme
from tests.fakes import base64_hmac, shopify_signed, woo_signed
from tests.flows.service import CLIENT_SECRET, HOOK_SECRET, OLD_SECRET

RIVAL = "rival.myshopify.com"
ORDER = acme.order(currency="USD", line_items=[acme.line(1, "100.00", currency="USD")])
BODY = json.dumps(ORDER).encode()
DAY = f"{clock.now() - timedelta(days=3):%Y-%m-%d}"  # its points still wait, whenever this runs
WOO_ORDER = {
    "id": 1,
    "status": "processing",
    "currency": "USD",
    "date_created_gmt": f"{DAY}T10:00:00",
    "date_modified_gmt": f"{DAY}T10:00:00",
    "date_paid_gmt": f"{DAY}T10:00:00",
    "total": "20.00",
    "customer_id": 7,
    "line_items": [{"id": 5, "name": "Tea", "quantity": 1, "subtotal": "20.00", "total": "20.00"}],
}
HMAC = "X-Shopify-Hmac-Sha256"


@pytest.fixture
def shop(service):
    return service.install("shopify", acme.SHOP)


@pytest.fixture
def store(service):
    return service.install("woocommerce", "https://shop.example")


def shopify(service, body=BODY, topic="orders/paid", secret=CLIENT_SECRET, **changes):
    """Post one delivery; changes by the last words of a header, None takes it away."""
    headers = shopify_signed(body, secret, topic, shop=changes.pop("shop", acme.SHOP))
    for words, value in changes.items():
        name = f"X-Shopify-{words.replace('_', '-')}"
        headers.pop(name)
        if value is not None:
            headers[name] = value
    return service.http.post("/hooks/shopify", data=body, headers=headers)


def woocommerce(service, store, told=WOO_ORDER, secret=HOOK_SECRET, **signing):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    path = f"/hooks/woocommerce/{store.hook_path}"
    return service.http.post(path, data=body, headers=woo_signed(body, secret, **signing))


def assert_refused(answer, status, code):
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert set(told) <= {"code", "message", "field", "request_id"}
    assert told["request_id"] == answer.headers["X-Request-Id"]
    for secret in (CLIENT_SECRET, OLD_SECRET, HOOK_SECRET):
        assert secret not in answer.text


def points(service, shop):
    """(available, pending) of everybody together."""
    service.work()
    assert service.audit(shop) == []
    held = service.told(shop).members.values()
    return sum(one[0] for one in held), sum(one[1] for one in held)


@pytest.mark.parametrize(
    "hmac",
    [
        pytest.param(None, id="1 none"),
        pytest.param("x" * 44, id="2 wrong"),
        pytest.param("é" * 44, id="3 not ascii"),
        pytest.param(base64_hmac(json.dumps(ORDER, indent=1).encode(), CLIENT_SECRET), id="4"),
        pytest.param(acme.hex_hmac(BODY.decode(), CLIENT_SECRET), id="5 hex"),
        pytest.param(base64_hmac(BODY, "shpss_revoked"), id="7 revoked secret"),
        pytest.param("", id="empty"),
    ],
)
def test_a_webhook_nobody_of_ours_signed_is_not_kept(service, shop, hmac):
    assert_refused(shopify(service, Hmac_Sha256=hmac), 401, "bad_signature")
    assert service.inbox(shop) == []
    assert service.woken == []


def test_6_an_old_secret_still_signs_and_is_flagged(service, shop):
    assert shopify(service, secret=OLD_SECRET).status_code == 200
    (row,) = service.inbox(shop)
    assert row.flag == "old_secret"
    assert points(service, shop) == (0, 100)


def test_8_a_shop_we_do_not_know_is_ignored(service, shop):
    assert shopify(service, shop="stranger.myshopify.com").status_code == 200
    assert shopify(service, shop="not a shop").status_code == 200
    assert shopify(service, Shop_Domain=None).status_code == 200
    assert service.inbox(shop) == []


def test_9_a_header_that_names_another_tenant_moves_nothing_of_theirs(service, shop):
    """The signature does not cover the header: nothing becomes usable before it is seen there."""
    rival = service.install("shopify", RIVAL)
    assert shopify(service, shop=RIVAL).status_code == 200
    assert points(service, rival) == (0, 100)
    assert {row.confirmed_at for row in service.orders(rival)} == {None}
    for topic, body in (
        ("app/uninstalled", {"id": 1, "myshopify_domain": acme.SHOP}),
        ("shop/redact", {"shop_id": 1, "shop_domain": acme.SHOP}),
        ("customers/redact", {"shop_domain": acme.SHOP, "customer": {"id": 115}}),
    ):
        raw = json.dumps(body).encode()
        sent = shopify(service, raw, topic, shop=RIVAL, Webhook_Id=f"id-{topic}")
        assert sent.status_code == 200
    service.work()
    assert [row.state for row in service.inbox(rival)] == ["done", *["quarantined"] * 3]
    assert {row.code for row in service.inbox(rival)} == {None, "wrong_shop"}
    assert service.shop(rival).state == "active"
    assert points(service, shop) == (0, 0)


def test_10_a_topic_we_never_asked_for_is_ignored(service, shop):
    assert shopify(service, topic="orders/made_up").status_code == 200
    service.work()
    assert [row.state for row in service.inbox(shop)] == ["ignored"]


def test_11_the_same_event_three_times_is_one(service, shop):
    for _ in range(3):
        assert shopify(service).status_code == 200
    assert len(service.inbox(shop)) == 1
    for number in range(3):  # and under other ids it changes nothing
        assert shopify(service, Webhook_Id=f"again-{number}").status_code == 200
    assert points(service, shop) == (0, 100)
    assert service.entries(shop) == 1


def test_12_an_older_state_changes_nothing(service, shop):
    shopify(service)
    assert points(service, shop) == (0, 100)
    stale = {**ORDER, "updated_at": "2026-11-20T09:00:00+01:00", "financial_status": "pending"}
    shopify(service, json.dumps(stale).encode(), Webhook_Id="older")
    assert points(service, shop) == (0, 100)
    assert [row.state for row in service.inbox(shop)] == ["done", "done"]


@pytest.mark.parametrize(
    ("size", "status"), [(1_048_575, 200), (1_048_576, 200), (1_048_577, 413), (2_000_000, 413)]
)
def test_13_a_body_is_at_most_a_mebibyte(service, shop, size, status):
    body = BODY[:-1] + b" " * (size - len(BODY)) + b"}"
    answer = shopify(service, body)
    assert answer.status_code == status
    assert len(service.inbox(shop)) == (status == 200)
    if status == 413:
        assert_refused(answer, 413, "too_large")


def test_a_body_without_a_length_is_not_read(service, shop, store):
    for path in ("/hooks/shopify", f"/hooks/woocommerce/{store.hook_path}"):
        answer = service.http.post(path, headers={"Transfer-Encoding": "chunked"})
        assert_refused(answer, 413, "too_large")


def test_a_compressed_body_is_not_unpacked(service, shop):
    answer = service.http.post("/hooks/shopify", data=b"x", headers={"Content-Encoding": "gzip"})
    assert_refused(answer, 415, "content_encoding")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"id": 1', id="14 no json"),
        pytest.param(b"[]", id="15 array"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"id": 1e400}', id="1e400"),
        pytest.param(b"\xff\xfe{\x00", id="utf-16"),
        pytest.param(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, id="deep"),
    ],
)
def test_signed_nonsense_is_kept_aside_and_stops_nobody(service, shop, body):
    assert shopify(service, body, Webhook_Id="bad").status_code == 200
    shopify(service, Webhook_Id="good")
    assert points(service, shop) == (0, 100)
    bad, good = service.inbox(shop)
    assert (bad.state, bad.code, good.state) == ("quarantined", "unreadable_payload", "done")
    assert bytes(bad.body) == body


def test_16_after_an_uninstall_nothing_is_heard(service, shop):
    gone = json.dumps({"id": 1, "myshopify_domain": acme.SHOP}).encode()
    shopify(service, gone, "app/uninstalled", Webhook_Id="bye")
    service.work()
    assert shopify(service).status_code == 200
    assert points(service, shop) == (0, 0)
    assert [row.state for row in service.inbox(shop)] == ["done", "ignored"]


def test_17_forgetting_somebody_unknown_is_done(service, shop):
    body = json.dumps({"shop_domain": acme.SHOP, "customer": {"id": 1, "email": "a@b.example"}})
    assert shopify(service, body.encode(), "customers/redact").status_code == 200
    service.work()
    assert [row.state for row in service.inbox(shop)] == ["done"]


def test_18_hooks_are_posted(service, shop, store):
    for path in ("/hooks/shopify", f"/hooks/woocommerce/{store.hook_path}"):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            assert_refused(service.http.open(path, method=method), 405, "method_not_allowed")


def test_19_an_unsigned_ping_is_greeted_and_does_nothing(service, store):
    path = f"/hooks/woocommerce/{store.hook_path}"
    answer = service.http.post(path, data={"webhook_id": "12"})
    assert (answer.status_code, answer.data) == (200, b"")
    assert (service.inbox(store), service.woken) == ([], [])


@pytest.mark.parametrize(
    "body", [b"webhook_id=1&x=1", b"webhook_id=", b"webhook_id=a", b"webhook_id=1\n", b"{}"]
)
def test_what_only_looks_like_a_ping_must_be_signed(service, store, body):
    answer = service.http.post(f"/hooks/woocommerce/{store.hook_path}", data=body)
    assert_refused(answer, 401, "bad_signature")


def test_20_an_unsigned_order_is_not_kept(service, store):
    path = f"/hooks/woocommerce/{store.hook_path}"
    headers = {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-ID": "1"}
    for more in ({}, {"X-WC-Webhook-Signature": ""}, {"X-WC-Webhook-Signature": "é"}):
        answer = service.http.post(path, json=WOO_ORDER, headers={**headers, **more})
        assert_refused(answer, 401, "bad_signature")
    assert service.inbox(store) == []


def test_21_another_stores_secret_opens_nothing(service, store):
    other = service.install("woocommerce", "https://other.example")
    service.put_hook_secret(other, "0f" * 32)
    assert_refused(woocommerce(service, store, secret="0f" * 32), 401, "bad_signature")
    assert_refused(woocommerce(service, other), 401, "bad_signature")
    assert woocommerce(service, other, secret="0f" * 32).status_code == 200
    assert (len(service.inbox(store)), len(service.inbox(other))) == (0, 1)


def test_a_path_nobody_was_given_is_not_found(service, store, shop):
    for path in (
        "woocommerce/" + "0" * 64,
        f"shopify/{store.hook_path}",
        "magento",
        "woocommerce",
    ):
        assert_refused(service.http.post(f"/hooks/{path}", data=b"{}"), 404, "hook_not_found")
    shopify_path = f"/hooks/woocommerce/{shop.hook_path}"
    assert_refused(service.http.post(shopify_path, data=b"{}"), 404, "hook_not_found")


def test_22_two_states_in_one_second_are_both_taken(service, store):
    later = {**WOO_ORDER, "id": 2}
    for told in (WOO_ORDER, later, WOO_ORDER):
        assert woocommerce(service, store, told, delivery="same").status_code == 200
    assert len(service.inbox(store)) == 2
    assert sum(points(service, store)) == 40


def test_23_an_id_in_quotes_is_the_same_id(service, store):
    woocommerce(service, store, WOO_ORDER, delivery="1")
    quoted = {
        **WOO_ORDER,
        "id": "1",
        "customer_id": "7",
        "date_modified_gmt": f"{DAY}T11:00:00",
    }
    woocommerce(service, store, quoted, delivery="2")
    assert sum(points(service, store)) == 20
    assert list(service.told(store).orders) == ["1"]


def test_24_a_status_nobody_knows_is_kept_aside(service, store):
    assert woocommerce(service, store, {**WOO_ORDER, "status": "hacked"}).status_code == 200
    assert points(service, store) == (0, 0)
    (row,) = service.inbox(store)
    assert (row.state, row.code) == ("quarantined", "unknown_status")
    assert service.told(store).orders == {}
