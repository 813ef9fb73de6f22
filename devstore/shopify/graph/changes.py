"""What the Admin API can be asked to change: discounts, segments, store credit, fields, tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devstore import money
from devstore.model import Customer, Discount, Kind, Order, replace
from devstore.promotions import Segment
from devstore.refusals import CodeTaken
from devstore.shop import Shop
from devstore.shopify.graph import discount_nodes
from devstore.shopify.graph.discount_input import InputProblem, demand, moment, number, read
from devstore.shopify.graph.metafields import Metafields
from devstore.shopify.graph.nodes import Nodes
from devstore.shopify.graph.paging import Node
from devstore.shopify.graph.pieces import movement

Told = Mapping[str, Any]

_TAGGED = re.compile(r"\s*customer_tags\s+CONTAINS\s+'((?:[^'\\]|\\.)+)'\s*")
_ESCAPED = re.compile(r"\\(.)")
_CODE, _STANDING = "codeDiscountNode", "automaticDiscountNode"


class Changes:
    """Mutations by name; each payload says what was made, or why nothing was."""

    def __init__(self, shop: Shop, nodes: Nodes) -> None:
        self._shop = shop
        self._nodes = nodes

    def fields(self) -> dict[str, tuple[str, Callable[..., Node]]]:
        """The scope each needs, and what does it."""
        discounts = {
            "discountCodeBasicCreate": self._maker("basicCodeDiscount"),
            "discountCodeFreeShippingCreate": self._maker("freeShippingCodeDiscount"),
            "discountCodeBxgyCreate": self._maker("bxgyCodeDiscount"),
            "discountCodeBasicUpdate": self._changer("basicCodeDiscount"),
            "discountCodeDeactivate": self.end,
            "discountCodeDelete": self.drop,
            "discountAutomaticBasicCreate": self._maker("automaticBasicDiscount"),
            "discountAutomaticBasicUpdate": self._changer("automaticBasicDiscount"),
            "discountAutomaticFreeShippingCreate": self._maker("freeShippingAutomaticDiscount"),
            "discountAutomaticFreeShippingUpdate": self._changer("freeShippingAutomaticDiscount"),
            "discountAutomaticDeactivate": self.end,
            "discountAutomaticDelete": self.drop,
        }
        fields = Metafields(self._shop.shelf).fields()
        return {
            **{name: ("write_discounts", does) for name, does in discounts.items()},
            **{name: ("write_customers", does) for name, does in fields.items()},
            "segmentCreate": ("write_customers", self.segment),
            "storeCreditAccountCredit": ("write_store_credit_account_transactions", self.credit),
            "tagsAdd": ("write_customers", self.tag),
            "tagsRemove": ("write_customers", self.untag),
        }

    def end(self, id: str) -> Node:  # noqa: A002  # the argument's name on the wire
        """Deactivated is ended now."""
        found = self._shop.promotions.get(number(id))
        if found is None:
            return _refused(InputProblem("INVALID", ["id"], "Discount does not exist"))
        now = self._shop.now()
        if found.ends_at is None or found.ends_at > now:
            found = self._shop.promotions.keep(replace(found, ends_at=now, modified_at=now))
        return self._made(found)

    def drop(self, id: str) -> Node:  # noqa: A002  # the argument's name on the wire
        found = self._shop.promotions.get(number(id))
        if found is None:
            return _refused(InputProblem("INVALID", ["id"], "Discount does not exist"))
        self._shop.promotions.drop(found)
        return {"deletedAutomaticDiscountId": id, "deletedCodeDiscountId": id, "userErrors": []}

    def segment(self, name: str, query: str) -> Node:
        """Only tags can be asked for here; names are unique."""
        asked = _TAGGED.fullmatch(query)
        problem = None
        if asked is None:
            problem = (["query"], "Query is not one that this shop understands")
        elif any(one.name == name for one in self._shop.promotions.segments()):
            problem = (["name"], "Name has already been taken")
        if asked is None or problem is not None:
            field, message = problem or (["query"], "")
            return {"segment": None, "userErrors": [{"field": field, "message": message}]}
        tag = _ESCAPED.sub(r"\1", asked[1]).lower()
        made = Segment(self._shop.next_id("segment"), name, query, tag, self._shop.now())
        self._shop.promotions.add_segment(made)
        return {"segment": discount_nodes.segment(made), "userErrors": []}

    def credit(self, id: str, creditInput: Told) -> Node:  # noqa: A002, N803  # names on the wire
        """No key of its own: asked twice, it gives twice."""
        amount, until = creditInput["creditAmount"], moment(creditInput.get("expiresAt"))
        currency = str(amount["currencyCode"])
        kind = id.rpartition("/")[0].rpartition("/")[2]
        owner = self._shop.shelf.get(Customer, number(id)) if kind == "Customer" else None
        minor = money.read(amount["amount"], currency) if currency in money.DECIMALS else 0
        checks = (
            ("OWNER_NOT_FOUND", ["id"], "Owner does not exist", owner is None),
            (
                "UNSUPPORTED_CURRENCY",
                ["creditInput", "creditAmount", "currencyCode"],
                "Currency is not supported",
                currency not in money.DECIMALS,
            ),
            (
                "NEGATIVE_OR_ZERO_AMOUNT",
                ["creditInput", "creditAmount", "amount"],
                "A positive amount must be used to credit a store credit account",
                minor <= 0,
            ),
            (
                "EXPIRES_AT_IN_PAST",
                ["creditInput", "expiresAt"],
                "The expiry date must be in the future",
                until is not None and until <= self._shop.now(),
            ),
        )
        for code, field, message, is_so in checks:
            if is_so:
                return _refused(InputProblem(code, field, message))
        account = self._shop.wallet.give(number(id), currency, minor, ends_at=until)
        made = movement(account.entries[-1], account)
        return {"storeCreditAccountTransaction": made, "userErrors": []}

    def tag(self, id: str, tags: Any) -> Node:  # noqa: A002  # the argument's name on the wire
        return self._tagged(id, [tags] if isinstance(tags, str) else tags, ())

    def untag(self, id: str, tags: Any) -> Node:  # noqa: A002  # the argument's name on the wire
        return self._tagged(id, (), [tags] if isinstance(tags, str) else tags)

    def _tagged(self, owner: str, add: Sequence[str], remove: Sequence[str]) -> Node:
        """Tags of a customer or an order."""
        kind, key = owner.rpartition("/")[0].rpartition("/")[2], number(owner)
        if kind == "Customer" and self._shop.shelf.get(Customer, key):
            node = self._nodes.customer(self._shop.tag(key, add, remove))
        elif kind == "Order" and self._shop.shelf.get(Order, key):
            node = self._nodes.order(self._shop.tag_order(key, add, remove))
        else:
            error = {"field": ["id"], "message": f"{kind} does not exist"}
            return {"node": None, "userErrors": [error]}
        return {"node": node, "userErrors": []}

    def _maker(self, argument: str) -> Callable[..., Node]:
        def make(**told: Told) -> Node:
            return self._try(argument, lambda: self._make(argument, told[argument]))

        return make

    def _changer(self, argument: str) -> Callable[..., Node]:
        def change(id: str, **told: Told) -> Node:  # noqa: A002  # a name on the wire
            return self._try(argument, lambda: self._change(number(id), told[argument]))

        return change

    def _try(self, argument: str, work: Callable[[], Discount]) -> Node:
        try:
            with self._shop.shelf.change():
                return self._made(work())
        except InputProblem as problem:
            problem.field = [argument, *problem.field]
            return _refused(problem)
        except CodeTaken:
            message = "Code must be unique. Please try a different code."
            return _refused(InputProblem("TAKEN", [argument, "code"], message))

    def _make(self, argument: str, told: Told) -> Discount:
        is_code = "Code" in argument
        demand(told, "title", "startsAt", *(["code", "context"] if is_code else []))
        is_shipping = argument.startswith("freeShipping")
        if not is_shipping:
            demand(told, "customerGets")
        now = self._shop.now()
        empty = Discount(
            self._shop.next_id("discount"),
            Kind.SHIPPING if is_shipping else Kind.PERCENT,
            "",
            now,
            now,
            goes_with=(),
        )
        found = read(told, empty, self._shop.settings.currency)
        if argument.startswith("bxgy") and not found.product_ids + tuple(found.collections):
            message = "Items in 'customer get' cannot be set to all"
            raise InputProblem("INVALID", ["customerGets", "items"], message)
        self._check_title(found)
        return self._shop.promotions.keep(found)

    def _change(self, key: int, told: Told) -> Discount:
        before = self._shop.promotions.get(key)
        if before is None:
            raise InputProblem("INVALID", ["id"], "Discount does not exist")
        found = read(told, before, self._shop.settings.currency)
        self._check_title(found)
        return self._shop.promotions.keep(replace(found, modified_at=self._shop.now()))

    def _check_title(self, found: Discount) -> None:
        """Codes may share a title; automatic discounts may not."""
        others = (one for one in self._shop.promotions.standing() if one.id != found.id)
        if found.code is None and any(one.title == found.title for one in others):
            message = "Title must be unique for automatic discount"
            raise InputProblem("TAKEN", ["title"], message)

    def _made(self, found: Discount) -> Node:
        told = discount_nodes.node(
            found, self._shop.promotions.segments(), self._shop.settings.currency, self._shop.now()
        )
        return {_STANDING if found.code is None else _CODE: told, "userErrors": []}


def _refused(problem: InputProblem) -> Node:
    error = {"code": problem.code, "field": problem.field, "message": str(problem)}
    nothing = dict.fromkeys((_CODE, _STANDING, "storeCreditAccountTransaction"))
    return {**nothing, "userErrors": [error]}
