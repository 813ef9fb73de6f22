"""What an app writes about a discount, in the shop's own words, or refused as Shopify does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from devstore import money
from devstore.catalogue import CATEGORIES, COLLECTIONS
from devstore.discounts import WHOLE
from devstore.model import Discount, Kind, Reach, replace
from devstore.shopify.graph.pieces import collection_id
from devstore.shopify.reading import variant_id

Told = Mapping[str, Any]

_GOES_WITH = {
    "productDiscounts": Reach.PRODUCT,
    "orderDiscounts": Reach.ORDER,
    "shippingDiscounts": Reach.SHIPPING,
}


class InputProblem(ValueError):
    """A userError: ``code`` of DiscountErrorCode, and the place in the input."""

    def __init__(self, code: str, field: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = list(field)


def read(told: Told, before: Discount, currency: str) -> Discount:
    """``before`` with all that ``told`` says; whatever it does not name stays."""
    found = before
    readers: dict[str, Callable[[Any, Discount], Discount]] = {
        "title": lambda value, one: replace(one, title=_text(value, "title")),
        "code": lambda value, one: replace(one, code=_text(value, "code")),
        "startsAt": lambda value, one: replace(one, starts_at=moment(value)),
        "endsAt": lambda value, one: replace(one, ends_at=moment(value)),
        "usageLimit": lambda value, one: replace(one, usage_limit=value),
        "appliesOncePerCustomer": lambda value, one: replace(
            one, per_customer=1 if value else None
        ),
        "combinesWith": _combines,
        "context": _context,
        "minimumRequirement": lambda value, one: _minimum(value, one, currency),
        "customerBuys": lambda value, one: _buys(value, one, currency),
        "customerGets": lambda value, one: _gets(value, one, currency),
    }
    for name, reader in readers.items():
        if name in told:
            found = reader(told[name], found)
    if found.starts_at and found.ends_at and found.ends_at <= found.starts_at:
        raise InputProblem(
            "END_DATE_BEFORE_START_DATE", ["endsAt"], "Ends at needs to be after starts_at"
        )
    return found


def demand(told: Told, *names: str) -> None:
    """Refuse an input without what no discount can be without."""
    for name in names:
        if told.get(name) in (None, ""):
            spoken = "Title" if name == "title" else name
            raise InputProblem("BLANK", [name], f"{spoken} can't be blank")


def moment(value: str | None) -> datetime | None:
    """A DateTime; what names no zone is UTC."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise InputProblem("INVALID", ["startsAt"], f"{value!r} is not a date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def number(gid: str) -> int:
    """The number at the end of a gid of whatever kind; 0 for what is none."""
    tail = gid.rpartition("/")[2]
    return int(tail) if tail.isdecimal() else 0


def _text(value: str | None, name: str) -> str:
    if not value:
        raise InputProblem("BLANK", [name], f"{name.capitalize()} can't be blank")
    return value


def _combines(told: Told, one: Discount) -> Discount:
    return replace(one, goes_with=tuple(_GOES_WITH[name] for name in _GOES_WITH if told.get(name)))


def _context(told: Told, one: Discount) -> Discount:
    if told.get("all"):
        return replace(one, customer_ids=(), segments=())
    customers = _changed(one.customer_ids, told.get("customers"))
    segments = _changed(one.segments, told.get("customerSegments"))
    return replace(one, customer_ids=customers, segments=segments)


def _minimum(told: Told | None, one: Discount, currency: str) -> Discount:
    subtotal, quantity = (told or {}).get("subtotal"), (told or {}).get("quantity")
    if subtotal and quantity:
        message = "Minimum subtotal and quantity cannot both be present"
        code = "MINIMUM_SUBTOTAL_AND_QUANTITY_RANGE_BOTH_PRESENT"
        raise InputProblem(code, ["minimumRequirement"], message)
    least = (subtotal or {}).get("greaterThanOrEqualToSubtotal") or 0
    pieces = (quantity or {}).get("greaterThanOrEqualToQuantity") or 0
    return replace(one, minimum_minor=money.read(least, currency), needs_pieces=int(pieces))


def _buys(told: Told, one: Discount, currency: str) -> Discount:
    value, (products, collections) = told.get("value") or {}, _items(told.get("items") or {})
    if collections:
        raise InputProblem("INVALID", ["customerBuys"], "Here only products can be bought for it")
    return replace(
        one,
        buys_first=True,
        needs_pieces=int(value.get("quantity") or 0),
        needs_product_ids=products,
        minimum_minor=money.read(value.get("amount") or one.minimum_minor, currency)
        if value.get("amount")
        else one.minimum_minor,
    )


def _gets(told: Told, one: Discount, currency: str) -> Discount:
    if told.get("items") is not None:
        products, collections = _items(told["items"], one)
        one = replace(one, product_ids=products, collections=collections)
    value = told.get("value") or {}
    if (percentage := value.get("percentage")) is not None:
        return replace(one, kind=Kind.PERCENT, basis_points=_basis_points(percentage))
    if amount := value.get("discountAmount"):
        minor = money.read(amount.get("amount"), currency)
        if minor <= 0:
            raise InputProblem("GREATER_THAN", _PLACE, "Amount must be greater than 0")
        each = bool(amount.get("appliesOnEachItem"))
        return replace(one, kind=Kind.AMOUNT, value_minor=minor, each=each)
    if some := value.get("discountOnQuantity"):
        effect = some.get("effect") or {}
        points = _basis_points(effect.get("percentage"))
        return replace(
            one, kind=Kind.PERCENT, basis_points=points, pieces=int(some.get("quantity") or 1)
        )
    return one


_PLACE = ("customerGets", "value")


def _basis_points(percentage: float | None) -> int:
    points = int(Decimal(str(percentage or 0)) * WHOLE)
    if not 0 < points <= WHOLE:
        message = "Value must be between 0.0 and 1.0"
        raise InputProblem("VALUE_OUTSIDE_RANGE", [*_PLACE, "percentage"], message)
    return points


def _items(told: Told, before: Discount | None = None) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """(products, collections by title) that ``told`` leaves; all of the shop is none of both."""
    if told.get("all"):
        return (), ()
    products = told.get("products") or {}
    held = before.product_ids if before else ()
    ids = _changed(
        held, {"add": products.get("productsToAdd"), "remove": products.get("productsToRemove")}
    )
    by_variant = [
        number(one) - variant_id(0) for one in products.get("productVariantsToAdd") or ()
    ]
    titles = {collection_id(title): title for title in all_collections()}
    numbers = tuple(collection_id(title) for title in (before.collections if before else ()))
    wanted = _changed(numbers, told.get("collections"))
    return (*ids, *by_variant), tuple(titles[one] for one in wanted if one in titles)


def all_collections() -> list[str]:
    """Titles of every collection of the shop."""
    return [*(name.title() for name in CATEGORIES), *COLLECTIONS]


def _changed(held: Sequence[int], told: Told | None) -> tuple[int, ...]:
    gone = {number(one) for one in (told or {}).get("remove") or ()}
    more = [number(one) for one in (told or {}).get("add") or ()]
    return tuple(dict.fromkeys(one for one in (*held, *more) if one not in gone))
