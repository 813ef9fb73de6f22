"""The row of recommendations for a signed-in shopper."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.web import buckets, rows
from connector.web.storefront.asker import Asker, Visitor
from connector.web.tongue import Tongue


def for_me(db: Connection, visitor: Visitor, now: datetime) -> dict[str, Any]:
    """As ``recommendations``, and what is hers; who is not a member gets what anybody gets."""
    member_id = visitor.member_id if isinstance(visitor, Asker) else None
    say = Tongue.of(visitor.shop, visitor.language, now)
    bucket = buckets.of(visitor.shop.id, member_id)
    return rows.told(db, visitor.shop, rows.asked(member_id), say, bucket)
