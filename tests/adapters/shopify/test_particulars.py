"""What orders and people tell besides money: codes, tags, telephones and addresses."""

import json

import pytest

from connector.core.commerce import CodeUse, Customer, Person
from tests.adapters.shopify import graph, world
from tests.adapters.shopify.graph import bag

BILLING = {"address1": " 12  Kiln\tRoad", "address2": "", "zip": "10115", "phone": "+49 30 1"}
SHIPPING = {"address1": "7 Quay", "address2": "Flat 2", "zip": None, "phone": "+49 30 2"}
LINE = "12 kiln road, 10115, de"


def webhook(**changes):
    (found,) = world.tell("orders/updated", world.order(**changes))
    return found


def answer(*lines, **changes):
    (found,) = world.tell("fetch/order", {"order": graph.order(*lines, **changes)})
    return found


def by_code(amount, code=None):
    kind = {"index": 0} if code is None else {"index": 1, "code": code}
    return {"allocatedAmountSet": bag(amount), "discountApplication": kind}


def test_a_code_tells_what_it_took_of_lines_and_shipping_in_both_shapes():
    applications = [
        {"type": "automatic", "title": "Spring"},
        {"type": "discount_code", "code": "Mia-5"},
        {"type": "discount_code", "code": "SHIP"},
    ]
    parts = [("1.00", 0), ("3.33", 1), ("1.67", 1)]
    allocations = [
        {"amount_set": world.money(amount), "discount_application_index": index}
        for amount, index in parts
    ]
    shipping = {"discounted_price_set": world.money("0.00")}
    free = [{"amount_set": world.money("4.90"), "discount_application_index": 2}]
    told = webhook(
        line_items=[world.line(1, "100.00", discount_allocations=allocations)],
        shipping_lines=[{**shipping, "discount_allocations": free}],
        discount_applications=applications,
        discount_codes=[
            {"code": "Mia-5", "amount": "999.99", "type": "fixed_amount"},
            {"code": "SHIP", "amount": "4.90", "type": "shipping"},
        ],
    )
    line = graph.line(
        1,
        "100.0",
        discountAllocations=[by_code("1.0"), by_code("3.33", "MIA-5"), by_code("1.67", "Mia-5")],
    )
    delivered = {"discountedPriceSet": bag("0.0"), "discountAllocations": [by_code("4.9", "SHIP")]}
    asked = answer(line, shippingLines={"nodes": [delivered]}, discountCodes=["Mia-5", "SHIP"])
    assert told.codes == (CodeUse("Mia-5", 500), CodeUse("SHIP", 490))
    assert asked == told


def test_a_code_that_took_nothing_is_told_all_the_same():
    assert answer(discountCodes=["GIFT"]).codes == (CodeUse("GIFT", 0),)


def test_without_allocations_the_codes_own_amount_counts():
    told = webhook(discount_codes=[{"code": "TENOFF", "amount": "10.00", "type": "percentage"}])
    assert told.codes == (CodeUse("TENOFF", 1_000),)


@pytest.mark.parametrize("index", [-1, 7, None])
def test_an_allocation_of_an_unknown_discount_is_no_codes(index):
    wrong = [{"amount_set": world.money("1.00"), "discount_application_index": index}]
    line = world.line(1, "100.00", discount_allocations=wrong)
    told = webhook(
        line_items=[line], discount_applications=[{"type": "discount_code", "code": "X"}]
    )
    assert told.codes == ()


def test_tags_say_where_an_order_came_from_and_that_a_company_bought():
    told = webhook(tags="wholesale, VIP,,", source_name="pos", company={"id": 4, "location_id": 5})
    company = {"company": {"id": "gid://shopify/Company/4"}}
    asked = answer(tags=["wholesale", "VIP"], sourceName="pos", purchasingEntity=company)
    assert told.tags == ("VIP", "b2b", "from:pos", "wholesale")
    assert asked == told


@pytest.mark.parametrize(
    ("value", "code"),
    [(" Mia7Q ", "Mia7Q"), ("", None), (None, None), ("x" * 65, None), (12, None)],
)
def test_the_storefronts_note_says_who_sent_the_buyer_in_both_shapes(value, code):
    notes = [{"name": "gift wrap", "value": "yes"}]
    notes += [{"name": name, "value": value} for name in ("_perennial_ref", "_perennial_row")]
    told = [webhook(note_attributes=notes)]
    if not isinstance(value, int):
        asked = [{"key": one["name"], "value": one["value"]} for one in notes]
        told.append(answer(customAttributes=asked))
    assert {(one.referral, one.row_note) for one in told} == {(code, code)}
    assert webhook().referral is webhook().row_note is None


