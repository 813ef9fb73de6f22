"""Deliveries become snapshots. Pure: what a body does not say is fetched, never guessed.

Bodies are built when delivered, so topics tell no transition: created, updated and restored are
one upsert. Two headers are ours, on what we fetched: X-Perennial-Order, whose refunds these are,
and X-Perennial-Currency, which neither refunds nor products name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from adapters import people
from adapters.people import notes_of
from adapters.woocommerce import inside
from adapters.woocommerce.payloads import (
    Action,
    CustomerPayload,
    Gone,
    Line,
    OrderPayload,
    Place,
    ProductPayload,
    RefundPayload,
    key_of,
    key_or_none,
    minor,
    moment,
    names_of,
    rest_error,
    text_of,
)
from adapters.woocommerce.verify import PING
from connector.core.commerce import (
    ROLE,
    CodeUse,
    ConnectionLost,
    Customer,
    Delivery,
    LineKind,
    NeedsFetch,
    Order,
    OrderLine,
    OrderState,
    Person,
    Product,
    Refund,
    RefundLine,
    RefundsOfOrder,
    Snapshot,
)
from connector.core.errors import BadInput, UnreadablePayload

ORDER_HEADER = "X-Perennial-Order"
CURRENCY_HEADER = "X-Perennial-Currency"

UNTOLD = datetime(1970, 1, 1, tzinfo=UTC)  # older than anything a store tells

Told = Sequence[Snapshot | NeedsFetch]
T = TypeVar("T")

STATES = {
    "pending": OrderState.OPEN,
    "on-hold": OrderState.OPEN,
    "processing": OrderState.PAID,  # once date_paid is set: cash on delivery is open until then
    "completed": OrderState.COMPLETED,
    "cancelled": OrderState.CANCELLED,
    "failed": OrderState.CANCELLED,
    "refunded": OrderState.REFUNDED,
    "trash": OrderState.DELETED,
}
NOT_ORDERS_YET = {"checkout-draft", "auto-draft"}
REST_REFUSALS, REST_GONE = {401, 403}, {404, 410}
ANONYMISED = "@site.invalid"  # what WordPress writes over the e-mail of an erased person
DEFAULT_CAUSE = {"", "1", "true"}
GIFT_TO = re.compile("^(?:Gift to|تبرع إلى|捐給) +(?=.)")  # the plugin's fee, in its languages


def normalise(delivery: Delivery) -> Told:
    """Snapshots of one delivery; [] for a topic of IGNORED or one we never asked for."""
    read = READERS.get(delivery.topic)
    if read is None:
        return []
    try:
        return read(delivery)
    except BadInput as problem:
        raise UnreadablePayload(problem.code, f"{delivery.topic}: {problem.message}") from problem
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as problem:
        return _instead_of_it(delivery, problem)


def order(delivery: Delivery) -> Told:
    """The newest state of one order, and a request for the lines of its refunds."""
    raw = _decode(delivery, OrderPayload)
    if raw.status in NOT_ORDERS_YET:
        return []
    if raw.status not in STATES:
        raise UnreadablePayload("unknown_status", f"{delivery.topic}: status {raw.status[:40]!r}")
    key, modified_at = key_of(raw.id), moment(raw.date_modified_gmt or raw.date_created_gmt)
    if modified_at is None:
        raise UnreadablePayload("unreadable_payload", f"{delivery.topic}: order {key} has no date")
    paid_at, completed_at = moment(raw.date_paid_gmt), moment(raw.date_completed_gmt)
    state = STATES[raw.status]
    if state is OrderState.PAID and paid_at is None:
        state = OrderState.OPEN
    if state is OrderState.COMPLETED:
        paid_at = paid_at or completed_at
    snapshot = Order(
        key=key,
        state=state,
        currency=raw.currency,
        modified_at=modified_at,
        number=text_of(str(raw.number)) or key,
        placed_at=moment(raw.date_created_gmt),
        paid_at=paid_at,
        completed_at=completed_at,
        customer_key=key_or_none(raw.customer_id),
        person=_person(raw.billing, raw.billing, raw.shipping),
        taxes_included=raw.prices_include_tax,
        total_minor=minor(raw.total, raw.currency),
        shipping_minor=minor(raw.shipping_total, raw.currency),
        tax_minor=minor(raw.total_tax, raw.currency),
        lines=(
            *(_line(line, LineKind.GOODS, raw.currency) for line in raw.line_items),
            *(_line(line, _fee_kind(line), raw.currency) for line in raw.fee_lines),
        ),
        refunds=tuple(
            Refund(
                key=key_of(refund.id),
                refunded_at=modified_at,
                amount_minor=abs(minor(refund.total, raw.currency)),
                other_minor=0,
                lines_known=False,
            )
            for refund in raw.refunds or ()
            if minor(refund.total, raw.currency)
        ),
        refunds_known=raw.refunds is not None,
        codes=_codes(raw),
        tags=(f"from:{raw.created_via}",) if raw.created_via else (),
        **notes_of(raw.meta()),
    )
    return [snapshot, NeedsFetch("order_refunds", key)] if raw.refunds else [snapshot]


def order_deleted(delivery: Delivery) -> Told:
    """A trashed order tells its id alone and may have been restored since, which tells nothing.

    So it counts as deleted without moving its clock, and what the store answers decides: its
    trashed or restored state is newer, and no answer at all leaves it deleted.
    """
    key = key_of(_decode(delivery, Gone).id)
    gone = Order(key, OrderState.DELETED, currency="", modified_at=UNTOLD, partial=True)
    return [gone, NeedsFetch("order", key)]


def order_erased(delivery: Delivery) -> Told:
    """Deleted for good: there is nothing left to ask for. Drafts of checkouts are, every day."""
    key = key_of(_decode(delivery, Action).arg)
    return [Order(key, OrderState.DELETED, currency="", modified_at=UNTOLD, partial=True)]


def order_refunds(delivery: Delivery) -> Told:
    """The answer of ``orders/<id>/refunds``; whose they are stands in our headers."""
    key, currency = key_of(_header(delivery, ORDER_HEADER)), _header(delivery, CURRENCY_HEADER)
    raw = _decode(delivery, list[RefundPayload])
    gave_money = [refund for refund in raw if minor(refund.amount, currency)]
    refunds = tuple(_refund(refund, currency) for refund in gave_money)
    return [RefundsOfOrder(key, currency, refunds)]


def customer(delivery: Delivery) -> Told:
    raw = _decode(delivery, CustomerPayload)
    own = Place(raw.email, raw.first_name, raw.last_name)
    return [
        Customer(
            key=key_of(raw.id),
            person=_person(own, raw.billing, raw.shipping),
            modified_at=moment(raw.date_modified_gmt or raw.date_created_gmt),
            tags=(f"{ROLE}{raw.role}",) if raw.role else None,
            created_at=moment(raw.date_created_gmt),
        )
    ]


def customer_deleted(delivery: Delivery) -> Told:
    return [Customer(key_of(_decode(delivery, Gone).id), deleted=True)]


def product(delivery: Delivery) -> Told:
    """A product, if its price's currency is known; a variation is a reason to read its parent."""
    raw = _decode(delivery, ProductPayload)
    key, currency = key_of(raw.id), delivery.headers.get(CURRENCY_HEADER)
    if raw.type == "variation" and (parent_key := key_or_none(raw.parent_id)):
        return [NeedsFetch("product", parent_key)]
    if raw.status == "trash":
        return [Product(key, modified_at=moment(raw.date_modified_gmt), deleted=True)]
    if currency is None:
        return [NeedsFetch("product", key)]
    return [
        Product(
            key=key,
            title=text_of(raw.name),
            price_minor=None if raw.price in ("", None) else minor(raw.price, currency),
            url=raw.permalink or None,
            image_url=next((image.src for image in raw.images if image.src), None),
            categories=tuple(text_of(category.name) for category in raw.categories),
            in_stock=raw.stock_status != "outofstock",
            published=raw.status == "publish" and raw.catalog_visibility != "hidden",
            modified_at=moment(raw.date_modified_gmt),
            tags=None if raw.tags is None else names_of(raw.tags),
            is_gift_card=raw.is_gift_card,
        )
    ]


