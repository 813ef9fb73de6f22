"""Orders, refunds, customers and products as GraphQL tells them: one dict an object.

A value that is a function is a field with arguments. Every field somebody may ask for is here by
name; asking for another one is an error, never a silent null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphql import GraphQLError

from devstore.credit import Account, Entry, Wallet
from devstore.model import Customer, Order, Product, Refund, Status
from devstore.money import DECIMALS
from devstore.shelf import Shelf
from devstore.shopify import reading
from devstore.shopify.catalogue import image_url
from devstore.shopify.graph.paging import Node, listed
from devstore.shopify.graph.pieces import (
    address_of,
    allocations,
    application,
    bag,
    collection,
    money,
    movement,
    utc,
)
from devstore.shopify.graph.search import Term, parse
from devstore.shopify.payloads import buyer_locale, gid, marketing_state
from devstore.shopify.reading import DONATION_PRODUCT, Line, Transaction


@dataclass(frozen=True, slots=True)
class Nodes:
    """Tells things of one shop; ``origin`` is where its pages are."""

    shelf: Shelf
    origin: str
    currency: str
    wallet: Wallet

    def order(self, of: Order) -> Node:
        refunds = [self.refund(one, of) for one in of.refunds]
        owner = of.buyer.customer_id
        account = self.shelf.get(Customer, owner) if owner is not None else None
        is_cancelled = of.status is Status.CANCELLED
        return {
            "__typename": "Order",
            "id": gid("Order", of.id),
            "legacyResourceId": str(of.id),
            "name": f"#{of.number}",
            "number": of.number,
            "test": False,
            "confirmed": True,
            "createdAt": utc(of.placed_at),
            "processedAt": utc(of.placed_at),
            "updatedAt": utc(of.modified_at),
            "closedAt": utc(of.completed_at) if reading.is_paid(of) else None,
            "cancelledAt": utc(of.cancelled_at) if is_cancelled else None,
            "cancelReason": "CUSTOMER" if is_cancelled else None,
            "displayFinancialStatus": reading.financial_status(of).upper(),
            "displayFulfillmentStatus": "FULFILLED" if of.completed_at else "UNFULFILLED",
            "sourceName": reading.source_name(of),
            "tags": list(of.tags),
            "note": None,
            "currencyCode": of.currency,
            "presentmentCurrencyCode": of.currency,
            "taxesIncluded": False,
            "customerLocale": buyer_locale(of.buyer),
            "email": of.buyer.email,
            "phone": None,
            "billingAddress": address_of(of.buyer.first_name, of.buyer.last_name),
            "shippingAddress": address_of(of.buyer.first_name, of.buyer.last_name),
            "customer": self.customer(account) if account else None,
            "purchasingEntity": self.customer(account) if account else None,
            "customAttributes": [{"key": key, "value": value} for key, value in of.attributes],
            "discountCodes": [one.code for one in of.taken if one.code is not None],
            "discountApplications": listed(
                list(enumerate(of.taken)), lambda told: application(*told, of.currency)
            ),
            "transactions": _first([_transaction(one, of) for one in reading.transactions(of)]),
            "fulfillments": _first(_fulfillments(of)),
            "lineItems": listed(reading.lines(of), lambda line: _line(line, of)),
            "shippingLines": listed([of], _shipping_line),
            "refunds": _first(refunds),
            **_order_amounts(of),
        }

    def refund(self, one: Refund, of: Order) -> Node:
        pieces = reading.returned(of)[one.id]
        difference = -reading.discrepancy_minor(of, one)
        return {
            "__typename": "Refund",
            "id": gid("Refund", one.id),
            "legacyResourceId": str(one.id),
            "createdAt": utc(one.refunded_at),
            "processedAt": utc(one.refunded_at),
            "updatedAt": utc(one.refunded_at),
            "note": one.reason or None,
            "order": lambda: self.order(of),
            "totalRefundedSet": bag(one.amount_minor, of.currency),
            "duties": [],
            "transactions": listed(
                reading.refund_transactions(of, one), lambda found: _transaction(found, of)
            ),
            "refundLineItems": listed(
                pieces,
                lambda piece: {
                    "id": gid("RefundLineItem", piece.id),
                    "quantity": piece.quantity,
                    "restockType": "NO_RESTOCK",
                    "subtotalSet": bag(piece.subtotal_minor, of.currency),
                    "totalTaxSet": bag(0, of.currency),
                    "lineItem": _line(piece.line, of),
                },
            ),
            "refundShippingLines": listed(
                [one] if one.shipping_minor else [],
                lambda found: {
                    "id": gid("RefundShippingLine", found.id + 7_000_000_000_000),
                    "shippingLine": _shipping_line(of),
                    "subtotalAmountSet": bag(found.shipping_minor, of.currency),
                    "taxAmountSet": bag(0, of.currency),
                },
            ),
            "orderAdjustments": listed(
                [difference] if difference else [],
                lambda minor: {
                    "id": gid("OrderAdjustment", one.id + 8_000_000_000_000),
                    "reason": "REFUND_DISCREPANCY",
                    "amountSet": bag(minor, of.currency),
                    "taxAmountSet": bag(0, of.currency),
                },
            ),
        }

    def customer(self, of: Customer) -> Node:
        return {
            "__typename": "Customer",
            "id": gid("Customer", of.id),
            "legacyResourceId": str(of.id),
            "firstName": of.first_name,
            "lastName": of.last_name,
            "displayName": f"{of.first_name} {of.last_name}".strip(),
            "email": of.email,
            "phone": None,
            "locale": of.locale,
            "state": "ENABLED",
            "tags": list(of.tags),
            "verifiedEmail": True,
            "defaultPhoneNumber": None,
            "defaultAddress": address_of(of.first_name, of.last_name),
            "storeCreditAccounts": self._accounts(of),
            "createdAt": utc(of.created_at),
            "updatedAt": utc(of.modified_at),
            "defaultEmailAddress": {
                "emailAddress": of.email,
                "marketingState": marketing_state(of).upper(),
            },
        }

    def _accounts(self, of: Customer) -> Callable[..., Node]:
        def found(query: str | None = None, **page: int | str | None) -> Node:
            wanted = {term.field: term.value.upper() for term in parse(query)}
            code = wanted.pop("currency_code", None)
            if wanted:
                raise GraphQLError(f"The practice shop cannot search accounts by {wanted}.")
            mine = (self.wallet.account(of.id, one) for one in DECIMALS if code in {None, one})
            return listed([one for one in mine if one], self._account)(**page)

        return found

    def _account(self, of: Account) -> Node:
        def movements(
            query: str | None = None,
            reverse: bool = False,  # noqa: FBT001, FBT002  # the argument's name on the wire
            **page: int | str | None,
        ) -> Node:
            entries = [one for one in of.entries if _is_wanted(one, parse(query))]
            told = entries[::-1] if reverse else entries
            return listed(told, lambda one: movement(one, of))(**page)

        balance = self.wallet.balance_minor(of.customer_id, of.currency)
        return {
            "__typename": "StoreCreditAccount",
            "id": gid("StoreCreditAccount", of.id),
            "balance": money(balance, of.currency),
            "transactions": movements,
        }

    def product(self, of: Product) -> Node:
        is_gift = of.id == DONATION_PRODUCT.id
        is_listed = of.published and not is_gift  # a gift is bought from its block alone
        price = money(of.price_minor, self.currency)
        return {
            "__typename": "Product",
            "id": gid("Product", of.id),
            "legacyResourceId": str(of.id),
            "title": of.titles["en"],
            "translations": _translations(of),
            "handle": of.slug,
            "isGiftCard": False,
            "status": "ACTIVE" if of.published else "DRAFT",
            "productType": of.category,
            "tags": ["donation"] if is_gift else [of.category, *of.tags],
            "vendor": "Acme Ceramics",
            "createdAt": utc(of.created_at),
            "updatedAt": utc(of.modified_at),
            "publishedAt": utc(of.created_at) if is_listed else None,
            "onlineStoreUrl": f"{self.origin}/products/{of.slug}" if is_listed else None,
            "tracksInventory": not is_gift,
            "totalInventory": 75 if of.in_stock and not is_gift else 0,
            "hasOutOfStockVariants": not of.in_stock,
            "featuredMedia": None if is_gift else self._picture(of),
            "priceRangeV2": {"minVariantPrice": price, "maxVariantPrice": price},
            "collections": listed([] if is_gift else of.collections, collection),
            "variants": listed([of], self._variant),
        }

    def _picture(self, of: Product) -> Node:
        image = {"url": image_url(of, self.origin), "altText": of.titles["en"]}
        return {
            "__typename": "MediaImage",
            "id": gid("MediaImage", of.id),
            "preview": {"image": image},
            "image": image,
        }

    def _variant(self, of: Product) -> Node:
        return {
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", reading.variant_id(of.id)),
            "title": "Default Title",
            "sku": of.sku,
            "price": money(of.price_minor, self.currency)["amount"],
            "availableForSale": of.in_stock,
        }


def _translations(of: Product) -> object:
    """A resolver for the titles told in one language; the shop's own, English, has none."""
    titles = {"ar": of.titles["ar"], "zh-TW": of.titles["zh-Hant"]}
    return lambda locale: (
        [{"__typename": "Translation", "key": "title", "locale": locale, "value": titles[locale]}]
        if locale in titles
        else []
    )


