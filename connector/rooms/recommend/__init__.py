"""Bought together: what a shop's own orders say goes with a product, and nothing else.

Hears OrderChanged and HistoryImported; both mark the shop's lists as due. Publishes nothing.
Invariants: a pair is shown only if at least ``rules.SUPPORT`` paid orders hold both products; the
count beside it is that number of orders, except that of a giant order only its ``rules.CAP`` most
bought products count; lists name products and no people, so erasing a member changes nothing.
"""

from connector.rooms.recommend.service import (
    Build,
    Item,
    Pair,
    build,
    build_due,
    mark,
    newest_build,
    together,
    why,
)

__all__ = [
    "Build",
    "Item",
    "Pair",
    "build",
    "build_due",
    "mark",
    "newest_build",
    "together",
    "why",
]
