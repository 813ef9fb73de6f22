"""The order book and the catalogue: the newest state of what a shop sold and sells.

Publishes OrderChanged and OrderConfirmed. Invariants: one row per platform order; an older
snapshot never overwrites a newer one; equal news is no news; a member, once found, stays.
"""

from connector.orders.service import (
    Context,
    load,
    net_goods_minor,
    record,
    record_products,
)

__all__ = ["Context", "load", "net_goods_minor", "record", "record_products"]
