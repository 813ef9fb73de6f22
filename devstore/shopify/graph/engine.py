"""Executes a document as the Admin API does: cost first, answers and errors in HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    extend_schema,
    get_operation_ast,
    parse,
    validate,
)

from devstore.shopify.graph.cost import SINGLE_QUERY_MAXIMUM, Bucket, Estimate, spent
from devstore.shopify.graph.paging import Node

# The excerpt of the real schema that the service's own documents use: its data, not its code.
SDL = Path(__file__).parents[3] / "adapters" / "shopify" / "schema.graphql"
PERSONAL = frozenset(
    {
        ("Customer", "firstName"),
        ("Customer", "lastName"),
        ("Customer", "defaultEmailAddress"),
        ("Order", "email"),
    }
)

MEMBERS = {
    "DiscountContext": ("DiscountBuyerSelectionAll", "DiscountCustomers"),
    "DiscountItems": ("AllDiscountItems", "DiscountProducts"),
    "DiscountCustomerGetsValue": ("DiscountAmount", "DiscountOnQuantity", "DiscountPercentage"),
    "DiscountCode": ("DiscountCodeBasic", "DiscountCodeBxgy", "DiscountCodeFreeShipping"),
    "DiscountAutomatic": ("DiscountAutomaticBasic", "DiscountAutomaticFreeShipping"),
    "PricingValue": ("MoneyV2", "PricingPercentageValue"),
    "DiscountApplication": ("AutomaticDiscountApplication", "DiscountCodeApplication"),
    "StoreCreditAccountTransaction": (
        "StoreCreditAccountCreditTransaction",
        "StoreCreditAccountDebitTransaction",
    ),
}

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. ``throttled`` and ``withhold_personal`` are the switches of the moment."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None = None
    throttled: bool = False
    withhold_personal: bool = False


@cache
def schema() -> GraphQLSchema:
    """The schema, built once, with every kind of thing an answer may hold.

    The excerpt names of a union what the service asks for; the shop may answer with another one,
    of which nothing is asked then.
    """
    found = build_schema(SDL.read_text("utf-8"), assume_valid=True)
    more = [
        text
        for whole, members in MEMBERS.items()
        if whole in found.type_map
        for name in members
        if (text := _member(found, whole, name))
    ]
    return extend_schema(found, parse("\n".join(more)), assume_valid=True) if more else found


def answer(ask: Ask, root: Mapping[str, object], bucket: Bucket) -> Answer:
    """The body of the response. Whatever is wrong is told inside it."""
    try:
        document = parse(ask.query)
    except GraphQLError as problem:
        return {"errors": [problem.formatted]}
    problems = validate(schema(), document)
    operation = get_operation_ast(document, ask.operation_name)
    if problems or operation is None:
        told = problems or [GraphQLError("An operation name is required.")]
        return {"errors": [problem.formatted for problem in told]}
    asked = Estimate(schema(), document, ask.variables).points(operation)
    if asked > SINGLE_QUERY_MAXIMUM:
        sentence = (
            f"Query cost is {asked}, which exceeds the single query max cost limit"
            f" {SINGLE_QUERY_MAXIMUM}."
        )
        return _refused("MAX_COST_EXCEEDED", sentence, asked, bucket)
    if ask.throttled or not bucket.take(asked):
        return _refused("THROTTLED", "Throttled", asked, bucket)
    return _executed(ask, document, operation, root, bucket, asked)


def run(
    document: DocumentNode,
    root: Mapping[str, object],
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    withhold_personal: bool = False,
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """Data and errors of a document known to be valid."""
    result = execute_sync(
        schema(),
        document,
        root_value=root,
        context_value=withhold_personal,
        variable_values=dict(variables or {}),
        operation_name=operation_name,
        field_resolver=_field,
    )
    return result.data, list(result.errors or [])


def _member(known: GraphQLSchema, whole: str, name: str) -> str:
    """SDL that makes ``name`` one of ``whole``; "" if it is one."""
    parent = known.type_map[whole]
    if isinstance(parent, GraphQLUnionType):
        if name in {one.name for one in parent.types}:
            return ""
        made = "" if name in known.type_map else f"type {name} {{ id: ID }}\n"
        return f"{made}extend union {whole} = {name}"
    if name in known.type_map or not isinstance(parent, GraphQLInterfaceType):
        return ""
    fields = " ".join(f"{key}: {field.type}" for key, field in parent.fields.items())
    return f"type {name} implements {whole} {{ {fields} }}"


def _executed(
    ask: Ask,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    root: Mapping[str, object],
    bucket: Bucket,
    asked: int,
) -> Answer:
    data, errors = run(
        document,
        root,
        ask.variables,
        operation.name.value if operation.name else None,
        withhold_personal=ask.withhold_personal,
    )
    used = min(asked, spent(data) - 1) if data else 0
    bucket.give_back(asked - used)
    told: Answer = {"data": data}
    if errors:
        told["errors"] = [error.formatted for error in errors]
    return told | {"extensions": _cost(asked, used, bucket)}


def _refused(code: str, sentence: str, asked: int, bucket: Bucket) -> Answer:
    error = {"message": sentence, "extensions": {"code": code}}
    return {"errors": [error], "extensions": _cost(asked, None, bucket)}


def _cost(asked: int, used: int | None, bucket: Bucket) -> Answer:
    cost = {
        "requestedQueryCost": asked,
        "actualQueryCost": used,
        "throttleStatus": bucket.status(),
    }
    return {"cost": cost}


def _field(source: Node, info: GraphQLResolveInfo, **arguments: object) -> object:
    """A dict's own value; a function is called with the field's arguments."""
    if info.field_name not in source:
        raise GraphQLError(
            f"The practice shop does not tell {info.parent_type.name}.{info.field_name}."
        )
    if info.context and (info.parent_type.name, info.field_name) in PERSONAL:
        raise GraphQLError(
            f"This app is not approved to use the {info.field_name} field.",
            extensions={"code": "ACCESS_DENIED"},
        )
    value = source[info.field_name]
    return value(**arguments) if callable(value) else value
