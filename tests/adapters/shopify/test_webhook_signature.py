import json

import pytest

from adapters.shopify.verify import OLD_SECRET, read_delivery
from connector.core.errors import Unauthenticated
from tests.adapters.shopify import world

BODY = '{"id": 1, "note": "Grüße, 你好"}'.encode()


def refused(headers, body=BODY, secrets=world.SECRETS):
    with pytest.raises(Unauthenticated) as caught:
        read_delivery(headers, body, secrets)
    return caught.value.code


def test_a_signed_body_is_kept_as_it_came():
    delivery = read_delivery(world.headers(BODY), BODY, world.SECRETS)
    assert delivery.body == BODY
    assert delivery.topic == "orders/paid"
    assert delivery.shop_key == world.SHOP
    assert delivery.flag is None
    assert delivery.headers["x-shopify-triggered-at"] == world.TRIGGERED


@pytest.mark.parametrize("vector", world.vectors("webhook_body"))
@world.needed
def test_the_published_digests_are_reproduced(vector):
    headers = {"X-Shopify-Hmac-SHA256": vector["header_base64"], "X-Shopify-Topic": "a/b"}
    body = vector["body"].encode()
    assert read_delivery(headers, body, [vector["secret"].encode()]).body == body


def test_a_published_digest_is_reproduced_without_the_samples():
    headers = {"X-Shopify-Hmac-Sha256": "6ufKn53YDwFjg+2HbePaB4Yy4MIOwKA30/gtUW5JHTE="}
    assert read_delivery(headers, b"Info", [b"hush"]).body == b"Info"


def test_header_names_come_in_any_case():
    headers = {name.lower(): value for name, value in world.headers(BODY).items()}
    assert read_delivery(headers, BODY, world.SECRETS).topic == "orders/paid"


def test_only_shopifys_headers_are_kept_and_not_the_signature():
    headers = world.headers(BODY) | {"Cookie": "a=b", "Authorization": "Bearer x"}
    kept = read_delivery(headers, BODY, world.SECRETS).headers
    assert all(name.startswith("x-shopify-") for name in kept)
    assert "x-shopify-hmac-sha256" not in kept


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        world.base64_hmac(BODY + b" "),
        "Grüße, 你好",
        world.base64_hmac(json.dumps(json.loads(BODY)).encode()),
        world.hex_hmac(BODY.decode()),
        world.base64_hmac(BODY, "a secret of someone else"),
    ],
    ids=["1 none", "1 empty", "2 wrong", "3 not ascii", "4 re-serialised", "5 hex", "7 revoked"],
)
def test_a_wrong_signature_is_refused(signature):
    headers = world.headers(BODY)
    if signature is None:
        del headers["X-Shopify-Hmac-Sha256"]
    else:
        headers["X-Shopify-Hmac-Sha256"] = signature
    assert refused(headers) == "bad_signature"


def test_an_older_secret_still_counts_and_is_told():
    headers = world.headers(BODY, Hmac_Sha256=world.base64_hmac(BODY, world.OLD_SECRET))
    assert read_delivery(headers, BODY, world.SECRETS).flag == OLD_SECRET
    assert refused(headers, secrets=world.SECRETS[:1]) == "bad_signature"


def test_no_secret_proves_nothing():
    assert refused(world.headers(BODY), secrets=[]) == "bad_signature"


def test_the_same_delivery_has_the_same_key():
    first, again = (read_delivery(world.headers(BODY), BODY, world.SECRETS) for _ in range(2))
    assert first.dedupe_key == again.dedupe_key == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"


def test_without_a_delivery_id_the_event_and_the_topic_are_the_key():
    def key(topic):
        headers = world.headers(BODY, topic, Webhook_Id="", Event_Id="98880550-7158")
        return read_delivery(headers, BODY, world.SECRETS).dedupe_key

    assert key("orders/paid") == key("orders/paid")
    # One action causes both, with one event id: neither may swallow the other.
    assert key("orders/paid") != key("orders/updated")


def test_without_any_id_topic_shop_and_body_are_the_key():
    def key(body=BODY, topic="orders/paid", shop=world.SHOP):
        headers = world.headers(body, topic, Webhook_Id="x" * 101, Shop_Domain=shop)
        return read_delivery(headers, body, world.SECRETS).dedupe_key

    keys = {key(), key(b"{}"), key(topic="orders/updated"), key(shop="other.myshopify.com")}
    assert key() == key()
    assert len(keys) == 4


def test_a_shop_header_that_is_no_shop_claims_nobody():
    headers = world.headers(BODY, Shop_Domain="acme.myshopify.com.evil.com")
    assert read_delivery(headers, BODY, world.SECRETS).shop_key is None
