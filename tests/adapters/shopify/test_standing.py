"""Tags, segments and automatic discounts, put again and again."""

import pytest
import requests

from connector.core.discounts import DiscountKind, Standing
from connector.core.errors import PlatformBusy, PlatformError, PlatformLagging, PlatformMissing
from tests.adapters.shopify.graph import nodes, throttled

GOLD = Standing("Gold: 10 %", "tier:gold", DiscountKind.PERCENT, percent=10)
TEA = Standing("Gold: tea", "tier:gold", DiscountKind.PERCENT, percent=20, collection="Mia's tea")
SHIPPING = Standing("Gold: 10 %", "tier:gold", DiscountKind.SHIPPING)
SEGMENT, OLD_SEGMENT = "gid://shopify/Segment/5", "gid://shopify/Segment/4"
DISCOUNT = "gid://shopify/DiscountAutomaticNode/8"
COLLECTION, OLD_COLLECTION = "gid://shopify/Collection/3", "gid://shopify/Collection/2"
DONE = {"changed": {"made": {"id": DISCOUNT}, "userErrors": []}}
SEGMENTS = {"segments": {"nodes": [{"id": SEGMENT, "name": "Perennial: tier:gold"}]}}


def listed(*found, after=None):
    return {"automaticDiscountNodes": nodes(*found, after=after)}


def held(title="Gold: 10 %", *, kind="Basic", status="ACTIVE", segment=SEGMENT, collection=None):
    discount = {
        "kind": f"DiscountAutomatic{kind}",
        "title": title,
        "status": status,
        "context": {"segments": [{"id": segment}]},
    }
    if kind == "Basic":
        items = {"collections": {"nodes": [{"id": collection}]}} if collection else {}
        discount["customerGets"] = {"items": items}
    return {"id": DISCOUNT, "discount": discount}


def refused(message="no", code=None, field=None):
    problem = {"message": message, "field": field, **({"code": code} if code else {})}
    return {"changed": {"made": None, "userErrors": [problem]}}


def test_a_customer_is_tagged_and_untagged(shop):
    shop.answers({"changed": {"userErrors": []}}, {"changed": {"userErrors": []}})
    shop.client.tag("42", ["tier:gold", "vip"], ["tier:silver"])
    gid = "gid://shopify/Customer/42"
    assert shop.asked == [
        ("TagsAdd", {"id": gid, "tags": ["tier:gold", "vip"]}),
        ("TagsRemove", {"id": gid, "tags": ["tier:silver"]}),
    ]
    shop.client.tag("42", [], [])
    assert len(shop.asked) == 2


def test_a_customer_who_is_gone_cannot_be_tagged(shop):
    shop.answers(refused("Resource does not exist", field=["id"]))
    with pytest.raises(PlatformMissing):
        shop.client.tag("42", ["vip"], [])


def test_a_standing_discount_is_made_with_its_segment(shop):
    shop.answers(listed(), {"segments": {"nodes": []}}, DONE, DONE)
    shop.client.put_standing(GOLD)
    assert shop.names() == ["StandingList", "Segments", "SegmentMake", "StandingBasicMake"]
    assert shop.asked[1][1] == {"query": "name:'Perennial: tier:gold'"}
    assert shop.asked[2][1] == {
        "name": "Perennial: tier:gold",
        "query": "customer_tags CONTAINS 'tier:gold'",
    }
    assert shop.asked[3][1]["discount"] == {
        "startsAt": "2026-11-22T12:00:00Z",
        "title": "Gold: 10 %",
        "context": {"customerSegments": {"add": [DISCOUNT], "remove": []}},
        "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
        "combinesWith": {
            "orderDiscounts": True,
            "productDiscounts": True,
            "shippingDiscounts": True,
        },
    }


def test_put_again_it_is_brought_up_to_date_and_in_force(shop):
    stranger = {"id": "gid://shopify/DiscountAutomaticNode/1", "discount": {}}
    shop.answers(
        listed(stranger, held("Another"), after="page 2"),
        listed(held(status="EXPIRED", segment=OLD_SEGMENT, collection=OLD_COLLECTION)),
        SEGMENTS,
        DONE,
    )
    shop.client.put_standing(GOLD)
    assert [asked["after"] for _, asked in shop.asked[:2]] == [None, "page 2"]
    name, asked = shop.asked[-1]
    assert (name, asked["id"]) == ("StandingBasicChange", DISCOUNT)
    assert asked["discount"]["endsAt"] is None
    assert asked["discount"]["context"] == {
        "customerSegments": {"add": [SEGMENT], "remove": [OLD_SEGMENT]}
    }
    assert asked["discount"]["customerGets"]["items"] == {"all": True}


