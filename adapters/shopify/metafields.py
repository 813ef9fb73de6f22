"""Metafields that are ours: what themes and Flow may read of a member, and our blocks of the shop.

Only we can write them, whoever reads them reads a copy. A signed-in customer is the only one of
whom a theme or the Storefront API can tell, so what is public here is everybody's own. What is
kept with the installation only the app's own blocks can read; it goes when the app is removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from adapters.shopify.admin_api import WAIT_SECONDS, AdminApi, decode, field_of
from adapters.shopify.changes import Taken, change
from adapters.shopify.fields import gid_of
from connector.core.errors import PlatformBusy, PlatformError

NAMESPACE = "$app:perennial"
FIELDS = {
    "points": ("Points", "number_integer"),
    "level": ("Level", "single_line_text_field"),
    "codes": ("Reward codes", "list.single_line_text_field"),
}
ACCESS = {"admin": "MERCHANT_READ", "customerAccount": "READ", "storefront": "PUBLIC_READ"}
MOST = 25  # in one call, which does all or nothing
APP_NAMESPACE = "perennial"
MOST_BYTES = 128_000  # of JSON in one field


@dataclass(frozen=True, slots=True)
class Fields:
    """What a customer's fields are to say, as JSON has it; None: the field goes."""

    customer_key: str
    values: Mapping[str, str | None]


class _Problem(msgspec.Struct, rename="camel"):
    message: str = ""
    code: str | None = None
    field: list[str] | None = None
    element_index: int | None = None


class _Answer(msgspec.Struct, rename="camel"):
    user_errors: list[_Problem] = []


class _Said(msgspec.Struct):
    value: str


class _Installation(msgspec.Struct):
    id: str
    metafield: _Said | None = None


class Metafields:
    """The fields of one shop's customers."""

    def __init__(self, api: AdminApi) -> None:
        self._api = api

    def define(self) -> None:
        """Say what they are; those that are there stay as they are."""
        for key, (name, kind) in FIELDS.items():
            told = {"key": key, "name": name, "type": kind, "namespace": NAMESPACE}
            definition = {**told, "ownerType": "CUSTOMER", "access": ACCESS}
            with contextlib.suppress(Taken):
                change(self._api, "metafield_define", {"definition": definition})

    def put(self, wanted: Sequence[Fields]) -> set[str]:
        """Bring them up to date; keys of the customers that would not take it."""
        said, gone = [], []
        for one in wanted:
            owner = {"ownerId": gid_of("Customer", one.customer_key), "namespace": NAMESPACE}
            for key, value in one.values.items():
                field = {**owner, "key": key}
                if value is None:
                    gone.append((one.customer_key, field))
                else:
                    said.append((one.customer_key, {**field, "value": value, "type": _kind(key)}))
        self._ask("metafields_delete", gone)  # what is not there need not go
        return self._ask("metafields_set", said)

    def keep(self, key: str, told: bytes | None) -> None:
        """Have our installation's field say this JSON; None: the field goes.

        Nothing is written that is there already: the store itself is what we compare with.
        """
        field = {"namespace": APP_NAMESPACE, "key": key}
        node = field_of(self._api.ask("app_data", field), "currentAppInstallation")
        held = decode(node, _Installation)
        if _parsed(held.metafield) == (None if told is None else msgspec.json.decode(told)):
            return
        field["ownerId"] = held.id
        if told is None:
            change(self._api, "metafields_delete", {"metafields": [field]})
            return
        said = {**field, "type": "json", "value": told.decode()}
        change(self._api, "metafields_set", {"metafields": [said]})

    def _ask(self, name: str, fields: Sequence[tuple[str, Mapping[str, Any]]]) -> set[str]:
        """Whose fields were refused. One that is keeps those of others out, so they go again."""
        refused: set[str] = set()
        for start in range(0, len(fields), MOST):
            left = list(fields[start : start + MOST])
            while left:
                asked = {"metafields": [field for _, field in left]}
                answer = decode(field_of(self._api.ask(name, asked), "changed"), _Answer)
                if not answer.user_errors:
                    break
                whose = {left[_place(one, len(left))][0] for one in answer.user_errors}
                refused |= whose
                left = [one for one in left if one[0] not in whose]
        return refused


def _parsed(field: _Said | None) -> object:
    """The store spaces JSON as it likes."""
    try:
        return None if field is None else msgspec.json.decode(field.value)
    except msgspec.DecodeError:
        return field


def _kind(key: str) -> str:
    return FIELDS[key][1]


def _place(problem: _Problem, count: int) -> int:
    """Which of the fields is meant; PlatformError where the problem is none of theirs."""
    if problem.code == "INTERNAL_ERROR":
        raise PlatformBusy("platform_busy", problem.message, retry_after_seconds=WAIT_SECONDS)
    place = problem.element_index
    if place is None:
        numbers = [int(one) for one in problem.field or () if one.isdigit()]
        place = numbers[0] if numbers else count
    if not 0 <= place < count:
        raise PlatformError((problem.code or "change_refused").lower(), problem.message)
    return place
