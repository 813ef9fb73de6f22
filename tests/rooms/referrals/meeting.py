"""Acme with a referral program: Mia invites Noor. Gifts are heard, and nobody gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from connector import orders
from connector.core.commerce import Customer, CustomerMerge, Order, Person, RefundsOfOrder
from connector.core.facts import (
    CodeIssued,
    Fact,
    GiftGiven,
    GiftWithdrawn,
    MemberErased,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
    ReferralKept,
    Subscriptions,
    publish,
)
from connector.rooms.referrals import handlers, people, rules, service
from connector.rooms.referrals.models import referral
from connector.rooms.referrals.service import Claimant
from tests.world import KEYS, MIA, NOOR, NOW, World, goods, order

HOLD = timedelta(days=14)
FRIEND_REWARD, ADVOCATE_REWARD = 71, 72
Told = Order | RefundsOfOrder | Customer | CustomerMerge


@dataclass
class Meeting:
    """A world in which only introductions are heard. ``has``: standing gifts by source."""

    world: World
    has: dict[str, GiftGiven] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)

    @property
    def heard(self) -> Subscriptions:
        return {
            OrderChanged: (handlers.on_order_changed,),
            OrderConfirmed: (handlers.on_order_changed,),
            MembersMerged: (orders.on_members_merged, handlers.on_members_merged),
            MembersUnmerged: (handlers.on_members_unmerged,),
            MemberErased: (handlers.on_member_erased,),
            CodeIssued: (handlers.on_code_issued,),
            GiftGiven: (self._given,),
            GiftWithdrawn: (self._withdrawn,),
            ReferralKept: (self._kept,),
        }

    def _given(self, _db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
        for fact in facts:
            assert isinstance(fact, GiftGiven)
            assert fact.source not in self.sources, "a source is given once"
            self.sources.add(fact.source)
            self.has[fact.source] = fact
        return []

    def _withdrawn(self, _db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
        for fact in facts:
            assert isinstance(fact, GiftWithdrawn)
            self.has.pop(fact.source, None)
        return []

    def _kept(self, _db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
        self.kept += [one.referral_id for one in facts if isinstance(one, ReferralKept)]
        return []

    def tell(self, *told: Told, source: str = "fetch", at: datetime = NOW) -> None:
        """What the worker does with snapshots, and its look a second later."""
        shop, members = self.world.shop, self.world.members
        context = orders.Context(shop.id, shop.timezone, source, trusted=source != "hook")
        with self.world.database.write() as db:
            customers = [one for one in told if isinstance(one, Customer)]
            facts = members.record(db, shop.id, customers, at)
            merges = [one for one in told if isinstance(one, CustomerMerge)]
            facts += members.merge(db, shop.id, merges, at)
            of_orders = [one for one in told if isinstance(one, Order | RefundsOfOrder)]
            facts += orders.record(db, context, members, of_orders, at)
            publish(db, self.heard, facts, at)
        self.look(at)

    def publish(self, *facts: Fact, at: datetime = NOW) -> None:
        with self.world.database.write() as db:
            publish(db, self.heard, list(facts), at)

    def look(self, at: datetime = NOW) -> None:
        """What the schedule does, until nothing waits."""
        done = 1
        while done:
            with self.world.database.write() as db:
                done, facts = people.carry_out(
                    db, self.world.members, KEYS, self.world.shop.id, at, 100
                )
                publish(db, self.heard, facts, at)

    def program(self, **values: Any) -> None:
        """Publish a program; the first one was published a month ago."""
        told: dict[str, Any] = {
            "is_on": True,
            "friend_reward_id": FRIEND_REWARD,
            "advocate_points": 500,
            **values,
        }
        with self.world.database.write() as db:
            at = NOW - timedelta(days=30) if not service.program(db, self.shop_id).version else NOW
            wanted = rules.Program(0, "USD", **told)
            service.publish_program(db, self.shop_id, wanted, "staff:1", at)

    @property
    def shop_id(self) -> int:
        return self.world.shop.id

    def link(self, key: str = MIA) -> str:
        member_id = self.world.member(key)
        with self.world.database.write() as db:
            return service.make_link(db, self.shop_id, member_id, NOW)

    def claim(
        self,
        email: str = "noor@mail.example",
        *,
        code: str = "",
        at: datetime = NOW - timedelta(days=1),
        network: str = "192.0.2.1",
        device: str = "",
    ) -> str:
        """A friend's claim by Mia's link, and what the worker makes of it; its token."""
        code = code or self.link()
        with self.world.database.write() as db:
            who = Claimant(email, network, device)
            token = service.claim(db, KEYS, self.world.shop, code, who, at, decoy="FR-DECOY")
        self.look(at)
        return token

    def rows(self) -> list[Row[Any]]:
        with self.world.database.read() as db:
            chosen = select(referral).where(referral.c.shop_id == self.shop_id)
            return list(db.execute(chosen.order_by(referral.c.id)))

    def row(self) -> Row[Any]:
        (found,) = self.rows()
        return found

    def state(self) -> tuple[str, str | None]:
        found = self.row()
        return found.state, found.why

    def gifts(self) -> set[tuple[int, int, int | None]]:
        """(member, points, reward) of what stands."""
        return {(one.member_id, one.points, one.reward_id) for one in self.has.values()}


def account(key: str, email: str | None = None, **values: Any) -> Customer:
    return Customer(key, Person(email, **values), modified_at=NOW - timedelta(days=2))


def first_order(key: str = "1", minor: int = 5000, **values: Any) -> Order:
    """Noor's, an hour ago."""
    told = {"customer_key": NOOR, "person": Person("noor@mail.example"), **values}
    return order(key, goods("1", minor), **told)


def noted(meeting: Meeting, key: str = "1", **values: Any):
    return first_order(key, referral=meeting.link(), **values)
