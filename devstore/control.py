"""The hand behind the curtain: what a merchant, a network or a clock would do, as requests.

Answers on loopback only. Bodies and answers are JSON; refusals are 422 with a sentence.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, jsonify, request

from devstore import faults, money
from devstore.face import Face
from devstore.model import Customer, Order, Product, Settings, Status, replace
from devstore.refusals import NotPossible
from devstore.shop import Shop, changed_tags


class Pairing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the plugin gets when the service pairs it: the widget secret and where to point."""

    secret: str
    public_id: str
    service: str


def pairing(shop: Shop) -> Pairing | None:
    """None until the service has paired this shop."""
    return shop.shelf.take("plugin", "pairing", Pairing)


def control(shop: Shop, face: Face) -> Blueprint:
    """Routes under ``/_devstore`` for one shop."""
    bp = Blueprint("control", __name__, url_prefix="/_devstore")
    _orders(bp, shop)
    _switches(bp, shop)
    _things(bp, shop)

    @bp.post("/tick")
    def tick() -> Response:
        """Deliver all that waits, now."""
        return jsonify(sent=face.tick(everything=True))

    @bp.before_request
    def only_loopback() -> None:
        host = request.host.rsplit(":", 1)[0].strip("[]")
        if not (_is_loopback(request.remote_addr or "") and _is_loopback(host)):
            abort(403)

    @bp.errorhandler(NotPossible)
    @bp.errorhandler(LookupError)
    @bp.errorhandler(ValueError)
    def refused(problem: Exception) -> tuple[Response, int]:
        return jsonify(code="not_possible", message=str(problem)), 422

    return bp


def _orders(bp: Blueprint, shop: Shop) -> None:
    @bp.get("/orders/<int:order_id>")
    def show(order_id: int) -> Response:
        return _json(shop.order(order_id))

    @bp.post("/orders/<int:order_id>/status")
    def status(order_id: int) -> Response:
        """{"status": "completed"}."""
        return _json(shop.set_status(order_id, Status(_body()["status"])))

    @bp.post("/orders/<int:order_id>/cancel")
    def cancel(order_id: int) -> Response:
        return _json(shop.cancel(order_id))

    @bp.put("/orders/<int:order_id>/tags")
    def tag(order_id: int) -> Response:
        """{"tags": ["wholesale"]}: these and no others."""
        tags = [str(tag) for tag in _body()["tags"]]
        return _json(shop.tag_order(order_id, tags, set(shop.order(order_id).tags) - set(tags)))

    @bp.post("/orders/<int:order_id>/refund")
    def refund(order_id: int) -> Response:
        """{"lines": {"<sku, line id or donation>": quantity}} or {"amount": "2.50"}, or both."""
        order, body = shop.order(order_id), _body()
        names = {line.sku: line.id for line in order.lines}
        if order.donation:
            names["donation"] = order.donation.line_id
        lines = {names.get(name) or int(name): n for name, n in body.get("lines", {}).items()}
        given = order.donation.line_id if order.donation else None
        amount = body.get("amount")
        done = shop.refund(
            order_id,
            {line: 0 if line == given else quantity for line, quantity in lines.items()},
            amount_minor=None if amount is None else money.read(amount, order.currency),
            shipping_minor=order.shipping_minor if body.get("shipping") else 0,
            reason=body.get("reason", ""),
        )
        return _json(done)

    @bp.post("/orders/<int:order_id>/restore")
    def restore(order_id: int) -> Response:
        """Out of the trash."""
        return _json(shop.restore(order_id))

    @bp.delete("/orders/<int:order_id>")
    def delete(order_id: int) -> Response:
        """Into the trash; gone for good with ?force=1."""
        if request.args.get("force"):
            shop.erase(order_id)
        else:
            shop.trash(order_id)
        return jsonify(deleted=order_id)


def _switches(bp: Blueprint, shop: Shop) -> None:
    @bp.route("/faults", methods=["GET", "PUT"])
    def switches() -> Response:
        if request.method == "PUT":
            faults.switch(shop, msgspec.convert(_body(), faults.Faults))
        return _json(faults.current(shop))

    @bp.route("/pairing", methods=["GET", "PUT"])
    def pair() -> Response:
        if request.method == "PUT":
            shop.shelf.put("plugin", "pairing", msgspec.convert(_body(), Pairing))
        return _json(pairing(shop))

    @bp.route("/settings", methods=["GET", "PUT"])
    def settings() -> Response:
        if request.method == "PUT":
            told = {**msgspec.to_builtins(shop.settings), **_body()}
            shop.shelf.put("shop", "settings", msgspec.convert(told, Settings))
        return _json(shop.settings)

    @bp.get("/truth")
    def truth() -> Response:
        return _json(shop.shelf.take("shop", "truth", dict))


def _things(bp: Blueprint, shop: Shop) -> None:
    @bp.patch("/products/<int:product_id>")
    def change_product(product_id: int) -> Response:
        """{"in_stock": false, "price_minor": 1900, "published": true}."""
        product = shop.shelf.get(Product, product_id)
        if product is None:
            raise LookupError(f"no product {product_id}")
        changed = {**msgspec.to_builtins(product), **_body()}
        return _json(shop.change_product(msgspec.convert(changed, Product)))

    @bp.delete("/customers/<int:customer_id>")
    def delete_customer(customer_id: int) -> Response:
        shop.delete_customer(customer_id)
        return jsonify(deleted=customer_id)

    @bp.patch("/customers/<int:customer_id>")
    def change_customer(customer_id: int) -> Response:
        """{"email": "new@x.example", "tags": ["vip"], "role": "wholesale", "newsletter": true}."""
        customer = shop.shelf.get(Customer, customer_id)
        if customer is None:
            raise LookupError(f"no customer {customer_id}")
        body = _body()
        newsletter = body.get("newsletter", customer.newsletter)
        return _json(
            shop.change_customer(
                replace(
                    customer,
                    newsletter=None if newsletter is None else bool(newsletter),
                    email=str(body.get("email", customer.email)).strip().lower(),
                    tags=changed_tags(body.get("tags", customer.tags), (), ()),
                    role=str(body.get("role", customer.role)),
                )
            )
        )


def _body() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise NotPossible("The body must be a JSON object.")
    return body


def _json(value: object) -> Response:
    if isinstance(value, Order):
        told = msgspec.to_builtins(value)
        value = {**told, "total_minor": value.total_minor, "refunded_minor": value.refunded_minor}
    return Response(msgspec.json.encode(value), mimetype="application/json")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