def product_deleted(delivery: Delivery) -> Told:
    """Trashing a coupon sends this too, with the coupon's id: look before believing it."""
    return [NeedsFetch("product", key_of(_decode(delivery, Gone).id))]


def order_of_action(delivery: Delivery) -> Told:
    """A PHP hook whose first argument is an order's id."""
    return [NeedsFetch("order", key_of(_decode(delivery, Action).arg))]


READERS: Mapping[str, Callable[[Delivery], Told]] = {
    "order.created": order,
    "order.updated": order,
    "order.restored": order,
    "order.deleted": order_deleted,
    "fetch/order": order,
    "fetch/order_refunds": order_refunds,
    "customer.created": customer,
    "customer.updated": customer,
    "customer.deleted": customer_deleted,
    "fetch/customer": customer,
    "product.created": product,
    "product.updated": product,
    "product.published": product,
    "product.restored": product,
    "product.deleted": product_deleted,
    "fetch/product": product,
    "action.woocommerce_delete_order": order_erased,
    "action.woocommerce_order_status_changed": order_of_action,
    "action.woocommerce_order_refunded": order_of_action,
    "action.woocommerce_payment_complete": order_of_action,
    **inside.READERS,
}
IGNORED: Mapping[str, str] = {
    PING: "sent unsigned when a webhook is made; says nothing",
    "coupon.created": "a coupon's use is told by its order",
    "coupon.updated": "a coupon's use is told by its order",
    "coupon.deleted": "also sent, falsely, for every trashed product",
    "coupon.restored": "a coupon's use is told by its order",
    "action.woocommerce_refund_created": "names the refund, not its order; order.updated follows",
}