def _first(found: list[Node]) -> object:
    """A resolver for a plain list that may be cut with ``first``."""
    return lambda first=None, **_rest: found if first is None else found[:first]


def _order_amounts(of: Order) -> Node:
    discounts = of.discount_minor
    amounts = {
        "totalPriceSet": of.total_minor,
        "subtotalPriceSet": reading.subtotal_minor(of),
        "totalTaxSet": 0,
        "totalDiscountsSet": discounts,
        "totalShippingPriceSet": of.full_shipping_minor,
        "currentShippingPriceSet": reading.current_shipping_minor(of),
        "totalTipReceivedSet": 0,
        "totalRefundedSet": of.refunded_minor,
        "totalOutstandingSet": 0 if reading.is_paid(of) else of.total_minor,
        "currentSubtotalPriceSet": reading.current_subtotal_minor(of),
        "currentTotalPriceSet": reading.current_total_minor(of),
        "currentTotalTaxSet": 0,
        "currentTotalDiscountsSet": discounts,
        "netPaymentSet": reading.current_total_minor(of) if reading.is_paid(of) else 0,
    }
    return {name: bag(minor, of.currency) for name, minor in amounts.items()}


def _line(line: Line, of: Order) -> Node:
    is_goods = line.cause is None
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line.id),
        "title": line.title,
        "name": line.title,
        "sku": line.sku,
        "vendor": "Acme Ceramics",
        "quantity": line.quantity,
        "currentQuantity": reading.current_quantity(of, line),
        "refundableQuantity": reading.current_quantity(of, line),
        "isGiftCard": False,
        "requiresShipping": is_goods,
        "taxable": is_goods,
        "customAttributes": [{"key": key, "value": value} for key, value in line.properties],
        "product": {
            "__typename": "Product",
            "id": gid("Product", line.product_id),
            "tags": [] if is_goods else ["donation"],
            "productType": "" if is_goods else DONATION_PRODUCT.category,
        },
        "variant": {"id": gid("ProductVariant", reading.variant_id(line.product_id))},
        "originalUnitPriceSet": bag(line.unit_minor, of.currency),
        "originalTotalSet": bag(line.unit_minor * line.quantity, of.currency),
        "discountedTotalSet": bag(line.total_minor, of.currency),
        "totalDiscountSet": bag(0, of.currency),
        "discountAllocations": allocations(line.allocations, of),
        "taxLines": _first([]),
    }


