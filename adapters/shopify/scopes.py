"""What we ask a merchant for, and whether a grant covers it.

Of ``ShopifyAPI`` only this algebra is used: its session, and the secret in it, are one per
process, and ours is for many shops.
"""

from __future__ import annotations

from collections.abc import Iterable

from shopify.api_access import ApiAccess

from connector.core.commerce import Credentials
from connector.core.errors import BadInput

# Each with what would not work without it; shopify.app.toml asks for exactly these.
SCOPES = {
    "read_customer_merge": "hear that two customers became one (topic customers/merge)",
    "read_customers": "know members by their platform account",
    "read_orders": "award and take back points, log donations",
    "read_products": "show badges and recommendations",
    "read_store_credit_accounts": "see whether a credit of unknown outcome has arrived",
    "write_app_proxy": "answer the storefront for signed-in shoppers",
    "write_customers": "tell themes and Flow of members, tag them, make tiers' segments",
    "write_discounts": "make, look up and end reward codes and the standing discounts of tiers",
    "write_store_credit_account_transactions": "pay rewards out as store credit",
}


def missing_scopes(held: Iterable[str]) -> list[str]:
    """Scopes we need that ``held`` does not cover; a write scope covers its read scope."""
    # Other scopes (customer_read_orders) have a form the algebra does not know, and no part in it.
    access = ApiAccess([scope for scope in held if scope.startswith(("read_", "write_"))])
    return [scope for scope in SCOPES if not access.covers(ApiAccess([scope]))]


def granted(credentials: Credentials) -> Credentials:
    """The credentials, if they carry every scope we need; BadInput ``scope_too_small`` if not."""
    missing = missing_scopes(credentials.scopes)
    if missing:
        raise BadInput("scope_too_small", f"not granted: {', '.join(missing)}", status=400)
    return credentials
