"""The people of a business, and the points above which one of them needs a second."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from connector.shops import store
from connector.shops.models import business, staff
from connector.shops.service import Shop

_ENOUGH = 2


def can_have_limit(db: Connection, business_id: int) -> bool:
    """True where there is a second person to ask."""
    people = select(func.count()).where(staff.c.business_id == business_id)
    return int(db.scalar(people) or 0) >= _ENOUGH


def limit(db: Connection, business_id: int) -> int | None:
    """Points nobody gives or takes alone when they are more; None: whoever adjusts is alone."""
    if not can_have_limit(db, business_id):
        return None
    found: int | None = db.scalar(
        select(business.c.approval_above).where(business.c.id == business_id)
    )
    return found


def needs_second(db: Connection, business_id: int, points: int) -> bool:
    """Whether giving these points (> 0), or taking them (< 0), takes two."""
    found = limit(db, business_id)
    return found is not None and abs(points) > found


def set_limit(db: Connection, business_id: int, points: int | None) -> None:
    """From now on; None switches it off."""
    db.execute(business.update().where(business.c.id == business_id).values(approval_above=points))


def account_of(db: Connection, shop: Shop, platform_key: str) -> int | None:
    """The shop's account, if this user of the platform is already of its staff."""
    known = store.staff_by_platform_key(db, shop.business_id, platform_key)
    return shop.business_id if known else None
