"""Acme with levels: tell it orders, let time pass, and see what others hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector import orders
from connector.core.commerce import OrderState
from connector.core.facts import (
    Fact,
    GiftGiven,
    GiftWithdrawn,
    MemberErased,
    MemberJoined,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    PointsChanged,
    PointsDonated,
    TierChanged,
    publish,
)
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.rooms.tiers import handlers, programs, service, store
from connector.rooms.tiers.rules import Level, Perks, Program
from tests.world import MIA, NOW, World, goods, order

SEED = Level(0, {"en": "Seed"}, 0)
SPROUT = Level(0, {"en": "Sprout"}, 10_000, 110, 100)
BLOOM = Level(0, {"en": "Bloom"}, 30_000, 125, 250, 77, Perks(10, free_shipping=True))
SPENDING = Program(measure="spend", levels=(SEED, SPROUT, BLOOM))


def change(program, **values):
    told = {name: getattr(program, name) for name in program.__struct_fields__}
    return type(program)(**(told | values))


@dataclass(slots=True)
class Club:
    """``heard``: what other rooms would have heard, in order."""

    world: World
    heard: list[Fact] = field(default_factory=list)
    entries: int = 0

    @property
    def shop_id(self) -> int:
        return self.world.shop.id

    def subscriptions(self):
        def keep(_db, facts, _now):
            self.heard += facts
            return []

        return {
            OrderChanged: (handlers.on_order_changed,),
            PointsChanged: (handlers.on_points_changed,),
            PointsDonated: (handlers.on_points_donated,),
            MemberJoined: (handlers.on_member_joined,),
            MembersMerged: (orders.on_members_merged, handlers.on_members_merged),
            MembersUnmerged: (handlers.on_members_unmerged,),
            MemberErased: (handlers.on_member_erased,),
            GiftGiven: (handlers.on_gift_given, keep),
            GiftWithdrawn: (handlers.on_gift_withdrawn, keep),
            TierChanged: (keep,),
        }

    def say(self, *facts: Fact, at: datetime = NOW) -> None:
        with self.world.database.write() as db:
            publish(db, self.subscriptions(), facts, at)

    def publish(self, wanted: Program, at: datetime = NOW, *, has_standing: bool = False):
        with self.world.database.write() as db:
            programs.save_draft(db, self.shop_id, wanted, "staff:1", at)
            made = programs.publish(db, self.shop_id, at, has_standing=has_standing)
        self.review(at)
        return made

    def review(self, at: datetime, limit: int = 100) -> None:
        """What the job does at ``at``, until nothing is due."""
        more = True
        while more:
            with self.world.database.write() as db:
                facts, more = service.review(db, self.shop_id, at, limit)
                publish(db, self.subscriptions(), facts, at)

    def tell(self, *told, at: datetime = NOW) -> None:
        shop = self.world.shop
        context = orders.Context(shop.id, shop.timezone, "fetch", True)
        with self.world.database.write() as db:
            facts = orders.record(db, context, self.world.members, told, at)
            publish(db, self.subscriptions(), facts, at)

    def buy(self, key: str, minor: int, at: datetime = NOW, **values) -> None:
        """A paid order of goods, told when it is paid."""
        self.tell(bought(key, minor, at, **values), at=at)

    def undo(self, key: str, minor: int, at: datetime = NOW, **values) -> None:
        """The same order, wholly refunded at ``at``, placed when ``placed_at`` says."""
        gone = bought(key, minor, values.pop("placed_at", at), **values)
        self.tell(struct(gone, state=OrderState.REFUNDED, modified_at=at), at=at)

    def earn(self, member_id: int, points: int, at: datetime = NOW, qualifying=None) -> None:
        """Pending points that count for tiers, or points that are taken back (< 0)."""
        self.entries += 1
        counts = abs(points) if qualifying is None else qualifying
        why = Voucher(f"test:{self.entries}", "earned", at, qualifying=counts)
        with self.booking(member_id, at) as book:
            if points > 0:
                book.hold_back(member_id, points, why)
            else:
                book.take_back(member_id, -points, -points, why)

    @contextmanager
    def booking(self, member_id: int, at: datetime = NOW) -> Iterator[Book]:
        """The book, open for a member; then everybody hears that points changed."""
        shop = self.world.shop
        with self.world.database.write() as db:
            book = Book(db, shop.id, UNIT, shop.timezone, [member_id])
            yield book
            book.close()
            publish(db, self.subscriptions(), [PointsChanged(shop.id, member_id)], at)

    def kept(self, member_id: int) -> store.Kept:
        with self.world.database.read() as db:
            return store.kept(db, self.shop_id, [member_id])[member_id]

    def progress(self, member_id: int, at: datetime = NOW) -> service.Progress:
        with self.world.database.read() as db:
            found = service.progress(db, self.shop_id, member_id, at)
        assert found is not None
        return found

    def check(self) -> list[str]:
        with self.world.database.read() as db:
            return [str(one) for one in programs.audit(db, self.shop_id)]

    def levels(self) -> list[tuple[int, int]]:
        """(level, multiplier) as told, since this was asked last."""
        return [(one.level, one.multiplier_percent) for one in self.take(TierChanged)]

    def take(self, kind):
        found = [one for one in self.heard if isinstance(one, kind)]
        self.heard = [one for one in self.heard if not isinstance(one, kind)]
        return found


def bought(key, minor, at=NOW, **values):
    told = {"placed_at": at, "paid_at": at, "modified_at": at, "customer_key": MIA, **values}
    return order(key, goods(f"{key}-a", minor), **told)


def struct(one, **values):
    return type(one)(**({name: getattr(one, name) for name in one.__struct_fields__} | values))


def days(count: int) -> timedelta:
    return timedelta(days=count)


__all__ = ["BLOOM", "SEED", "SPENDING", "SPROUT", "Club", "bought", "change", "days", "replace"]
