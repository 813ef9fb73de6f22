"""The Ajax cart: what a theme's scripts ask of the shop. Amounts are hundredths of a unit."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from devstore import cart
from devstore.model import Product
from devstore.shop import Shop
from devstore.shopify.reading import DONATION_PRODUCT, DONATION_PROPERTY, variant_id
from devstore.words import WORDS

GIFT_VARIANT = variant_id(DONATION_PRODUCT.id)
GIFT_PRICE = 1  # of one piece: the smallest price there is, so the quantity is the amount
_PROPERTY = re.compile(r"properties\[(\w+)\]")
_ONE = ("quantity", 1)  # where a form says no number
_NOT_SOLD = {"status": 422, "message": "Cart Error", "description": "This cannot be bought."}
Json = dict[str, Any]
Answer = Response | tuple[Response, int]


def ajax(shop: Shop) -> Blueprint:
    """``/cart.js`` and the changes beside it."""
    bp = Blueprint("shopify ajax cart", __name__)

    @bp.get("/cart.js")
    def read() -> Response:
        return jsonify(shown(shop))

    @bp.post("/cart/add.js")
    def add() -> Answer:
        for item in request.get_json()["items"]:
            if not _add(shop, int(item["id"]), int(item["quantity"]), item.get("properties", {})):
                return jsonify(_NOT_SOLD), 422
        return jsonify(shown(shop))

    @bp.post("/cart/change.js")
    def change() -> Answer:
        told = request.get_json()
        variant, quantity = int(str(told["id"]).partition(":")[0]), int(told["quantity"])
        found = next((one for one in shown(shop)["items"] if one["variant_id"] == variant), None)
        if found is None:
            return jsonify(_NOT_SOLD), 422
        if variant == GIFT_VARIANT:
            give(quantity, told.get("properties", found["properties"]))
        else:
            cart.put(session, found["sku"], quantity)
        return jsonify(shown(shop))

    bp.add_url_rule("/cart/update.js", "update", lambda: _update(shop), methods=["POST"])
    _without_scripts(bp, shop)
    return bp


def _without_scripts(bp: Blueprint, shop: Shop) -> None:
    @bp.post("/cart/add/form")
    def add_without_scripts() -> AnyResponse:
        wanted = request.form
        told = ((_PROPERTY.fullmatch(name), said) for name, said in wanted.lists())
        properties = {found[1]: said[-1] for found, said in told if found}  # the last one counts
        variant, quantity = (wanted.get(name, n, type=int) for name, n in (("id", 0), _ONE))
        if not _add(shop, variant, quantity, properties):
            abort(422)
        return redirect("/cart/")

    @bp.get("/cart/without-gift")
    def remove_without_scripts() -> AnyResponse:
        give(0, {})
        return redirect("/cart/")


def give(quantity: int, properties: Json) -> None:
    """Put the gift into the cart as a line of so many pieces; 0 takes it out."""
    cart.give(session, quantity, str(properties.get(DONATION_PROPERTY, "")), rounds_up=False)
    if quantity:
        session["gift"] |= {"properties": properties}


def shown(shop: Shop) -> Json:
    """The cart, as the platform's scripts and Liquid know it."""
    held = cart.read(shop, session)
    items = [
        {
            "key": f"{variant_id(line.product.id)}:1",
            "id": variant_id(line.product.id),
            "variant_id": variant_id(line.product.id),
            "product_id": line.product.id,
            "sku": line.product.sku,
            "quantity": line.quantity,
            "final_line_price": line.total_minor,
            "properties": {},
        }
        for line in held.lines
    ]
    if held.gift_minor:
        items.append(
            {
                "key": f"{GIFT_VARIANT}:1",
                "id": GIFT_VARIANT,
                "variant_id": GIFT_VARIANT,
                "product_id": DONATION_PRODUCT.id,
                "sku": DONATION_PRODUCT.sku,
                "quantity": held.gift_minor // GIFT_PRICE,
                "final_line_price": held.gift_minor,
                "properties": session["gift"].get("properties", {DONATION_PROPERTY: held.cause}),
                "url_to_remove": "/cart/without-gift",
            }
        )
    return {
        "items": items,
        "item_count": sum(item["quantity"] for item in items),
        "items_subtotal_price": held.goods_minor - held.bill.goods_minor + held.gift_minor,
        "total_price": held.total_minor,
        "currency": {"iso_code": shop.settings.currency},
        "attributes": cart.notes(session),
    }


def gift_product(language: str) -> Json:
    """The donation product, as Liquid knows it in a language."""
    variant = {"id": GIFT_VARIANT, "price": GIFT_PRICE, "available": True}
    return {
        "id": DONATION_PRODUCT.id,
        "title": DONATION_PRODUCT.titles[language],
        "description": WORDS[language]["gift_story"],
        "variants": [variant],
    }


def _update(shop: Shop) -> Response:
    """Attributes of the cart go into the order; of all we keep those that an app reads."""
    written = (request.get_json(silent=True) or {}).get("attributes", {})
    for name in ("row", "rest", "no_gift"):
        note = cart.NOTES[name]
        told = written.get(note, request.form.get(f"attributes[{note}]"))
        if told is not None:
            session[name] = told[: cart.MOST_NOTE]
    return jsonify(shown(shop))


def _add(shop: Shop, variant: int, quantity: int, properties: Json) -> bool:
    if quantity <= 0:
        return False
    if variant == GIFT_VARIANT:
        gift = session.get("gift", {}).get("amount_minor", 0)
        if gift + quantity > cart.MOST_MINOR or not session.get("cart"):
            return False  # a gift goes beside goods
        give(gift + quantity, properties)
        return True
    for product in shop.products():
        if variant_id(product.id) == variant and _is_sold(product):
            cart.put(session, product.sku, cart.held(session, product.sku) + quantity)
            return True
    return False


def _is_sold(product: Product) -> bool:
    return product.published and product.in_stock
