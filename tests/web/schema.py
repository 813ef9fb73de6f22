"""Whether a document is what a JSON schema says: the part of it that our OpenAPI uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.web.api.openapi import Operation

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "$ref", "anyOf", "type", "properties", "required", "items", "description", "title",
    "additionalProperties", "default", "format",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
    "enum", "prefixItems",  # bounds are of what is asked
    "discriminator",  # beside anyOf, which is checked
}  # fmt: skip


def problems(document: Any, schema: Mapping[str, Any], api: Mapping[str, Any]) -> list[str]:
    """Every place where the document is not as told, or tells more."""
    return list(_problems(document, schema, api, "$"))


def _problems(
    told: Any, schema: Mapping[str, Any], api: Mapping[str, Any], place: str
) -> Iterator[str]:
    unknown = set(schema) - KNOWN
    if unknown:
        yield f"{place}: the schema says {unknown}, which nobody checks"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        yield from _problems(told, api["components"]["schemas"][name], api, place)
    elif "anyOf" in schema:
        found = [list(_problems(told, one, api, place)) for one in schema["anyOf"]]
        yield from min(found, key=len)
    elif not _is_a(told, schema):
        yield f"{place}: {told!r} is no {schema.get('type') or schema['enum']}"
    elif schema.get("format", "date-time") != "date-time":
        yield f"{place}: the format {schema['format']} is one nobody checks"
    elif "format" in schema and datetime.fromisoformat(told).tzinfo is None:
        yield f"{place}: {told} says no zone"
    elif isinstance(told, dict):
        yield from _of_object(told, schema, api, place)
    elif isinstance(told, list):
        each = schema.get("prefixItems") or [schema["items"]] * len(told)
        for number, (one, its) in enumerate(zip(told, each, strict=True)):
            yield from _problems(one, its, api, f"{place}[{number}]")


def _of_object(
    told: Mapping[str, Any], schema: Mapping[str, Any], api: Mapping[str, Any], place: str
) -> Iterator[str]:
    any_name = dict.fromkeys(told, schema.get("additionalProperties"))
    properties = schema.get("properties", any_name)
    required = schema.get("required", ())
    yield from (f"{place}: no {name}" for name in required if name not in told)
    yield from (f"{place}: nothing is said of {name}" for name in told.keys() - properties)
    for name in told.keys() & properties:
        yield from _problems(told[name], properties[name], api, f"{place}.{name}")


def _is_a(told: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return told in schema["enum"]
    name = schema["type"]
    return isinstance(told, TYPES[name]) and (name == "boolean" or not isinstance(told, bool))


def operations(table: Sequence[Operation]) -> set[tuple[str, str]]:
    """(method, path) of these as the description names them."""
    return {(one.method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.path)) for one in table}
