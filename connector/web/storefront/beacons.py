"""What pages tell of recommendations: one batch a page, by whoever got an answer, without a name.

A browser sends it while it leaves the page and hears no answer, so it comes as plain text, which
browsers send to another origin without asking first. It is added to sums and then forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from flask import current_app, request
from msgspec import Meta, Struct

from connector.core import clock
from connector.core.errors import BadInput, Forbidden
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import rules
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.learning.rules import Place
from connector.rooms.recommend.learning.service import Seen
from connector.shops.service import Shop
from connector.web.body import read_json
from connector.web.pace import Pace
from connector.web.runtime import runtime

ACT = "beacon"
MOST_ROWS = 12  # of one page, a row as often as something happened to it
MOST_TIMES = 20  # that one row of one page was shown, clicked or added from
HOUR = 3600
VISIT_SECONDS = 1800  # within which one address begins no second visit as the same bucket
# From one address: a household reads on several screens, and an office behind one address.
BEACONS_A_MINUTE = 120
BEACONS_AN_HOUR = 600
VISITS_AN_HOUR = 20
PLAIN, JSON = "text/plain", "application/json"  # a proxy may call it what it is
_EXTENSION = "perennial_beacons"
_Bucket = Annotated[int, Meta(ge=0, lt=rules.BUCKETS)]
_Key = Annotated[str, Meta(max_length=200)]
_Times = Annotated[int, Meta(ge=0, le=MOST_TIMES)]


class RowSeen(Struct, forbid_unknown_fields=True):
    """One row of the page: where, which and ranked how; and something that happened to it.

    row ``none``: nothing was shown. pages: 1 where it was the page's answer. items: its products.
    """

    surface: str
    row: str
    method: str
    shown: _Times = 0
    clicks: _Times = 0
    adds: _Times = 0
    pages: _Times = 0
    items: Annotated[tuple[_Key, ...], Meta(max_length=showing.SHOWN)] = ()

    @property
    def place(self) -> Place:
        return Place(self.surface, self.row, self.method)

    @property
    def is_known(self) -> bool:
        """Whether there is such a row; where there was none, nothing can have happened to it."""
        was_met = self.shown or self.clicks or self.adds or self.items
        return self.place.is_known and not (self.row == rules.NOTHING and was_met)


class Beacon(Struct, forbid_unknown_fields=True):
    """first: nothing was told yet in this browser session."""

    bucket: _Bucket
    first: bool
    rows: Annotated[tuple[RowSeen, ...], Meta(max_length=MOST_ROWS)] = ()


class _Paces:
    """How much one household can tell of one shop; see ``Pace`` for what it is kept in."""

    def __init__(self) -> None:
        self._batches = (Pace(BEACONS_A_MINUTE), Pace(BEACONS_AN_HOUR, HOUR))
        self._same, self._visits = Pace(1, VISIT_SECONDS), Pace(VISITS_AN_HOUR, HOUR)

    def check(self, shop: Shop, address: str) -> None:
        for one in self._batches:
            one.check(address, shop.id)

    def is_visit(self, shop: Shop, address: str, bucket: int) -> bool:
        """Whether somebody new may have come: not whom we just met, nor a crowd of one."""
        is_new = self._same.lets(address, shop.id, bucket)
        return is_new and self._visits.lets(address, shop.id)


def take(shop: Shop, address: str) -> tuple[str, int]:
    """Add the batch of this request to the shop's sums, as far as one page can hold it.

    Raises TooMany, and BadInput for what is no batch.
    """
    paces: _Paces = current_app.extensions.setdefault(_EXTENSION, _Paces())
    paces.check(shop, address)
    told = read_json(Beacon, JSON if request.mimetype == JSON else PLAIN)
    if not all(one.is_known for one in told.rows):
        raise BadInput("unknown_row", "no such place, row or method", field="rows")
    seen = [_of_one_page(place, rows) for place, rows in _by_place(told.rows).items()]
    is_visit = told.first and paces.is_visit(shop, address, told.bucket)
    runtime().database.run(
        lambda db: learning.tell(db, shop.id, told.bucket, seen, clock.now(), is_visit=is_visit)
    )
    return "", 204


def _by_place(rows: Iterable[RowSeen]) -> Mapping[Place, Sequence[RowSeen]]:
    found: dict[Place, list[RowSeen]] = {}
    for row in rows:
        found.setdefault(row.place, []).append(row)
    return found


def _of_one_page(place: Place, rows: Sequence[RowSeen]) -> Seen:
    """What happened to one row, as far as one page can hold it: it is met once."""
    return Seen(
        place,
        shown=int(any(row.shown for row in rows)),
        clicks=min(sum(row.clicks for row in rows), showing.SHOWN),
        adds=min(sum(row.adds for row in rows), showing.SHOWN),
        pages=int(any(row.pages for row in rows)),
        items=tuple({key: None for row in rows for key in row.items})[: showing.SHOWN],
    )


def check_origin(own: str) -> None:
    """Forbidden ``wrong_origin`` unless this is of a page of ``own``.

    Browsers tell the origin of every request that is no GET or HEAD, so its lack is no page's.
    """
    if request.headers.get("Origin") != own:
        raise _wrong()


def check_proxied(hosts: Callable[[], Collection[str]]) -> None:
    """The same behind Shopify's proxy, where pages and we are one origin to the browser.

    Browsers tell that themselves; where one does not, its origin is one of ``hosts``. A proxy may
    keep both headers back, so that neither is there proves nothing.
    """
    site, origin = (request.headers.get(name) for name in ("Sec-Fetch-Site", "Origin"))
    if site is not None:
        is_own = site == "same-origin"
    else:
        is_own = origin is None or urlsplit(origin).hostname in hosts()
    if not is_own:
        raise _wrong()


def _wrong() -> Forbidden:
    return Forbidden("wrong_origin", "only the store's own pages tell what is seen there")
