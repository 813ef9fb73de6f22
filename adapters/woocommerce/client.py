"""One WooCommerce store as the rest of the house calls it.

Bodies are kept as the store sent them, one delivery a thing, in the form the normaliser reads
from webhooks too. Only fields we use are asked for: of an address what is compared, and no order
keys.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from adapters.woocommerce import webhooks
from adapters.woocommerce.api import Rest, decode
from adapters.woocommerce.coupons import Coupons
from adapters.woocommerce.normalise import CURRENCY_HEADER, ORDER_HEADER, STATES
from connector.core.commerce import Credentials, Delivery, NeedsFetch, Page, ShopFacts
from connector.core.discounts import Credit, Discount, Standing
from connector.core.errors import BadInput, PlatformBusy, PlatformError
from connector.core.http import Http, Params
from connector.core.money import Money

PER_PAGE = 100
STANDING_META = "_perennial_standing"  # of a customer; the plugin reads it
REFUND_PAGES = 20
PLACE_FIELDS = ",".join(
    f"{place}.{field}"
    for place in ("billing", "shipping")
    for field in (
        "first_name",
        "last_name",
        "phone",
        "address_1",
        "address_2",
        "postcode",
        "country",
    )
)
ORDER_FIELDS = (
    "id,number,status,currency,prices_include_tax,date_created_gmt,date_modified_gmt,"
    "date_paid_gmt,date_completed_gmt,total,total_tax,shipping_total,customer_id,created_via,"
    f"{PLACE_FIELDS},billing.email,line_items,fee_lines,coupon_lines,refunds,meta_data"
)
REFUND_FIELDS = "id,amount,date_created_gmt,line_items,fee_lines,shipping_lines"
CUSTOMER_FIELDS = (
    f"id,email,first_name,last_name,role,{PLACE_FIELDS},date_created_gmt,date_modified_gmt"
)
PRODUCT_FIELDS = (
    "id,name,type,status,catalog_visibility,permalink,price,stock_status,parent_id,categories,"
    "tags,images,meta_data,date_modified_gmt"
)
STATUS_FIELDS = "environment.version,settings.currency"
# "any" leaves the trash out, and nothing else tells of a trashed order when its webhook is lost.
STATUSES = ",".join(STATES)
# Zones without daylight saving for the offsets that Etc/GMT cannot say.
HALF_HOUR_ZONES = {
    -9.5: "Pacific/Marquesas",
    3.5: "Asia/Tehran",
    4.5: "Asia/Kabul",
    5.5: "Asia/Kolkata",
    5.75: "Asia/Kathmandu",
    6.5: "Asia/Yangon",
    8.75: "Australia/Eucla",
    9.5: "Australia/Darwin",
}
_KEY = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_CURSOR = re.compile(r"([1-9][0-9]{0,8}):([0-9]{0,12})", re.ASCII)


class Environment(Struct):
    version: str


class Settings(Struct):
    currency: str


class SystemStatus(Struct):
    environment: Environment
    settings: Settings


class Index(Struct):
    name: str = ""
    timezone_string: str = ""
    gmt_offset: float | str = 0


class Currency(Struct):
    code: str


class Meta(Struct):
    key: str = ""
    value: Any = ""


class Tagged(Struct):
    meta_data: list[Meta] = []


class CurrencyOfOrder(Struct):
    currency: str


class Shop:
    """Implements ShopClient. Cheap to make; knows one key of one store."""

    def __init__(
        self, http: Http, credentials: Credentials, modes: MutableMapping[str, str]
    ) -> None:
        self._http, self._shop_key = http, credentials.shop_key
        self._rest = Rest(http, credentials.shop_key, credentials.access, modes)
        self._currency, self._zone = "", ""
        self._coupons = Coupons(self._rest, self._shop_zone)

    def shop_facts(self) -> ShopFacts:
        """Proves the key too: only a shop manager may read the system status."""
        answer = self._rest.get("system_status", {"_fields": STATUS_FIELDS})
        status = decode(answer, SystemStatus)
        index = self._index()
        return ShopFacts(
            name=index.name or self._shop_key.partition("://")[2],
            currency=status.settings.currency,
            timezone=zone_of(index.timezone_string, index.gmt_offset),
            version=status.environment.version,
        )

    def fetch(self, want: NeedsFetch) -> Delivery:
        if not _KEY.fullmatch(want.key):
            raise BadInput("invalid_key", f"{want.key[:40]!r} is not an id", field="key")
        if want.what == "order_refunds":
            return self._refunds(want.key)
        endpoint, fields = {
            "order": (f"orders/{want.key}", ORDER_FIELDS),
            "customer": (f"customers/{want.key}", CUSTOMER_FIELDS),
            "product": (f"products/{want.key}", PRODUCT_FIELDS),
        }[want.what]
        body = self._rest.get(endpoint, {"_fields": fields}).content
        headers = {CURRENCY_HEADER: self._shop_currency()} if want.what == "product" else {}
        return _asked_for(want.what, body, headers)

    def ensure_webhooks(self, url: str, secret: str) -> Sequence[str]:
        return webhooks.ensure(self._rest, url, secret)

    def remove_webhooks(self, url: str) -> None:
        webhooks.remove(self._rest, url)

    def changed(self, what: str, since: datetime, until: datetime, cursor: str | None) -> Page:
        """``modified_after`` excludes its own second, so the window opens one earlier."""
        window = {
            "modified_after": _gmt(since - timedelta(seconds=1)),
            "modified_before": _gmt(until),
            "orderby": "modified",
        }
        if what == "orders":
            window["status"] = STATUSES
        return self._page(what, window, cursor)

    def history(self, what: str, until: datetime, cursor: str | None) -> Page:
        return self._page(what, {"before": _gmt(until), "orderby": "id"}, cursor)

    def find_code(self, code: str) -> str | None:
        return self._coupons.find(code)

    def make_code(self, wanted: Discount) -> str:
        return self._coupons.make(wanted)

    def change_code(self, key: str, wanted: Discount) -> None:
        self._coupons.change(key, wanted)

    def remove_code(self, key: str) -> None:
        self._coupons.remove(key)

    def credits(self, customer_key: str, currency: str) -> Sequence[Credit]:  # noqa: ARG002
        raise _not_supported("store credit")

    def give_credit(
        self,
        customer_key: str,  # noqa: ARG002
        money: Money,  # noqa: ARG002
        ends_at: datetime | None,  # noqa: ARG002
    ) -> str:
        raise _not_supported("store credit")

    def tag(self, customer_key: str, add: Sequence[str], remove: Sequence[str]) -> None:  # noqa: ARG002
        """A field of the customer that our plugin reads and alone lets be written.

        All of our tags are in ``add``, and nobody else writes there.
        """
        if not _KEY.fullmatch(customer_key):
            raise BadInput("invalid_key", f"{customer_key[:40]!r} is not an id", field="key")
        told = {"key": STANDING_META, "value": " ".join(add)}
        answer = self._rest.put(f"customers/{customer_key}", {"meta_data": [told]})
        kept = {meta.key: meta.value for meta in decode(answer, Tagged).meta_data}
        if kept.get(STANDING_META, "") != told["value"]:
            raise _not_supported("tags of customers while the plugin is off")

    def put_standing(self, wanted: Standing) -> None:
        """The plugin is told of all discounts at once, with its settings."""

    def remove_standing(self, title: str) -> None:
        """The same."""

    def _page(self, what: str, window: Params, cursor: str | None) -> Page:
        """A page of a frozen window; the cursor is the page and the total seen before it.

        Things can only leave the window. When some have, those after them moved up, past pages
        already read; so we go back as far as that can be. What is read twice is dropped by key.
        """
        number, before = _place(cursor)
        answer = self._rest.get(
            what,
            {
                **window,
                "order": "asc",
                "dates_are_gmt": "true",
                "per_page": PER_PAGE,
                "page": number,
                "_fields": {"orders": ORDER_FIELDS, "products": PRODUCT_FIELDS}[what],
            },
        )
        bodies = [bytes(raw) for raw in decode(answer, list[msgspec.Raw])]
        told = answer.headers.get("X-WP-Total", "")
        total = int(told) if told.isascii() and told.isdigit() else None
        gone = before - total if before is not None and total is not None else 0
        if gone > 0:
            following: int | None = max(1, number - -(-gone // PER_PAGE))
        elif len(bodies) == 0 or (total is not None and number * PER_PAGE >= total):
            following = None
        else:
            following = number + 1
        topic = {"orders": "order", "products": "product"}[what]
        headers = {CURRENCY_HEADER: self._shop_currency()} if bodies and topic == "product" else {}
        return Page(
            deliveries=tuple(_met_in_a_list(topic, body, headers) for body in bodies),
            cursor=None if following is None else f"{following}:{'' if total is None else total}",
            total=total,
        )

    def _refunds(self, key: str) -> Delivery:
        """All refunds of an order as one list, and the currency they do not name."""
        order = self._rest.get(f"orders/{key}", {"_fields": "currency"})
        found: list[msgspec.Raw] = []
        for page in range(1, REFUND_PAGES + 1):
            params: Params = {"per_page": PER_PAGE, "page": page, "_fields": REFUND_FIELDS}
            refunds = decode(self._rest.get(f"orders/{key}/refunds", params), list[msgspec.Raw])
            found += refunds
            if len(refunds) < PER_PAGE:
                break
        body = b"[" + b",".join(bytes(raw) for raw in found) + b"]"
        headers = {ORDER_HEADER: key, CURRENCY_HEADER: decode(order, CurrencyOfOrder).currency}
        return _asked_for("order_refunds", body, headers)

    def _shop_currency(self) -> str:
        if not self._currency:
            answer = self._rest.get("data/currencies/current", {"_fields": "code"})
            self._currency = decode(answer, Currency).code
        return self._currency

    def _shop_zone(self) -> str:
        """A code that ends hours too early breaks a promise: without the zone there is none."""
        if not self._zone:
            index = self._asked_index()
            self._zone = zone_of(index.timezone_string, index.gmt_offset)
        return self._zone

    def _index(self) -> Index:
        """The store's public face; its name and zone are worth having, not worth failing for."""
        try:
            return self._asked_index()
        except PlatformError:
            return Index()

    def _asked_index(self) -> Index:
        fields = {"_fields": "name,timezone_string,gmt_offset"}
        answer = self._http.request("GET", f"{self._shop_key}/wp-json/", params=fields)
        if answer.status_code != HTTPStatus.OK:
            # It is public: whatever hides it says nothing about our key.
            raise PlatformBusy("platform_blocked", f"its index answered {answer.status_code}")
        return decode(answer, Index)


