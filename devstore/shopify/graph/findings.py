"""Discounts, segments and collections, looked up."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLError

from devstore.model import Discount
from devstore.shop import Shop
from devstore.shopify.graph import discount_nodes
from devstore.shopify.graph.discount_input import all_collections
from devstore.shopify.graph.paging import Node, listed
from devstore.shopify.graph.pieces import collection, collection_id
from devstore.shopify.graph.search import parse


class Findings:
    """Root fields by name, all of things that fit in one hand."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def fields(self) -> dict[str, Callable[..., Node | None]]:
        return {
            "codeDiscountNodeByCode": self.by_code,
            "automaticDiscountNodes": self.standing,
            "discountNodes": self.discounts,
            "segments": self.segments,
            "collections": self.collections,
        }

    def by_code(self, code: str) -> Node | None:
        found = self._shop.promotions.by_code(code)
        return None if found is None else self._node(found)

    def standing(self, query: str | None = None, **page: int | str | None) -> Node:
        found = self._shop.promotions.standing()
        kept = [one for one in found if _holds(query, id=one.id, title=one.title)]
        return listed(kept, self._node)(**page)

    def discounts(self, query: str | None = None, **page: int | str | None) -> Node:
        kept = [
            one
            for one in self._shop.promotions.all()
            if _holds(query, id=one.id, title=one.title, code=one.code)
        ]
        return listed(kept, self._node)(**page)

    def segments(self, query: str | None = None, **page: int | str | None) -> Node:
        kept = [
            one
            for one in self._shop.promotions.segments()
            if _holds(query, id=one.id, name=one.name)
        ]
        return listed(kept, discount_nodes.segment)(**page)

    def collections(self, query: str | None = None, **page: int | str | None) -> Node:
        kept = [
            title
            for title in all_collections()
            if _holds(query, id=collection_id(title), title=title)
        ]
        return listed(kept, collection)(**page)

    def _node(self, found: Discount) -> Node:
        shop = self._shop
        segments, currency = shop.promotions.segments(), shop.settings.currency
        return discount_nodes.node(found, segments, currency, shop.now())


def _holds(query: str | None, **told: object) -> bool:
    """Every condition, in any letter case; a GraphQL error for one that cannot be asked."""
    for term in parse(query):
        if term.field not in told:
            raise GraphQLError(f"The practice shop cannot search by {term.field!r} here.")
        if str(told[term.field]).lower() != term.value.lower():
            return False
    return True
