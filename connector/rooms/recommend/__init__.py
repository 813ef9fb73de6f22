"""Recommendations from a shop's own orders: bought together, bought again, new to somebody.

Hears OrderChanged, HistoryImported and MemberErased; all mark the shop's lists as due. Publishes
nothing. Invariants: a count is said only where at least ``rules.SUPPORT`` paid orders hold both
products, of giant orders their ``rules.CAP`` most bought ones; lists of products name no people,
lists of members go with the member, and to the next build who was erased bought nothing.
"""

from connector.rooms.recommend.service import (
    Build,
    Odds,
    Pair,
    build,
    build_due,
    mark,
    newest_build,
    odds,
    why,
)

__all__ = [
    "Build",
    "Odds",
    "Pair",
    "build",
    "build_due",
    "mark",
    "newest_build",
    "odds",
    "why",
]
