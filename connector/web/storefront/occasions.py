"""Days of her year that a member tells the shop: day and month, never the year."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import noticed
from connector.members import occasions
from connector.web import days
from connector.web.storefront.asker import Asker
from connector.web.tongue import Tongue

_Name = Annotated[str, Meta(max_length=40)]


class Day(Struct, forbid_unknown_fields=True):
    """A day by its name: birthday, wedding, or another that the programme names.

    greet: yes to a greeting and a gift that day, which no newsletter decides.
    """

    name: _Name
    month_day: Annotated[str, Meta(max_length=5)]
    greet: bool = False


class Name(Struct, forbid_unknown_fields=True):
    """The day to forget."""

    name: _Name


def put(db: Connection, asker: Asker, wanted: Day, now: datetime) -> dict[str, Any]:
    """Set or change it, and say from when on it counts."""
    shop_id, member_id = asker.shop.id, asker.member_id
    days.put(db, shop_id, member_id, wanted.name, wanted.month_day, now, greet=wanted.greet)
    known = {one.name: one for one in occasions.of_member(db, shop_id, member_id)}
    counts_from = known[wanted.name].counts_from
    say = Tongue.of(asker.shop, asker.language, now)
    told = say.t("Saved. It counts from {date} on.", date=say.day(counts_from))
    if not wanted.greet:
        told = say.t("Saved. No greeting and no gift that day, as you wish.")
    return {
        "name": wanted.name,
        "month_day": wanted.month_day,
        "counts_from": counts_from,
        "greet": wanted.greet,
        "sentence": told,
    }


def remove(db: Connection, asker: Asker, wanted: Name, now: datetime) -> dict[str, Any]:
    """Forget the day; that there was one stays known, so that setting it again is a change."""
    facts = occasions.remove(db, asker.shop.id, asker.member_id, wanted.name, now)
    noticed.notice(db, facts, now)
    return {"name": wanted.name}
