"""One small world: shop Acme, members Mia and Noor, cause Riverbank. Builders give what matters.

``acme(database)`` makes it; ``world.tell(...)`` is what the worker does with snapshots, and
``world.audit()`` recomputes everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from typing import Any

from connector import ledger, orders
from connector.core.commerce import (
    Credentials,
    Customer,
    CustomerMerge,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Person,
    Refund,
    RefundLine,
    RefundsOfOrder,
    ShopFacts,
)
from connector.core.db import Database
from connector.core.facts import (
    Fact,
    GiftGiven,
    GiftRestored,
    GiftWithdrawn,
    MemberChanged,
    MemberErased,
    MemberJoined,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
    PointsChanged,
    PointsDonated,
    Subscriptions,
    TierChanged,
    publish,
)
from connector.core.keyring import KeyRing
from connector.members import Members
from connector.orders import claiming
from connector.rooms.actions import handlers as actions_handlers
from connector.rooms.actions import service as actions
from connector.rooms.expiry import handlers as expiry_handlers
from connector.rooms.giving import handlers as giving_handlers
from connector.rooms.giving import service as giving
from connector.rooms.points import handlers as points_handlers
from connector.rooms.points import service as points
from connector.rooms.points.service import Balance
from connector.rooms.rewards import handlers as rewards_handlers
from connector.rooms.rewards import service as rewards
from connector.rooms.tiers import handlers as tiers_handlers
from connector.rooms.tiers import programs as tiers
from connector.shops import service as shops
from connector.shops.service import Shop
from tests.oracle import Expected

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIA, NOOR = "1001", "1002"  # their keys on the platform
KEYS = KeyRing(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])
HEARD: Subscriptions = {
    OrderChanged: (
        points_handlers.on_order_changed,
        giving_handlers.on_order_changed,
        rewards_handlers.on_order_changed,
        tiers_handlers.on_order_changed,
    ),
    OrderConfirmed: (points_handlers.on_order_changed, giving_handlers.on_order_changed),
    MembersMerged: (
        orders.on_members_merged,
        points_handlers.on_members_merged,
        actions_handlers.on_members_merged,
        expiry_handlers.on_members_merged,
        giving_handlers.on_members_merged,
        rewards_handlers.on_members_merged,
        tiers_handlers.on_members_merged,
    ),
    MembersUnmerged: (
        orders.on_members_unmerged,
        points_handlers.on_members_unmerged,
        giving_handlers.on_members_unmerged,
        actions_handlers.on_members_unmerged,
        rewards_handlers.on_members_unmerged,
        tiers_handlers.on_members_unmerged,
    ),
    MemberErased: (
        points_handlers.on_member_erased,
        actions_handlers.on_member_erased,
        expiry_handlers.on_member_erased,
        giving_handlers.on_member_erased,
        rewards_handlers.on_member_erased,
        tiers_handlers.on_member_erased,
    ),
    MemberJoined: (
        claiming.on_member_joined,
        actions_handlers.on_member_joined,
        tiers_handlers.on_member_joined,
    ),
    MemberChanged: (actions_handlers.on_member_changed,),
    PointsChanged: (tiers_handlers.on_points_changed,),
    GiftGiven: (
        points_handlers.on_gift_given,
        rewards_handlers.on_gift_given,
        tiers_handlers.on_gift_given,
    ),
    GiftWithdrawn: (
        points_handlers.on_gift_withdrawn,
        rewards_handlers.on_gift_withdrawn,
        tiers_handlers.on_gift_withdrawn,
    ),
    GiftRestored: (
        points_handlers.on_gift_restored,
        rewards_handlers.on_gift_restored,
        tiers_handlers.on_gift_restored,
    ),
    TierChanged: (
        points_handlers.on_tier_changed,
        rewards_handlers.on_tier_changed,
        giving_handlers.on_tier_changed,
    ),
    PointsDonated: (giving_handlers.on_points_donated, tiers_handlers.on_points_donated),
}
_numbers = count(1)


@dataclass(slots=True)
class World:
    """Acme in one database."""

    database: Database
    shop: Shop
    riverbank: giving.Cause
    members: Members = field(default_factory=lambda: Members(KEYS))
    facts: list[Fact] = field(default_factory=list)  # that ``tell`` published so far

    def tell(
        self,
        *snapshots: Order | RefundsOfOrder | Customer | CustomerMerge,
        source: str = "fetch",
        at: datetime = NOW,
        trusted: bool | None = None,
    ) -> None:
        """Take over one batch in one transaction; a hook is not ``trusted`` unless said so."""
        is_trusted = source != "hook" if trusted is None else trusted
        context = orders.Context(self.shop.id, self.shop.timezone, source, is_trusted)
        told = [one for one in snapshots if isinstance(one, Order | RefundsOfOrder)]
        people = [one for one in snapshots if isinstance(one, Customer)]
        merges = [one for one in snapshots if isinstance(one, CustomerMerge)]
        with self.database.write() as db:
            facts: list[Fact] = []
            live = source != "import"
            facts += self.members.record(db, self.shop.id, people, at, live=live)
            facts += self.members.merge(db, self.shop.id, merges, at)
            facts += orders.record(db, context, self.members, told, at)
            facts += self.members.newcomers(db, self.shop.id)
            facts += claiming.claim(db, self.shop.id, at)
            self.facts += facts
            publish(db, HEARD, facts, at)

    def erase(self, member_id: int, at: datetime = NOW) -> None:
        with self.database.write() as db:
            publish(db, HEARD, self.members.erase(db, self.shop.id, member_id, at), at)

    def release(self, at: datetime) -> None:
        """What the schedule does at ``at``: holds that have ended."""
        with self.database.write() as db:
            points.release_due(db, self.shop.id, at, 1000)

    def adjust(self, member_id: int, amount: int, at: datetime = NOW) -> None:
        with self.database.write() as db:
            points.adjust(
                db, self.shop.id, member_id, amount, reason="a gift", made_by="staff:1", now=at
            )

    def member(self, key: str = MIA) -> int:
        """The member behind a platform account, made on first sight."""
        with self.database.write() as db:
            (found,) = self.members.resolve(db, self.shop.id, [(key, Person())], NOW)
        assert found is not None
        return found

    def balance(self, key: str = MIA) -> Balance:
        member_id = self.member(key)
        with self.database.read() as db:
            return points.balance(db, self.shop.id, member_id)

    def balance_of(self, member_id: int) -> Balance:
        with self.database.read() as db:
            return points.balance(db, self.shop.id, member_id)

    def donations(self) -> dict[str, tuple[int, int]]:
        """(pledged, due) in minor units by currency, of all causes."""
        with self.database.read() as db:
            found: dict[str, tuple[int, int]] = {}
            for row in giving.totals(db, self.shop.id):
                pledged, due = found.get(row.currency, (0, 0))
                found[row.currency] = (pledged + row.pledged_minor, due + row.due_minor)
            return found

    def audit(self) -> list[str]:
        """Everything that does not add up: in the book, and in what the rooms keep beside it."""
        with self.database.read() as db:
            found = chain(
                ledger.differences(db, self.shop.id),
                points.check(db, self.shop.id),
                actions.check(db, self.shop.id),
                giving.check(db, self.shop.id),
                rewards.check(db, self.shop.id),
                tiers.audit(db, self.shop.id),
            )
            return [str(one) for one in found]


def acme(
    database: Database, *, currency: str = "USD", platform: str = "woocommerce", key: str = ""
) -> World:
    """A new shop Acme, installed a month before NOW; each call makes another one."""
    name = key or f"acme-{next(_numbers)}.example"
    facts = ShopFacts("Acme", currency, "Europe/Berlin", "10.3")
    credentials = Credentials(name, "ck_x:cs_x")
    installed_at = NOW - timedelta(days=30)
    with database.write() as db:
        shop = shops.install(db, KEYS, platform, credentials, facts, installed_at)
        cause = giving.add_cause(db, shop.id, "Riverbank", "Clean water.", installed_at)
    return World(database, shop, cause)


# --------------------------------------------------------------------------------- what shops tell


def goods(key: str, total_minor: int, quantity: int = 1, **values: Any) -> OrderLine:
    """A line of goods, net of tax after discounts."""
    line = {"title": f"Cup {key}", "subtotal_minor": total_minor, "tax_minor": 0, **values}
    return OrderLine(key, LineKind.GOODS, quantity=quantity, total_minor=total_minor, **line)


def donation(key: str, total_minor: int, cause: str | None = None) -> OrderLine:
    return OrderLine(
        key, LineKind.DONATION, "Donation", 1, total_minor, total_minor, 0, cause=cause
    )


def order(key: str, *lines: OrderLine, minute: int = 0, **values: Any) -> Order:
    """A paid USD order of Mia's, as told ``minute`` minutes after it was placed an hour ago."""
    placed_at = NOW - timedelta(hours=1)
    told: dict[str, Any] = {
        "state": OrderState.PAID,
        "currency": "USD",
        "modified_at": placed_at + timedelta(minutes=minute),
        "number": key,
        "placed_at": placed_at,
        "paid_at": placed_at,
        "customer_key": MIA,
        "lines": lines,
        "total_minor": sum(line.total_minor + line.tax_minor for line in lines),
        **values,
    }
    return Order(key, **told)