@pytest.mark.parametrize("entity", [None, {}])
def test_a_person_who_buys_is_no_company(entity):
    assert answer(purchasingEntity=entity, sourceName=None).tags == ()
    assert webhook(company=None, tags="").tags == ()


def test_an_order_tells_the_billing_address_first_in_both_shapes():
    told = webhook(
        billing_address={**BILLING, "country_code": "DE", "latitude": 52.5},
        shipping_address={**SHIPPING, "country_code": "DE"},
    )
    asked = answer(
        billingAddress={**BILLING, "countryCodeV2": "DE"},
        shippingAddress={**SHIPPING, "countryCodeV2": "DE"},
    )
    assert (told.person.phone, told.person.address) == ("+49 30 1", LINE)
    assert asked == told


def test_an_order_that_is_only_shipped_somewhere_tells_that():
    told = webhook(
        phone="",
        billing_address={"address1": None, "country_code": "DE"},
        shipping_address={**SHIPPING, "country_code": "DE"},
    )
    assert (told.person.phone, told.person.address) == ("+49 30 2", "7 quay, flat 2, de")


def test_an_order_without_addresses_tells_none():
    assert (webhook().person.phone, webhook().person.address) == (None, None)


def test_a_customer_webhook_tells_no_tags_and_no_consent():
    body = {"id": 7, "email": "mia@example.com", "verified_email": False}
    assert world.tell("customers/update", body) == [
        Customer("7", Person("mia@example.com"), email_verified=False)
    ]


def test_a_customer_webhook_of_an_older_version_tells_tags_and_consent():
    body = {"id": 7, "tags": "vip, Staff", "email_marketing_consent": {"state": "subscribed"}}
    (found,) = world.tell("customers/update", body)
    assert (found.tags, found.accepts_marketing) == (("Staff", "vip"), True)


@pytest.mark.parametrize(
    ("state", "accepts"),
    [("SUBSCRIBED", True), ("UNSUBSCRIBED", False), ("PENDING", False), (None, None)],
)
def test_a_fetched_customer_tells_all(state, accepts):
    body = {
        "id": "gid://shopify/Customer/7",
        "tags": ["vip", "staff"],
        "verifiedEmail": True,
        "defaultEmailAddress": {"emailAddress": "mia@example.com", "marketingState": state},
        "defaultPhoneNumber": {"phoneNumber": "+49301"},
        "defaultAddress": {**BILLING, "countryCodeV2": "DE"},
    }
    assert world.tell("fetch/customer", {"customer": body}) == [
        Customer(
            "7",
            Person("mia@example.com", phone="+49301", address=LINE),
            tags=("staff", "vip"),
            email_verified=True,
            accepts_marketing=accepts,
        )
    ]


def test_what_the_app_may_not_see_is_not_told():
    body = {"id": "gid://shopify/Customer/7", "defaultEmailAddress": None, "defaultAddress": None}
    assert world.tell("fetch/customer", {"customer": body}) == [Customer("7")]


def test_a_products_collections_are_the_first_twenty_and_in_one_order():
    titles = [f"C{number:02}" for number in range(25, 0, -1)]
    nodes = {"nodes": [{"title": title} for title in titles]}
    (found,) = world.tell("fetch/product", {"product": graph.product(collections=nodes)})
    assert found.collections == tuple(sorted(titles[:20]))


def test_a_products_titles_are_those_published_in_the_languages_of_the_house():
    body = graph.product(
        en=[],
        ar=[{"key": "body_html", "value": "<p>شاي</p>"}, {"key": "title", "value": "إبريق شاي"}],
        zhHant=[{"key": "title", "value": "青瓷茶壺"}],
    )
    (found,) = world.tell("fetch/product", {"product": body})
    assert (found.title, found.titles) == (
        "Celadon teapot",
        {"ar": "إبريق شاي", "zh-Hant": "青瓷茶壺"},
    )


def test_a_withdrawn_title_counts_no_more():
    body = graph.product(en=[], ar=[{"key": "title", "value": None}], zhHant=[])
    (found,) = world.tell("fetch/product", {"product": body})
    assert found.titles == {}


@world.needed
def test_the_documented_order_webhook():
    (found,) = world.tell("orders/paid", world.sample("orders/paid"))
    assert found.tags == ("from:web", "tag1", "tag2")
    assert found.codes == ()
    assert found.person.phone == "555-555-SHIP"
    assert found.person.address == "123 shipping street, 40003, us"


@world.needed
def test_the_documented_rest_order_with_a_code():
    told = json.loads((world.FOLDER / "rest-order-2026-07.json").read_text(encoding="utf-8"))
    (found,) = world.tell("orders/updated", told.get("order", told))
    assert found.codes == (CodeUse("TENOFF", 1_000),)
    assert found.person.address == "chestnut street 92, 40202, us"
