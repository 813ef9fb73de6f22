"""REST v3's products and customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from flask import Response, request

from devstore import money
from devstore.model import Customer, Product, replace
from devstore.refusals import NotPossible
from devstore.state import State
from devstore.woocommerce import listing, things, wire
from devstore.woocommerce.listing import BY_DATE, fields, json_response
from devstore.woocommerce.rest import body_of, created, demand_force, forced
from devstore.woocommerce.wire import Json, RestError

_BY_REGISTRATION = {"name": "id", "registered_date": "created", "id": "id"}


class Products:
    """``products``. Making one is not practised here."""

    path = "products"

    def __init__(self, state: State) -> None:
        self._shop, self._origin = state.shops["woocommerce"], state.origins["woocommerce"]

    def list(self) -> Response:
        asked = listing.query(request, self._shop.settings, BY_DATE)
        found, total = self._shop.shelf.find(Product, asked)
        return listing.answered(request, found, total, self._shown, self._origin)

    def add(self) -> Response:
        raise RestError(403, "woocommerce_rest_cannot_create", "This catalogue is complete.")

    def one(self, key: int) -> Response:
        return json_response(fields(request, self._shown(self._known(key))))

    def change(self, key: int) -> Response:
        found, told = self._known(key), body_of()
        if "regular_price" in told:
            price = money.read(told["regular_price"], self._shop.settings.currency)
            found = replace(found, price_minor=price)
        if "stock_status" in told:
            found = replace(found, in_stock=told["stock_status"] == "instock")
        if "status" in told:
            found = replace(found, published=told["status"] == "publish")
        if "name" in told:
            found = replace(found, titles={**found.titles, "en": str(told["name"])})
        return json_response(self._shown(self._shop.change_product(found)))

    def delete(self, key: int) -> Response:
        told = self._shown(self._known(key))
        if forced():  # for good, and so without a word to anybody
            self._shop.shelf.drop(Product, key)
        else:
            self._shop.delete_product(key)
        return json_response(told)

    def variations(self, key: int) -> Response:
        self._known(key)
        nothing: Sequence[Product] = []
        return listing.answered(request, nothing, 0, self._shown, self._origin)

    def _shown(self, found: Product) -> Json:
        return things.product(found, self._shop.settings, self._origin)

    def _known(self, key: int) -> Product:
        found = self._shop.shelf.get(Product, key)
        if found is None:
            raise wire.not_found("product")
        return found


class Customers:
    """``customers``."""

    path = "customers"

    def __init__(self, state: State) -> None:
        self._shop, self._origin = state.shops["woocommerce"], state.origins["woocommerce"]

    def list(self) -> Response:
        """Customers by role only, unless all are asked for. ``modified_after`` is ignored."""
        asked = listing.query(request, self._shop.settings, _BY_REGISTRATION)
        mine = dataclasses.replace(
            asked, modified_after=None, modified_before=None, offset=0, limit=-1
        )
        role = request.args.get("role", "customer")
        everybody, _ = self._shop.shelf.find(Customer, mine)
        found = [one for one in everybody if role in {"all", one.role}]
        some = found[asked.offset : asked.offset + asked.limit]
        return listing.answered(request, some, len(found), self._shown, self._origin)

    def add(self) -> Response:
        told = body_of()
        if not told.get("email"):
            raise RestError(400, "rest_missing_callback_param", "Missing parameter(s): email")
        names = [str(told.get(name, "")) for name in ("first_name", "last_name")]
        try:
            made = self._shop.add_customer(str(told["email"]), *names)
        except NotPossible as problem:
            raise RestError(400, "registration-error-email-exists", str(problem)) from None
        return created(self._shown(made), self.path, self._origin)

    def one(self, key: int) -> Response:
        return json_response(fields(request, self._shown(self._known(key))))

    def change(self, key: int) -> Response:
        found, told = self._known(key), body_of()
        changed = replace(
            found,
            email=str(told.get("email", found.email)).lower(),
            first_name=str(told.get("first_name", found.first_name)),
            last_name=str(told.get("last_name", found.last_name)),
        )
        return json_response(self._shown(self._shop.change_customer(changed)))

    def delete(self, key: int) -> Response:
        told = self._shown(self._known(key))
        demand_force("Customers do not support trashing.")
        self._shop.delete_customer(key)
        return json_response(told)

    def _shown(self, found: Customer) -> Json:
        return things.customer(found, self._shop.settings, self._origin)

    def _known(self, key: int) -> Customer:
        found = self._shop.shelf.get(Customer, key)
        if found is None:
            raise wire.not_found("customer")
        return found
