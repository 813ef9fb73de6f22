"""Standing discounts: automatic ones for a segment of customers, who are found by their tag.

A discount is known by its title and a segment by its name, both ours. Neither is kept anywhere
else, so that putting one again finds what an answer lost on the way has made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import msgspec

from adapters.shopify.admin_api import AdminApi, decode, field_of
from adapters.shopify.changes import Taken, change, make
from adapters.shopify.codes import COMBINES, COMBINES_WITH_SHIPPING, EVERYTHING, fraction, moment
from adapters.shopify.fields import gid_of
from connector.core.discounts import DiscountKind, Standing
from connector.core.errors import PlatformError, PlatformLagging, PlatformMissing

PAGE = 25
PAGES = 40
SEGMENT = "Perennial: {tag}"
_DOCUMENTS = {
    "DiscountAutomaticBasic": "standing_basic",
    "DiscountAutomaticFreeShipping": "standing_shipping",
}


class _Reference(msgspec.Struct):
    id: str
    name: str = ""
    title: str = ""


class _References(msgspec.Struct):
    nodes: list[_Reference] = []


class _Context(msgspec.Struct):
    segments: list[_Reference] = []


class _Items(msgspec.Struct):
    collections: _References = msgspec.field(default_factory=_References)


class _Gets(msgspec.Struct):
    items: _Items


class _Discount(msgspec.Struct, rename="camel"):
    kind: str = ""
    title: str = ""
    status: str = ""
    context: _Context = msgspec.field(default_factory=_Context)
    customer_gets: _Gets | None = None


class _Node(msgspec.Struct):
    id: str
    discount: _Discount


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    nodes: list[_Node]
    page_info: _PageInfo


@dataclass(frozen=True, slots=True)
class _Held:
    """What a standing discount applies to now: gids."""

    segments: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()


class Standings:
    """Tags of customers, and the standing discounts that go by them."""

    def __init__(self, api: AdminApi, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now

    def tag(self, customer_key: str, add: Sequence[str], remove: Sequence[str]) -> None:
        gid = gid_of("Customer", customer_key)
        for document, tags in (("tags_add", add), ("tags_remove", remove)):
            if tags:
                change(self._api, document, {"id": gid, "tags": list(tags)})

    def put(self, wanted: Standing) -> None:
        document = _document(wanted.kind)
        same: list[_Node] = []
        for found in self._titled(wanted.title):
            if _DOCUMENTS[found.discount.kind] == document:
                same.append(found)
            else:
                change(self._api, "standing_delete", {"id": found.id})
        segment = self._segment(wanted.tag)
        collection = self._collection(wanted.collection) if wanted.collection else None
        try:
            if same:
                held = _held(same[0].discount)
                changed = {"endsAt": None, **_input(wanted, segment, collection, held)}
                asked = {"id": same[0].id, "discount": changed}
                change(self._api, f"{document}_change", asked)
            else:
                fresh = _input(wanted, segment, collection, _Held())
                asked = {"discount": {"startsAt": moment(self._now()), **fresh}}
                make(self._api, f"{document}_make", asked)
        except Taken:
            _not_found_yet(wanted.title)

    def end(self, title: str) -> None:
        for found in self._titled(title):
            if found.discount.status != "EXPIRED":
                with contextlib.suppress(PlatformMissing):
                    change(self._api, "standing_end", {"id": found.id})

    def _titled(self, title: str) -> list[_Node]:
        """The discounts of this title, of the kinds we make."""
        found: list[_Node] = []
        after: str | None = None
        for _ in range(PAGES):
            answer = self._api.ask("standing_list", {"first": PAGE, "after": after})
            page = decode(field_of(answer, "automaticDiscountNodes"), _Page)
            found += [
                one
                for one in page.nodes
                if one.discount.title == title and one.discount.kind in _DOCUMENTS
            ]
            if not page.page_info.has_next_page:
                return found
            after = page.page_info.end_cursor
        raise PlatformError("too_many_discounts", f"more than {PAGE * PAGES} automatic discounts")

    def _segment(self, tag: str) -> str:
        """The segment of everybody with the tag, made where there is none yet."""
        name = SEGMENT.format(tag=tag)
        answer = self._api.ask("segments", {"query": f"name:{_quoted(name)}"})
        for found in decode(field_of(answer, "segments"), _References).nodes:
            if found.name == name:
                return found.id
        query = f"customer_tags CONTAINS {_quoted(tag)}"
        try:
            return make(self._api, "segment_make", {"name": name, "query": query})
        except Taken:
            _not_found_yet(name)

    def _collection(self, title: str) -> str:
        answer = self._api.ask("collections", {"query": f"title:{_quoted(title)}"})
        for found in decode(field_of(answer, "collections"), _References).nodes:
            if found.title == title:
                return found.id
        raise PlatformMissing("collection_missing", f"the shop has no collection {title!r}")


def _document(kind: DiscountKind) -> str:
    if kind not in (DiscountKind.PERCENT, DiscountKind.SHIPPING):
        raise PlatformError("not_supported", f"no standing discount is of the kind {kind}")
    return "standing_basic" if kind is DiscountKind.PERCENT else "standing_shipping"


def _input(
    wanted: Standing, segment: str, collection: str | None, held: _Held
) -> Mapping[str, Any]:
    """The discount as it should be, said as what to add to and take from what it holds."""
    common = {
        "title": wanted.title,
        "context": {"customerSegments": _difference({segment}, held.segments)},
    }
    if wanted.kind is DiscountKind.SHIPPING:
        return {**common, "destination": EVERYTHING, "combinesWith": COMBINES}
    items: Mapping[str, Any] = EVERYTHING
    if collection is not None:
        items = {"collections": _difference({collection}, held.collections)}
    gets = {"value": {"percentage": fraction(wanted.percent)}, "items": items}
    return {**common, "customerGets": gets, "combinesWith": COMBINES_WITH_SHIPPING}


def _difference(wanted: set[str], held: frozenset[str]) -> Mapping[str, list[str]]:
    return {"add": sorted(wanted - held), "remove": sorted(held - wanted)}


def _held(discount: _Discount) -> _Held:
    gets = discount.customer_gets
    collections = gets.items.collections.nodes if gets else []
    return _Held(
        segments=frozenset(one.id for one in discount.context.segments),
        collections=frozenset(one.id for one in collections),
    )


def _quoted(text: str) -> str:
    """A value in a search or a segment's query."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _not_found_yet(name: str) -> NoReturn:
    """What has just been made may not be found at once, for up to a minute."""
    raise PlatformLagging("not_found_yet", f"Shopify has {name!r} and does not show it yet")
