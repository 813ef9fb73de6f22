"""The order book and the catalogue: the newest state of what a shop sold and sells.

Hears MembersMerged and MembersUnmerged. Publishes OrderChanged and OrderConfirmed. Invariants:
one row per platform order; an older snapshot never overwrites a newer one; equal news is no news;
a member, once found, stays, unless it becomes part of another.
"""

from connector.orders.rules import net_goods_minor
from connector.orders.service import (
    Context,
    load,
    on_members_merged,
    on_members_unmerged,
    record,
    record_products,
)

__all__ = [
    "Context",
    "load",
    "net_goods_minor",
    "on_members_merged",
    "on_members_unmerged",
    "record",
    "record_products",
]
