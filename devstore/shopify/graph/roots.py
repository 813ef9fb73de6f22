"""What the Admin API may be asked first: one method a root field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLError

from devstore.model import Customer, Order, Product, Status
from devstore.shelf import Query
from devstore.shop import Shop
from devstore.shopify.graph import metafields
from devstore.shopify.graph.changes import Changes
from devstore.shopify.graph.findings import Findings
from devstore.shopify.graph.nodes import Nodes
from devstore.shopify.graph.paging import Key, Node, connection, read_cursor
from devstore.shopify.graph.search import Term, parse, span
from devstore.shopify.payloads import SHOP_ID, gid
from devstore.shopify.reading import DONATION_PRODUCT

RECENT = timedelta(days=60)  # all that read_orders alone may see
SCOPES = {
    "order": "read_orders",
    "orders": "read_orders",
    "refund": "read_orders",
    "customer": "read_customers",
    "product": "read_products",
    "products": "read_products",
    "collections": "read_products",
    "codeDiscountNodeByCode": "read_discounts",
    "automaticDiscountNodes": "read_discounts",
    "discountNodes": "read_discounts",
    "segments": "read_customers",
}
_ORDER_SORTS = {"ID": "id", "UPDATED_AT": "modified", "CREATED_AT": "created"}
_DEFAULT_PAGE = 250
_SECOND = timedelta(seconds=1)


class Roots:
    """Answers for one token: ``scopes`` is what it may read."""

    def __init__(self, shop: Shop, origin: str, domain: str, scopes: str) -> None:
        self._shop = shop
        self._domain = domain
        self._scopes = frozenset(scopes.split(","))
        self._nodes = Nodes(shop.shelf, origin, shop.settings.currency, shop.wallet)

    def fields(self) -> dict[str, object]:
        """Every root field of queries, ready for the executor."""
        allowed: dict[str, object] = {
            "shop": self._tell_shop(),
            "currentAppInstallation": {
                "__typename": "AppInstallation",
                "id": metafields.INSTALLATION,
                "metafield": self._app_data,
                "accessScopes": [{"handle": handle} for handle in sorted(self._scopes)],
                "activeSubscriptions": [],
            },
        }
        resolvers: dict[str, Callable[..., Node | None]] = {
            "order": self.order,
            "orders": self.orders,
            "refund": self.refund,
            "customer": self.customer,
            "product": self.product,
            "products": self.products,
            **Findings(self._shop).fields(),
        }
        for name, resolver in resolvers.items():
            needed = SCOPES[name]
            allowed[name] = resolver if self._holds(needed) else _denied(name, needed)
        for name, (needed, change) in Changes(self._shop, self._nodes).fields().items():
            allowed[name] = change if self._holds(needed) else _denied(name, needed)
        return allowed

    def _app_data(self, key: str, namespace: str) -> Node | None:
        found = metafields.of_installation(self._shop.shelf).get(f"{namespace}.{key}")
        return None if found is None else {"__typename": "Metafield", "value": found}

    def _holds(self, scope: str) -> bool:
        """Who may write may read."""
        return bool({scope, scope.replace("read_", "write_", 1)} & self._scopes)

    def order(self, id: str) -> Node | None:  # noqa: A002  # the argument's name on the wire
        found = self._shop.shelf.get(Order, number(id, "Order"))
        if found is None or found.status is Status.TRASH or not self._may_see(found):
            return None
        return self._nodes.order(found)

    def refund(self, id: str) -> Node | None:  # noqa: A002  # the argument's name on the wire
        wanted = number(id, "Refund")
        for order in self._all_orders():
            for one in order.refunds:
                if one.id == wanted and self._may_see(order):
                    return self._nodes.refund(one, order)
        return None

    def customer(self, id: str) -> Node | None:  # noqa: A002  # the argument's name on the wire
        found = self._shop.shelf.get(Customer, number(id, "Customer"))
        return self._nodes.customer(found) if found else None

    def product(self, id: str) -> Node | None:  # noqa: A002  # the argument's name on the wire
        wanted = number(id, "Product")
        found = [product for product in self._all_products() if product.id == wanted]
        return self._nodes.product(found[0]) if found else None

    def orders(
        self,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "PROCESSED_AT",  # noqa: N803  # the argument's name on the wire
        reverse: bool = False,  # noqa: FBT001, FBT002  # the same
    ) -> Node:
        terms = parse(query)
        sort = _ORDER_SORTS.get(sortKey, "created")
        start = read_cursor(after) if after else None
        rows = self._orders_from(terms, sort, start, reverse=reverse)
        size = _DEFAULT_PAGE if first is None else first
        page = [row for row, _ in zip(rows, range(size + 1), strict=False)]
        return connection(
            [(key, self._nodes.order(order)) for key, order in page[:size]],
            has_next=len(page) > size,
            has_previous=after is not None,
        )

    def bulk(self, field: str, query: str | None) -> Iterator[Node]:
        """Everything of a root connection that matches: a bulk operation has no pages."""
        if SCOPES.get(field) not in self._scopes:
            raise _refusal(field, SCOPES.get(field, "another"))
        if field == "orders":
            for _key, order in self._orders_from(parse(query), "id", None, reverse=False):
                yield self._nodes.order(order)
        elif field == "products":
            for product in self._matching_products(query):
                yield self._nodes.product(product)

    def products(
        self,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "ID",  # noqa: N803  # the argument's name on the wire
        reverse: bool = False,  # noqa: FBT001, FBT002  # the same
    ) -> Node:
        found = sorted(
            ((_key(product, sortKey), product) for product in self._matching_products(query)),
            key=lambda row: row[0],
            reverse=reverse,
        )
        if after:
            start = read_cursor(after)
            found = [row for row in found if (row[0] < start if reverse else row[0] > start)]
        size = _DEFAULT_PAGE if first is None else first
        return connection(
            [(key, self._nodes.product(product)) for key, product in found[:size]],
            has_next=len(found) > size,
            has_previous=after is not None,
        )

    def _matching_products(self, query: str | None) -> list[Product]:
        terms = parse(query)
        return [product for product in self._all_products() if self._matches(product, terms)]

    def _all_products(self) -> list[Product]:
        found, _ = self._shop.shelf.find(Product, Query(sort="id", limit=10_000))
        return [DONATION_PRODUCT, *found]

    def _all_orders(self) -> Iterator[Order]:
        for _key, order in self._orders_from((), "id", None, reverse=False):
            yield order

    def _orders_from(
        self, terms: Sequence[Term], sort: str, start: Key | None, *, reverse: bool
    ) -> Iterator[tuple[Key, Order]]:
        """Matching orders after the key ``start``, in order; read in pieces."""
        zone = self._shop.settings.timezone
        created = span(terms, "created_at", zone)
        modified = span(terms, "updated_at", zone)
        if start is not None and sort != "id":
            at = datetime.fromtimestamp(start[0], UTC)
            low, high = modified if sort == "modified" else created
            narrowed = (low, min(high, at)) if reverse else (max(low, at), high)
            modified, created = (narrowed, created) if sort == "modified" else (modified, narrowed)
        offset = 0
        while True:
            piece, _ = self._shop.shelf.find(
                Order,
                Query(
                    created_after=created[0] - _SECOND,
                    created_before=created[1] + _SECOND,
                    modified_since=modified[0],
                    modified_before=modified[1] + _SECOND,
                    sort=sort,
                    descending=reverse,
                    offset=offset,
                    limit=_DEFAULT_PAGE,
                ),
            )
            for order in piece:
                key = _order_key(order, sort)
                is_later = start is None or (key < start if reverse else key > start)
                if is_later and self._may_see(order) and self._matches(order, terms):
                    yield key, order
            if len(piece) < _DEFAULT_PAGE:
                return
            offset += len(piece)

    def _may_see(self, order: Order) -> bool:
        return "read_all_orders" in self._scopes or order.placed_at > self._shop.now() - RECENT

    def _matches(self, thing: Order | Product, terms: Sequence[Term]) -> bool:
        zone = self._shop.settings.timezone
        return all(_holds(term, thing, zone) for term in terms)

    def _tell_shop(self) -> Node:
        settings = self._shop.settings
        return {
            "__typename": "Shop",
            "id": gid("Shop", SHOP_ID),
            "name": settings.name,
            "email": "ada@acme.example",
            "myshopifyDomain": self._domain,
            "currencyCode": settings.currency,
            "ianaTimezone": settings.timezone,
            "taxesIncluded": False,
            "plan": {
                "publicDisplayName": "Basic",
                "shopifyPlus": False,
                "partnerDevelopment": True,
            },
            "primaryDomain": {"host": self._domain, "url": f"https://{self._domain}"},
        }


def number(gid_text: str, kind: str) -> int:
    """The number in ``gid://shopify/<kind>/<number>``; a GraphQL error for another kind."""
    head, _, tail = gid_text.rpartition("/")
    if head != f"gid://shopify/{kind}" or not tail.isdigit():
        raise GraphQLError(
            f"Invalid global id {gid_text!r}", extensions={"code": "argumentLiteralsIncompatible"}
        )
    return int(tail)


