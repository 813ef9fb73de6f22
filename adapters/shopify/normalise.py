"""From kept bytes to snapshots: one table says what each topic tells, or why it tells nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from adapters.shopify import accounts, answers, catalogue, notices, webhooks
from adapters.shopify.fields import gid_key, key_of
from adapters.shopify.purchase import order_of
from adapters.shopify.scopes import missing_scopes
from adapters.shopify.verify import shop_domain
from connector.core.commerce import (
    ConnectionLost,
    Customer,
    CustomerMerge,
    Delivery,
    NeedsFetch,
    Order,
    OrderState,
    PrivacyRequest,
    Product,
    Snapshot,
    Uninstalled,
)
from connector.core.errors import BadInput, UnreadablePayload

T = TypeVar("T")
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
Told = Sequence[Snapshot | NeedsFetch]
Reader = Callable[[Delivery], Told]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A topic we know and read nothing from."""

    why: str


def normalise(delivery: Delivery) -> Told:
    """What a delivery tells; [] for an ignored or unknown topic.

    Raises UnreadablePayload for what cannot be read; its message names the topic and the field,
    never a value.
    """
    topic = TOPICS.get(delivery.topic)
    if topic is None or isinstance(topic, Ignored):
        return []
    try:
        return topic(delivery)
    except UnreadablePayload as problem:
        raise UnreadablePayload(problem.code, f"{delivery.topic}: {problem.message}") from None
    except BadInput as problem:
        raise UnreadablePayload(problem.code, f"{delivery.topic}: an amount") from None
    except (msgspec.DecodeError, RecursionError, OverflowError, UnicodeDecodeError) as problem:
        raise UnreadablePayload("unreadable_payload", f"{delivery.topic}: {problem}") from None


def _read(delivery: Delivery, kind: type[T]) -> T:
    body = delivery.body
    if rb"\u0000" in body:
        # PostgreSQL has no NUL in text; an order is not lost over one in a product's title.
        body = _NUL.sub(rb"\1", body)
    return msgspec.json.decode(body, type=kind)


def _order(delivery: Delivery) -> Told:
    return [order_of(webhooks.purchase(_read(delivery, webhooks.OrderPayload)))]


def _order_deleted(delivery: Delivery) -> Told:
    key = _read(delivery, accounts.Identified).key
    at = _triggered_at(delivery)
    return [Order(key, OrderState.DELETED, currency="", modified_at=at, partial=True)]


def _order_edited(delivery: Delivery) -> Told:
    edit = _read(delivery, notices.OrderEdited).order_edit
    return [NeedsFetch("order", key_of(edit.order_id))]


def _refund(delivery: Delivery) -> Told:
    return [NeedsFetch("order", key_of(_read(delivery, webhooks.RefundPayload).order_id))]


def _customer(delivery: Delivery) -> Told:
    return [accounts.customer(_read(delivery, accounts.CustomerPayload))]


def _customer_tagged(delivery: Delivery) -> Told:
    return [NeedsFetch("customer", gid_key(_read(delivery, notices.Tagged).customer_id))]


def _customer_consented(delivery: Delivery) -> Told:
    # Its moment may be missing or backdated: a state that comes late would undo a newer one.
    return [NeedsFetch("customer", key_of(_read(delivery, notices.Consented).customer_id))]


def _customer_deleted(delivery: Delivery) -> Told:
    return [Customer(_read(delivery, accounts.Identified).key, deleted=True)]


def _merged(delivery: Delivery) -> Told:
    told = _read(delivery, notices.Merged)
    status = told.status.lower()
    if status not in ("completed", "failed", "in_progress", "requested"):
        raise UnreadablePayload("unknown_status", f"merge status {status!r}")
    kept = gid_key(told.admin_graphql_api_customer_kept_id)
    gone = gid_key(told.admin_graphql_api_customer_deleted_id)
    return [CustomerMerge(kept, gone)] if status == "completed" else []


def _product(delivery: Delivery) -> Told:
    # The payload tells prices without their currency, and no address of the page.
    return [NeedsFetch("product", _read(delivery, accounts.Identified).key)]


def _product_deleted(delivery: Delivery) -> Told:
    return [Product(_read(delivery, accounts.Identified).key, deleted=True)]


