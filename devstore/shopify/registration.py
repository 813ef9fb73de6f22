"""What the platform knows of the app: what its developer entered and what its TOML declares."""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path

NAME = "Perennial"
HANDLE = "perennial"
API_VERSION = "2026-10"
TOML = Path(__file__).parents[2] / "adapters" / "shopify" / "shopify.app.toml"

DEFAULT_SCOPES = (
    "read_customer_merge,read_customers,read_orders,read_products,read_store_credit_accounts,"
    "write_app_proxy,write_customers,write_discounts,write_store_credit_account_transactions"
)
COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
TOPICS = (
    "app/scopes_update",
    "app/uninstalled",
    "bulk_operations/finish",
    "customer.tags_added",
    "customer.tags_removed",
    "customers/create",
    "customers/delete",
    "customers/merge",
    "customers/update",
    "customers_email_marketing_consent/update",
    "orders/cancelled",
    "orders/create",
    "orders/delete",
    "orders/edited",
    "orders/paid",
    "orders/updated",
    "products/create",
    "products/delete",
    "products/update",
    "refunds/create",
    *COMPLIANCE_TOPICS,
)


@dataclass(frozen=True, slots=True)
class Registration:
    """One app. ``service`` is where it runs: webhooks, proxy and pages go there and nowhere else.

    scopes: comma separated, granted on install; the merchant here agrees to the optional ones at
    once. topics: what it declared to be told.
    """

    client_id: str
    client_secret: str
    service: str
    scopes: str = DEFAULT_SCOPES
    optional_scopes: tuple[str, ...] = ("read_all_orders",)
    topics: frozenset[str] = frozenset(TOPICS)

    @property
    def app_url(self) -> str:
        return f"{self.service}/app/shopify"

    @property
    def webhook_url(self) -> str:
        return f"{self.service}/hooks/shopify"

    @property
    def proxy_url(self) -> str:
        return f"{self.service}/storefront/shopify"

    def granted(self, asked: str) -> str:
        """What the merchant grants when ``asked`` for scopes (none named: the declared ones)."""
        named = (asked or self.scopes).split(",")
        return ",".join(dict.fromkeys([*(name.strip() for name in named), *self.optional_scopes]))

    def may_return_to(self, redirect_uri: str) -> bool:
        """Whether a code may be sent there: only to the app itself."""
        return redirect_uri.startswith(f"{self.service}/")


def from_environment(service: str, toml: Path = TOML) -> Registration:
    """The app of ``SHOPIFY_CLIENT_ID`` and ``SHOPIFY_CLIENT_SECRET``, with what its TOML declares.

    Without a secret the shop makes one up: everything works but talking to a service.
    """
    declared = tomllib.loads(toml.read_text("utf-8")) if toml.exists() else {}
    access = declared.get("access_scopes", {})
    subscriptions = declared.get("webhooks", {}).get("subscriptions", [])
    topics = {
        topic
        for entry in subscriptions
        for topic in (*entry.get("topics", ()), *entry.get("compliance_topics", ()))
    }
    return Registration(
        client_id=os.environ.get("SHOPIFY_CLIENT_ID", "practice-shop"),
        client_secret=os.environ.get("SHOPIFY_CLIENT_SECRET") or secrets.token_hex(16),
        service=service,
        scopes=access.get("scopes", DEFAULT_SCOPES),
        optional_scopes=tuple(access.get("optional_scopes", ("read_all_orders",))),
        topics=frozenset(topics or TOPICS),
    )
