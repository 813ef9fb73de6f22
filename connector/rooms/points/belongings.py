"""SQL of what is a member's: standing, gifts, and what follows when people merge or part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, Row, delete, func, select, update

from connector import ledger
from connector.core.bulk import among, insert_rows
from connector.core.db import upsert
from connector.ledger.models import ledger_consumption, ledger_entry, ledger_lot
from connector.members import store as member_store
from connector.members.models import member
from connector.orders.models import orders
from connector.program.earning import PLAIN_PERCENT
from connector.rooms.points import store
from connector.rooms.points.models import points_gift, points_grant, points_member, points_order

_HELD = ("paid", "completed")


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a member decides what their orders earn."""

    is_erased: bool = False
    is_blocked: bool = False
    tags: Sequence[str] = ()
    percent: int = PLAIN_PERCENT


def standings(
    db: Connection, shop_id: int, member_ids: Collection[int], *, with_tags: bool
) -> dict[int, Standing]:
    """Members who are not as most are: erased, blocked, on a tier, or with tags if they count."""
    person, percent = member.c, points_member.c.multiplier_percent
    same = (points_member.c.shop_id == person.shop_id) & (points_member.c.member_id == person.id)
    special = (person.state == "erased") | person.blocked_at.is_not(None) | percent.is_not(None)
    if with_tags:
        special = special | person.tags.is_not(None)
    chosen = (
        select(person.id, person.state, person.blocked_at, person.tags, percent)
        .select_from(member.outerjoin(points_member, same))
        .where(person.shop_id == shop_id, special)
    )
    return {
        row.id: Standing(
            is_erased=row.state == "erased",
            is_blocked=row.blocked_at is not None,
            tags=tuple(row.tags or ()),
            percent=row.multiplier_percent or PLAIN_PERCENT,
        )
        for row in db.execute(among(db, chosen, person.id, member_ids))
    }


def orders_of_member(db: Connection, shop_id: int, member_id: int) -> list[int]:
    return list(
        db.scalars(
            select(points_order.c.order_id).where(
                points_order.c.shop_id == shop_id, points_order.c.member_id == member_id
            )
        )
    )


def known_gifts(db: Connection, shop_id: int, sources: Collection[str]) -> set[str]:
    """Which of these sources gave points before."""
    chosen = select(points_gift.c.source).where(points_gift.c.shop_id == shop_id)
    return set(db.scalars(among(db, chosen, points_gift.c.source, sources)))


def given_gifts(db: Connection, shop_id: int, sources: Collection[str]) -> list[Row[Any]]:
    """Gifts of these sources that were not withdrawn."""
    gift = points_gift.c
    chosen = select(points_gift).where(gift.shop_id == shop_id, gift.withdrawn_at.is_(None))
    return list(db.execute(among(db, chosen, gift.source, sources)))


def withdrawn_gifts(db: Connection, shop_id: int, sources: Collection[str]) -> list[Row[Any]]:
    """Gifts of these sources that were withdrawn, of whoever is not erased."""
    gift = points_gift.c
    same = (member.c.shop_id == gift.shop_id) & (member.c.id == gift.member_id)
    chosen = (
        select(points_gift)
        .join(member, same)
        .where(gift.shop_id == shop_id, gift.withdrawn_at.is_not(None), member.c.state != "erased")
    )
    return list(db.execute(among(db, chosen, gift.source, sources)))


def paid(db: Connection, shop_id: int, gift: Row[Any]) -> dict[tuple[int, bool], int]:
    """Who paid for the last withdrawal of a gift, and how much, by (member, is it their own).

    Not their own: of the gift itself, or of what came to them from who had the gift. Nobody paid
    for what had lapsed, nor for what they owed and was forgiven at once.
    """
    entry, taken, lot = ledger_entry.c, ledger_consumption.c, ledger_lot.c
    used = (taken.shop_id == entry.shop_id) & (taken.entry_id == entry.id)
    of = (lot.shop_id == taken.shop_id) & (lot.id == taken.lot_id)
    stem = f"points:gift:{gift.id}"
    rows = db.execute(
        select(entry.from_account, entry.to_account, entry.amount, lot.id, lot.origin)
        .add_columns(taken.amount.label("drawn"))
        .select_from(ledger_entry.outerjoin(ledger_consumption, used).outerjoin(ledger_lot, of))
        .where(entry.shop_id == shop_id, entry.source > f"{stem}:", entry.source < f"{stem};")
        .order_by(entry.id)
    )
    found: Counter[tuple[int, bool]] = Counter()
    for row in rows:
        state, _, payer = row.from_account.partition(":")
        if row.from_account == "program":
            found.clear()  # what was taken before was given again
        elif row.to_account == "program" and payer:
            came = handed_over(db, shop_id, int(payer), gift.member_id) if row.id else ()
            own = state == "debt" or (row.id not in came and row.origin != f"gift:{gift.id}")
            found[int(payer), own and state != "pending"] += row.drawn or row.amount
    for payer, own in list(found):
        if own:
            found[payer, own] -= _forgiven(db, shop_id, payer, gift.withdrawn_at)
    return dict(+found)


