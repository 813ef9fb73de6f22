"""What we ask a shop, and how the answers become deliveries."""

from datetime import timedelta

import pytest

from adapters.shopify.client import LINES, ORDERS
from adapters.shopify.scopes import SCOPES
from connector.core.commerce import NeedsFetch, Order, Page, Product, ShopFacts
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from tests.adapters.shopify import graph, world
from tests.adapters.shopify.graph import bag, failed, nodes, throttled

SINCE = world.NOW - timedelta(minutes=25, microseconds=5)
WINDOW = "updated_at:>='2026-11-22T11:34:59Z' AND updated_at:<'2026-11-22T12:00:00Z'"


def shop_answer(*scopes):
    return {
        "shop": {
            "name": "Acme Ceramics",
            "myshopifyDomain": world.SHOP,
            "currencyCode": "EUR",
            "ianaTimezone": "Europe/Berlin",
            "plan": {"publicDisplayName": "Basic"},
        },
        "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]},
    }


ALL = tuple(SCOPES)


def test_shop_facts(shop):
    shop.answers((200, {"X-Shopify-API-Version": "2026-10"}, {"data": shop_answer(*ALL)}))
    expected = ShopFacts("Acme Ceramics", "EUR", "Europe/Berlin", "2026-10", "Basic")
    assert shop.client.shop_facts() == expected


def test_declared_webhooks_need_nothing_but_the_scopes(shop):
    shop.answers(shop_answer(*ALL, "read_all_orders"))
    assert shop.client.ensure_webhooks("https://ours.example/hooks/shopify", "secret") == []
    shop.answers(shop_answer(*ALL[1:]))
    with pytest.raises(PlatformRefused, match="read_customer_merge"):
        shop.client.ensure_webhooks("https://ours.example/hooks/shopify", "secret")
    shop.client.remove_webhooks("https://ours.example/hooks/shopify")
    assert shop.names() == ["Shop", "Shop"]


def test_an_order_is_fetched_as_a_delivery_that_normalise_reads(shop):
    shop.answers({"order": graph.order()})
    delivery = shop.client.fetch(NeedsFetch("order", "450789469"))
    assert shop.asked[0][1]["id"] == "gid://shopify/Order/450789469"
    assert (delivery.topic, delivery.shop_key) == ("fetch/order", world.SHOP)
    (found,) = world.told(delivery)
    assert isinstance(found, Order)
    assert found.key == "450789469"


def test_the_same_answer_has_the_same_key_and_another_has_another(shop):
    later = graph.order(updatedAt="2026-11-20T10:05:00Z")
    shop.answers({"order": graph.order()}, {"order": graph.order()}, {"order": later})
    keys = [shop.client.fetch(NeedsFetch("order", "450789469")).dedupe_key for _ in range(3)]
    assert keys[0] == keys[1] != keys[2]


def test_an_order_with_many_lines_and_refunds_is_fetched_whole(shop):
    first = graph.refund((1, 1, "10.0", "0.0"), paid="20.0", after="page 2")
    second = graph.refund((2, 1, "10.0", "0.0"), paid="20.0")
    other = graph.refund(paid="5.0", id="gid://shopify/Refund/6")
    order = graph.order(
        lineItems=nodes(graph.line(1, "40.0", 4, currentQuantity=3), after="lines 2"),
        refunds=[{"id": first["id"]}, {"id": other["id"]}],
    )
    shop.answers(
        {"order": order},
        {"order": {"lineItems": nodes(graph.line(2, "30.0", 2, currentQuantity=1), after="l 3")}},
        {"order": {"lineItems": nodes(graph.line(3, "30.0"))}},
        {"refund": first},
        {"refund": second},
        {"refund": other},
    )
    (found,) = world.told(shop.client.fetch(NeedsFetch("order", "450789469")))
    assert [one.key for one in found.lines] == ["1", "2", "3"]
    assert [len(one.lines) for one in found.refunds] == [2, 0]
    assert [one.amount_minor for one in found.refunds] == [2_000, 500]
    assert [one.other_minor for one in found.refunds] == [0, 500]
    assert shop.names() == ["Order", "OrderLines", "OrderLines", "Refund", "Refund", "Refund"]
    assert [asked.get("after") for _, asked in shop.asked] == [
        None,
        "lines 2",
        "l 3",
        None,
        "page 2",
        None,
    ]


def test_an_order_that_is_not_there(shop):
    shop.answers({"order": None})
    with pytest.raises(PlatformMissing):
        shop.client.fetch(NeedsFetch("order", "1"))


def test_an_order_we_may_not_see(shop):
    shop.answers(failed("ACCESS_DENIED", data={"order": None}))
    with pytest.raises(PlatformRefused, match="access_denied"):
        shop.client.fetch(NeedsFetch("order", "1"))


def test_fields_we_may_not_see_are_missing_and_the_order_is_kept(shop):
    guarded = graph.order(email=None, customer={"id": "gid://shopify/Customer/7"})
    shop.answers(failed("ACCESS_DENIED", data={"order": guarded}))
    (found,) = world.told(shop.client.fetch(NeedsFetch("order", "450789469")))
    assert (found.customer_key, found.person.email) == ("7", None)


def test_a_refund_that_cannot_be_read_yet_is_tried_again(shop):
    order = graph.order(refunds=[{"id": "gid://shopify/Refund/6"}])
    shop.answers({"order": order}, {"refund": None})
    with pytest.raises(PlatformBusy):
        shop.client.fetch(NeedsFetch("order", "450789469"))


