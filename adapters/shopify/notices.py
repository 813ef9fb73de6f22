"""Webhook payloads that tell of something and do not carry it."""

from __future__ import annotations

import msgspec

from adapters.shopify.accounts import CustomerPayload


class _Edit(msgspec.Struct):
    order_id: int | str


class OrderEdited(msgspec.Struct):
    """``orders/edited``: what an edit did, and not what the order is now."""

    order_edit: _Edit


class Tagged(msgspec.Struct, rename="camel"):
    """``customer.tags_added`` and ``customer.tags_removed``: a difference, not what there is."""

    customer_id: str


class Consented(msgspec.Struct):
    """``customers_email_marketing_consent/update``: a state nobody can place in time."""

    customer_id: int | str


class Merged(msgspec.Struct):
    """``customers/merge``, also sent when a merge failed."""

    admin_graphql_api_customer_kept_id: str
    admin_graphql_api_customer_deleted_id: str
    status: str


class ScopesUpdated(msgspec.Struct):
    """``app/scopes_update``."""

    current: list[str]


class _Requested(msgspec.Struct):
    id: int | str | None = None


class Privacy(msgspec.Struct):
    """The three compliance topics."""

    shop_domain: str | None = None
    customer: CustomerPayload | None = None
    data_request: _Requested | None = None


class UninstalledShop(msgspec.Struct):
    """``app/uninstalled`` carries the shop."""

    myshopify_domain: str | None = None