def _forgiven(db: Connection, shop_id: int, member_id: int, at: datetime) -> int:
    entry = ledger_entry.c
    chosen = select(func.coalesce(func.sum(entry.amount), 0)).where(
        entry.shop_id == shop_id,
        entry.to_account == f"debt:{member_id}",
        entry.kind == "forgiven",
        entry.occurred_at == at,
    )
    return int(db.scalar(chosen) or 0)


def insert_gifts(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(db, points_gift, rows)


def change_gift(db: Connection, shop_id: int, gift_id: int, **values: object) -> None:
    db.execute(
        update(points_gift)
        .where(points_gift.c.shop_id == shop_id, points_gift.c.id == gift_id)
        .values(**values)
    )


def owners(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, int]:
    """Who has what is given to these members: themselves, or whom they became part of.

    Who is blocked or erased is missing.
    """
    chosen = select(member).where(member.c.shop_id == shop_id)
    rows = {row.id: row for row in db.execute(among(db, chosen, member.c.id, member_ids))}
    kept = {row.merged_into for row in rows.values() if row.merged_into}
    rows |= {row.id: row for row in db.execute(among(db, chosen, member.c.id, kept))}
    found = {}
    for member_id in member_ids:
        row = rows.get(member_id)
        row = rows.get(row.merged_into) if row is not None and row.merged_into else row
        if row is not None and row.state in ("member", "guest") and row.blocked_at is None:
            found[member_id] = row.id
    return found


def standing(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, int]:
    """Whom each of these members became, or is."""
    chosen = select(member.c.id, member.c.merged_into).where(member.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, member.c.id, member_ids))
    return {row.id: row.merged_into or row.id for row in rows}


def put_multipliers(db: Connection, shop_id: int, percents: Mapping[int, int]) -> None:
    """Keep what tiers multiply by; who has no multiplier has no row."""
    person = points_member.c
    plain = [one for one, percent in percents.items() if percent <= PLAIN_PERCENT]
    if plain:
        db.execute(
            delete(points_member).where(person.shop_id == shop_id, person.member_id.in_(plain))
        )
    rows = [
        {"shop_id": shop_id, "member_id": one, "multiplier_percent": percent}
        for one, percent in percents.items()
        if percent > PLAIN_PERCENT
    ]
    if rows:
        statement = upsert(db, points_member)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "member_id"],
                set_={"multiplier_percent": statement.excluded.multiplier_percent},
            ),
            rows,
        )


def firsts(db: Connection, shop_id: int, member_id: int) -> list[int]:
    """Orders judged to be the member's first one, the oldest first."""
    order = points_order.c
    same = (orders.c.shop_id == order.shop_id) & (orders.c.id == order.order_id)
    chosen = select(order.order_id).join(orders, same)
    mine = chosen.where(
        order.shop_id == shop_id, order.member_id == member_id, order.is_first.is_(True)
    )
    return list(db.scalars(mine.order_by(orders.c.placed_at, orders.c.id)))


def firsts_anew(db: Connection, shop_id: int, member_ids: Sequence[int]) -> list[int]:
    """Say once more which order of each of these is their first one; the orders that changed."""
    states = []
    for member_id in member_ids:
        marked = firsts(db, shop_id, member_id)
        first = _first(marked, store.bought(db, shop_id, [member_id]))
        for state in store.waiting(db, shop_id, first ^ set(marked)):
            state.is_first = state.order_id in first
            if state.basis.context is not None:
                context = structs.replace(state.basis.context, is_first=state.is_first)
                state.basis = replace(state.basis, context=context)
            states.append(state)
    store.put_posted(db, shop_id, states)
    return [state.order_id for state in states]


