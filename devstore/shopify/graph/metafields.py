"""Fields an app adds to customers and to its own installation: what they are, and say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from devstore.model import Customer
from devstore.shelf import Shelf
from devstore.shopify.graph.discount_input import number
from devstore.shopify.graph.paging import Node
from devstore.shopify.payloads import SHOP_ID, gid

MOST = 25
MOST_BYTES = 128_000  # of JSON
INSTALLATION = gid("AppInstallation", SHOP_ID)
_DEFINED, _SAID = "metafield definitions", "metafields"
_LISTS = "list."
Told = Mapping[str, Any]


class Metafields:
    """The definitions and the fields of one shop's customers."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def fields(self) -> dict[str, Callable[..., Node]]:
        """Mutations by name."""
        return {
            "metafieldDefinitionCreate": self.define,
            "metafieldsSet": self.set,
            "metafieldsDelete": self.delete,
        }

    def define(self, definition: Told) -> Node:
        """A key is defined once."""
        name = f"{definition['namespace']}.{definition['key']}"
        if self._shelf.take(_DEFINED, name, dict) is not None:
            message = "Key is in use for Customer metafields on the namespace."
            return _answer([{"code": "TAKEN", "field": ["definition", "key"], "message": message}])
        self._shelf.put(_DEFINED, name, dict(definition))
        return _answer([])

    def set(self, metafields: Sequence[Told]) -> Node:
        """All of them or none."""
        _check_count(metafields)
        errors = [
            {
                "code": code,
                "elementIndex": place,
                "field": ["metafields", str(place), field],
                "message": message,
            }
            for place, one in enumerate(metafields)
            for code, field, message in self._problems(one)
        ]
        if not errors:
            with self._shelf.change():
                for one in metafields:
                    said = self._of(one) | {_name(one): one["value"]}
                    self._shelf.put(_SAID, _place(one["ownerId"]), said)
        return _answer(errors)

    def delete(self, metafields: Sequence[Told]) -> Node:
        """What is not there is no trouble."""
        _check_count(metafields)
        with self._shelf.change():
            for one in metafields:
                said = self._of(one)
                said.pop(_name(one), None)
                self._shelf.put(_SAID, _place(one["ownerId"]), said)
        return _answer([])

    def _of(self, one: Told) -> dict[str, str]:
        return self._shelf.take(_SAID, _place(one["ownerId"]), dict) or {}

    def _problems(self, one: Told) -> list[tuple[str, str, str]]:
        found = []
        if not self._is_there(one["ownerId"]):
            found.append(("INVALID", "ownerId", "Owner does not exist."))
        defined = self._shelf.take(_DEFINED, _name(one), dict)
        kind = defined["type"] if defined else one.get("type")
        if kind is None or one.get("type") not in (None, kind):
            found.append(("INVALID_TYPE", "type", "Type must be consistent with the definition."))
        elif not one["value"]:
            found.append(("BLANK", "value", "Value can't be blank."))
        elif not _reads(kind, one["value"]):
            found.append(("INVALID_VALUE", "value", f"Value must be of the type {kind}."))
        elif len(one["value"].encode()) > MOST_BYTES:
            found.append(("TOO_LONG", "value", "Value is too long."))
        return found

    def _is_there(self, owner: str) -> bool:
        """The installation is of the app that asks: another app's token names another."""
        return owner == INSTALLATION or (
            owner.startswith("gid://shopify/Customer/")
            and self._shelf.get(Customer, number(owner)) is not None
        )


def of(shelf: Shelf, customer_id: int) -> dict[str, str]:
    """What a customer's fields say, by namespace and key."""
    return shelf.take(_SAID, str(customer_id), dict) or {}


def of_installation(shelf: Shelf) -> dict[str, str]:
    """What the app keeps with its installation, by namespace and key."""
    return shelf.take(_SAID, INSTALLATION, dict) or {}


def in_liquid(shelf: Shelf) -> dict[str, dict[str, dict[str, Any]]]:
    """The same as themes know it: by namespace and key a field, whose ``value`` is read."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, said in of_installation(shelf).items():
        namespace, _, key = name.partition(".")
        found.setdefault(namespace, {})[key] = {"value": json.loads(said)}
    return found


def remove_app(shelf: Shelf) -> None:
    """With its installation goes what was kept there."""
    shelf.discard(_SAID, INSTALLATION)


def defined(shelf: Shelf) -> dict[str, dict[str, Any]]:
    """What there is to be said, by namespace and key."""
    return shelf.all(_DEFINED, dict)


def _place(owner: str) -> str:
    return owner if owner == INSTALLATION else owner.rpartition("/")[2]


def _name(one: Told) -> str:
    return f"{one['namespace']}.{one['key']}"


def _reads(kind: str, value: str) -> bool:
    if kind == "json" or kind.startswith(_LISTS):
        try:
            told = json.loads(value)
        except ValueError:
            return False
        is_list = isinstance(told, list) and all(isinstance(one, str) and one for one in told)
        return kind == "json" or is_list
    return kind != "number_integer" or value.lstrip("-").isdigit()


def _check_count(metafields: Sequence[Told]) -> None:
    if len(metafields) > MOST:
        message = f"The input array size of {len(metafields)} is greater than the maximum allowed"
        raise GraphQLError(f"{message} of {MOST}.")


def _answer(errors: Sequence[Told]) -> Node:
    return {"userErrors": list(errors)}
