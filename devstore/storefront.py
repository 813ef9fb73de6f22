"""What a shopper sees: the same pages on both faces, with the widgets where themes mount them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from devstore import account, cart, money, till
from devstore.catalogue import CATEGORIES
from devstore.face import Face
from devstore.model import LANGUAGES, Customer, Kind, Product, Taken
from devstore.pictures import picture
from devstore.refusals import CodeRefused
from devstore.shop import Shop
from devstore.state import State
from devstore.words import LANGUAGE_NAMES, WORDS, day

# As in the plugin's zip, which prints it into each page.
STYLE = Path(__file__).parents[1] / "static" / "widgets" / "dist" / "mount.css"
PRODUCT_PATHS = {"woocommerce": "/product/{slug}/", "shopify": "/products/{slug}"}


def pages(state: State, face: Face) -> Blueprint:
    """Every page of one face."""
    shop = state.shops[face.name]
    bp = Blueprint("storefront", __name__)
    _catalogue(bp, state, face)
    till.add_till(bp, shop, face)
    account.add_account(bp, shop)

    @bp.before_request
    def language() -> None:
        asked = request.args.get("lang")
        if asked in LANGUAGES:
            session["lang"] = asked
        if request.args.get("ref"):
            session["ref"] = request.args["ref"][: cart.MOST_NOTE]
        if face.name == "woocommerce" and request.cookies.get("perennial_row"):
            session["row"] = request.cookies["perennial_row"][: cart.MOST_NOTE]

    @bp.context_processor
    def everywhere() -> dict[str, Any]:
        chosen = session.get("lang", "en")
        words = WORDS[chosen]
        customer_id = session.get("customer_id")
        mount = face.mount()
        return {
            "lang": chosen,
            "direction": "rtl" if chosen == "ar" else "ltr",
            "languages": LANGUAGE_NAMES,
            "words": words,
            "categories": {key: names[chosen] for key, names in CATEGORIES.items()},
            "shop_name": shop.settings.name,
            "currency": shop.settings.currency,
            "customer": shop.shelf.get(Customer, customer_id) if customer_id else None,
            "cart_count": cart.read(shop, session).count,
            "mount": mount,
            "service": mount.service or state.service,
            "widgets_style": Markup(STYLE.read_text("utf-8")),  # noqa: S704  # no shopper writes it
            "platform": face.name,
            "money": _money,
            "said": lambda key, **values: _said(words[key], values),
            "title_of": lambda product: product.titles[chosen],
            "key_of": face.product_key,
            "block": lambda name, product=None: mount.base and face.block(name, chosen, product),
            "extension": lambda name, order=None: mount.base and face.extension(name, order),
            "order_name": face.order_name,
            "day": lambda at: day(at.date(), chosen),
            "product_url": lambda product: product_path(face.name, product),
            "here": _here,
            "bdi": _bdi,
            "cart_codes": session.get("codes", []),
            "discount_name": lambda one: _discount_name(one, words),
            "refusal": lambda problem: _refusal(shop, problem, words),
        }

    return bp


def product_path(face_name: str, product: Product) -> str:
    """Where a product's page is on this platform."""
    return PRODUCT_PATHS[face_name].format(slug=product.slug)


def _catalogue(bp: Blueprint, state: State, face: Face) -> None:
    shop = state.shops[face.name]

    def by_name(name: str) -> Product:
        for product in shop.products():
            if name in {product.slug, product.sku}:
                return product
        return abort(404)

    @bp.get("/")
    def home() -> str:
        category = request.args.get("category")
        found = [one for one in shop.products() if category in {None, "", one.category}]
        return render_template("home.html", products=found, category=category)

    @bp.get("/club/", strict_slashes=False)
    def club() -> str:
        """A page for widgets that fill one."""
        return render_template("club.html")

    @bp.get("/product/<slug>/", endpoint="product")
    @bp.get("/products/<slug>", endpoint="shopify_product")
    def product(slug: str) -> str:
        found = by_name(slug)
        return render_template("product.html", product=found)

    @bp.get("/pictures/<name>.svg")
    def drawn(name: str) -> Response:
        response = Response(picture(by_name(name)), mimetype="image/svg+xml")
        response.headers["Cache-Control"] = "public, max-age=3600"
        # Pages of the service show these too.
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @bp.post("/cart/add")
    def add_to_cart() -> AnyResponse:
        found = by_name(request.form["sku"])
        more = max(1, int(request.form.get("quantity", "1")))
        cart.put(session, found.sku, cart.held(session, found.sku) + more)
        return redirect(url_for("storefront.show_cart"))


def _money(minor: int, currency: str) -> Markup:
    """An amount that stays left to right inside any sentence."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(money.shown(minor, currency))


def _bdi(text: str) -> Markup:
    """A code, which is read from left to right in every language."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def _discount_name(one: Taken, words: dict[str, str]) -> Markup:
    if one.code is not None:
        return Markup("{} {}").format(words["discount"], _bdi(one.code))
    return escape(words["free_shipping"] if one.kind is Kind.SHIPPING else one.title)


def _refusal(shop: Shop, problem: CodeRefused, words: dict[str, str]) -> Markup:
    found = shop.promotions.by_code(problem.code)
    least = found.minimum_minor if found else 0
    values = {"code": _bdi(problem.code), "money": _money(least, shop.settings.currency)}
    return _said(words[problem.reason], values)


def _said(text: str, values: dict[str, Any]) -> Markup:
    """One of our sentences with its places filled; the values are escaped unless Markup."""
    return Markup(text).format(**values)  # noqa: S704  # the sentence is ours


def _here(language: str) -> str:
    """This page in another language."""
    path = urlsplit(request.full_path).path
    return f"{path}?{urlencode({**request.args.to_dict(), 'lang': language})}"