def zone_of(name: str, offset: float | str) -> str:
    """An IANA zone for WordPress' time zone, which may be a bare offset in hours."""
    hours = float(offset or 0)
    whole = f"Etc/GMT{-int(hours):+d}" if int(hours) else "UTC"
    for zone in (name, HALF_HOUR_ZONES.get(hours, ""), whole):
        with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(zone).key
    return "UTC"


def _not_supported(what: str) -> PlatformError:
    return PlatformError("not_supported", f"WooCommerce has no {what}")


def _gmt(at: datetime) -> str:
    """As ``dates_are_gmt`` wants it: UTC without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _place(cursor: str | None) -> tuple[int, int | None]:
    if cursor is None:
        return 1, None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadInput("invalid_cursor", f"{cursor[:40]!r} is none of ours", field="cursor")
    return int(found[1]), int(found[2]) if found[2] else None


def _asked_for(what: str, body: bytes, headers: dict[str, str]) -> Delivery:
    """The answer to one question; the same words later are news (a refund was deleted)."""
    return Delivery(f"fetch/{what}", f"fetch:{secrets.token_hex(16)}", headers, body)


def _met_in_a_list(what: str, body: bytes, headers: dict[str, str]) -> Delivery:
    """One thing of a page; met again unchanged, it is the same delivery."""
    digest = hashlib.sha256(f"fetch/{what}\n".encode() + body).hexdigest()
    return Delivery(f"fetch/{what}", digest, headers, body)
