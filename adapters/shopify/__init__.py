"""Shopify as a platform: who speaks, what they tell, and how to ask back.

``verify`` proves signatures, ``normalise`` reads kept bytes, ``install`` gets and renews tokens,
``client`` asks the Admin API. The questions are the documents under ``queries/``; what the app is
to Shopify stands in ``shopify.app.toml``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from adapters.shopify import verify
from adapters.shopify.admin_api import AdminApi
from adapters.shopify.bulk import History
from adapters.shopify.client import ShopifyClient
from adapters.shopify.install import TokenEndpoint
from adapters.shopify.normalise import normalise
from adapters.shopify.verify import Buyer, Staff, Visitor
from connector.core import clock
from connector.core.commerce import (
    Credentials,
    Delivery,
    InstallRequest,
    NeedsFetch,
    ShopClient,
    Snapshot,
)
from connector.core.errors import BadInput
from connector.core.http import Http


class Shopify:
    """One app on Shopify, for all its shops.

    client_secrets: newest first; the first signs our requests, all prove Shopify's.
    origin: where a shop is reached; only the practice shop is elsewhere.
    workdir: where files of history imports lie while they are read.
    """

    name = "shopify"
    tells_all = False  # without read_all_orders, orders of more than 60 days are not shown
    signs_shop = False  # one secret signs for all shops, and the shop's name is outside it
    has_credit = True
    has_standing = True
    tells_consent = True

    def __init__(
        self,
        client_id: str,
        client_secrets: Sequence[str],
        http: Http,
        origin: str = "https://{shop}",
        *,
        workdir: Path | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.client_id = client_id
        self.secrets = tuple(secret.encode() for secret in client_secrets)
        self._http = http
        self._origin = origin
        self._workdir = workdir or _default_workdir()
        self._now = now
        self._tokens = TokenEndpoint(http, client_id, client_secrets[0], origin)

    def install_url(self, request: InstallRequest) -> str:
        return self._tokens.authorize_url(request)

    def finish_install(self, params: Mapping[str, str], shop_key: str) -> Credentials:
        """The code grant's callback; ``params`` as ``verify.query_params`` reads them.

        The caller compares ``state``. Raises Unauthenticated ``bad_signature``, Forbidden
        ``expired``, BadInput ``invalid_shop`` or ``scope_too_small``.
        """
        now = self._now()
        verify.install_query(params, self.secrets, now)
        if verify.shop_domain(params.get("shop")) != shop_key:
            raise BadInput("invalid_shop", "the callback is for another shop", status=400)
        return self._tokens.redeem(shop_key, params.get("code", ""), now)

    def staff(self, id_token: str) -> Staff:
        """Who sits in the embedded admin. Unauthenticated, or Forbidden for a customer's token."""
        return verify.staff(id_token, self.client_id, self.secrets, self._now())

    def buyer(self, session_token: str) -> Buyer:
        """Who uses one of our UI extensions, at a checkout or in a customer account."""
        return verify.buyer(session_token, self.client_id, self.secrets, self._now())

    def visitor(self, query: str) -> Visitor:
        """Who looks at the storefront, from the app proxy's raw query string."""
        return verify.visitor(query, self.secrets, self._now())

    def exchange(self, id_token: str) -> Credentials:
        """Credentials for the shop whose staff brings this ID token (managed install)."""
        return self._tokens.exchange(self.staff(id_token).shop_key, id_token, self._now())

    def refresh(self, credentials: Credentials) -> Credentials:
        """The next pair of tokens; to be called by one at a time for each shop."""
        return self._tokens.refresh(credentials, self._now())

    def read_delivery(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]
    ) -> Delivery:
        return verify.read_delivery(headers, body, secrets)

    def normalise(self, delivery: Delivery) -> Sequence[Snapshot | NeedsFetch]:
        return normalise(delivery)

    def client(self, credentials: Credentials) -> ShopClient:
        shop_key = credentials.shop_key
        api = AdminApi(self._http, self._origin.format(shop=shop_key), credentials.access)
        history = History(api, self._http, self._workdir, shop_key)
        return ShopifyClient(shop_key, api, history, self._now)


def _default_workdir() -> Path:
    return Path(tempfile.gettempdir()) / f"perennial-{os.getuid()}"
