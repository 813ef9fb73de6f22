"""Fields an app adds to customers: what they are, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from devstore.model import Customer
from devstore.shelf import Shelf
from devstore.shopify.graph.discount_input import number
from devstore.shopify.graph.paging import Node

MOST = 25
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
                    said = of(self._shelf, number(one["ownerId"])) | {_name(one): one["value"]}
                    self._shelf.put(_SAID, one["ownerId"].rpartition("/")[2], said)
        return _answer(errors)

    def delete(self, metafields: Sequence[Told]) -> Node:
        """What is not there is no trouble."""
        _check_count(metafields)
        with self._shelf.change():
            for one in metafields:
                said = of(self._shelf, number(one["ownerId"]))
                said.pop(_name(one), None)
                self._shelf.put(_SAID, one["ownerId"].rpartition("/")[2], said)
        return _answer([])

    def _problems(self, one: Told) -> list[tuple[str, str, str]]:
        found = []
        if self._shelf.get(Customer, number(one["ownerId"])) is None:
            found.append(("INVALID", "ownerId", "Owner does not exist."))
        defined = self._shelf.take(_DEFINED, _name(one), dict)
        kind = defined["type"] if defined else one.get("type")
        if kind is None or one.get("type") not in (None, kind):
            found.append(("INVALID_TYPE", "type", "Type must be consistent with the definition."))
        elif not one["value"]:
            found.append(("BLANK", "value", "Value can't be blank."))
        elif not _reads(kind, one["value"]):
            found.append(("INVALID_VALUE", "value", f"Value must be of the type {kind}."))
        return found


def of(shelf: Shelf, customer_id: int) -> dict[str, str]:
    """What a customer's fields say, by namespace and key."""
    return shelf.take(_SAID, str(customer_id), dict) or {}


def defined(shelf: Shelf) -> dict[str, dict[str, Any]]:
    """What there is to be said, by namespace and key."""
    return shelf.all(_DEFINED, dict)


def _name(one: Told) -> str:
    return f"{one['namespace']}.{one['key']}"


def _reads(kind: str, value: str) -> bool:
    if kind.startswith(_LISTS):
        try:
            told = json.loads(value)
        except ValueError:
            return False
        return isinstance(told, list) and all(isinstance(one, str) and one for one in told)
    return kind != "number_integer" or value.lstrip("-").isdigit()


def _check_count(metafields: Sequence[Told]) -> None:
    if len(metafields) > MOST:
        message = f"The input array size of {len(metafields)} is greater than the maximum allowed"
        raise GraphQLError(f"{message} of {MOST}.")


def _answer(errors: Sequence[Told]) -> Node:
    return {"userErrors": list(errors)}
