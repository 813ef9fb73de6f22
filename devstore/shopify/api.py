"""The Admin API's addresses: token endpoint, GraphQL, and the files bulk operations leave."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request, send_file
from msgspec import Struct

from devstore.model import replace
from devstore.shop import Shop
from devstore.shopify.bulk import BulkDesk
from devstore.shopify.graph import engine
from devstore.shopify.graph.cost import Bucket
from devstore.shopify.graph.paging import Node
from devstore.shopify.graph.roots import Roots, number
from devstore.shopify.install import Door
from devstore.shopify.registration import API_VERSION

PREFIXES = ("/admin/api/", "/admin/oauth/access_token", "/bulk/")
_BUCKET = "shopify switches"
_BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105  # a sentence
_OLD_TOKEN = (
    "Non-expiring access tokens are no longer accepted for the Admin API."  # noqa: S105  # a sentence
    " Start using expiring offline tokens."
)


class Switches(Struct, frozen=True, forbid_unknown_fields=True):
    """What the API does to an app now. All off by default.

    throttle_next: so many calls are throttled whatever the bucket holds. withhold_personal: the
    app is not approved for protected customer data.
    """

    throttle_next: int = 0
    withhold_personal: bool = False


def switches(shop: Shop) -> Switches:
    """As they are set now."""
    return shop.shelf.take(_BUCKET, "now", Switches) or Switches()


def switch(shop: Shop, new: Switches) -> None:
    """Set all of them."""
    shop.shelf.put(_BUCKET, "now", new)


def api(shop: Shop, origin: str, domain: str, door: Door, desk: BulkDesk) -> Blueprint:
    """Routes an app calls with its token or its secret."""
    bp = Blueprint("shopify api", __name__)
    bucket = Bucket()

    @bp.post("/admin/oauth/access_token")
    def token() -> tuple[Response, int]:
        asked = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        body, status = door.token(asked if isinstance(asked, dict) else {})
        return jsonify(body), status

    @bp.post("/admin/api/<version>/graphql.json")
    def graphql(version: str) -> Response | tuple[Response, int]:
        del version  # whatever is asked for, one version answers and says so
        pair = door.tokens.find(request.headers.get("X-Shopify-Access-Token", ""), shop.now())
        if pair is None:
            return jsonify(errors=_BAD_TOKEN), 401
        if pair.expires_at is None:
            return jsonify(errors=_OLD_TOKEN), 403
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
            return jsonify(errors={"query": "Required parameter missing or invalid"}), 400
        roots = Roots(shop, origin, domain, door.scopes_of(pair))
        response = jsonify(_answer(shop, _root(roots, desk), bucket, asked))
        response.headers["X-Shopify-API-Version"] = API_VERSION
        return response

    @bp.get("/bulk/<name>")
    def bulk_file(name: str) -> Response:
        path = desk.path(name)
        return send_file(path, "application/jsonl") if path else abort(404)

    return bp


def _answer(
    shop: Shop, root: dict[str, object], bucket: Bucket, asked: dict[str, Any]
) -> engine.Answer:
    with shop.shelf.change():
        now = switches(shop)
        if now.throttle_next:
            switch(shop, replace(now, throttle_next=now.throttle_next - 1))
    ask = engine.Ask(
        query=asked["query"],
        variables=asked.get("variables") or {},
        operation_name=asked.get("operationName"),
        throttled=now.throttle_next > 0,
        withhold_personal=now.withhold_personal,
    )
    return engine.answer(ask, root, bucket)


def _root(roots: Roots, desk: BulkDesk) -> dict[str, object]:
    def operation(id: str) -> Node | None:  # noqa: A002  # the argument's name on the wire
        return desk.find(number(id, "BulkOperation"))

    def start(query: str, **_grouping: object) -> Node:
        return desk.start(query, roots)

    return {**roots.fields(), "bulkOperation": operation, "bulkOperationRunQuery": start}
