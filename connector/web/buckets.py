"""Which of a thousand a visitor is: what recommendations are learnt by, and no identifier."""

from __future__ import annotations

from connector.core import clock
from connector.core.errors import BadInput
from connector.rooms.recommend.learning import rules
from connector.web import addresses
from connector.web.runtime import runtime

_DIGITS = len(str(rules.BUCKETS - 1))


def of_order(shop_id: int, key: str, note: str | None, member_id: int | None) -> int:
    """Of a page after an order: its buyer's own, else what the order carries or the query says.

    An order that no page of ours was near is dealt by its key: the same on every visit to it.
    """
    if member_id is None:
        told = rules.read(note, clock.now().date()) if note else None
        if told is not None:
            return told.bucket
    own = of(shop_id, member_id)
    if own is None:
        own = int(runtime().keys.hash(shop_id, "bucket", f"order {key}"), 16) % rules.BUCKETS
    return own


def of_member(shop_id: int, member_id: int) -> int:
    """A member's own, wherever they sign in."""
    return int(runtime().keys.hash(shop_id, "bucket", str(member_id)), 16) % rules.BUCKETS


def of(shop_id: int, member_id: int | None = None) -> int | None:
    """A member's own, else what the query says; None where it says none.

    BadInput ``bucket_range`` for what is no bucket.
    """
    if member_id is not None:
        return of_member(shop_id, member_id)
    given = addresses.text("bucket")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= _DIGITS):
        raise BadInput("bucket_range", f"0 to {rules.BUCKETS - 1}", field="bucket")
    return int(given)
