"""What the readers read is asked for: a re-read must not lose what a webhook told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from adapters.shopify import answers, catalogue
from adapters.shopify.documents import document
from adapters.woocommerce import client, payloads


def structs_in(annotation: Any) -> Iterator[Any]:
    """The structs in an annotation such as ``list[_Line] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for part in get_args(annotation):
        yield from structs_in(part)


def read_by(kind: Any) -> set[str]:
    """Names of all fields of a struct and of those in it."""
    found: set[str] = set()
    for one in msgspec.structs.fields(kind):
        found.add(one.encode_name)
        for inner in structs_in(one.type):
            found |= read_by(inner)
    return found


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (payloads.OrderPayload, client.ORDER_FIELDS),
        (payloads.RefundPayload, client.REFUND_FIELDS),
        (payloads.CustomerPayload, client.CUSTOMER_FIELDS),
        (payloads.ProductPayload, client.PRODUCT_FIELDS),
    ],
)
def test_woocommerce_is_asked_for_every_field_that_is_read(kind: Any, asked: str):
    names = {name.partition(".")[0] for name in asked.split(",")}
    assert {one.encode_name for one in msgspec.structs.fields(kind)} <= names


def test_woocommerce_is_asked_for_all_that_is_read_of_an_address():
    asked = {name.partition(".")[2] for name in client.ORDER_FIELDS.split(",") if "." in name}
    assert read_by(payloads.Place) <= asked


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (answers.OrderAnswer, ("order", "order_lines", "refund", "customer")),
        (answers.OrderAnswer, ("orders_changed", "order_lines", "refund", "customer")),
        (answers.OrderAnswer, ("orders_bulk", "refund", "customer")),
        (answers.CustomerAnswer, ("customer",)),
        (catalogue.ProductAnswer, ("product",)),
        (catalogue.ProductAnswer, ("products_changed",)),
        (catalogue.ProductAnswer, ("products_bulk",)),
    ],
)
def test_shopify_is_asked_for_every_field_that_is_read(kind: Any, names: tuple[str, ...]):
    """``customer`` and ``refund`` are asked for what orders tell in short."""
    asked = {word for name in names for word in re.findall(r"[A-Za-z0-9]+", document(name))}
    ours = {"lines", "shipping", "product", "nodes"}  # of the answer as we keep it
    assert read_by(kind) - ours <= asked