def _first(marked: Sequence[int], bought: Sequence[Row[Any]]) -> set[int]:
    """Of what was judged to be a first order the oldest that is held, or else the oldest.

    Where nothing was, because somebody else's was older until the two parted: the oldest that was
    bought, if such orders counted then.
    """
    by_age = sorted(bought, key=lambda one: (one.placed_at, one.id))
    held = [one.id for one in by_age if one.is_first and one.state in _HELD]
    oldest = [one.id for one in by_age[:1] if one.is_first is not None]
    return set((held or marked or oldest)[:1])


def judged_by_rules(db: Connection, shop_id: int, order_ids: Collection[int]) -> list[int]:
    """Which of these orders are judged by more than their rate."""
    order = points_order.c
    chosen = select(order.order_id).where(order.shop_id == shop_id, order.context.is_not(None))
    return list(db.scalars(among(db, chosen, order.order_id, order_ids)))


def move_to_member(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Everything of one member is another's."""
    for table in (points_order, points_grant, points_gift):
        db.execute(
            update(table)
            .where(table.c.shop_id == shop_id, table.c.member_id == gone_id)
            .values(member_id=kept_id)
        )
    put_multipliers(db, shop_id, {gone_id: PLAIN_PERCENT})


def orders_back(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> list[int]:
    """Orders whose points came over, and which the order book has moved back."""
    order = points_order.c
    same = (orders.c.shop_id == order.shop_id) & (orders.c.id == order.order_id)
    chosen = select(order.order_id).join(orders, same)
    mine = chosen.where(
        order.shop_id == shop_id, order.member_id == kept_id, orders.c.member_id == gone_id
    )
    return list(db.scalars(mine))


def gifts_back(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> list[Row[Any]]:
    """Gifts that were given to one member, or to who is part of them, and came to another."""
    gift = points_gift.c
    were = [gone_id, *_parts(db, shop_id, gone_id)]
    return list(
        db.execute(
            select(points_gift).where(
                gift.shop_id == shop_id, gift.member_id == kept_id, gift.given_to.in_(were)
            )
        )
    )


def count_for(db: Connection, shop_id: int, owner_id: int, origins: Collection[str]) -> None:
    """What these orders and gifts brought counts for the levels of whose they are now."""
    stems = {f"points:{one}" for one in origins}
    ledger.reassign(db, shop_id, stems, owner_id, _parts(db, shop_id, owner_id))


def _parts(db: Connection, shop_id: int, member_id: int) -> list[int]:
    return [row.id for row in member_store.merged_into(db, shop_id, member_id)]


def move_back(
    db: Connection, shop_id: int, gone_id: int, order_ids: Collection[int], gifts: Collection[int]
) -> None:
    """These orders and gifts are the one's own again."""
    for table, column, ids in (
        (points_order, points_order.c.order_id, order_ids),
        (points_grant, points_grant.c.order_id, order_ids),
        (points_gift, points_gift.c.id, gifts),
    ):
        chosen = select(column).where(table.c.shop_id == shop_id)
        found = among(db, chosen, column, ids).scalar_subquery()
        db.execute(
            update(table)
            .where(table.c.shop_id == shop_id, column.in_(found))
            .values(member_id=gone_id)
        )


def handed_over(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> set[int]:
    """Lots that came from one member to another by a merge."""
    entry = ledger_entry.c
    return set(
        db.scalars(
            select(entry.id).where(
                entry.shop_id == shop_id,
                entry.source >= f"points:merge:{gone_id}:",
                entry.source < f"points:merge:{gone_id};",
                entry.to_account == f"member:{kept_id}",
            )
        )
    )


def close_member(db: Connection, shop_id: int, member_id: int) -> None:
    """Nothing of an erased member waits any more."""
    for table, values in (
        (points_order, {"pending": 0}),
        (points_gift, {"pending": 0}),
        (points_grant, {"gift": None, "available_at": None}),
    ):
        db.execute(
            update(table)
            .where(table.c.shop_id == shop_id, table.c.member_id == member_id)
            .values(**values)
        )
    put_multipliers(db, shop_id, {member_id: PLAIN_PERCENT})