def _shipping_line(of: Order) -> Node:
    return {
        "__typename": "ShippingLine",
        "id": gid("ShippingLine", of.shipping_line_id),
        "title": "Standard",
        "originalPriceSet": bag(of.full_shipping_minor, of.currency),
        "discountedPriceSet": bag(of.shipping_minor, of.currency),
        "discountAllocations": allocations(reading.shipping_allocations(of), of),
        "taxLines": [],
    }


def _transaction(found: Transaction, of: Order) -> Node:
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", found.id),
        "kind": found.kind.upper(),
        "status": found.status.upper(),
        "gateway": found.gateway,
        "test": False,
        "createdAt": utc(found.at),
        "processedAt": utc(found.at),
        "amountSet": bag(found.amount_minor, of.currency),
    }


def _fulfillments(of: Order) -> list[Node]:
    if of.completed_at is None:
        return []
    number = of.id + 4_000_000_000_000
    return [
        {
            "__typename": "Fulfillment",
            "id": gid("Fulfillment", number),
            "status": "SUCCESS",
            "createdAt": utc(of.completed_at),
            "updatedAt": utc(of.completed_at),
        }
    ]


def _is_wanted(one: Entry, terms: Sequence[Term]) -> bool:
    told = {"type": "credit" if one.amount_minor > 0 else "debit", "id": str(one.id)}
    for term in terms:
        if term.field not in told:
            raise GraphQLError(f"The practice shop cannot search credit by {term.field!r}.")
    return all(told[term.field] == term.value.lower() for term in terms)
