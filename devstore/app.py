"""The two faces as Flask apps: the platform's wire, pages for shoppers, control endpoints."""

from __future__ import annotations

import logging
import secrets
import threading

from flask import Flask

from devstore import control, faults, storefront
from devstore.face import Face
from devstore.seed import fill
from devstore.shopify.face import ShopifyFace
from devstore.state import State
from devstore.woocommerce.face import WooFace

TICK_SECONDS = 0.5
_log = logging.getLogger("devstore")


def create_woocommerce(state: State) -> Flask:
    """Aldwater Pottery, a WooCommerce store."""
    return _create(state, WooFace(state))


def create_shopify(state: State) -> Flask:
    """Acme Ceramics, a Shopify store, answering for its myshopify domain too."""
    return _create(state, ShopifyFace(state))


def keep_ticking(app: Flask, stop: threading.Event) -> threading.Thread:
    """Deliver webhooks in the background until ``stop`` is set."""
    face: Face = app.extensions["devstore"]

    def run() -> None:
        while not stop.wait(TICK_SECONDS):
            try:
                face.tick()
            except Exception:  # noqa: BLE001  # one bad tick must not end all later ones
                _log.exception("deliveries of %s stopped for a moment", face.name)

    thread = threading.Thread(target=run, name=f"{face.name} deliveries", daemon=True)
    thread.start()
    return thread


def _create(state: State, face: Face) -> Flask:
    shop = state.shops[face.name]
    fill(shop)
    app = Flask("devstore")
    app.secret_key = _session_key(state, face.name)
    # Two ports of one host share cookies; each face needs a jar of its own.
    app.config["SESSION_COOKIE_NAME"] = f"acme_{face.name}"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.extensions["devstore"] = face
    faults.disturb_api(app, shop, face.api_prefixes)
    face.register(app)
    app.register_blueprint(control.control(shop, face))
    app.register_blueprint(storefront.pages(state, face))
    shop.listeners.append(face.heard)
    return app


def _session_key(state: State, name: str) -> str:
    shelf = state.shops[name].shelf
    key = shelf.take("shop", "session key", str)
    if key is None:
        key = secrets.token_hex(32)
        shelf.put("shop", "session key", key)
    return key
