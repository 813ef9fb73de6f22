"""Every topic of the samples: what it tells, or why it tells nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.shopify.normalise import TOPICS, Ignored, normalise
from adapters.shopify.scopes import SCOPES
from connector.core.commerce import (
    ConnectionLost,
    Customer,
    CustomerMerge,
    NeedsFetch,
    Order,
    OrderState,
    Person,
    PrivacyRequest,
    Product,
    Uninstalled,
)
from connector.core.errors import UnreadablePayload
from tests.adapters.shopify import world

TRIGGERED_AT = datetime(2026, 11, 22, 11, 59, 58, 123456, tzinfo=UTC)
MIDNIGHT = datetime(2022, 1, 1, tzinfo=UTC)
HOME = "151 o'connor street, k2p 2l8, ca"
BOB = Customer(
    "706405506930370084",
    Person("bob@biller.com", "Bob Biller", phone="555-555-5555", address=HOME),
    modified_at=MIDNIGHT,
    email_verified=True,
    created_at=MIDNIGHT,
)
ORDER = "820982911946154500"  # rounded in the example, where no exact id stands beside it
TOLD = {
    "app/uninstalled": [Uninstalled(TRIGGERED_AT)],
    "customers/create": [BOB],
    "customers/data_request": [
        PrivacyRequest("data_request", "191167", "john@example.com", reference="9999")
    ],
    "customers/delete": [Customer("706405506930370084", deleted=True)],
    "customers/merge": [],  # it failed
    "customers/redact": [PrivacyRequest("redact_customer", "191167", "john@example.com")],
    "customers/update": [BOB],
    "orders/delete": [Order(ORDER, OrderState.DELETED, "", TRIGGERED_AT, partial=True)],
    "orders/edited": [NeedsFetch("order", ORDER)],
    "products/create": [NeedsFetch("product", "788032119674292922")],
    "products/delete": [Product("788032119674292900", deleted=True)],
    "products/update": [NeedsFetch("product", "788032119674292922")],
    "refunds/create": [NeedsFetch("order", ORDER)],
    "shop/redact": [PrivacyRequest("redact_shop")],
}
CHANGED = {  # topics without a sample, told as their schemas document
    "customer.tags_added": {
        "customerId": "gid://shopify/Customer/1",
        "tags": ["staff", "vip"],
        "occurredAt": "2026-11-22T11:59:58.000Z",
    },
    "customer.tags_removed": {
        "customerId": "gid://shopify/Customer/1",
        "tags": ["staff"],
        "occurredAt": "2026-11-22T11:59:58.000Z",
    },
    "customers_email_marketing_consent/update": {
        "customer_id": 1,
        "email_address": "bob@biller.com",
        "email_marketing_consent": {
            "state": "not_subscribed",
            "opt_in_level": None,
            "consent_updated_at": None,
        },
    },
}
WHOLE_ORDERS = {"orders/cancelled", "orders/create", "orders/paid", "orders/updated"}
IGNORED = {topic: one for topic, one in TOPICS.items() if isinstance(one, Ignored)}


@world.needed
def test_the_samples_have_twenty_eight_topics_and_the_table_has_each():
    assert len(world.TOPICS) == 28
    assert {*world.TOPICS, *CHANGED} == {one for one in TOPICS if not one.startswith("fetch/")}


@pytest.mark.parametrize("topic", world.TOPICS)
@world.needed
def test_a_topic_tells_what_it_should(topic):
    told = world.tell(topic, world.sample(topic))
    if topic in WHOLE_ORDERS:
        assert [(one.key, one.state) for one in told] == [
            ("820982911946154508", OrderState.CANCELLED)
        ]
    elif topic == "app/scopes_update":
        assert isinstance(told[0], ConnectionLost)
    elif topic in IGNORED:
        assert told == []
    else:
        assert told == TOLD[topic]


@pytest.mark.parametrize("topic", CHANGED)
def test_tags_and_consent_are_asked_for_when_they_change(topic):
    assert world.tell(topic, CHANGED[topic]) == [NeedsFetch("customer", "1")]


def test_every_ignored_topic_says_why():
    assert all(len(one.why.split()) >= 4 for one in IGNORED.values())


@pytest.mark.parametrize("topic", ["", "orders/fulfilled", "ORDERS/PAID", "fetch/everything"])
def test_an_unknown_topic_tells_nothing_whatever_its_body(topic):
    assert world.tell(topic, b"{not json") == []


def test_only_a_completed_merge_merges():
    def merge(status):
        body = {
            "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
            "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
            "status": status,
        }
        return world.tell("customers/merge", body)

    assert merge("completed") == [CustomerMerge("1", "2")]
    assert merge("COMPLETED") == [CustomerMerge("1", "2")]
    assert merge("requested") == merge("in_progress") == []
    with pytest.raises(UnreadablePayload, match="unknown_status"):
        merge("half")


def test_losing_a_scope_we_need_is_losing_the_shop():
    implied = ("read_customers", "read_orders", "write_app_proxy")
    needed = [*(one for one in SCOPES if one not in implied), "write_orders"]
    body = {"current": [*needed, "write_app_proxy", "customer_read_orders", ""]}
    assert world.tell("app/scopes_update", body) == []
    lost = world.tell("app/scopes_update", {"current": needed})
    assert lost == [ConnectionLost("scopes taken away: write_app_proxy")]


@pytest.mark.parametrize("topic", ["shop/redact", "customers/redact", "customers/data_request"])
def test_a_privacy_request_for_another_shop_is_not_carried_out(topic):
    body = {"shop_id": 1, "shop_domain": "other.myshopify.com", "customer": {"id": 1}}
    with pytest.raises(UnreadablePayload, match="wrong_shop"):
        world.tell(topic, body)
    assert world.tell(topic, body | {"shop_domain": "ACME.myshopify.com"})


def test_an_uninstall_of_another_shop_is_not_carried_out():
    with pytest.raises(UnreadablePayload, match="wrong_shop"):
        world.tell("app/uninstalled", {"id": 1, "myshopify_domain": "other.myshopify.com"})


def test_a_privacy_request_may_lack_the_person():
    body = {"shop_domain": world.SHOP, "customer": {"id": 191167}}
    assert world.tell("customers/redact", body) == [PrivacyRequest("redact_customer", "191167")]


@pytest.mark.parametrize("topic", ["app/uninstalled", "orders/delete"])
@pytest.mark.parametrize("moment", [None, "", "soon", "2026-11-22T11:59:58"])
def test_without_its_moment_it_cannot_be_placed(topic, moment):
    delivery = world.delivery(topic, {"id": 1})
    headers = {"x-shopify-triggered-at": moment} if moment is not None else {}
    with pytest.raises(UnreadablePayload, match="Triggered-At"):
        normalise(replace(delivery, headers=headers))


@pytest.mark.parametrize("topic", sorted(set(TOPICS) - set(IGNORED)))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'{"id": NaN}',
        b'\xff\xfe{\x00"\x00',
        b"\xef\xbb\xbf{}",
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["nothing", "cut", "array", "null", "number", "nan", "utf16", "bom", "deep"],
)
def test_what_cannot_be_read_is_named_and_never_crashes(topic, body):
    with pytest.raises(UnreadablePayload) as caught:
        world.tell(topic, body)
    assert caught.value.message.startswith(f"{topic}: ")


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 1e400}',
        b'{"id": 1.5}',
        b'{"id": true}',
        b'{"id": -1}',
        b'{"id": "1 or 1=1"}',
        b'{"id": "\\ud800"}',
        b'{"id": 1, "admin_graphql_api_id": "gid://shopify/Customer/../1"}',
        b"{}",
    ],
)
def test_an_id_is_a_whole_number(body):
    with pytest.raises(UnreadablePayload):
        world.tell("customers/delete", body)


def test_the_message_names_the_field_and_no_value():
    body = world.order(updated_at="yesterday, by mia@example.com")
    with pytest.raises(UnreadablePayload) as caught:
        world.tell("orders/paid", body)
    assert "updated_at" in caught.value.message
    assert "mia" not in caught.value.message


@world.needed
def test_headers_may_come_in_any_case():
    delivery = world.delivery("app/uninstalled", world.sample("app/uninstalled"))
    shouted = {name.title(): value for name, value in delivery.headers.items()}
    assert normalise(replace(delivery, headers=shouted)) == [Uninstalled(TRIGGERED_AT)]


def test_big_ids_stay_exact():
    told = world.tell("customers/delete", json.dumps({"id": 2**63 + 1}).encode())
    assert told == [Customer(str(2**63 + 1), deleted=True)]
