"""One row a page: which, what is in it, and why; what the merchant and plain tact leave out.

``rows`` walks a surface's ladder and keeps the first row that has something honest to say;
``ladders`` says which, ``candidates`` where each looks, ``wishes`` what the merchant wants, and
``counts`` what a build leaves behind for it.
"""

from connector.rooms.recommend.showing.desk import Question
from connector.rooms.recommend.showing.items import Item
from connector.rooms.recommend.showing.ladders import LADDERS, ON_PRODUCTS, ORDERS, SURFACES
from connector.rooms.recommend.showing.rows import (
    MOST_HIDDEN,
    MOST_VIEWED,
    SHOWN,
    LeftOut,
    Row,
    Shown,
    ladder,
    left_out,
    row,
)
from connector.rooms.recommend.showing.wishes import (
    Wishes,
    beside,
    exclude,
    pin,
    rest_after,
    switch,
    wishes,
    wishes_to_change,
)

__all__ = [
    "LADDERS",
    "MOST_HIDDEN",
    "MOST_VIEWED",
    "ON_PRODUCTS",
    "ORDERS",
    "SHOWN",
    "SURFACES",
    "Item",
    "LeftOut",
    "Question",
    "Row",
    "Shown",
    "Wishes",
    "beside",
    "exclude",
    "ladder",
    "left_out",
    "pin",
    "rest_after",
    "row",
    "switch",
    "wishes",
    "wishes_to_change",
]
