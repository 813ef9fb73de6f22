"""REST v3's list parameters: pages, order, date bounds, ``_fields``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Request, Response

from devstore.model import Settings, Status
from devstore.shelf import Query
from devstore.woocommerce import wire
from devstore.woocommerce.wire import Json, RestError

Thing = TypeVar("Thing")

# Statuses WooCommerce knows and this shop's orders never have.
NEVER_HERE = frozenset({"checkout-draft", "auto-draft"})

# ``orderby`` of orders and products, and the shelf's word for it.
BY_DATE = {"date": "created", "id": "id", "modified": "modified"}


def invalid(name: str, message: str) -> RestError:
    """400 for a parameter that is not what it should be."""
    return RestError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        params={name: message},
        details={name: {"code": "rest_invalid_param", "message": message, "data": None}},
    )


def page_of(request: Request) -> tuple[int, int]:
    """(page, per_page), checked."""
    per_page = _whole(request, "per_page", 10, 100)
    return _whole(request, "page", 1, None), per_page


def query(request: Request, settings: Settings, sorts: dict[str, str]) -> Query:
    """What a list request asks for. ``sorts`` are the allowed ``orderby`` words, first default.

    Names nobody knows are ignored in silence, as WooCommerce does.
    """
    page, per_page = page_of(request)
    orderby = request.args.get("orderby", next(iter(sorts)))
    if orderby not in sorts:
        raise invalid("orderby", f"orderby is not one of {', '.join(sorts)}.")
    way = request.args.get("order", "asc" if orderby in {"id", "name"} else "desc")
    if way not in {"asc", "desc"}:
        raise invalid("order", "order is not one of asc, desc.")
    return Query(
        modified_after=_bound(request, "modified_after", settings),
        modified_before=_bound(request, "modified_before", settings),
        created_after=_bound(request, "after", settings),
        created_before=_bound(request, "before", settings),
        statuses=_statuses(request),
        customer_id=_number(request, "customer"),
        search=request.args.get("search") or request.args.get("email") or request.args.get("sku"),
        ids=_ids(request),
        sort=sorts[orderby],
        descending=way == "desc",
        offset=(page - 1) * per_page,
        limit=per_page,
    )


def answered(
    request: Request,
    found: Sequence[Thing],
    total: int,
    shown: Callable[[Thing], Json],
    origin: str,
) -> Response:
    """A page of a list with its headers. Past the end is an empty page, not an error."""
    page, per_page = page_of(request)
    pages = -(-total // per_page)
    response = json_response([fields(request, shown(thing)) for thing in found])
    response.headers["X-WP-Total"] = str(total)
    response.headers["X-WP-TotalPages"] = str(pages)
    links = []
    for number, relation in ((page - 1, "prev"), (page + 1, "next")):
        if 1 <= number <= pages:
            args = request.args.to_dict() | {"page": str(number)}
            links.append(f'<{origin}{request.path}?{urlencode(args)}>; rel="{relation}"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def fields(request: Request, body: Json) -> Json:
    """Only what ``_fields`` names, which may reach one level down: ``settings.currency``."""
    wanted = request.args.get("_fields")
    if not wanted:
        return body
    kept: Json = {}
    for name in wanted.split(","):
        outer, _, inner = name.strip().partition(".")
        if outer not in body:
            continue
        if not inner:
            kept[outer] = body[outer]
        elif isinstance(body[outer], dict) and inner in body[outer]:
            kept.setdefault(outer, {})[inner] = body[outer][inner]
    return kept


def json_response(body: object, status: int = 200) -> Response:
    return Response(wire.encoded(body), status, content_type="application/json; charset=UTF-8")


def _whole(request: Request, name: str, default: int, most: int | None) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal():
        raise invalid(name, f"{name} is not of type integer.")
    number = int(text)
    if most is not None and not 1 <= number <= most:
        raise invalid(name, f"{name} must be between 1 (inclusive) and {most} (inclusive)")
    if number < 1:
        raise invalid(name, f"{name} must be greater than or equal to 1")
    return number


def _number(request: Request, name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise invalid(name, f"{name} is not of type integer.")
    return int(text)


def _ids(request: Request) -> tuple[int, ...] | None:
    text = request.args.get("include")
    if not text:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise invalid("include", "include[0] is not of type integer.")
    return tuple(int(part) for part in parts)


def _statuses(request: Request) -> tuple[Status, ...] | None:
    words = request.args.get("status", "any").split(",")
    if "any" in words:
        return None
    try:
        return tuple(Status(word) for word in words if word not in NEVER_HERE)
    except ValueError:
        allowed = ", ".join(["any", *Status])
        raise invalid("status", f"status[0] is not one of {allowed}.") from None


def _bound(request: Request, name: str, settings: Settings) -> datetime | None:
    """In the shop's zone unless ``dates_are_gmt``; an offset in the text changes nothing."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
    except ValueError:
        raise invalid(name, "Invalid date.") from None
    is_gmt = request.args.get("dates_are_gmt", "") in {"1", "true", "True"}
    return at.replace(tzinfo=UTC if is_gmt else ZoneInfo(settings.timezone))
