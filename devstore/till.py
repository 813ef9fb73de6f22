"""Cart, gift and checkout."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, session
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from devstore import cart, money
from devstore.face import Face
from devstore.model import Buyer, Order, Product
from devstore.refusals import CodeRefused, CreditRefused, NotPossible
from devstore.shop import Shop
from devstore.words import WORDS

PAYMENTS = ("card", "bank", "cod")


class Gift(msgspec.Struct):
    """A gift as the widget tells it."""

    amountMinor: int = 0  # noqa: N815  # names on the wire
    roundUp: bool = False  # noqa: N815
    cause: str | None = None


def add_till(bp: Blueprint, shop: Shop, face: Face) -> None:
    """Routes ``/cart/`` and ``/checkout/``."""
    _cart(bp, shop)
    _savings(bp, shop)
    _checkout(bp, shop, face)


def _cart(bp: Blueprint, shop: Shop) -> None:
    @bp.get("/cart/", strict_slashes=False)
    def show_cart() -> str:
        return _page(shop, "cart.html")

    @bp.post("/cart/update")
    def update_cart() -> AnyResponse:
        cart.put(session, request.form["sku"], int(request.form.get("quantity", "0")))
        return redirect("/cart/")

    @bp.post("/cart/gift")
    def choose_gift() -> AnyResponse:
        """From the widget as JSON, from the plain form as a form; both end in the same cart."""
        try:
            told = _chosen()
            amount = 0 if told.roundUp else told.amountMinor
            cart.give(session, amount, told.cause or cart.CAUSE, rounds_up=told.roundUp)
        except ValueError:
            abort(400)
        if not request.is_json:
            return redirect(_back())
        return _totals(shop)


def _chosen() -> Gift:
    """What was sent, in its own types: no text, fraction or truth is an amount. ValueError."""
    if request.is_json:
        return msgspec.json.decode(request.get_data(), type=Gift)
    choice = request.form.get("gift", "0")
    is_round = choice == "round_up"
    return Gift(0 if is_round else int(choice), is_round)


def _savings(bp: Blueprint, shop: Shop) -> None:
    @bp.post("/cart/code")
    def add_code() -> AnyResponse | tuple[str, int]:
        """A guest may tell their e-mail with it: some codes are bound to one."""
        email = request.form.get("email", "").strip().lower()
        if "@" in email:
            session["email"] = email
        try:
            cart.add_code(shop, session, request.form.get("code", ""))
        except CodeRefused as problem:
            name = "checkout.html" if _back() == "/checkout/" else "cart.html"
            return _page(shop, name, refused=problem), 422
        return redirect(_back())

    @bp.post("/cart/code/remove")
    def remove_code() -> AnyResponse:
        cart.drop_code(session, request.form.get("code", ""))
        return redirect(_back())

    @bp.post("/cart/credit")
    def use_credit() -> AnyResponse:
        session["credit"] = bool(request.form.get("credit"))
        return redirect(_back())


def _back() -> str:
    return "/checkout/" if request.form.get("back") == "checkout" else "/cart/"


def _page(shop: Shop, name: str, **more: object) -> str:
    return render_template(name, cart=cart.read(shop, session), **_gifts(shop), **more)


def _totals(shop: Shop) -> Response:
    """What the page's script writes into the summary."""
    held, currency = cart.read(shop, session), shop.settings.currency
    return jsonify(
        gift=money.shown(held.gift_minor, currency) if held.gift_minor else None,
        total=money.shown(held.total_minor, currency),
        gift_minor=held.gift_minor,
        total_minor=held.total_minor,
    )


def _gifts(shop: Shop) -> dict[str, object]:
    """What the plain form offers; the widget asks the service instead."""
    held = cart.read(shop, session)
    rounding = cart.round_up(held.before_gift_minor)
    return {
        "round_up_minor": rounding,
        "rounded_minor": held.before_gift_minor + rounding,
        "gifts_minor": cart.GIFTS_MINOR,
    }


def _checkout(bp: Blueprint, shop: Shop, face: Face) -> None:
    @bp.get("/checkout/", strict_slashes=False)
    def show_checkout() -> AnyResponse | str:
        if not cart.read(shop, session).lines:
            return redirect("/cart/")
        return _page(shop, "checkout.html")

    @bp.post("/checkout/", strict_slashes=False)
    def place_order() -> AnyResponse | tuple[str, int]:
        held = cart.read(shop, session)
        try:
            order = shop.place_order(
                _buyer(shop),
                {line.product.sku: line.quantity for line in held.lines},
                held.donation,
                _payment(),
                terms=cart.terms(session),
            )
        except CodeRefused as problem:  # the code goes, the rest of the cart stays
            cart.drop_code(session, problem.code)
            return _page(shop, "checkout.html", refused=problem), 409
        except NotPossible as refusal:
            key = "credit_needs_card" if isinstance(refusal, CreditRefused) else "not_possible"
            problem_text = WORDS[session.get("lang", "en")][key]
            return _page(shop, "checkout.html", problem=problem_text), 422
        cart.empty(session)
        return redirect(f"/checkout/order-received/{order.id}/?key={order.key}")

    @bp.get("/checkout/order-received/<int:order_id>/")
    def thanks(order_id: int) -> str:
        order = shop.shelf.get(Order, order_id)
        if order is None or request.args.get("key") != order.key:
            return abort(404)
        names = Markup('<bdi dir="ltr">{}</bdi>').format(face.order_name(order))
        return render_template(
            "thanks.html", order=order, number=names, products=products_of(shop, order)
        )


def products_of(shop: Shop, order: Order) -> dict[int, Product]:
    """The products of an order that still exist, by id."""
    found = (shop.shelf.get(Product, line.product_id) for line in order.lines)
    return {product.id: product for product in found if product}


def _buyer(shop: Shop) -> Buyer:
    shopper = cart.shopper(shop, session)
    if shopper.customer_id is not None:
        return shopper
    email = request.form.get("email", "").strip().lower()
    if "@" not in email:
        raise NotPossible("A guest needs an e-mail address.")
    first, last = request.form.get("first_name", ""), request.form.get("last_name", "")
    return Buyer(email, first.strip(), last.strip(), None, shopper.locale)


def _payment() -> str:
    chosen = request.form.get("payment", "card")
    return chosen if chosen in PAYMENTS else "card"
