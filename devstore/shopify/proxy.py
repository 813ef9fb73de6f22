"""The app proxy: a path of the online store that Shopify signs and forwards to the app."""

from __future__ import annotations

import requests
from flask import Blueprint, Response, abort, request, session

from devstore.shop import Shop
from devstore.shopify.install import Door
from devstore.shopify.registration import HANDLE
from devstore.shopify.signing import proxy_signature

PREFIX = f"/apps/{HANDLE}"
TIMEOUT_SECONDS = 10
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_OURS = frozenset({"shop", "path_prefix", "timestamp", "signature", "logged_in_customer_id"})
# Hop by hop, recomputed on the way, or never let through (cookies, both ways).
_STOPPED = frozenset(
    {
        "accept-encoding",  # a browser may read what we could not unpack
        "connection",
        "content-encoding",
        "content-length",
        "cookie",
        "host",
        "keep-alive",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def proxy(shop: Shop, domain: str, door: Door) -> Blueprint:
    """The route under which widgets reach the app from the shop's own address."""
    bp = Blueprint("shopify proxy", __name__)

    @bp.route(f"{PREFIX}/", defaults={"path": ""}, methods=METHODS)
    @bp.route(f"{PREFIX}/<path:path>", methods=METHODS)
    def forward(path: str) -> Response:
        if door.installed is None:
            abort(404)
        customer_id = session.get("customer_id")
        told = [(k, v) for k, v in request.args.items(multi=True) if k not in _OURS]
        told += [
            ("shop", domain),
            ("path_prefix", PREFIX),
            ("timestamp", str(int(shop.now().timestamp()))),
            ("logged_in_customer_id", str(customer_id or "")),
        ]
        told.append(("signature", proxy_signature(door.app.client_secret, told)))
        return _forwarded(f"{door.app.proxy_url}/{path}", told)

    return bp


def _forwarded(url: str, query: list[tuple[str, str]]) -> Response:
    headers = {k: v for k, v in request.headers.items() if k.lower() not in _STOPPED}
    headers["X-Forwarded-For"] = request.remote_addr or ""
    try:
        answer = requests.request(
            request.method,
            url,
            params=query,
            data=request.get_data(),
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        )
    except requests.RequestException:
        abort(502)
    kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in _STOPPED]
    return Response(answer.content, answer.status_code, kept)
