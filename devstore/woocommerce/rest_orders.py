"""REST v3's orders and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from devstore import money
from devstore.model import Buyer, Customer, Order, Product, Refund, Status, Terms
from devstore.refusals import CodeRefused, NotPossible
from devstore.shelf import Query
from devstore.shop import Shop
from devstore.state import State
from devstore.woocommerce import listing, orders, wire
from devstore.woocommerce.listing import BY_DATE, fields, json_response
from devstore.woocommerce.rest import body_of, created, forced
from devstore.woocommerce.wire import Json, RestError


class Orders:
    """``orders``."""

    path = "orders"

    def __init__(self, state: State) -> None:
        self._shop, self._origin = state.shops["woocommerce"], state.origins["woocommerce"]

    def list(self) -> Response:
        asked = listing.query(request, self._shop.settings, BY_DATE)
        found, total = self._shop.shelf.find(Order, asked)
        return listing.answered(request, found, total, self._shown, self._origin)

    def add(self) -> Response:
        told = body_of()
        payment = "card" if told.get("set_paid") else "bank"
        try:
            made = self._shop.place_order(
                _buyer(self._shop, told),
                _items(self._shop, told),
                payment=payment,
                via="rest-api",
                terms=Terms(tuple(line["code"] for line in told.get("coupon_lines", []))),
            )
        except CodeRefused as problem:
            code = "woocommerce_rest_invalid_coupon"
            raise RestError(400, code, f'Coupon "{problem.code}" cannot be applied.') from None
        except NotPossible as problem:
            raise RestError(400, "woocommerce_rest_invalid_product_id", str(problem)) from None
        if not told.get("set_paid"):
            made = self._shop.set_status(made.id, _status(told.get("status", "pending")))
        return created(self._shown(made), self.path, self._origin)

    def one(self, key: int) -> Response:
        return json_response(fields(request, self._shown(known_order(self._shop, key))))

    def change(self, key: int) -> Response:
        """Any write announces ``order.updated``, even one that changes nothing."""
        found, told = known_order(self._shop, key), body_of()
        status = _status(told.get("status", found.status.value))
        return json_response(self._shown(self._shop.set_status(key, status)))

    def delete(self, key: int) -> Response:
        found = known_order(self._shop, key)
        if forced():
            self._shop.erase(key)
            return json_response(self._shown(found))
        if found.status is Status.TRASH:
            code = "woocommerce_rest_already_trashed"
            raise RestError(410, code, "The order has already been deleted.")
        return json_response(self._shown(self._shop.trash(key)))

    def _shown(self, found: Order) -> Json:
        return orders.order(found, self._shop.settings, self._origin)


class Refunds:
    """``orders/<id>/refunds`` and the collection ``refunds``."""

    def __init__(self, state: State) -> None:
        self._shop, self._origin = state.shops["woocommerce"], state.origins["woocommerce"]

    def register(self, bp: Blueprint) -> None:
        path = "/orders/<int:order_id>/refunds"
        bp.add_url_rule("/refunds", "refunds everywhere", self.everywhere)
        bp.add_url_rule(path, "refunds list", self.list)
        bp.add_url_rule(path, "refunds add", self.add, methods=["POST"])
        bp.add_url_rule(f"{path}/<int:key>", "refunds one", self.one)
        bp.add_url_rule(f"{path}/<int:key>", "refunds delete", self.delete, methods=["DELETE"])

    def list(self, order_id: int) -> Response:
        of = known_order(self._shop, order_id)
        page, per_page = listing.page_of(request)
        newest = of.refunds[::-1]
        some = newest[(page - 1) * per_page : page * per_page]
        shown = partial(self._shown, of)
        return listing.answered(request, some, len(newest), shown, self._origin)

    def one(self, order_id: int, key: int) -> Response:
        of = known_order(self._shop, order_id)
        return json_response(self._shown(of, _one(of, key)))

    def add(self, order_id: int) -> Response:
        of, told = known_order(self._shop, order_id), body_of()
        try:
            quantities, amounts = _refunded(told.get("line_items", []), of)
            amount = told.get("amount")
            refund = self._shop.refund(
                order_id,
                quantities,
                amounts,
                amount_minor=None if amount is None else money.read(amount, of.currency),
                reason=str(told.get("reason", "")),
            )
        except ValueError:  # not a 4xx: that is how it is
            code = "woocommerce_rest_cannot_create_order_refund"
            raise RestError(500, code, "Invalid refund amount.") from None
        body = self._shown(known_order(self._shop, order_id), refund)
        return created(body, r"orders/(?P<order_id>[\d]+)/refunds", self._origin)

    def delete(self, order_id: int, key: int) -> Response:
        """Sends nothing, and an order that was ``refunded`` stays so."""
        of = known_order(self._shop, order_id)
        body = self._shown(of, _one(of, key))
        self._shop.take_back_refund(order_id, key)
        return json_response(body)

    def everywhere(self) -> Response:
        every, _ = self._shop.shelf.find(Order, Query(limit=-1))
        pairs = [(of, refund) for of in every for refund in of.refunds]
        pairs.sort(key=lambda pair: pair[1].id, reverse=True)
        page, per_page = listing.page_of(request)
        some = pairs[(page - 1) * per_page : page * per_page]
        return listing.answered(request, some, len(pairs), self._with_parent, self._origin)

    def _with_parent(self, pair: tuple[Order, Refund]) -> Json:
        body = self._shown(*pair)
        return {"id": body.pop("id"), "parent_id": pair[0].id, **body}

    def _shown(self, of: Order, refund: Refund) -> Json:
        return orders.refund(refund, of, self._shop.settings, self._origin)


def known_order(shop: Shop, key: int) -> Order:
    """The order, or WooCommerce's 404."""
    found = shop.shelf.get(Order, key)
    if found is None:
        raise wire.not_found("order")
    return found


def _one(of: Order, key: int) -> Refund:
    for refund in of.refunds:
        if refund.id == key:
            return refund
    raise wire.not_found("order_refund")


def _status(word: str) -> Status:
    try:
        return Status(word)
    except ValueError:
        words = ", ".join(Status)
        raise listing.invalid("status", f"status is not one of {words}.") from None


def _buyer(shop: Shop, told: Json) -> Buyer:
    billing = told.get("billing") or {}
    customer = shop.shelf.get(Customer, int(told.get("customer_id") or 0))
    if customer:
        names = (customer.first_name, customer.last_name)
        return Buyer(billing.get("email") or customer.email, *names, customer.id, customer.locale)
    names = (str(billing.get("first_name", "")), str(billing.get("last_name", "")))
    return Buyer(str(billing.get("email", "")).lower(), *names)


def _items(shop: Shop, told: Json) -> dict[str, int]:
    items: dict[str, int] = {}
    for line in told.get("line_items", []):
        product = shop.shelf.get(Product, int(line.get("product_id", 0)))
        if product is None:
            raise NotPossible("Product ID is invalid.")
        items[product.sku] = items.get(product.sku, 0) + int(line.get("quantity", 1))
    return items


def _refunded(lines: list[Mapping[str, Any]], of: Order) -> tuple[dict[int, int], dict[int, int]]:
    """(quantities, amounts) by line id; a line without ``refund_total`` gives back its share."""
    quantities = {int(line["id"]): int(line.get("quantity", 0)) for line in lines}
    amounts = {
        int(line["id"]): money.read(line["refund_total"], of.currency)
        for line in lines
        if "refund_total" in line
    }
    return quantities, amounts
