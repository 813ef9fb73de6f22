"""The app's extensions in this shop: blocks from their Liquid, the Ajax cart, the sandboxes."""

import json
import re
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from adapters.shopify.verify import buyer
from bench.chromium import chromium
from bench.chromium import installed as installed_chromium
from devstore.app import create_shopify
from devstore.seed import fill
from devstore.shopify import ajax, theme
from devstore.shopify.graph import metafields
from devstore.shopify.reading import variant_id
from devstore.state import SHOPIFY_DOMAIN, State
from tests.devstore.shopify.conftest import SECRET, SERVICE, Clock, World

PROPERTIES = {"_perennial_donation": "reeds"}
GIFT = {"id": ajax.GIFT_VARIANT, "quantity": 44, "properties": PROPERTIES}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The whole shop, with its pages."""
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", "client-1")
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", SECRET)
    clock = Clock()
    state = State(tmp_path, {"shopify": "http://127.0.0.1:8402"}, SERVICE, clock)
    shop = state.shops["shopify"]
    fill(shop, with_history=False)
    app = create_shopify(state)
    face = app.extensions["devstore"]
    yield World(shop, face, face.door.app, clock, app.test_client())
    state.close()


def asked(currency="USD"):
    """What the app keeps with its installation: amounts to give, and rounding up."""
    ways = {"add_on": "reeds@7", "round_up": "reeds@8"}
    cause = {"key": "reeds", "names": dict.fromkeys(theme.LOCALES, "Reeds"), "ways": ways}
    amounts = {"amounts_minor": [100, 200, 500], "round_up_to_minor": 100}
    said = dict.fromkeys(theme.LOCALES, "Terms.")
    return {"currency": currency, "causes": [{**cause, "stories": {}}], "said": said, **amounts}


KEPT = {"app_data": {"perennial": {"asked": {"value": asked()}}}}


@pytest.fixture
def installed(world):
    world.install()
    kept = {"ownerId": metafields.INSTALLATION, "namespace": "perennial", "key": "asked"}
    said = {**kept, "type": "json", "value": json.dumps(asked())}
    assert metafields.Metafields(world.shop.shelf).set([said]) == {"userErrors": []}
    return world


def first(world):
    return world.shop.products()[0]


def put(world, quantity=1):
    item = {"id": variant_id(first(world).id), "quantity": quantity}
    return world.http.post("/cart/add.js", json={"items": [item]})


def log_in(world):
    with world.http.session_transaction() as session:
        session["customer_id"] = world.mia().id


def test_before_the_app_is_installed_there_is_none_of_it(world):
    page = world.http.get(f"/products/{first(world).slug}").text
    assert "perennial" not in page
    assert "<iframe" not in world.http.get("/my-account/").text


def test_after_the_app_is_gone_there_is_none_of_it(installed):
    pages = (f"/products/{first(installed).slug}", "/my-account/", "/cart/")
    put(installed)
    assert all("perennial" in installed.http.get(page).text for page in pages)
    installed.http.post("/_devstore/shopify/uninstall")
    for page in pages:
        assert "perennial" not in installed.http.get(page).text, page


def drawn(name: str, language: str, settings: Mapping[str, Any], **known: Any) -> str:
    html = theme.block(name, language, settings, **known)
    assert html is not None
    return html


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("ar", "ar"), ("zh-Hant", "zh-TW")])
def test_a_products_page_shows_the_apps_blocks(installed, language, tag):
    ware = first(installed)
    page = installed.http.get(f"/products/{ware.slug}?lang={language}").text
    for element in ("badge", "tasks", "recommendations"):
        assert re.search(rf'<perennial-{element}\s[^>]*product="{ware.id}"', page), element
    assert page.count("<perennial-panel") == 1
    assert f'data-lang="{tag}"' in page
    assert 'data-base="/apps/perennial"' in page
    assert "/static/widgets/" not in page.partition("<body>")[2]
    assert "data-customer" not in page


def test_a_block_knows_who_is_logged_in_and_wears_the_merchants_colour(installed):
    told = {"customer": {"id": 7}, "product": {"id": 5}, "template": "product"}
    html = drawn("badge", "en", {"accent": "#123456"}, **told)
    assert 'data-customer="7"' in html
    assert "--perennial-accent: #123456;" in html
    assert 'product="5"' in html


def test_a_cart_names_all_its_products_to_its_row(installed):
    keys = [str(one) for one in range(1, 24)]
    cart = {"items": [{"product_id": key} for key in keys]}
    html = drawn("recommendations", "en", {}, cart=cart, template="cart")
    assert f'product="{",".join(keys)}"' in html


@pytest.mark.parametrize(("active", "hidden"), [("USD", False), ("EUR", True)])
def test_a_price_in_another_currency_than_the_pages_is_not_shown(active, hidden):
    cart = {"items": [], "currency": {"iso_code": active}}
    html = drawn("recommendations", "en", {}, cart=cart, shop={"currency": "USD"})
    assert ("perennial-recommendations::part(price) { display: none; }" in html) is hidden


@pytest.mark.parametrize(("root", "led"), [("/", "/products/cup"), ("/ar", "/ar/products/cup")])
@pytest.mark.skipif(installed_chromium() is None, reason="no chromium here")
def test_links_of_a_row_keep_to_the_pages_language(monkeypatch, root, led):
    monkeypatch.setitem(theme.ROUTES, "root_url", root)
    html = drawn("recommendations", "ar", {})
    row = html[html.index("<perennial-recommendations") :]
    with chromium() as browser:
        page = browser.page()
        page.see(f"document.write({json.dumps(row)})")
        page.see("""(row => {
          row.attachShadow({mode: "open"}).innerHTML = "<a href=https://acme.example/products/cup><b>";
          for (const name of ["pointerover", "focusin", "pointerover"])
            row.shadowRoot.querySelector("b").dispatchEvent(
              new Event(name, {bubbles: true, composed: true}));
        })(document.querySelector("perennial-recommendations"))""")
        link = "document.querySelector('perennial-recommendations').shadowRoot.querySelector('a')"
        assert page.see(f"{link}.pathname") == led


def test_a_cart_shows_one_row_a_gift_and_no_panel(installed):
    assert "perennial-cart-gift" not in installed.http.get("/cart/").text, "an empty cart"
    put(installed)
    page = installed.http.get("/cart/").text
    assert f'data-variant="{ajax.GIFT_VARIANT}"' in page
    assert "<perennial-panel" not in page
    assert "chosen-minor" not in page, "nothing is chosen for anybody"
    assert f'<link rel="stylesheet" href="{theme.asset_url("giving.css")}">' in page
    assert "<perennial-recommendations" in page


def test_a_gift_goes_into_the_cart_in_pieces_and_out_again(installed):
    put(installed)
    before = installed.http.get("/cart.js").get_json()["total_price"]
    rounded = {**PROPERTIES, "_perennial_round_up": "1"}
    added = installed.http.post("/cart/add.js", json={"items": [GIFT | {"properties": rounded}]})
    told = added.get_json()
    assert told["total_price"] == before + 44
    assert told["items"][1]["properties"] == rounded
    page = installed.http.get("/cart/").text
    assert 'chosen-minor="44"' in page
    assert (f'data-before="{before}"' in page, 'data-given="44"' in page) == (True, True)
    assert 'data-step="100"' in page
    key = told["items"][1]["key"]
    changed = installed.http.post("/cart/change.js", json={"id": key, "quantity": 0}).get_json()
    assert [one["quantity"] for one in changed["items"]] == [1]
    assert (
        installed.http.post("/cart/change.js", json={"id": key, "quantity": 1}).status_code == 422
    )


def test_the_question_is_in_the_page_and_works_without_scripts(installed):
    put(installed)
    page = installed.http.get("/cart/").text
    printed = re.search(r'<form class="perennial-ways".*?</form>', page, re.DOTALL)
    assert printed
    for words in ("Add a little for Riverbank?", "plant reeds", "You are the giver"):
        assert words in page
    pieces = re.findall(r'<button class="perennial-way" name="quantity" value="(\d+)"', page)
    assert pieces == ["100", "200", "500"]
    form = dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)"', printed[0]))
    added = installed.http.post("/cart/add/form", data=form | {"quantity": "200"})
    assert added.headers["Location"] == "/cart/"
    (_, gift) = installed.http.get("/cart.js").get_json()["items"]
    assert (gift["final_line_price"], gift["properties"]) == (
        200,
        {"_perennial_donation": "reeds@7"},
    )
    for wrong in ({"quantity": "0"}, {"quantity": "-5"}, {"quantity": "100001"}, {"id": "x"}):
        bad = installed.http.post("/cart/add/form", data={**form, "quantity": "200", **wrong})
        assert bad.status_code == 422
    (out,) = re.findall(r'href="([^"]+)">Not this time', installed.http.get("/cart/").text)
    assert installed.http.get(out).headers["Location"] == "/cart/"
    assert len(installed.http.get("/cart.js").get_json()["items"]) == 1


def test_a_gift_goes_beside_goods_and_with_the_last_of_them(installed):
    assert installed.http.post("/cart/add.js", json={"items": [GIFT]}).status_code == 422
    put(installed)
    (goods,) = installed.http.get("/cart.js").get_json()["items"]
    installed.http.post("/cart/add.js", json={"items": [GIFT]})
    left = {"id": goods["key"], "quantity": 0}
    assert installed.http.post("/cart/change.js", json=left).get_json()["items"] == []
    put(installed)
    assert len(installed.http.get("/cart.js").get_json()["items"]) == 1


def test_sections_are_printed_alone_as_the_cart_stands(installed):
    put(installed)
    wanted = "/cart/?sections=main-cart,header,nowhere"
    before = installed.http.get(wanted).get_json()
    assert before["main-cart"].startswith('<div id="shopify-section-main-cart"')
    assert 'data-section="main-cart"' in before["main-cart"]
    assert ("<header" in before["header"], before["nowhere"]) == (True, None)
    installed.http.post("/cart/add.js", json={"items": [GIFT]})
    after = installed.http.get(wanted).get_json()
    assert 'chosen-minor="44"' in after["main-cart"]
    assert before["header"] == after["header"]


def test_a_choice_of_causes_keeps_the_one_in_the_cart(installed):
    item = {"properties": PROPERTIES, "final_line_price": 44, "key": "1:1"}
    cart = {"items": [item], "item_count": 1, "total_price": 944, "currency": {"iso_code": "USD"}}
    told: dict[str, Any] = {"cart": cart, "shop": {"currency": "USD"}, "template": "cart"}
    settings = {"product": ajax.gift_product("en"), "choice": True, "cause": "other"}
    html = drawn("giving", "en", settings, **told, **KEPT)
    assert re.search(r'choice\s+cause="reeds"\s+chosen-minor="44"', html)


def test_fixed_amounts_are_offered_by_variant_and_none_is_ticked(installed):
    variants = [{"id": n, "price": n * 100, "available": n < 3} for n in (1, 2, 3)]
    cart = {"items": [], "item_count": 1, "total_price": 900, "currency": {"iso_code": "USD"}}
    told: dict[str, Any] = {"cart": cart, "shop": {"currency": "USD"}, "template": "cart"}
    settings = {"product": {"title": "For the river", "variants": variants}}
    html = drawn("giving", "ar", settings, **told, **KEPT)
    assert re.findall(r'name="id" value="(\d*)"', html) == ["1", "2"]
    assert "checked" not in html
    assert "ليس هذه المرة" in html
    assert "data-variant" not in html
    other = drawn("giving", "ar", settings, **told | {"shop": {"currency": "EUR"}}, **KEPT)
    assert not other.strip(), "nothing is converted"


def test_yen_have_no_hundredths(installed):
    cart = {"items": [], "item_count": 1, "total_price": 90_000, "currency": {"iso_code": "JPY"}}
    settings = {"product": {"variants": [{"id": 1, "price": 100, "available": True}]}}
    told = {"cart": cart, "shop": {"currency": "JPY"}, "template": "cart"}
    kept = {"perennial": {"asked": {"value": asked("JPY")}}}
    html = drawn("giving", "en", settings, app_data=kept, **told)
    assert 'cart-total-minor="900"' in html


@pytest.mark.parametrize("item", [{"id": 5, "quantity": 1}, {**GIFT, "quantity": 0}])
def test_what_is_not_sold_is_refused(installed, item):
    answer = installed.http.post("/cart/add.js", json={"items": [item]})
    assert (answer.status_code, answer.get_json()["status"]) == (422, 422)


def test_a_sandbox_has_no_origin_and_its_bundle_asks_this_service(installed):
    put(installed)
    page = installed.http.get("/checkout/").text
    assert 'sandbox="allow-scripts allow-top-navigation-by-user-activation"' in page
    assert 'data-extension="/_extensions/checkout"' in page
    installed.http.get("/?lang=ar")
    inside = installed.http.get("/_extensions/checkout").text
    assert 'dir="rtl"' in inside
    bundle = installed.http.get("/_extensions/checkout.js")
    assert f'"{SERVICE}"' in bundle.text
    assert "example.com" not in bundle.text
    assert bundle.headers["Access-Control-Allow-Origin"] == "*"
    assert installed.http.get("/_extensions/nothing").status_code == 404
    assert installed.http.get("/_extensions/nothing.js").status_code == 404


def test_the_state_of_a_sandbox_is_the_cart_or_one_order(installed):
    put(installed, 2)
    installed.http.post("/cart/add.js", json={"items": [GIFT]})
    told = installed.http.get("/_extensions/state").get_json()
    assert [line["quantity"] for line in told["lines"]] == [2, 44]
    assert told["lines"][1]["attributes"] == [{"key": "_perennial_donation", "value": "reeds"}]
    assert told["gift_price"] == "0.01"
    placed = installed.sell({first(installed).sku: 1}, donation=(200, "reeds"))
    told = installed.http.get(f"/_extensions/state?order={placed.id}").get_json()
    assert told["order"]["id"] == f"gid://shopify/Order/{placed.id}"
    assert told["attributes"] == [{"key": name, "value": text} for name, text in placed.attributes]
    assert told["lines"][-1]["cost"]["totalAmount"] == {"amount": 2.0, "currencyCode": "USD"}


def test_a_session_token_is_what_the_app_expects(installed):
    def proven():
        token = installed.http.get("/_extensions/token").get_json()["token"]
        assert "iss" not in jwt.decode(token, options={"verify_signature": False})
        return buyer(token, installed.app.client_id, [SECRET.encode()], installed.clock())

    assert (proven().shop_key, proven().customer_key) == (SHOPIFY_DOMAIN, None)
    log_in(installed)
    assert proven().customer_key == str(installed.mia().id)