def refund(
    key: str, *lines: RefundLine, amount_minor: int | None = None, other_minor: int = 0
) -> Refund:
    """A refund of lines, or of money alone (``other_minor``)."""
    told = sum(line.total_minor + line.tax_minor for line in lines) + other_minor
    amount = told if amount_minor is None else amount_minor
    return Refund(key, NOW, amount, other_minor, lines)


def took(line: OrderLine, quantity: int = 0, total_minor: int | None = None) -> RefundLine:
    """``quantity`` pieces of a line with their money, or money alone."""
    share = line.total_minor * quantity // line.quantity if line.quantity else 0
    return RefundLine(line.key, quantity, share if total_minor is None else total_minor, 0)


def compare(world: World, keys: list[str], expected: list[Expected]) -> None:
    """Posted points by order, and what donations stand for by cause, in all of them."""
    with world.database.read() as db:
        rows = orders.store.by_keys(db, world.shop.id, keys)
        told = points.diagnose_all(db, world.shop.id, [rows[key].id for key in keys])
        posted = {one.order.key: one.posted for one in told}
        causes = {one.id: one.key for one in giving.causes(db, world.shop.id)}
        gifts: Counter[tuple[str, str]] = Counter()
        for key in keys:
            for gift in giving.of_order(db, world.shop.id, rows[key].id):
                gifts[causes[gift.cause_id], "pledged"] += gift.pledged_minor
                gifts[causes[gift.cause_id], "due"] += gift.due_minor
    assert posted == {key: one.points for key, one in zip(keys, expected, strict=True)}
    due: Counter[tuple[str, str]] = Counter()
    for one in expected:
        for cause, amounts in one.donations.items():
            due[cause or world.riverbank.key, "pledged"] += amounts[0]
            due[cause or world.riverbank.key, "due"] += amounts[1]
    assert +gifts == +due


def states(world: World, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(posted, pending) points by order key."""
    with world.database.read() as db:
        found = orders.store.by_keys(db, world.shop.id, keys)
        told = points.diagnose_all(db, world.shop.id, [row.id for row in found.values()])
        return {one.order.key: (one.posted, one.pending) for one in told}
