"""Answers of the Admin API mean what the webhook of the same order means."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec import structs

from connector.core.commerce import Customer, LineKind, NeedsFetch, OrderState, Person, Product
from connector.core.errors import UnreadablePayload
from tests.adapters.shopify import graph, world
from tests.adapters.shopify.graph import bag


def read(order, **beside):
    (found,) = world.tell("fetch/order", {"order": order, **beside})
    return found


def webhook(**changes):
    (found,) = world.tell("orders/updated", world.order(**changes))
    return found


def test_the_plain_order_is_the_same_in_both_shapes():
    assert read(graph.order()) == webhook()


def test_discounts_taxes_shipping_and_a_donation_are_the_same_in_both_shapes():
    told = webhook(
        taxes_included=True,
        fulfillment_status="fulfilled",
        fulfillments=[{"status": "success", "created_at": "2026-11-21T08:00:00Z"}],
        total_tax_set=world.money("8.62"),
        line_items=[
            world.line(1, "20.00", 3, discount="6.00", tax="8.62"),
            world.gift(2, "2.50"),
            world.line(3, "50.00", gift_card=True),
        ],
        shipping_lines=[
            {
                "discounted_price_set": world.money("4.90"),
                "tax_lines": [{"price_set": world.money("0.78")}],
                "discount_allocations": [
                    {"amount_set": world.money("3.00"), "discount_application_index": 0},
                    {"amount_set": world.money("2.10"), "discount_application_index": 1},
                ],
            }
        ],
        discount_applications=[{"type": "discount_code", "code": "SHIP"}, {"type": "automatic"}],
    )
    shipping = {
        "discountedPriceSet": bag("4.9"),
        "taxLines": [{"priceSet": bag("0.78")}],
        "discountAllocations": [
            {"allocatedAmountSet": bag("3.0"), "discountApplication": {"code": "SHIP"}},
            {"allocatedAmountSet": bag("2.1"), "discountApplication": {}},
        ],
    }
    attribute = {"key": "_perennial_donation", "value": "riverbank"}
    asked = graph.order(
        graph.line(1, "60.0", 3, discount="6.0", tax="8.62"),
        graph.line(2, "2.5", customAttributes=[attribute], requiresShipping=False, taxable=False),
        graph.line(3, "50.0", isGiftCard=True),
        taxesIncluded=True,
        displayFulfillmentStatus="FULFILLED",
        fulfillments=[{"status": "SUCCESS", "createdAt": "2026-11-21T08:00:00Z"}],
        totalTaxSet=bag("8.62"),
        shippingLines={"nodes": [shipping]},
    )
    assert read(asked) == told
    assert (told.shipping_off_minor, told.codes[0].amount_minor) == (210, 300)


@pytest.mark.parametrize("fact", ["isGiftCard", "requiresShipping", "taxable"])
def test_a_property_alone_makes_no_donation_of_an_answered_line(fact):
    facts = {"isGiftCard": False, "requiresShipping": False, "taxable": False, fact: True}
    attribute = {"key": "_perennial_donation", "value": "riverbank"}
    found = read(graph.order(graph.line(1, "60.0", customAttributes=[attribute], **facts)))
    assert found.lines[0].kind != "donation"
    assert (found.lines[0].cause, found.lines[0].cause_by_shopper) == (None, False)


@pytest.mark.parametrize("included", [False, True])
def test_a_refund_is_the_same_in_both_shapes(included):
    pieces = (1, 1, "20.00", "3.80")
    shipping = {"subtotal_amount_set": world.money("4.00"), "tax_amount_set": world.money("0.76")}
    told = webhook(
        financial_status="partially_refunded",
        taxes_included=included,
        line_items=[world.line(1, "20.00", 3, current_quantity=2, tax="11.40")],
        refunds=[world.refund(pieces, paid="40.00", refund_shipping_lines=[shipping])],
    )
    given = {"subtotalAmountSet": bag("4.0"), "taxAmountSet": bag("0.76")}
    page = graph.refund(pieces, paid="40.0", refundShippingLines={"nodes": [given]})
    asked = graph.order(
        graph.line(1, "60.0", 3, currentQuantity=2, tax="11.4"),
        displayFinancialStatus="PARTIALLY_REFUNDED",
        taxesIncluded=included,
        refunds=[{"id": page["id"]}],
    )
    found = read(asked, refunds=[page])
    assert found == told
    assert found.refunds[0].other_minor == (1_600 if included else 1_144)


def test_refunds_with_several_pages_are_one_refund():
    first = graph.refund((1, 1, "20.0", "0.0"), paid="30.0", after="more")
    second = graph.refund((2, 1, "10.0", "0.0"), paid="30.0")
    asked = graph.order(graph.line(1, "20.0"), graph.line(2, "10.0"))
    found = read(asked | {"refunds": [{"id": first["id"]}]}, refunds=[first, second])
    assert [piece.line_key for piece in found.refunds[0].lines] == ["1", "2"]
    assert (found.refunds[0].amount_minor, found.refunds[0].other_minor) == (3_000, 0)


def test_lines_that_came_later_belong_to_the_order():
    found = read(graph.order(graph.line(1, "60.0")), lines=[graph.line(2, "40.0")])
    assert [one.key for one in found.lines] == ["1", "2"]


def test_a_refund_of_which_only_the_amount_is_known_is_asked_for():
    amount_only = {"id": "gid://shopify/Refund/5", "totalRefundedSet": bag("10.0")}
    order = graph.order(graph.line(1, "60.0", 3, currentQuantity=2), refunds=[amount_only])
    found, wanted = world.tell("fetch/order", {"order": order})
    assert wanted == NeedsFetch("order", "450789469")
    (returned,) = found.refunds
    assert (returned.amount_minor, returned.other_minor, returned.lines_known) == (1_000, 0, False)
    assert found.lines[0].quantity == 3  # what is gone went with the refund, as far as we know


def test_paid_is_when_the_money_was_captured():
    captured = [
        {"kind": "AUTHORIZATION", "status": "SUCCESS", "processedAt": "2026-11-20T09:00:00Z"},
        {"kind": "CAPTURE", "status": "FAILURE", "processedAt": "2026-11-30T09:00:00Z"},
        {"kind": "CAPTURE", "status": "SUCCESS", "processedAt": "2026-11-25T09:00:00Z"},
        {"kind": "REFUND", "status": "SUCCESS", "processedAt": "2026-11-29T09:00:00Z"},
    ]
    assert read(graph.order(transactions=captured)).paid_at == datetime(
        2026, 11, 25, 9, tzinfo=UTC
    )


def test_a_capture_at_checkout_is_the_checkout():
    # Else every webhook and every reconcile would take turns in moving the moment by seconds.
    assert read(graph.order()).paid_at == webhook().paid_at


def test_a_guest_and_fields_not_approved():
    found = read(graph.order(customer=None, totalTaxSet=None, totalTipReceivedSet=None))
    assert found.customer_key is None
    assert found.person == Person("mia@example.com", None, "en")
    bare = {"id": "gid://shopify/Customer/7", "firstName": None, "defaultEmailAddress": None}
    assert read(graph.order(customer=bare)).customer_key == "7"
    assert read(graph.order(customer=bare, email=None)).person == Person(locale="en")


def test_a_tip_is_found_by_its_total():
    tip = graph.line(9, "5.0", product=None, sku=None, taxable=False, requiresShipping=False)
    found = read(graph.order(graph.line(1, "95.0"), tip, totalTipReceivedSet=bag("5.0")))
    assert [one.kind for one in found.lines] == [LineKind.GOODS, LineKind.TIP]


@pytest.mark.parametrize(
    ("told", "state"),
    [("EXPIRED", OrderState.OPEN), ("VOIDED", OrderState.CANCELLED), ("PAID", OrderState.PAID)],
)
def test_states_in_capitals(told, state):
    assert read(graph.order(displayFinancialStatus=told)).state is state


@pytest.mark.parametrize("told", [None, "SETTLED"])
def test_a_state_we_do_not_know_is_not_guessed(told):
    with pytest.raises(UnreadablePayload, match="unknown_status"):
        read(graph.order(displayFinancialStatus=told))


def test_money_in_another_currency_than_the_orders_is_not_read():
    with pytest.raises(UnreadablePayload, match="mixed_currencies"):
        read(graph.order(totalPriceSet=bag("1.0", "USD")))


def test_a_customer():
    body = {
        "customer": {
            "id": "gid://shopify/Customer/7",
            "firstName": "Mia",
            "lastName": None,
            "locale": "ar",
            "updatedAt": "2026-11-20T09:00:00Z",
            "defaultEmailAddress": {"emailAddress": "mia@example.com"},
        }
    }
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    expected = Customer("7", Person("mia@example.com", "Mia", "ar"), modified_at=at)
    assert world.tell("fetch/customer", body) == [expected]


ACCOUNT = {
    "id": "gid://shopify/Customer/7",
    "firstName": "Mia",
    "tags": ["vip", "staff"],
    "verifiedEmail": True,
    "createdAt": "2026-11-01T09:00:00Z",
    "updatedAt": "2026-11-20T09:05:00Z",
    "defaultEmailAddress": {
        "emailAddress": "mia@example.com",
        "marketingState": "SUBSCRIBED",
    },
}


def told_of(**changes):
    body = {"order": graph.order(customer=ACCOUNT | changes)}
    return world.tell("fetch/order", body)[1:]


def test_an_order_tells_of_the_account_that_bought_and_not_who_it_is():
    (found,) = told_of()
    assert found == Customer(
        "7",
        modified_at=datetime(2026, 11, 20, 9, 5, tzinfo=UTC),
        tags=("staff", "vip"),
        email_verified=True,
        accepts_marketing=True,
        created_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
    )
    (asked,) = world.tell("fetch/customer", {"customer": ACCOUNT})
    assert structs.replace(asked, person=Person()) == found
    assert asked.person == Person("mia@example.com", "Mia")


@pytest.mark.parametrize(
    ("state", "accepts"),
    [("UNSUBSCRIBED", False), ("NOT_SUBSCRIBED", False), ("PENDING", False), (None, None)],
)
def test_only_a_subscriber_accepts_marketing(state, accepts):
    mail = {"emailAddress": "mia@example.com", "marketingState": state}
    (found,) = told_of(defaultEmailAddress=mail)
    assert found.accepts_marketing is accepts


def test_no_tags_are_news_too_and_tags_untold_are_none():
    assert told_of(tags=[])[0].tags == ()
    assert told_of(tags=None) == []
    assert told_of(defaultEmailAddress=None)[0].accepts_marketing is None


def test_what_is_missing_of_an_order_is_asked_for_after_all_it_tells():
    amount_only = {"id": "gid://shopify/Refund/5", "totalRefundedSet": bag("10.0")}
    order = graph.order(customer=ACCOUNT, refunds=[amount_only])
    kinds = [type(one).__name__ for one in world.tell("fetch/order", {"order": order})]
    assert kinds == ["Order", "Customer", "NeedsFetch"]


def test_a_product():
    expected = Product(
        key="701",
        title="Celadon teapot",
        price_minor=4_800,
        url="https://acme.example/products/celadon-teapot",
        image_url="https://cdn.example/teapot.png",
        categories=("Tea", "Gifts"),
        collections=("Gifts", "Tea"),
        tags=("celadon", "loose leaf"),
        modified_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        titles={},  # it is in no other language
    )
    assert world.tell("fetch/product", {"product": graph.product()}) == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "DRAFT"}, {"published": False}),
        ({"publishedAt": None}, {"published": False}),
        ({"totalInventory": 0, "hasOutOfStockVariants": True}, {"in_stock": False}),
        ({"totalInventory": 5, "hasOutOfStockVariants": True}, {"in_stock": True}),
        ({"totalInventory": 0, "tracksInventory": False}, {"in_stock": True}),
        ({"featuredMedia": None}, {"image_url": None}),
        ({"featuredMedia": {"preview": {"image": None}}}, {"image_url": None}),
        ({"featuredMedia": {"preview": None}}, {"image_url": None}),
        ({"collections": None}, {"categories": (), "collections": ()}),
        ({"tags": None}, {"tags": None}),
        ({"isGiftCard": True}, {"is_gift_card": True}),
        (
            {"onlineStoreUrl": None},
            {"url": "https://acme.myshopify.com/products/celadon-teapot"},
        ),
    ],
)
def test_a_product_that_differs(changes, expected):
    (plain,) = world.tell("fetch/product", {"product": graph.product()})
    (found,) = world.tell("fetch/product", {"product": graph.product(**changes)})
    assert found == structs.replace(plain, **expected)


def test_the_shop_in_an_address_is_the_one_that_was_asked():
    delivery = world.delivery("fetch/product", {"product": graph.product(onlineStoreUrl=None)})
    headers = {"x-shopify-shop-domain": "other.myshopify.com"}
    (found,) = world.told(replace(delivery, headers=headers))
    assert isinstance(found, Product)
    assert found.url == "https://other.myshopify.com/products/celadon-teapot"
