"""Who sent it, from raw bytes alone. Numbers are those of the list of bad inputs."""

from __future__ import annotations

import json

import pytest

from adapters.woocommerce import PING, WooCommerce, sign
from connector.core.errors import Unauthenticated, UnreadablePayload
from connector.core.http import Http
from tests.adapters.woocommerce import samples

SECRET, OLD, FOREIGN = b"newest0123456789", b"older00123456789", b"another-shops-secret"
ORDER = (
    b'{"id":7,"status":"processing","currency":"USD","date_modified_gmt":"2026-11-22T10:00:00"}'
)
platform = WooCommerce(Http())


def headers(body, secret=SECRET, **other):
    return {
        "X-WC-Webhook-Topic": "order.updated",
        "X-WC-Webhook-ID": "2",
        "X-WC-Webhook-Delivery-ID": "d1",
        "X-WC-Webhook-Signature": sign(body, secret).decode(),
        **other,
    }


@samples.needed
@pytest.mark.parametrize("name", samples.DELIVERIES)
def test_every_recorded_delivery_is_proven_and_named(name):
    told, raw = samples.told(name), samples.raw(name)
    delivery = platform.read_delivery(told["headers"], raw, [told["secret"].encode()])
    assert delivery.body == raw
    assert delivery.topic == told["headers"].get("X-WC-Webhook-Topic", PING)
    assert delivery.flag is None


@samples.needed
def test_recorded_deliveries_all_have_their_own_dedupe_key_though_seconds_share_an_id():
    read = [
        platform.read_delivery(samples.told(name)["headers"], samples.raw(name), [samples.SECRET])
        for name in samples.DELIVERIES
    ]
    assert len({delivery.dedupe_key for delivery in read}) == len(read)


def test_19_an_unsigned_ping_is_answered_and_tells_nothing():
    ping = platform.read_delivery(
        {"Content-Type": "application/x-www-form-urlencoded"}, b"webhook_id=12", [SECRET]
    )
    assert ping.topic == PING
    assert platform.normalise(ping) == []


@pytest.mark.parametrize("body", [b"webhook_id=12&x=1", b"webhook_id=", b"webhook_id=1\n", b""])
def test_only_a_bare_ping_needs_no_signature(body):
    with pytest.raises(Unauthenticated):
        platform.read_delivery({}, body, [SECRET])


@pytest.mark.parametrize(
    "signature", [None, "", "x", sign(ORDER, FOREIGN).decode(), "ünicode", "\udc80", "=" * 5000]
)
def test_20_21_an_unsigned_or_foreign_order_is_refused(signature):
    sent = headers(ORDER)
    if signature is None:
        del sent["X-WC-Webhook-Signature"]
    else:
        sent["X-WC-Webhook-Signature"] = signature
    with pytest.raises(Unauthenticated) as refused:
        platform.read_delivery(sent, ORDER, [SECRET, OLD])
    assert (refused.value.code, refused.value.status) == ("bad_signature", 401)


def test_a_shop_without_secrets_accepts_nothing():
    with pytest.raises(Unauthenticated):
        platform.read_delivery(headers(ORDER), ORDER, [])


def test_the_body_is_proven_as_sent_not_as_parsed():
    again = json.dumps(json.loads(ORDER)).encode()
    with pytest.raises(Unauthenticated):
        platform.read_delivery(headers(ORDER), again, [SECRET])


def test_an_older_secret_still_fits_and_is_told():
    assert platform.read_delivery(headers(ORDER, OLD), ORDER, [SECRET, OLD]).flag == "old_secret"


def test_header_names_come_in_any_case():
    sent = {name.lower(): value for name, value in headers(ORDER).items()}
    assert platform.read_delivery(sent, ORDER, [SECRET]).topic == "order.updated"


def test_22_one_delivery_id_with_two_bodies_is_two_deliveries():
    other = ORDER.replace(b"processing", b"completed")
    first, again, second = (
        platform.read_delivery(headers(body), body, [SECRET]) for body in (ORDER, ORDER, other)
    )
    assert first.dedupe_key == again.dedupe_key != second.dedupe_key


def test_only_what_is_useful_is_kept_of_the_headers():
    sent = headers(ORDER, Cookie="secret", **{"X-Perennial-Currency": "XXX"})
    kept = platform.read_delivery(sent, ORDER, [SECRET]).headers
    assert set(kept) == {
        "X-WC-Webhook-Topic",
        "X-WC-Webhook-Source",
        "X-WC-Webhook-ID",
        "X-WC-Webhook-Delivery-ID",
    }


def test_24_an_unknown_status_is_quarantined_with_its_reason():
    body = ORDER.replace(b"processing", b"hacked")
    with pytest.raises(UnreadablePayload) as unread:
        platform.normalise(platform.read_delivery(headers(body), body, [SECRET]))
    assert unread.value.code == "unknown_status"
