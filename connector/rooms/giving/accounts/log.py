"""The donations log: what was given, newest first, as it is searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause, and_, select

from connector.orders.models import orders
from connector.rooms.giving import rules
from connector.rooms.giving.models import IS_DUE, IS_PLEDGED, IS_TAKEN_BACK, giving_donation
from connector.rooms.giving.store import PAGE, with_names

_OF = giving_donation.c
STATES: Mapping[str, ColumnElement[bool] | TextClause] = {  # as indexes have them
    "pledged": IS_PLEDGED,
    "due": IS_DUE,
    "locked": and_(_OF.due_minor > 0, _OF.due_minor == _OF.locked_minor),
    "taken_back": IS_TAKEN_BACK,
}

_EVER = datetime(1970, 1, 1, tzinfo=UTC)  # told, it has SQLite read by time and not sort it all
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

    @property
    def is_of_few(self) -> bool:
        """Whether it names whose donations, or of which order."""
        return bool(self.number) or self.member_ids is not None


def log(
    db: Connection, shop_id: int, search: Search, limit: int | None, offset: int = 0
) -> Iterator[Row[Any]]:
    """Donations with their order and cause, newest first; PAGE in memory at once."""
    wanted = with_names().where(_OF.shop_id == shop_id, _OF.given_minor > 0)
    chosen = _narrowed(db, shop_id, search, wanted)
    if search.is_of_few:  # sorted here: to spare itself that, SQLite would read all by time
        few = sorted(db.execute(chosen).all(), key=_newest)
        yield from few[offset:] if limit is None else few[offset : offset + limit]
        return
    newest = (_OF.given_at.desc(), _OF.order_id.desc(), _OF.kind, _OF.line_key)
    options = {"stream_results": limit is None, "yield_per": PAGE}
    chosen = chosen.order_by(*newest).limit(limit).offset(offset)
    yield from db.execute(chosen, execution_options=options)


def _newest(row: Row[Any]) -> tuple[float, int, str, str]:
    return -row.given_at.timestamp(), -row.order_id, row.kind, row.line_key


def _called(db: Connection, shop_id: int, number: str) -> Sequence[int]:
    """Orders of a number. Told one by one, they have SQLite look each up."""
    called = orders.c.number.in_((number, f"#{number}"))
    return db.scalars(
        select(orders.c.id).where(orders.c.shop_id == shop_id, called).limit(PAGE)
    ).all()


def _narrowed(db: Connection, shop_id: int, search: Search, wanted: Select[Any]) -> Select[Any]:
    if search.kinds:
        wanted = wanted.where(_OF.kind.in_(search.kinds))
    if search.cause_id is not None:
        wanted = wanted.where(_OF.cause_id == search.cause_id)
    if search.member_ids is not None:
        wanted = wanted.where(_OF.member_id.in_(search.member_ids))
    if search.number:
        wanted = wanted.where(_OF.order_id.in_(_called(db, shop_id, search.number)))
    if search.state:
        wanted = wanted.where(STATES[search.state])
    if search.since is not None or not search.is_of_few:
        wanted = wanted.where(_OF.given_at >= (search.since or _EVER))
    if search.until is not None:
        wanted = wanted.where(_OF.given_at < search.until)
    return wanted
