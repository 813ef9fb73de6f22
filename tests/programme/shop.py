"""The product as the machine drives it: facts published as in the running service, errands run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from connector import app, ledger, orders
from connector.core import noticed, outbox
from connector.core.commerce import CustomerMerge, Order
from connector.core.db import Database
from connector.core.discounts import Discount
from connector.core.facts import Fact, publish
from connector.orders import claiming
from connector.rooms.expiry import service as expiry
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.points.service import Balance
from connector.rooms.rewards import service as rewards
from connector.rooms.tiers import programs as tier_programs
from connector.rooms.tiers import service as tiers
from connector.rooms.tiers import store as tier_store
from connector.rooms.tiers.rules import Program
from tests.world import KEYS, World

AT_ONCE = 1000


@dataclass
class Till:
    """A store's discounts: what is made there by code."""

    codes: dict[str, str] = field(default_factory=dict)

    def find_code(self, code: str) -> str | None:
        return self.codes.get(code.lower())

    def make_code(self, wanted: Discount) -> str:
        assert wanted.code.lower() not in self.codes, "made twice"
        self.codes[wanted.code.lower()] = f"key {wanted.code}"
        return self.codes[wanted.code.lower()]

    def remove_code(self, key: str) -> None:
        self.codes = {code: one for code, one in self.codes.items() if one != key}


class Driven:
    """One new shop in a database, with everything of the service that needs no HTTP."""

    def __init__(self, database: Database, world: World) -> None:
        self.world, self.database, self.till = world, database, Till()
        self.shop_id = world.shop.id
        self._errands = app.errands(KEYS, world.members, {})

    def tell(self, now: datetime, *snapshots: Order | CustomerMerge) -> None:
        """What the platform says, as one batch."""
        context = orders.Context(self.shop_id, self.world.shop.timezone, "hook", trusted=True)
        told = [one for one in snapshots if isinstance(one, Order)]
        merges = [one for one in snapshots if isinstance(one, CustomerMerge)]
        members = self.world.members
        with self.database.write() as db:
            facts = members.merge(db, self.shop_id, merges, now)
            facts += orders.record(db, context, members, told, now)
            facts += members.newcomers(db, self.shop_id)
            facts += claiming.claim(db, self.shop_id, now)
            publish(db, app.SUBSCRIPTIONS, facts, now)

    def work(self, now: datetime) -> None:
        """What the worker does until nothing is due."""
        more = True
        with self.database.write() as db:
            points.release_due(db, self.shop_id, now, AT_ONCE)
            facts = rewards.sweep(db, self.shop_id, now, AT_ONCE)[1]
            facts += noticed.take(db, self.shop_id, AT_ONCE)
            while more:
                publish(db, app.SUBSCRIPTIONS, facts, now)
                facts, more = tiers.review(db, self.shop_id, now, AT_ONCE)
            publish(db, app.SUBSCRIPTIONS, facts, now)
        self.run_errands(now)

    def night(self, now: datetime) -> None:
        """What the worker does each night."""
        with self.database.write() as db:
            clock = expiry.prepare(db, self.shop_id, now)
            _, facts = expiry.night(db, self.shop_id, clock, now, "", AT_ONCE)
            publish(db, app.SUBSCRIPTIONS, facts, now)

    def show(self, member_id: int, now: datetime) -> None:
        """The member opens the panel."""
        with self.database.write() as db:
            expiry.show_notices(db, self.shop_id, member_id, now)

    def climb(self, ladder: Program, now: datetime) -> None:
        """From now on there are levels."""
        with self.database.write() as db:
            tier_programs.save_draft(db, self.shop_id, ladder, "staff:1", now)
            tier_programs.publish(db, self.shop_id, now, has_standing=False)

    def levels(self, member_ids: Sequence[int]) -> list[int]:
        with self.database.read() as db:
            found = tier_store.kept(db, self.shop_id, member_ids)
        return [found[one].standing.level if one in found else 0 for one in member_ids]

    def amounts(self, member_ids: Sequence[int], now: datetime) -> list[int]:
        with self.database.read() as db:
            found = [tiers.progress(db, self.shop_id, one, now) for one in member_ids]
        return [one.standing.amount if one else 0 for one in found]

    def unmerge(self, gone_id: int, now: datetime) -> None:
        with self.database.write() as db:
            facts = self.world.members.unmerge(db, self.shop_id, gone_id, now, "staff:1")
            publish(db, app.SUBSCRIPTIONS, facts, now)

    def run_errands(self, now: datetime) -> None:
        """Carry out what the outbox asks, as the dispatcher does."""
        with self.database.write() as db:
            tasks = outbox.claim(db, self.shop_id, now, AT_ONCE)
        for task in tasks:
            errand = self._errands.get(task.kind)
            with self.database.write() as db:
                if errand is not None:
                    about = task.payload["about"]
                    todo = errand.prepare(db, self.shop_id, about, now)
                    if todo is not None:
                        answer = errand.carry_out(self.till, todo)  # type: ignore[arg-type]
                        facts = errand.finish(db, self.shop_id, about, answer, now)
                        publish(db, app.SUBSCRIPTIONS, facts, now)
                outbox.finish(db, task, now)

    def notice(self, facts: list[Fact], now: datetime) -> None:
        with self.database.write() as db:
            noticed.notice(db, facts, now)

    def balances(self, member_ids: Sequence[int]) -> list[Balance]:
        with self.database.read() as db:
            found = points.balances(db, self.shop_id, member_ids)
        return [found[one] for one in member_ids]

    def audit(self) -> list[str]:
        """Everything that does not add up."""
        with self.database.read() as db:
            found = chain(
                ledger.differences(db, self.shop_id),
                points.check(db, self.shop_id),
                giving.check(db, self.shop_id),
                rewards.check(db, self.shop_id),
                tier_programs.audit(db, self.shop_id),
            )
            return [str(one) for one in found]
