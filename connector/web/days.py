"""Days of a member's year: their names are the programme's, wherever they are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connector.core import noticed
from connector.core.errors import BadInput
from connector.members import occasions
from connector.program import rules
from connector.program import service as programme


def named(db: Connection, shop_id: int) -> list[str]:
    """The days that can be told: the birthday, and those that rules in force name."""
    found = programme.newest(db, shop_id).rules
    names = [one.occasion for one in found if one.kind == rules.OCCASION]
    return list(dict.fromkeys([occasions.BIRTHDAY, *names]))


def put(
    db: Connection,
    shop_id: int,
    member_id: int,
    name: str,
    month_day: str,
    now: datetime,
    *,
    greet: bool,
) -> None:
    """Set or change a day. BadInput ``occasion_unknown`` for one that nobody named.

    What she told while a rule named it can still be changed.
    """
    occasions.check(name, month_day)
    known = {one.name for one in occasions.of_member(db, shop_id, member_id)}
    if name not in known.union(named(db, shop_id)):
        raise BadInput("occasion_unknown", "no rule of the programme names it", field="name")
    facts = occasions.put(db, shop_id, member_id, name, month_day, now, greet=greet)
    noticed.notice(db, facts, now)