def _decode(delivery: Delivery, kind: type[T]) -> T:
    return msgspec.json.decode(delivery.body, type=kind)


def _instead_of_it(delivery: Delivery, problem: Exception) -> Told:
    """A correctly signed delivery can hold a REST error in place of the thing."""
    error = rest_error(delivery.body)
    if error is None:
        raise UnreadablePayload(
            "unreadable_payload", f"{delivery.topic}: {str(problem)[:200]}"
        ) from problem
    if error.data.status in REST_REFUSALS:
        return [ConnectionLost(error.code[:100])]
    if error.data.status in REST_GONE:
        return []
    raise UnreadablePayload("error_body", f"{delivery.topic}: {error.code[:100]}") from problem


def _header(delivery: Delivery, name: str) -> str:
    try:
        return delivery.headers[name]
    except KeyError:
        raise UnreadablePayload("unreadable_payload", f"{delivery.topic}: no {name}") from None


def _codes(raw: OrderPayload) -> tuple[CodeUse, ...]:
    """What each coupon took, its tax included."""
    uses = [
        CodeUse(
            code=str(line.code),
            amount_minor=minor(line.discount, raw.currency)
            + minor(line.discount_tax, raw.currency),
        )
        for line in raw.coupon_lines
        if line.code not in (None, "")
    ]
    return tuple(sorted(uses, key=lambda use: use.code))


def _person(own: Place | None, billing: Place | None, shipping: Place | None) -> Person:
    """Who it is and where they live; nobody once WordPress has anonymised them."""
    email = (own.email or "").strip() if own else ""
    if email.lower().endswith(ANONYMISED):
        return Person()
    names = [
        text_of(f"{source.first_name or ''} {source.last_name or ''}")
        for source in (own, billing)
        if source
    ]
    places = [place for place in (billing, shipping) if place]
    lines = [
        people.address(place.address_1, place.address_2, place.postcode, place.country)
        for place in places
    ]
    return Person(
        email=email or None,
        name=next((name for name in names if name), None),
        phone=people.phone(*(place.phone for place in places)),
        address=next((line for line in lines if line), None),
    )


def _line(line: Line, kind: LineKind, currency: str) -> OrderLine:
    goods, total = kind is LineKind.GOODS, minor(line.total, currency)
    title = text_of(line.name)
    if kind is LineKind.DONATION:  # the fee's name around the cause's
        title = GIFT_TO.sub("", title)
    return OrderLine(
        key=key_of(line.id),
        kind=kind,
        title=title,
        quantity=line.pieces() if goods else 1,
        subtotal_minor=minor(line.subtotal, currency) if goods else total,
        total_minor=total,
        tax_minor=minor(line.total_tax, currency),
        product_key=key_or_none(line.product_id),
        sku=line.sku or None,
        cause=_cause(line) if kind is LineKind.DONATION else None,
    )


def _donation(line: Line) -> tuple[str, Any] | None:
    return next((pair for pair in line.meta().items() if pair[0].endswith("_donation")), None)


def _fee_kind(line: Line) -> LineKind:
    return LineKind.DONATION if _donation(line) else LineKind.FEE


def _cause(line: Line) -> str | None:
    """The cause a donation names; the shop's default one is written as "1", "" or "true"."""
    marked = _donation(line)
    name = marked[1] if marked else None
    named = isinstance(name, str) and name.strip().lower() not in DEFAULT_CAUSE
    return text_of(name) if named else None


def _refund(raw: RefundPayload, currency: str) -> Refund:
    """One refund with its lines; ``other_minor`` is what no line and no shipping explains.

    Halves of inclusive prices round apart by a minor unit, so such a difference is not money.
    """
    amount_minor = abs(minor(raw.amount, currency))
    refunded_at = moment(raw.date_created_gmt)
    if refunded_at is None:
        raise UnreadablePayload("unreadable_payload", f"refund {raw.id} has no date")
    lines = tuple(
        found
        for line in (*raw.line_items, *raw.fee_lines)
        if (found := _refund_line(line, currency)) is not None
    )
    shipping = -sum(
        minor(line.total, currency) + minor(line.total_tax, currency)
        for line in raw.shipping_lines
    )
    explained = shipping + sum(line.total_minor + line.tax_minor for line in lines)
    other = amount_minor - explained
    return Refund(
        key=key_of(raw.id),
        refunded_at=refunded_at,
        amount_minor=amount_minor,
        other_minor=0 if other < 0 or (explained and other <= 1) else other,
        lines=lines,
    )


def _refund_line(line: Line, currency: str) -> RefundLine | None:
    """What was taken of the original line; None if it names none or nothing was taken."""
    original = line.meta().get("_refunded_item_id")
    found = RefundLine(
        line_key=key_or_none(original) or "",
        quantity=line.pieces(),
        total_minor=-minor(line.total, currency),
        tax_minor=-minor(line.total_tax, currency),
    )
    taken = found.quantity or found.total_minor or found.tax_minor
    return found if found.line_key and taken else None