def _denied(field: str, scope: str) -> Callable[..., Node | None]:
    def resolve(**_arguments: object) -> Node | None:
        raise _refusal(field, scope)

    return resolve


def _refusal(field: str, scope: str) -> GraphQLError:
    return GraphQLError(
        f"Access denied for {field} field. Required access: `{scope}` access scope.",
        extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."},
    )


def _order_key(order: Order, sort: str) -> Key:
    moments: Mapping[str, datetime] = {"modified": order.modified_at, "created": order.placed_at}
    return (order.id if sort == "id" else int(moments[sort].timestamp()), order.id)


def _key(product: Product, sort: str) -> Key:
    moments = {"UPDATED_AT": product.modified_at, "CREATED_AT": product.created_at}
    at = moments.get(sort)
    return (int(at.timestamp()) if at else product.id, product.id)


def _holds(term: Term, thing: Order | Product, zone: str) -> bool:
    is_order = isinstance(thing, Order)
    created = thing.placed_at if isinstance(thing, Order) else thing.created_at
    moments = {
        "created_at": created,
        "processed_at": created,
        "updated_at": thing.modified_at,
    }
    if term.field in moments:
        return term.holds_at(moments[term.field], zone)
    told: dict[str, Any] = {"id": thing.id, "status": "any"}
    if isinstance(thing, Order):
        told |= {"name": f"#{thing.number}", "test": "false", "email": thing.buyer.email}
    else:
        told |= {"sku": thing.sku, "handle": thing.slug}
    if term.field not in told:
        kind = "orders" if is_order else "products"
        raise GraphQLError(f"The practice shop cannot search {kind} by {term.field!r}.")
    return str(told[term.field]) == term.value
