"""The API's description (OpenAPI 3.1), made from the table of operations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.web.api import shapes

VERSION = "1"
MAX_PAGE = 200
_PATH_PARAMETER = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    description: str


PAGE = (
    Parameter("before", "The ``next`` of the page before"),
    Parameter("limit", f"1 to {MAX_PAGE}, 50 if not given"),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its view's docstring says what it does, ``answer`` what it gives.

    changes: False for one that is no GET and yet changes nothing; its view may only read.
    needs_body: False for one whose body may be left out.
    """

    method: str
    path: str
    view: Callable[..., Any]
    answer: type
    parameters: Sequence[Parameter] = ()
    body: type | None = None
    changes: bool = True
    needs_body: bool = True

    @property
    def is_once(self) -> bool:
        """Whether it takes an Idempotency-Key and is carried out once for each."""
        return self.changes and self.method != "GET"


def describe(operations: Sequence[Operation], server: str) -> dict[str, Any]:
    """The description as a document."""
    types = [one.answer for one in operations] + [one.body for one in operations if one.body]
    schemas, components = msgspec.json.schema_components(
        [*types, shapes.Error], ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip([*types, shapes.Error], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        path = _PATH_PARAMETER.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Perennial",
            "version": VERSION,
            "description": "A shop's own members, points, orders and donations.",
        },
        "servers": [{"url": f"{server}/api/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation, schemas: dict[type, Any]) -> dict[str, Any]:
    words = inspect.getdoc(one.view) or ""
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(one.path)
    ]
    parameters += [
        {
            "name": parameter.name,
            "in": "query",
            "description": parameter.description,
            "schema": {"type": "string"},
        }
        for parameter in one.parameters
    ]
    if one.is_once:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "1 to 255 characters, yours; the same key is carried out once",
                "schema": {"type": "string"},
            }
        )
    told: dict[str, Any] = {
        "operationId": one.view.__name__,
        "summary": words,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done", "content": _json(schemas[one.answer])},
            "default": {"description": "Refused", "content": _json(schemas[shapes.Error])},
        },
    }
    if one.body is not None:
        told["requestBody"] = {
            "required": one.needs_body,
            "content": _json(schemas[one.body]),
        }
    return told


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
