"""The pages: what a shopper sees, where widgets go, and what a cart becomes."""

import base64
import hashlib
import hmac
import json
import re

import pytest

from devstore.model import Customer, Order
from devstore.people import MIA
from devstore.shelf import Query
from devstore.woocommerce import orders

PAIRING = {"secret": "w1dget", "public_id": "pub1", "service": "http://service.example"}
TOKEN = "/wp-admin/admin-ajax.php?action=perennial_token"


def latest(store):
    (order,), _ = store.shop.shelf.find(Order, Query(descending=True, sort="id", limit=1))
    return order


def add(store, sku="TE-SEN", quantity=1):
    return store.http.post("/cart/add", data={"sku": sku, "quantity": quantity})


def log_in(store, email=MIA.email):
    return store.http.post("/my-account/login", data={"email": email})


@pytest.mark.parametrize(
    ("lang", "direction", "title", "button"),
    [
        ("en", "ltr", "Celadon teapot, 350 ml", "Add to cart"),
        ("ar", "rtl", "إبريق شاي سيلادون، 350 مل", "أضف إلى السلة"),
        ("zh-Hant", "ltr", "青瓷茶壺，350 ml", "加入購物車"),
    ],
)
def test_each_page_speaks_the_chosen_language(store, lang, direction, title, button):
    page = store.http.get(f"/product/celadon-teapot/?lang={lang}").text
    assert f'<html lang="{lang}" dir="{direction}">' in page
    assert title in page
    assert button in page
    add(store)
    log_in(store)
    for path in ("/", "/cart/", "/checkout/", "/my-account/"):
        page = store.http.get(path)
        assert page.status_code == 200
        assert f'lang="{lang}"' in page.text, "and remembers it"


def test_every_product_has_a_page_and_a_picture(store):
    home = store.http.get("/").text
    paths = re.findall(r'<a href="(/product/[^"]+)">', home)
    pictures = re.findall(r'src="(/pictures/[^"]+)"', home)
    assert (len(paths), len(pictures)) == (25, 25)
    assert {store.http.get(path).status_code for path in paths} == {200}
    assert {store.http.get(path).mimetype for path in pictures} == {"image/svg+xml"}
    assert store.http.get("/product/no-such/").status_code == 404


def test_widgets_are_mounted_once_the_shop_is_paired(store):
    assert "perennial-" not in store.http.get("/product/sencha/").text
    store.control("PUT", "pairing", PAIRING)
    page = store.http.get("/product/sencha/?lang=ar").text
    key = next(one.id for one in store.shop.products() if one.slug == "sencha")
    assert f'<perennial-badge product="{key}">' in page
    assert f'<perennial-recommendations surface="product" product="{key}">' in page
    assert 'import("http://service.example/static/widgets/loader.js")' in page
    assert "<style>perennial-badge{" in page
    assert 'data-base="http://service.example/storefront/woocommerce/pub1"' in page
    assert f'data-token-url="{TOKEN}"' in page
    assert 'data-lang="ar"' in page


def test_the_launcher_is_on_every_page_but_cart_and_checkout(store):
    store.control("PUT", "pairing", PAIRING)
    add(store)
    for path in ("/", "/product/sencha/", "/my-account/"):
        assert "<perennial-panel" in store.http.get(path).text
    for path in ("/cart/", "/checkout/"):
        page = store.http.get(path).text
        assert "<perennial-panel" not in page
        assert '<perennial-donation cart-total-minor="2060" currency="USD">' in page


def test_points_are_used_in_the_cart_and_on_the_account_page(store):
    store.control("PUT", "pairing", PAIRING)
    add(store)
    assert "<perennial-club" not in store.http.get("/cart/").text
    assert "<perennial-club" not in store.http.get("/my-account/").text
    log_in(store)
    assert '<perennial-club only="rewards">' in store.http.get("/cart/").text
    page = store.http.get("/my-account/").text
    assert "<perennial-club>" in page
    assert "<perennial-panel" not in page


def test_no_gift_is_chosen_beforehand_and_not_this_time_is_one_of_the_choices(store):
    add(store)
    form = store.http.get("/cart/").text.partition('class="gift"')[2].partition("</form>")[0]
    assert re.findall(r'value="(round_up|\d+)"', form) == ["round_up", "100", "200", "500", "0"]
    assert "checked" not in form