def _uninstalled(delivery: Delivery) -> Told:
    _check_shop(delivery, _read(delivery, notices.UninstalledShop).myshopify_domain)
    return [Uninstalled(_triggered_at(delivery))]


def _scopes_updated(delivery: Delivery) -> Told:
    missing = missing_scopes(_read(delivery, notices.ScopesUpdated).current)
    return [ConnectionLost(f"scopes taken away: {', '.join(missing)}")] if missing else []


def _privacy(kind: str) -> Reader:
    def read(delivery: Delivery) -> Told:
        told = _read(delivery, notices.Privacy)
        _check_shop(delivery, told.shop_domain)
        customer, request = told.customer, told.data_request
        return [
            PrivacyRequest(
                kind=kind,
                customer_key=customer.key if customer and customer.id is not None else None,
                email=customer.email if customer else None,
                reference=key_of(request.id) if request and request.id else "",
            )
        ]

    return read


def _fetched_order(delivery: Delivery) -> Told:
    answer = _read(delivery, answers.OrderAnswer)
    told, account = answers.purchase(answer), answers.buyers_account(answer)
    order = order_of(told)
    found: list[Snapshot | NeedsFetch] = [order, account] if account else [order]
    known = all(one.pieces is not None for one in told.returns)
    return found if known else [*found, NeedsFetch("order", order.key)]


def _fetched_customer(delivery: Delivery) -> Told:
    return [answers.customer(_read(delivery, answers.CustomerAnswer))]


def _fetched_product(delivery: Delivery) -> Told:
    told = _read(delivery, catalogue.ProductAnswer)
    return [catalogue.product(told, _header(delivery, "x-shopify-shop-domain"))]


def _header(delivery: Delivery, name: str) -> str:
    return {key.lower(): value for key, value in delivery.headers.items()}.get(name, "")


def _triggered_at(delivery: Delivery) -> datetime:
    try:
        at = datetime.fromisoformat(_header(delivery, "x-shopify-triggered-at"))
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - naive on purpose: refused below
    if at.tzinfo is None:
        raise UnreadablePayload("unreadable_payload", "no readable X-Shopify-Triggered-At")
    return at.astimezone(UTC)


def _check_shop(delivery: Delivery, told: str | None) -> None:
    """Where the signed body names its shop, the unsigned header must agree: no way back here."""
    try:
        shop = shop_domain(told)
    except BadInput:
        return  # it does not name one
    if shop != _header(delivery, "x-shopify-shop-domain").lower():
        raise UnreadablePayload("wrong_shop", "the body names another shop than the header")


_SUMMARY = Ignored("orders tell what a customer bought, and we count them ourselves")
_DISCOUNT = Ignored("no room reads discounts; an order tells which it used")
_CART = Ignored("points and donations begin with an order")

TOPICS: Mapping[str, Reader | Ignored] = {
    "app/scopes_update": _scopes_updated,
    "app/uninstalled": _uninstalled,
    "bulk_operations/finish": Ignored("the history import asks for the operation's state itself"),
    "carts/update": _CART,
    "checkouts/create": _CART,
    "customer.tags_added": _customer_tagged,
    "customer.tags_removed": _customer_tagged,
    "customers/create": _customer,
    "customers/data_request": _privacy("data_request"),
    "customers/delete": _customer_deleted,
    "customers/merge": _merged,
    "customers/purchasing_summary": _SUMMARY,
    "customers/redact": _privacy("redact_customer"),
    "customers/update": _customer,
    "customers_email_marketing_consent/update": _customer_consented,
    "discounts/create": _DISCOUNT,
    "discounts/redeemcode_added": _DISCOUNT,
    "discounts/redeemcode_removed": _DISCOUNT,
    "order_transactions/create": Ignored("the order's own update follows with its new status"),
    "orders/cancelled": _order,
    "orders/create": _order,
    "orders/delete": _order_deleted,
    "orders/edited": _order_edited,
    "orders/paid": _order,
    "orders/updated": _order,
    "products/create": _product,
    "products/delete": _product_deleted,
    "products/update": _product,
    "refunds/create": _refund,
    "shop/redact": _privacy("redact_shop"),
    "shop/update": Ignored("what the shop is, is asked for and not told (shop_facts)"),
    # What the client asked for itself.
    "fetch/customer": _fetched_customer,
    "fetch/order": _fetched_order,
    "fetch/product": _fetched_product,
}
