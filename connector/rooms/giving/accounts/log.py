"""The donations log: what was given, newest first, as it is searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select

from connector.orders.models import orders
from connector.rooms.giving import rules
from connector.rooms.giving.models import giving_donation
from connector.rooms.giving.store import PAGE, with_names

_OF = giving_donation.c
STATES: Mapping[str, ColumnElement[bool]] = {
    "pledged": _OF.pledged_minor > 0,
    "due": and_(_OF.due_minor > 0, _OF.due_minor != _OF.locked_minor),
    "locked": and_(_OF.due_minor > 0, _OF.due_minor == _OF.locked_minor),
    "taken_back": and_(_OF.pledged_minor == 0, _OF.due_minor == 0),
}

KINDS = (rules.GIFT, *sorted(rules.ADDING), rules.POINTS, rules.TOP_UP)


@dataclass(frozen=True, slots=True)
class Search:
    """Which donations: whatever is not told is not asked for.

    member_ids: of one of these, so () is nobody's. state: one of STATES. since, until: when given.
    """

    kinds: Sequence[str] = ()
    cause_id: int | None = None
    member_ids: Sequence[int] | None = None
    number: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None


def log(
    db: Connection, shop_id: int, search: Search, limit: int | None, offset: int = 0
) -> Iterator[Row[Any]]:
    """Donations with their order and cause, newest first; PAGE in memory at once."""
    wanted = with_names().where(_OF.shop_id == shop_id, _OF.given_minor > 0)
    newest = (_OF.given_at.desc(), _OF.order_id.desc(), _OF.kind, _OF.line_key)
    options = {"stream_results": limit is None, "yield_per": PAGE}
    chosen = _narrowed(wanted, shop_id, search).order_by(*newest).limit(limit).offset(offset)
    yield from db.execute(chosen, execution_options=options)


def _narrowed(wanted: Select[Any], shop_id: int, search: Search) -> Select[Any]:
    if search.kinds:
        wanted = wanted.where(_OF.kind.in_(search.kinds))
    if search.cause_id is not None:
        wanted = wanted.where(_OF.cause_id == search.cause_id)
    if search.member_ids is not None:
        wanted = wanted.where(_OF.member_id.in_(search.member_ids))
    if search.number:
        called = orders.c.number.in_((search.number, f"#{search.number}"))
        of_number = select(orders.c.id).where(orders.c.shop_id == shop_id, called)
        wanted = wanted.where(_OF.order_id.in_(of_number))
    if search.state:
        wanted = wanted.where(STATES[search.state])
    if search.since is not None:
        wanted = wanted.where(_OF.given_at >= search.since)
    if search.until is not None:
        wanted = wanted.where(_OF.given_at < search.until)
    return wanted