def test_a_gift_by_the_plain_form_is_in_the_order_as_a_fee(store):
    add(store)
    store.http.post("/cart/gift", data={"gift": "round_up"})
    assert "$0.40" in store.http.get("/cart/").text
    add(store)  # the total changes, and the round-up with it
    guest = {"email": "Gina@Customers.example", "first_name": "Gina", "last_name": "Guest"}
    placed = store.http.post("/checkout/", data=guest)
    order = latest(store)
    assert placed.location == f"/checkout/order-received/{order.id}/?key={order.key}"
    assert (order.donation_minor, order.total_minor) == (80, 3700)
    assert (order.buyer.email, order.buyer.customer_id) == ("gina@customers.example", None)
    thanks = store.http.get(placed.location)
    assert f'order <bdi dir="ltr">{order.id}</bdi>' in thanks.text
    assert store.http.get(f"/checkout/order-received/{order.id}/?key=x").status_code == 404


def test_the_widgets_choice_changes_the_total_and_can_be_taken_back(store):
    add(store)
    chosen = {"amountMinor": 200, "cause": "forest", "roundUp": False}
    told = store.http.post("/cart/gift", json=chosen).get_json()
    assert told == {"gift": "$2.00", "total": "$22.60", "gift_minor": 200, "total_minor": 2260}
    told = store.http.post("/cart/gift", json={**chosen, "amountMinor": 0}).get_json()
    assert (told["gift"], told["total_minor"]) == (None, 2060)
    store.http.post("/cart/gift", json=chosen)
    log_in(store)
    store.http.post("/checkout/", data={"payment": "card"})
    gift = latest(store).donation
    assert gift
    assert (gift.amount_minor, gift.cause) == (200, "forest")


def test_a_gift_keeps_the_programme_that_asked_and_its_line_names_the_cause(store):
    add(store)
    mark = "friends-of-the-old-harbour-and-river@382996284737753088"
    chosen = {"amountMinor": 200, "cause": mark, "roundUp": False}
    store.http.post("/cart/gift", json=chosen)
    log_in(store)
    store.http.post("/checkout/", data={"payment": "card"})
    told = orders.order(latest(store), store.shop.settings, "http://acme.example")
    (fee,) = told["fee_lines"]
    assert fee["meta_data"][0]["value"] == mark
    assert fee["name"] == "Donation to Friends-of-the-old-harbour-and-river"


def test_nothing_follows_the_row_after_an_order(store):
    """Where it has nothing to show it leaves a gap, and not in the middle of the page."""
    store.control("PUT", "pairing", PAIRING)
    add(store)
    guest = {"email": "gina@customers.example", "first_name": "Gina", "last_name": "Guest"}
    page = store.http.get(store.http.post("/checkout/", data=guest).location).text
    own, _, after = page.partition('<perennial-recommendations surface="thank_you"')
    assert "Keep looking" in own
    assert after.partition("</perennial-recommendations>")[2].split()[0] == "</div>"


@pytest.mark.parametrize("amount", [-100, 100_001])
def test_a_gift_has_bounds(store, amount):
    add(store)
    chosen = {"amountMinor": amount, "cause": "forest", "roundUp": False}
    assert store.http.post("/cart/gift", json=chosen).status_code == 400


@pytest.mark.parametrize(
    "told",
    [
        {"amountMinor": "200"},
        {"amountMinor": 1.5},
        {"amountMinor": True},
        {"amountMinor": None},
        {"amountMinor": 10**30},
        {"amountMinor": 200, "cause": {"key": "forest"}},
        {"amountMinor": 200, "roundUp": "yes"},
        [200],
        "200",
    ],
)
def test_what_is_no_gift_is_refused_and_changes_nothing(store, told):
    add(store)
    assert store.http.post("/cart/gift", json=told).status_code == 400
    for text in (b'{"amountMinor": NaN}', b"{"):
        sent = store.http.post("/cart/gift", data=text, content_type="application/json")
        assert sent.status_code == 400
    assert store.http.post("/cart/gift", data={"gift": "two"}).status_code == 400
    assert "$20.60" in store.http.get("/cart/").text


def test_a_gift_goes_beside_goods_and_with_the_last_of_them(store):
    chosen = {"amountMinor": 200, "cause": "forest", "roundUp": False}
    assert store.http.post("/cart/gift", json=chosen).status_code == 400
    assert store.http.post("/cart/gift", json={**chosen, "amountMinor": 0}).status_code == 200
    add(store)
    store.http.post("/cart/gift", json=chosen)
    with store.http.session_transaction() as session:
        ((sku, _),) = session["cart"]
    store.http.post("/cart/update", data={"sku": sku, "quantity": "0"})
    add(store)
    page = store.http.get("/cart/").text
    assert ("$20.60" in page, "$22.60" in page) == (True, False)