def test_what_it_holds_already_is_not_added_twice(shop):
    shop.answers(listed(held()), SEGMENTS, DONE)
    shop.client.put_standing(GOLD)
    change = shop.asked[-1][1]["discount"]
    assert change["context"] == {"customerSegments": {"add": [], "remove": []}}


def test_a_collection_is_found_by_its_title(shop):
    found = {
        "nodes": [{"id": "x", "title": "Mia's teapots"}, {"id": COLLECTION, "title": "Mia's tea"}]
    }
    shop.answers(
        listed(held("Gold: tea", collection=OLD_COLLECTION)),
        SEGMENTS,
        {"collections": found},
        DONE,
    )
    shop.client.put_standing(TEA)
    assert shop.asked[2] == ("Collections", {"query": "title:'Mia\\'s tea'"})
    items = shop.asked[-1][1]["discount"]["customerGets"]["items"]
    assert items == {"collections": {"add": [COLLECTION], "remove": [OLD_COLLECTION]}}


def test_a_collection_the_shop_does_not_have_is_missing(shop):
    shop.answers(listed(), SEGMENTS, {"collections": {"nodes": []}})
    with pytest.raises(PlatformMissing, match="collection_missing"):
        shop.client.put_standing(TEA)


def test_free_shipping_in_place_of_a_percentage_is_another_discount(shop):
    shop.answers(listed(held()), {"changed": {"userErrors": []}}, SEGMENTS, DONE)
    shop.client.put_standing(SHIPPING)
    assert shop.asked[1] == ("StandingDelete", {"id": DISCOUNT})
    name, asked = shop.asked[-1]
    assert name == "StandingShippingMake"
    assert asked["discount"]["destination"] == {"all": True}
    assert asked["discount"]["combinesWith"] == {"orderDiscounts": True, "productDiscounts": True}


def test_free_shipping_is_changed_in_place(shop):
    shop.answers(listed(held(kind="FreeShipping")), SEGMENTS, DONE)
    shop.client.put_standing(SHIPPING)
    assert shop.names()[-1] == "StandingShippingChange"


def test_a_lost_reply_is_found_by_the_title(shop):
    shop.answers(listed(), SEGMENTS, requests.ConnectionError("cut"))
    with pytest.raises(PlatformBusy):
        shop.client.put_standing(GOLD)
    shop.answers(listed(held()), SEGMENTS, DONE)
    shop.client.put_standing(GOLD)
    assert shop.names()[-1] == "StandingBasicChange"


def test_throttling_is_waited_out(shop):
    shop.answers(throttled(325, 100), listed(), SEGMENTS, throttled(10, 0), DONE)
    shop.client.put_standing(GOLD)
    assert shop.slept == [2.25, 0.1]


@pytest.mark.parametrize(
    "script",
    [
        [{"segments": {"nodes": []}}, refused("Name has already been taken", field=["name"])],
        [SEGMENTS, refused("Title must be unique", code="TAKEN")],
    ],
)
def test_what_is_there_and_not_shown_yet_is_tried_again_later(shop, script):
    shop.answers(listed(), *script)
    with pytest.raises(PlatformLagging, match="not_found_yet"):
        shop.client.put_standing(GOLD)


@pytest.mark.parametrize("kind", [DiscountKind.AMOUNT, DiscountKind.PRODUCT])
def test_other_kinds_do_not_stand(shop, kind):
    with pytest.raises(PlatformError, match="not_supported"):
        shop.client.put_standing(Standing("x", "t", kind))
    assert shop.asked == []


def test_a_standing_discount_ends_once(shop):
    shop.answers(listed(held(), held("Another")), DONE)
    shop.client.remove_standing("Gold: 10 %")
    assert shop.asked[-1] == ("StandingEnd", {"id": DISCOUNT})
    shop.answers(listed(held(status="EXPIRED")), listed())
    shop.client.remove_standing("Gold: 10 %")
    shop.client.remove_standing("Gold: 10 %")
    assert shop.names() == ["StandingList", "StandingEnd", "StandingList", "StandingList"]


def test_a_discount_that_went_meanwhile_has_ended(shop):
    shop.answers(listed(held()), refused("does not exist", code="INVALID", field=["id"]))
    shop.client.remove_standing("Gold: 10 %")
