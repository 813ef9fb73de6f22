"""Facts in, verbs called; and the errands that bring perks to the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.core import discounts
from connector.core.clock import local_date
from connector.core.commerce import ShopClient
from connector.core.errors import PlatformMissing
from connector.core.facts import (
    Fact,
    GiftGiven,
    GiftRestored,
    GiftWithdrawn,
    MemberErased,
    MemberJoined,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    PointsChanged,
    PointsDonated,
)
from connector.core.outbox import Errand
from connector.members import store as member_store
from connector.rooms.tiers import perks, programs, service, store
from connector.shops import service as shops


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.order_id for fact in facts if isinstance(fact, OrderChanged)]
    return service.settle_orders(db, facts[0].shop_id, ids, now)


def on_points_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.member_id for fact in facts if isinstance(fact, PointsChanged)]
    return service.settle_points(db, facts[0].shop_id, ids, now)


def on_points_donated(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    shop_id = facts[0].shop_id
    published = programs.current(db, shop_id)
    told = [fact for fact in facts if isinstance(fact, PointsDonated)]
    if published is None:
        return []
    day = local_date(now, shops.get(db, shop_id).timezone)
    for fact in told:
        store.add_donation(
            db,
            shop_id=shop_id,
            redemption_id=fact.redemption_id,
            member_id=fact.member_id,
            local_date=day,
        )
    return service.settle(db, shop_id, [fact.member_id for fact in told], now)


def on_member_joined(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.member_id for fact in facts if isinstance(fact, MemberJoined)]
    return service.settle(db, facts[0].shop_id, ids, now)


def on_members_merged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    return [
        told
        for fact in facts
        if isinstance(fact, MembersMerged)
        for told in service.merge(db, fact.shop_id, fact.kept_id, fact.gone_id, now)
    ]


def on_members_unmerged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    found = [fact for fact in facts if isinstance(fact, MembersUnmerged)]
    both = [one for fact in found for one in (fact.kept_id, fact.gone_id)]
    return service.regroup(db, facts[0].shop_id, both, now)


def on_member_erased(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            parts = member_store.merged_into(db, fact.shop_id, fact.member_id)
            store.forget(db, fact.shop_id, [fact.member_id, *(row.id for row in parts)])
    return []


def on_gift_given(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    """Days on a level are our part of a gift."""
    shop_id = facts[0].shop_id
    given = [fact for fact in facts if isinstance(fact, GiftGiven) and fact.tier_days > 0]
    published = programs.current(db, shop_id) if given else None
    if published is None:
        return []
    began = [fact.member_id for fact in given if perks.begin(db, fact, published.program, now)]
    return service.settle(db, shop_id, began, now)


def on_gift_withdrawn(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    shop_id = facts[0].shop_id
    sources = [fact.source for fact in facts if isinstance(fact, GiftWithdrawn)]
    ended = [one for source in sources for one in perks.withdraw(db, shop_id, source, now)]
    return service.settle(db, shop_id, ended, now)


def on_gift_restored(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    """What was left of days on a level when they were taken goes on from now."""
    began = [
        fact.member_id
        for fact in facts
        if isinstance(fact, GiftRestored) and fact.tier_days and perks.resume(db, fact, now)
    ]
    return service.settle(db, facts[0].shop_id, began, now)


@dataclass(frozen=True, slots=True)
class _Tagging:
    """``wanted`` is all a customer is to have of our tags; ``remove`` all the others."""

    customer_key: str
    wanted: Sequence[str]
    remove: Sequence[str]


class TagErrand:
    """About a member: the tags that standing discounts ask for."""

    def prepare(self, db: Connection, shop_id: int, about: str, _now: datetime) -> _Tagging | None:
        published = programs.current(db, shop_id)
        row = member_store.get(db, shop_id, int(about))
        kept = store.kept(db, shop_id, [int(about)]).get(int(about))
        if published is None or kept is None or row is None or row.state != "member":
            return None
        program = published.program
        wanted = perks.tags(program, kept.told[0], kept.standing.ladder_percent)
        if wanted == kept.tagged or row.customer_key is None:
            return None
        # A merge of two customers unites their tags, ones we never gave this customer, too.
        others = (perks.all_tags(program) | set(kept.tagged)) - set(wanted)
        return _Tagging(row.customer_key, wanted, sorted(others))

    def carry_out(self, client: ShopClient, todo: _Tagging) -> Sequence[str]:
        client.tag(todo.customer_key, todo.wanted, todo.remove)
        return todo.wanted

    def finish(
        self, db: Connection, shop_id: int, about: str, answer: Sequence[str], _now: datetime
    ) -> Sequence[Fact]:
        store.note_tagged(db, shop_id, int(about), answer)
        return []

    def fail(
        self, _db: Connection, _shop_id: int, _about: str, _code: str, _now: datetime
    ) -> Sequence[Fact]:
        """The customer is gone there, or the store refuses: what is stored stays true."""
        return []


@dataclass(frozen=True, slots=True)
class _Putting:
    """``old`` is a title that stands there and is to go; ``wanted`` what is to stand."""

    old: str | None
    wanted: discounts.Standing | None


class StandingErrand:
    """About one perk of a level, or a step of the ladder: its discount without a code."""

    def prepare(self, db: Connection, shop_id: int, about: str, _now: datetime) -> _Putting | None:
        published = programs.current(db, shop_id)
        standings = perks.standings(published.program) if published else {}
        wanted, old = standings.get(about), store.discounts(db, shop_id).get(about)
        if wanted is None and old is None:
            return None
        # A level that was renamed may have left its title to another, whose it is now.
        is_needed = any(one.title == old for one in standings.values())
        return _Putting(None if is_needed else old, wanted)

    def carry_out(self, client: ShopClient, todo: _Putting) -> str | None:
        """The new one first: who has a perk is not without it, and gets the better of two."""
        try:
            if todo.wanted is not None:
                client.put_standing(todo.wanted)
        except PlatformMissing:
            self._end(client, todo.old)
            raise
        self._end(client, todo.old)
        return todo.wanted.title if todo.wanted is not None else None

    def _end(self, client: ShopClient, old: str | None) -> None:
        if old is not None:
            client.remove_standing(old)

    def finish(
        self, db: Connection, shop_id: int, about: str, answer: str | None, now: datetime
    ) -> Sequence[Fact]:
        store.note_discount(db, shop_id, about, answer, now)
        return []

    def fail(
        self, _db: Connection, _shop_id: int, _about: str, _code: str, _now: datetime
    ) -> Sequence[Fact]:
        """What stood there may stand there still."""
        return []


ERRANDS: Mapping[str, Errand] = {programs.TAGS: TagErrand(), programs.STANDING: StandingErrand()}