def test_a_member_orders_as_themselves_and_sees_it_in_their_account(store):
    add(store, "CP-EVE", 2)
    log_in(store)
    store.http.post("/checkout/", data={"payment": "cod"})
    order, page = latest(store), store.http.get("/my-account/").text
    assert order.buyer.email == MIA.email
    assert order.buyer.customer_id
    assert f'<bdi dir="ltr">{order.id}</bdi>' in page or f"Order {order.id}" in page
    assert "Processing" in page
    store.http.post("/my-account/logout")
    assert "Who is shopping?" in store.http.get("/my-account/").text


def test_a_new_account_is_logged_in_and_a_taken_address_is_refused(store):
    told = {"email": "dora@customers.example", "first_name": "Dora", "last_name": "Sample"}
    assert store.http.post("/my-account/register", data=told).status_code == 302
    assert "Dora" in store.http.get("/").text
    again = store.http.post("/my-account/register", data=told)
    assert again.status_code == 422
    assert "has an account" in again.text
    assert log_in(store, "nobody@customers.example").status_code == 422


def test_a_guest_needs_an_address_and_an_empty_cart_buys_nothing(store):
    assert store.http.get("/checkout/").location == "/cart/"
    add(store)
    answer = store.http.post("/checkout/", data={"email": "no address"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_what_is_sold_out_leaves_the_cart(store):
    add(store)
    key = next(one.id for one in store.shop.products() if one.sku == "TE-SEN")
    store.control("PATCH", f"products/{key}", {"in_stock": False})
    assert "Nothing here yet." in store.http.get("/cart/").text
    assert "Sold out" in store.http.get("/product/sencha/").text


def test_a_guest_has_no_token_and_a_member_one_signed_with_the_paired_secret(store):
    assert store.http.get(TOKEN).get_json() == {"token": None}
    log_in(store)
    assert store.http.get(TOKEN).get_json() == {"token": None}, "nobody to show it to yet"
    store.control("PUT", "pairing", PAIRING)
    answer = store.http.get(TOKEN)
    part, _, sent = answer.get_json()["token"].partition(".")
    digest = hmac.new(b"w1dget", part.encode(), hashlib.sha256).digest()
    assert sent == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    mia = store.shop.shelf.get(Customer, MIA.email)
    assert (claims["iss"], claims["aud"], claims["sub"]) == (
        "http://shop.example",
        "widget",
        str(mia.id),
    )
    assert claims["exp"] - claims["iat"] == 300
    assert "no-store" in answer.headers["Cache-Control"]
    again = store.http.get(TOKEN).get_json()["token"]
    assert again.partition(".")[0] != part, "each has its own jti"


def test_the_control_endpoint_answers_on_loopback_only(store):
    for base in ("http://shop.example", "http://evil.example"):
        assert store.http.get("/_devstore/pairing", base_url=base).status_code == 403
    far = {"REMOTE_ADDR": "203.0.113.9"}
    near = "http://127.0.0.1"
    assert store.http.get("/_devstore/faults", base_url=near, environ_base=far).status_code == 403
    assert store.control("GET", "faults").status_code == 200


def test_the_control_endpoint_refunds_by_name_and_refuses_with_a_sentence(store):
    order = store.sell({"CP-EVE": 2}, donation=(200, "riverbank"))
    path = f"orders/{order.id}/refund"
    done = store.control("POST", path, {"lines": {"CP-EVE": 1, "donation": 1}}).get_json()
    assert done["amount_minor"] == 2000
    refused = store.control("POST", path, {"amount": "99.00"})
    assert (refused.status_code, refused.get_json()["message"]) == (422, "Invalid refund amount.")
    assert (
        store.control("POST", f"orders/{order.id}/status", {"status": "lost"}).status_code == 422
    )
    assert store.control("PUT", "faults", {"dorp": 1}).status_code == 422
    store.control("POST", f"orders/{order.id}/cancel", {})
    assert store.control("GET", f"orders/{order.id}").get_json()["status"] == "cancelled"


def test_what_a_script_notes_in_the_browser_is_a_note_of_the_order(store):
    store.http.set_cookie("perennial_row", "7.product.together.standard.20779")
    add(store)
    log_in(store)
    store.http.post("/checkout/", data={})
    assert latest(store).attributes == (("_perennial_row", "7.product.together.standard.20779"),)
