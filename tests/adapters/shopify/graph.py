"""The Admin API of Acme: nodes as GraphQL writes them, and scripted answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests
import responses
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from adapters.shopify.admin_api import AdminApi
from adapters.shopify.bulk import History
from adapters.shopify.client import ShopifyClient
from adapters.shopify.graphql_check import EXCERPT
from connector.core.http import Http
from tests.adapters.shopify import world

ORIGIN = f"https://{world.SHOP}"
URL = f"{ORIGIN}/admin/api/2026-10/graphql.json"
TOKEN = "shpat_0123456789abcdef"
SCHEMA = build_schema(EXCERPT.read_text("utf-8"))
PAGE_END = {"hasNextPage": False, "endCursor": None}


class Shop:
    """Answers questions in the order of the script, and remembers what was asked."""

    def __init__(self, mock: responses.RequestsMock, workdir: Path) -> None:
        self._mock = mock
        self._script: list[Any] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[requests.PreparedRequest] = []
        self.slept: list[float] = []
        mock.add_callback(responses.POST, URL, callback=self._answer)
        http = Http()
        self.api = AdminApi(http, ORIGIN, TOKEN, sleep=self.slept.append)
        self.client = ShopifyClient(
            world.SHOP,
            self.api,
            History(self.api, http, workdir, world.SHOP),
            now=lambda: world.NOW,
        )

    def answers(self, *script: Any) -> None:
        """Each a dict of data, a whole (status, headers, body), or an exception."""
        self._script.extend(script)

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        told = json.loads(request.body or b"{}")
        operation = parse(told["query"]).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        assert operation.name
        fitting = get_variable_values(SCHEMA, operation.variable_definitions, told["variables"])
        assert isinstance(fitting, dict), fitting
        self.asked.append((operation.name.value, told["variables"]))
        self.requests.append(request)
        answer = self._script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            status, headers, body = answer
            return status, headers, body if isinstance(body, str) else json.dumps(body)
        return 200, {"X-Shopify-API-Version": "2026-10"}, json.dumps({"data": answer})


def throttled(requested: float, available: float, rate: float = 100) -> tuple[int, Any, Any]:
    """What Shopify says with status 200 when the bucket is too empty."""
    status = {
        "maximumAvailable": 2000,
        "currentlyAvailable": available,
        "restoreRate": rate,
    }
    cost = {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}
    return failed("THROTTLED", extensions={"cost": cost})


def failed(code: str | None, *, data: Any = None, **more: Any) -> tuple[int, Any, Any]:
    """Status 200 with an error, and the data it left."""
    error = {"message": f"told: {code}", "extensions": {"code": code} if code else {}}
    return 200, {}, {"data": data, "errors": [error], **more}


def bag(amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def nodes(*found: Any, after: str | None = None) -> dict[str, Any]:
    """A connection; ``after`` says there is more behind that cursor."""
    info = {"hasNextPage": True, "endCursor": after} if after else PAGE_END
    return {"nodes": list(found), "pageInfo": info}


def line(number: int, total: str, quantity: Any = 1, **changes: Any) -> dict[str, Any]:
    """A line item; ``total`` is of all its pieces, before discounts."""
    tax, discount = changes.pop("tax", None), changes.pop("discount", None)
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": f"Thing {number}",
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "currentQuantity": quantity,
        "isGiftCard": False,
        "requiresShipping": True,
        "taxable": True,
        "customAttributes": [],
        "product": {"id": f"gid://shopify/Product/{700 + number}"},
        "originalTotalSet": bag(total),
        "discountAllocations": [{"allocatedAmountSet": bag(discount)}] if discount else [],
        "taxLines": [{"priceSet": bag(tax)}] if tax else [],
        **changes,
    }


def order(*lines: Any, number: int = 450789469, **changes: Any) -> dict[str, Any]:
    """The same paid order of Mia as ``world.order``."""
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": "#1001",
        "test": False,
        "createdAt": "2026-11-20T09:00:00Z",
        "processedAt": "2026-11-20T09:00:00Z",
        "updatedAt": "2026-11-20T09:05:00Z",
        "cancelledAt": None,
        "closedAt": None,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "currencyCode": "EUR",
        "taxesIncluded": False,
        "customerLocale": "en",
        "email": "mia@example.com",
        "customer": {
            "id": "gid://shopify/Customer/115310627314723954",
            "firstName": "Mia",
            "lastName": "Berg",
            "defaultEmailAddress": {"emailAddress": "mia@example.com"},
        },
        "totalPriceSet": bag("100.0"),
        "totalTaxSet": bag("0.0"),
        "totalTipReceivedSet": bag("0.0"),
        "shippingLines": {"nodes": []},
        "transactions": [
            {"kind": "SALE", "status": "SUCCESS", "processedAt": "2026-11-20T09:00:02Z"}
        ],
        "fulfillments": [],
        "lineItems": nodes(*(lines or (line(1, "100.0"),))),
        "refunds": [],
        **changes,
    }


def refund(*pieces: tuple[int, int, str, str], paid: str = "0.0", **changes: Any) -> Any:
    """A refund node with its pieces, as ``world.refund``."""
    after = changes.pop("after", None)
    return {
        "id": "gid://shopify/Refund/509562969",
        "createdAt": "2026-11-21T09:00:00Z",
        "processedAt": "2026-11-21T09:00:00Z",
        "totalRefundedSet": bag(paid),
        "duties": [],
        "refundShippingLines": {"nodes": []},
        "refundLineItems": nodes(
            *(
                {
                    "quantity": quantity,
                    "subtotalSet": bag(subtotal),
                    "totalTaxSet": bag(tax),
                    "lineItem": {"id": f"gid://shopify/LineItem/{number}"},
                }
                for number, quantity, subtotal, tax in pieces
            ),
            after=after,
        ),
        **changes,
    }


def product(number: int = 701, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Product/{number}",
        "title": "Celadon teapot",
        "handle": "celadon-teapot",
        "isGiftCard": False,
        "status": "ACTIVE",
        "publishedAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-11-20T09:00:00Z",
        "onlineStoreUrl": "https://acme.example/products/celadon-teapot",
        "tracksInventory": True,
        "totalInventory": 3,
        "hasOutOfStockVariants": False,
        "featuredMedia": {"preview": {"image": {"url": "https://cdn.example/teapot.png"}}},
        "priceRangeV2": {"minVariantPrice": {"amount": "48.0", "currencyCode": "EUR"}},
        "collections": {"nodes": [{"title": "Tea"}, {"title": "Gifts"}]},
        "tags": ["loose leaf", "celadon"],
        **changes,
    }


def jsonl(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
