"""Calls one shop: facts, single things, what changed, and the whole history.

Every answer becomes a delivery of its own bytes, read later by ``normalise`` like a webhook. An
order is complete in its delivery: lines beyond the first page and the lines of its refunds are
asked for here. Only the history leaves refunds' lines out, because bulk operations cannot tell
them: ``normalise`` then asks for the order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.shopify import credit
from adapters.shopify.admin_api import AdminApi, Answer, decode, field_of
from adapters.shopify.bulk import History
from adapters.shopify.codes import Codes
from adapters.shopify.fields import Moment, gid_of
from adapters.shopify.metafields import Fields, Metafields
from adapters.shopify.scopes import missing_scopes
from adapters.shopify.standing import Standings
from connector.core import clock
from connector.core.commerce import Delivery, NeedsFetch, Page, ShopFacts
from connector.core.discounts import Credit, Discount, Standing
from connector.core.errors import (
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.money import Money

# How much one answer may hold. Shopify prices a question by these sizes before it answers; what it
# finds too costly is asked in halves.
LINES = 40
REFUNDS = 100
ORDERS = 10  # in one answer of what changed
PAGE_LINES = 15
PAGE_REFUNDS = 10
PRODUCTS = 25
WINDOW_LIMIT = 20_000  # a search shows at most 25,000: go on from the last moment before that
_KINDS = {"order": "Order", "customer": "Customer", "product": "Product"}
_SIZES = ("first", "lines")


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Nodes(msgspec.Struct, rename="camel"):
    nodes: list[msgspec.Raw]
    page_info: _PageInfo


class _Scope(msgspec.Struct):
    handle: str


class _Installation(msgspec.Struct, rename="camel"):
    access_scopes: list[_Scope]


class _Plan(msgspec.Struct, rename="camel"):
    public_display_name: str = ""


class _Shop(msgspec.Struct, rename="camel"):
    name: str
    currency_code: str
    iana_timezone: str
    plan: _Plan


class _ShopAnswer(msgspec.Struct, rename="camel"):
    shop: _Shop
    current_app_installation: _Installation


class _LinesInfo(msgspec.Struct, rename="camel"):
    page_info: _PageInfo


class _Reference(msgspec.Struct):
    id: str


class _Outline(msgspec.Struct, rename="camel"):
    """As much of an order as tells what is missing from it."""

    id: str
    line_items: _LinesInfo
    refunds: list[_Reference]


class _MoreLines(msgspec.Struct, rename="camel"):
    line_items: _Nodes


class _MoreLinesAnswer(msgspec.Struct):
    order: _MoreLines


class _RefundOutline(msgspec.Struct, rename="camel"):
    refund_line_items: _LinesInfo


class _Changed(msgspec.Struct, rename="camel"):
    updated_at: Moment


class ShopifyClient:
    """One shop, one token. It makes no webhooks: the app's TOML declares them."""

    def __init__(
        self,
        shop_key: str,
        api: AdminApi,
        history: History,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._shop_key = shop_key
        self._api = api
        self._history = history
        self._codes = Codes(api, now)
        self._standings = Standings(api, now)
        self._metafields = Metafields(api)

    def shop_facts(self) -> ShopFacts:
        answer = self._api.ask("shop", {})
        shop = decode(answer.data, _ShopAnswer).shop
        return ShopFacts(
            name=shop.name,
            currency=shop.currency_code,
            timezone=shop.iana_timezone,
            version=answer.version,
            plan=shop.plan.public_display_name,
        )

    def fetch(self, want: NeedsFetch) -> Delivery:
        kind = _KINDS.get(want.what)
        if kind is None:
            raise PlatformError("cannot_fetch", f"Shopify is not asked for {want.what}")
        variables: dict[str, object] = {"id": gid_of(kind, want.key)}
        if want.what == "order":
            variables |= {"lines": LINES, "refunds": REFUNDS}
        node = field_of(self._ask(want.what, variables), want.what)
        return self._delivery(want.what, self._whole(want.what, node))

    def ensure_webhooks(self, url: str, secret: str) -> Sequence[str]:  # noqa: ARG002
        """Nothing to make: Shopify keeps the app's declared webhooks by itself.

        Looks only whether the shop still grants what they need: PlatformRefused
        ``scope_too_small`` if not.
        """
        installation = decode(self._api.ask("shop", {}).data, _ShopAnswer).current_app_installation
        missing = missing_scopes(scope.handle for scope in installation.access_scopes)
        if missing:
            raise PlatformRefused("scope_too_small", f"not granted: {', '.join(missing)}")
        return []

    def remove_webhooks(self, url: str) -> None:
        """Nothing to remove: uninstalling the app ends its declared webhooks."""

    def changed(self, what: str, since: datetime, until: datetime, cursor: str | None) -> Page:
        """A page of what changed. The cursor is ``from|seen|Shopify's own``."""
        start, seen, after = _split(cursor, since)
        query = f"updated_at:>='{start}' AND updated_at:<'{_second(until)}'"
        nodes = self._changed_nodes(what, query, after)
        thing = what.removesuffix("s")
        deliveries = tuple(self._delivery(thing, self._whole(thing, node)) for node in nodes.nodes)
        if not nodes.page_info.has_next_page or not nodes.nodes:
            return Page(deliveries, None)
        seen += len(nodes.nodes)
        after = nodes.page_info.end_cursor or ""
        last = _second(decode(nodes.nodes[-1], _Changed).updated_at)
        if seen >= WINDOW_LIMIT and last > start:
            start, seen, after = last, 0, ""
        return Page(deliveries, f"{start}|{seen}|{after}")

    def history(self, what: str, until: datetime, cursor: str | None) -> Page:
        page = self._history.page(what, _second(until), cursor)
        thing = what.removesuffix("s")
        deliveries = tuple(self._delivery(thing, body) for body in page.bodies)
        return Page(deliveries, page.cursor, page.total, page.wait_seconds)

    def find_code(self, code: str) -> str | None:
        return self._codes.find(code)

    def make_code(self, wanted: Discount) -> str:
        return self._codes.make(wanted)

    def change_code(self, key: str, wanted: Discount) -> None:  # noqa: ARG002
        """What is left of a balance is store credit here, and needs no code."""
        raise PlatformError("not_supported", "codes on Shopify hold no balance")

    def remove_code(self, key: str) -> None:
        self._codes.end(key)

    def credits(self, customer_key: str, currency: str) -> Sequence[Credit]:
        return credit.credits_of(self._api, customer_key, currency)

    def give_credit(self, customer_key: str, money: Money, ends_at: datetime | None) -> str:
        return credit.give(self._api, customer_key, money, ends_at)

    def tag(self, customer_key: str, add: Sequence[str], remove: Sequence[str]) -> None:
        self._standings.tag(customer_key, add, remove)

    def put_standing(self, wanted: Standing) -> None:
        self._standings.put(wanted)

    def remove_standing(self, title: str) -> None:
        self._standings.end(title)

    def define_metafields(self) -> None:
        self._metafields.define()

    def put_metafields(self, wanted: Sequence[Fields]) -> set[str]:
        return self._metafields.put(wanted)

    def keep_app_data(self, key: str, told: bytes | None) -> None:
        self._metafields.keep(key, told)

    def _changed_nodes(self, what: str, query: str, after: str) -> _Nodes:
        asked: dict[str, object] = {"query": query, "after": after or None}
        if what == "orders":
            asked |= {"first": ORDERS, "lines": PAGE_LINES, "refunds": PAGE_REFUNDS}
        elif what == "products":
            asked |= {"first": PRODUCTS}
        else:
            raise PlatformError("cannot_fetch", f"Shopify is not asked for {what}")
        return decode(field_of(self._ask(f"{what}_changed", asked), what), _Nodes)

    def _ask(self, name: str, variables: Mapping[str, object]) -> Answer:
        """The answer, in a smaller size where Shopify finds the question too costly."""
        while True:
            try:
                return self._api.ask(name, variables)
            except PlatformError as problem:
                sizes = {k: v for k, v in variables.items() if k in _SIZES and isinstance(v, int)}
                if problem.code != "max_cost_exceeded" or max(sizes.values(), default=1) <= 1:
                    raise
                variables = {**variables, **{k: max(v // 2, 1) for k, v in sizes.items()}}

    def _whole(self, thing: str, node: bytes) -> bytes:
        """The body of a delivery: the node, and for an order what did not fit beside it."""
        if thing != "order":
            return b'{"%s":%s}' % (thing.encode(), node)
        order = decode(node, _Outline)
        if len(order.refunds) == PAGE_REFUNDS:
            # There may be more than the page shows.
            asked = {"id": order.id, "lines": LINES, "refunds": REFUNDS}
            node = field_of(self._ask("order", asked), "order")
            order = decode(node, _Outline)
        lines = self._later_lines(order)
        refunds = [page for one in order.refunds for page in self._refund_pages(one.id)]
        return b'{"order":%s,"lines":[%s],"refunds":[%s]}' % (
            node,
            b",".join(lines),
            b",".join(refunds),
        )

    def _later_lines(self, order: _Outline) -> list[bytes]:
        lines: list[bytes] = []
        page = order.line_items.page_info
        while page.has_next_page:
            asked = {"id": order.id, "lines": LINES, "after": page.end_cursor}
            answer = self._ask("order_lines", asked)
            field_of(answer, "order")
            more = decode(answer.data, _MoreLinesAnswer).order.line_items
            lines += [bytes(node) for node in more.nodes]
            page = more.page_info
        return lines

    def _refund_pages(self, gid: str) -> list[bytes]:
        pages: list[bytes] = []
        after: str | None = None
        while True:
            answer = self._ask("refund", {"id": gid, "lines": LINES, "after": after})
            try:
                node = field_of(answer, "refund")
            except PlatformMissing:
                # The order names it, so it is there, only not yet readable.
                raise PlatformBusy("platform_busy", "a refund cannot be read yet") from None
            pages.append(node)
            page = decode(node, _RefundOutline).refund_line_items.page_info
            if not page.has_next_page:
                return pages
            after = page.end_cursor

    def _delivery(self, thing: str, body: bytes) -> Delivery:
        topic = f"fetch/{thing}"
        return Delivery(
            topic=topic,
            dedupe_key=f"{topic}:{hashlib.sha256(body).hexdigest()[:40]}",
            headers={"x-shopify-shop-domain": self._shop_key},
            body=body,
            shop_key=self._shop_key,
        )


def _split(cursor: str | None, since: datetime) -> tuple[str, int, str]:
    if cursor is None:
        return _second(since), 0, ""
    start, seen, after = cursor.split("|", 2)
    return start, int(seen), after


def _second(moment: datetime) -> str:
    """Whole seconds in UTC, as searches compare them; rounding down only widens the overlap."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
