"""WooCommerce: key grant, signed webhooks, REST v3.

Reads deliveries into snapshots and calls stores; knows the core and nothing else of the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.woocommerce import install, pairing
from adapters.woocommerce.client import Shop
from adapters.woocommerce.normalise import CURRENCY_HEADER, normalise
from adapters.woocommerce.pairing import Offer, Versions
from adapters.woocommerce.verify import PING, read_delivery, sign
from connector.core.commerce import (
    Credentials,
    Delivery,
    InstallRequest,
    NeedsFetch,
    Snapshot,
)
from connector.core.http import Http

__all__ = ["CURRENCY_HEADER", "PING", "WooCommerce", "sign"]


class WooCommerce:
    """Implements Platform."""

    name = "woocommerce"
    tells_all = True
    signs_shop = True  # each store signs with a secret of its own
    has_credit = False  # codes that hold a balance stand for it
    has_standing = False
    tells_consent = False

    def __init__(self, http: Http) -> None:
        self._http = http
        self._modes: dict[str, str] = {}  # how each store wants to be authenticated

    def find_shop(self, text: str) -> str:
        """The shop key of the store at an address a merchant typed; see install.find_store."""
        return install.find_store(text, self._http)

    def install_url(self, request: InstallRequest) -> str:
        return install.install_url(request, self._http)

    def finish_install(self, params: Mapping[str, object], shop_key: str) -> Credentials:
        return install.finish_install(params, shop_key, self._http)

    def offer(self, shop_key: str, wanted: Offer) -> Versions:
        """Hand the store's plugin its secrets; see pairing.offer."""
        return pairing.offer(self._http, shop_key, wanted)

    def tell(
        self, shop_key: str, what: str, secret: bytes, message: object, now: datetime
    ) -> None:
        """One signed call to the store's plugin; see pairing.tell."""
        pairing.tell(self._http, shop_key, what, secret, message, now)

    def refresh(self, credentials: Credentials) -> Credentials:
        """Keys do not expire."""
        return credentials

    def read_delivery(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]
    ) -> Delivery:
        return read_delivery(headers, body, secrets)

    def normalise(self, delivery: Delivery) -> Sequence[Snapshot | NeedsFetch]:
        return normalise(delivery)

    def client(self, credentials: Credentials) -> Shop:
        return Shop(self._http, credentials, self._modes)
