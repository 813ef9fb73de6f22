"""What pages tell of recommendations: one batch a page, by whoever got an answer, without a name.

A browser sends it while it leaves the page and hears no answer, so it comes as plain text, which
browsers send to another origin without asking first. It is added to sums and then forgotten.
"""

from __future__ import annotations

from typing import Annotated

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
BEACONS_A_MINUTE = 120  # from one address: a household reads on several screens
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
    def is_known(self) -> bool:
        """Whether there is such a row; where there was none, nothing can have happened to it."""
        place = Place(self.surface, self.row, self.method)
        was_met = self.shown or self.clicks or self.adds or self.items
        return place.is_known and not (self.row == rules.NOTHING and was_met)


class Beacon(Struct, forbid_unknown_fields=True):
    """first: nothing was told yet in this browser session."""

    bucket: _Bucket
    first: bool
    rows: Annotated[tuple[RowSeen, ...], Meta(max_length=MOST_ROWS)] = ()


def take(shop: Shop, address: str, origin: str | None = None) -> tuple[str, int]:
    """Add the batch of this request to the shop's sums.

    origin: whose pages alone may tell, where browsers say whose they are.
    Raises Forbidden ``wrong_origin``, TooMany, and BadInput for what is no batch.
    """
    told_by = request.headers.get("Origin")
    if origin is not None and told_by is not None and told_by != origin:
        raise Forbidden("wrong_origin", "only the store's own pages tell what is seen there")
    pace: Pace = current_app.extensions.setdefault(_EXTENSION, Pace(BEACONS_A_MINUTE))
    pace.check(f"{shop.id} {address}")
    told = read_json(Beacon, JSON if request.mimetype == JSON else PLAIN)
    seen = [
        Seen(
            Place(row.surface, row.row, row.method),
            row.shown,
            row.clicks,
            row.adds,
            row.pages,
            row.items,
        )
        for row in told.rows
    ]
    if not all(one.is_known for one in told.rows):
        raise BadInput("unknown_row", "no such place, row or method", field="rows")
    runtime().database.run(
        lambda db: learning.tell(db, shop.id, told.bucket, seen, clock.now(), is_visit=told.first)
    )
    return "", 204
