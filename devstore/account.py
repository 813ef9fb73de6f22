"""Logging in without a password, because everybody here is invented; and a customer's orders."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from devstore.model import Customer
from devstore.people import MIA, NOOR
from devstore.refusals import NotPossible
from devstore.shop import Shop
from devstore.till import products_of
from devstore.words import WORDS


def add_account(bp: Blueprint, shop: Shop) -> None:
    """Routes ``/my-account/``."""

    @bp.get("/my-account/", strict_slashes=False)
    def account() -> str:
        customer_id = session.get("customer_id")
        customer = shop.shelf.get(Customer, customer_id) if customer_id else None
        if customer is None:
            return _login_page()
        orders = shop.orders_of(customer.id)
        products = {key: one for order in orders for key, one in products_of(shop, order).items()}
        return render_template("orders.html", orders=orders, products=products)

    @bp.post("/my-account/login")
    def log_in() -> AnyResponse | tuple[str, int]:
        email = request.form.get("email", "").strip().lower()
        customer = shop.shelf.get(Customer, email)
        if customer is None:
            return _login_page("no_account"), 422
        return _welcome(customer)

    @bp.post("/my-account/register")
    def register() -> AnyResponse | tuple[str, int]:
        told = {key: request.form.get(key, "").strip() for key in ("email", "first_name")}
        if "@" not in told["email"]:
            return _login_page("no_account"), 422
        try:
            customer = shop.add_customer(
                told["email"],
                told["first_name"],
                request.form.get("last_name", "").strip(),
                session.get("lang", "en"),
            )
        except NotPossible:
            return _login_page("has_account"), 422
        return _welcome(customer)

    @bp.post("/my-account/logout")
    def log_out() -> AnyResponse:
        session.pop("customer_id", None)
        return redirect("/")


def _welcome(customer: Customer) -> AnyResponse:
    session["customer_id"] = customer.id
    return redirect("/checkout/" if request.form.get("back") == "checkout" else "/my-account/")


def _login_page(problem: str | None = None) -> str:
    words = WORDS[session.get("lang", "en")]
    return render_template(
        "login.html",
        known=(MIA, NOOR),
        problem=words[problem] if problem else None,
        back=request.values.get("back", ""),
    )