def test_an_answer_without_the_fields_we_need_is_refused(shop):
    shop.answers({"order": {"id": "gid://shopify/Order/1"}})
    with pytest.raises(PlatformError, match="unreadable_answer"):
        shop.client.fetch(NeedsFetch("order", "1"))


def test_what_is_too_costly_is_asked_in_halves(shop):
    shop.answers(
        failed("MAX_COST_EXCEEDED"), failed("MAX_COST_EXCEEDED"), {"order": graph.order()}
    )
    shop.client.fetch(NeedsFetch("order", "450789469"))
    assert [asked["lines"] for _, asked in shop.asked] == [LINES, LINES // 2, LINES // 4]
    shop.answers(*[failed("MAX_COST_EXCEEDED")] * 10)
    with pytest.raises(PlatformError, match="max_cost_exceeded"):
        shop.client.fetch(NeedsFetch("order", "450789469"))
    assert shop.asked[-1][1]["lines"] == 1


def test_a_customer_and_a_product_are_fetched(shop):
    customer = {"id": "gid://shopify/Customer/7", "updatedAt": "2026-11-20T09:00:00Z"}
    shop.answers({"customer": customer}, {"product": graph.product()})
    assert world.told(shop.client.fetch(NeedsFetch("customer", "7")))[0].key == "7"
    (found,) = world.told(shop.client.fetch(NeedsFetch("product", "701")))
    assert isinstance(found, Product)
    assert [asked["id"] for _, asked in shop.asked] == [
        "gid://shopify/Customer/7",
        "gid://shopify/Product/701",
    ]
    with pytest.raises(PlatformError, match="cannot_fetch"):
        shop.client.fetch(NeedsFetch("order_refunds", "7"))


def changed(shop, what="orders", cursor=None):
    return shop.client.changed(what, SINCE, world.NOW, cursor)


def test_changed_orders_come_one_delivery_each_and_page_by_page(shop):
    shop.answers(
        {"orders": nodes(graph.order(number=1), graph.order(number=2), after="c1")},
        {"orders": nodes(graph.order(number=3))},
    )
    first = changed(shop)
    second = changed(shop, cursor=first.cursor)
    assert second.cursor is None
    deliveries = [*first.deliveries, *second.deliveries]
    assert [world.told(one)[0].key for one in deliveries] == ["1", "2", "3"]
    assert [asked["query"] for _, asked in shop.asked] == [WINDOW, WINDOW]
    assert [asked["after"] for _, asked in shop.asked] == [None, "c1"]


def test_nothing_changed(shop):
    shop.answers({"orders": nodes()}, {"orders": nodes(after="never")})
    assert changed(shop) == Page((), None)
    assert changed(shop) == Page((), None)


def test_a_changed_order_comes_with_its_refunds(shop):
    page = graph.refund((1, 1, "20.0", "0.0"), paid="20.0")
    order = graph.order(graph.line(1, "60.0", 3), refunds=[{"id": page["id"]}])
    shop.answers({"orders": nodes(order)}, {"refund": page})
    (delivery,) = changed(shop).deliveries
    (found,) = world.told(delivery)
    assert found.refunds[0].lines_known


def test_an_order_with_more_refunds_than_a_page_shows_is_asked_for_alone(shop):
    refunds = [graph.refund(paid="1.0", id=f"gid://shopify/Refund/{n}") for n in range(1, 13)]
    listed = [{"id": one["id"]} for one in refunds]
    shop.answers(
        {"orders": nodes(graph.order(refunds=listed[:10]))},
        {"order": graph.order(refunds=listed)},
        *[{"refund": one} for one in refunds],
    )
    (found,) = world.told(changed(shop).deliveries[0])
    assert sum(one.amount_minor for one in found.refunds) == 1_200


def test_a_page_that_is_too_costly_is_asked_smaller(shop):
    shop.answers(failed("MAX_COST_EXCEEDED"), {"orders": nodes(graph.order())})
    changed(shop)
    assert [asked["first"] for _, asked in shop.asked] == [ORDERS, ORDERS // 2]


def test_a_window_larger_than_a_search_shows_goes_on_from_its_last_moment(shop, monkeypatch):
    monkeypatch.setattr("adapters.shopify.client.WINDOW_LIMIT", 2)
    late = graph.order(number=2, updatedAt="2026-11-22T11:40:00Z")
    shop.answers(
        {"orders": nodes(graph.order(number=1), late, after="c1")}, {"orders": nodes(late)}
    )
    second = changed(shop, cursor=changed(shop).cursor)
    assert second.cursor is None
    assert shop.asked[1][1]["query"] == WINDOW.replace("11:34:59", "11:40:00")
    assert shop.asked[1][1]["after"] is None


def test_changed_products(shop):
    shop.answers({"products": nodes(graph.product(1), graph.product(2))})
    page = changed(shop, "products")
    assert [world.told(one)[0].key for one in page.deliveries] == ["1", "2"]
    with pytest.raises(PlatformError, match="cannot_fetch"):
        changed(shop, "customers")


def test_throttling_in_the_middle_is_waited_out(shop):
    order = graph.order(refunds=[{"id": "gid://shopify/Refund/509562969"}])
    shop.answers({"orders": nodes(order)}, throttled(10, 0), {"refund": graph.refund(paid="1.0")})
    assert len(changed(shop).deliveries) == 1
    assert shop.slept == [0.1]


def test_money_with_one_decimal_is_exact(shop):
    shop.answers({"order": graph.order(totalPriceSet=bag("19.9"))})
    (found,) = world.told(shop.client.fetch(NeedsFetch("order", "450789469")))
    assert found.total_minor == 1_990
