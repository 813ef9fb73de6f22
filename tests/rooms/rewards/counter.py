"""A counter where Acme's members redeem, and a store behind it that keeps codes and credit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from connector.core import noticed
from connector.core.commerce import CodeUse, ShopClient
from connector.core.discounts import Credit, Discount
from connector.core.errors import Conflict, PerennialError, PlatformBusy, PlatformError
from connector.core.facts import Fact, publish
from connector.core.money import Money
from connector.core.outbox import outbox
from connector.rooms.rewards import catalogue, handlers, service
from connector.rooms.rewards.rules import Kind, Offer, Redemption, Reward
from tests.world import HEARD, NOW, World, acme, goods, order

COFFEE = Offer(Kind.AMOUNT, {"en": "Coffee"}, "USD", points=100, value_minor=500)
CREDIT_AT = ("shopify",)


@dataclass
class Store:
    """What the platform has. ``trouble`` is raised by the next calls, ``late`` after them."""

    codes: dict[str, Discount] = field(default_factory=dict)
    arrivals: list[Credit] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    trouble: dict[str, PerennialError] = field(default_factory=dict)
    late: dict[str, PerennialError] = field(default_factory=dict)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.trouble:
            raise self.trouble.pop(name)

    def _reply(self, name: str) -> None:
        if name in self.late:
            raise self.late.pop(name)

    def find_code(self, code: str) -> str | None:
        self._call("find")
        return f"key-{code}" if code in self.codes else None

    def make_code(self, wanted: Discount) -> str:
        self._call("make")
        if wanted.code in self.codes:
            raise Conflict("code_taken")
        self.codes[wanted.code] = wanted
        self._reply("make")
        return f"key-{wanted.code}"

    def change_code(self, key: str, wanted: Discount) -> None:
        self._call("change")
        self.codes[key.removeprefix("key-")] = wanted

    def remove_code(self, key: str) -> None:
        self._call("remove")
        self.codes.pop(key.removeprefix("key-"), None)
        self._reply("remove")

    def credits(self, customer_key: str, currency: str) -> list[Credit]:
        del customer_key
        self._call("credits")
        return [one for one in reversed(self.arrivals) if one.money.currency == currency]

    def give_credit(self, customer_key: str, money: Money, ends_at: datetime | None) -> str:
        del customer_key, ends_at
        self._call("give")
        self.arrivals.append(Credit(f"c{len(self.arrivals)}", money, NOW))
        self._reply("give")
        return self.arrivals[-1].key


@dataclass
class Counter:
    """Mia at the counter, with points."""

    world: World
    store: Store
    mia: int
    facts: list[Fact] = field(default_factory=list)
    now: datetime = NOW

    def offer(self, offer: Offer = COFFEE) -> Reward:
        with self.world.database.write() as db:
            return catalogue.publish(db, self.world.shop.id, offer, self.now)

    def reward(self, reward: Reward) -> Reward:
        with self.world.database.read() as db:
            return catalogue.reward(db, self.world.shop.id, reward.id)

    def redeem(
        self, reward: Reward, amount: int | None = None, member: int | None = None
    ) -> Redemption:
        who = self.mia if member is None else member
        with self.world.database.write() as db:
            one, facts = service.redeem(
                db, self.world.shop.id, who, reward.id, self.now, amount_minor=amount
            )
            noticed.notice(db, facts, self.now)
        self.hear()
        return one

    def do(self, work: Callable[..., Any], *told: Any, **more: Any) -> Any:
        """A verb of the room; facts it returns are heard."""
        with self.world.database.write() as db:
            answer = work(db, self.world.shop.id, *told, self.now, **more)
            facts = answer[1] if isinstance(answer, tuple) else answer or []
            self._publish(db, facts)
        return answer

    def cancel(self, one: Redemption) -> None:
        self.do(service.cancel, one.id, member_id=one.member_id)

    def sweep(self, days: float = 0, minutes: float = 0) -> None:
        """Some time later, what the schedule does."""
        self.now += timedelta(days=days, minutes=minutes)
        self.do(lambda db, shop_id, now: service.sweep(db, shop_id, now, 100))

    def turn(self, reward: Reward, *, on: bool) -> None:
        with self.world.database.write() as db:
            catalogue.turn(db, self.world.shop.id, reward.id, self.now, on=on)

    def hear(self) -> None:
        """What the drain does with what doors noticed."""
        with self.world.database.write() as db:
            self._publish(db, noticed.take(db, self.world.shop.id, 100))

    def run(self, rounds: int = 3) -> None:
        """What dispatch does with errands, as long as there are some."""
        for _ in range(rounds):
            with self.world.database.write() as db:
                table = outbox.c
                waiting = select(table.kind, table.payload).where(
                    table.shop_id == self.world.shop.id
                )
                rows = db.execute(waiting.order_by(table.id)).all()
                db.execute(delete(outbox).where(table.shop_id == self.world.shop.id))
            for kind, payload in rows:
                if kind in handlers.errands(self.world.members, CREDIT_AT):
                    self.errand(kind, payload["about"])

    def errand(self, kind: str, about: str) -> None:
        errand = handlers.errands(self.world.members, CREDIT_AT)[kind]
        shop_id, database = self.world.shop.id, self.world.database
        with database.read() as db:
            todo = errand.prepare(db, shop_id, about, self.now)
        if todo is None:
            return
        client: ShopClient = self.store  # type: ignore[assignment]
        try:
            answer = errand.carry_out(client, todo)
        except PlatformBusy:
            return
        except (PlatformError, Conflict) as problem:
            with database.write() as db:
                self._publish(db, errand.fail(db, shop_id, about, problem.code, self.now))
        else:
            with database.write() as db:
                self._publish(db, errand.finish(db, shop_id, about, answer, self.now))

    def again(self, kind: str, one: Redemption) -> None:
        """The same errand once more, as after a crash."""
        about = one.member_id if kind == "credit" else one.id
        self.errand(kind, str(about))

    def get(self, one: Redemption) -> Redemption:
        with self.world.database.read() as db:
            return catalogue.redemption(db, self.world.shop.id, one.id)

    def order(self, one: Redemption, key: str = "1", amount: int = 500, **told: Any) -> None:
        """An order of two cups for 20.00 that was placed with the code."""
        code = CodeUse(one.code or "", amount)
        lines = (goods("a", 750, subtotal_minor=1000), goods("b", 750, subtotal_minor=1000))
        told = {"lines": lines, "codes": (code,), **told}
        self.world.tell(order(key, *told.pop("lines"), **told), at=self.now)

    def state(self, one: Redemption) -> tuple[str, int, int]:
        """(state, held, spent)"""
        found = self.get(one)
        return str(found.state), found.held, found.spent

    def left(self) -> tuple[int, int]:
        """What Mia can use and has held, without what her orders earn."""
        told = self.world.balance_of(self.mia)
        return told.available, told.held

    def sound(self) -> None:
        assert self.world.audit() == []

    def told(self, kind: type[Fact]) -> list[Any]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def _publish(self, db: Any, facts: Any) -> None:
        self.facts += facts
        publish(db, HEARD, facts, self.now)


def counter(database: Any, points: int = 250, platform: str = "woocommerce") -> Counter:
    world = acme(database, platform=platform)
    mia = world.member()
    if points:
        world.adjust(mia, points)
        with database.write() as db:
            noticed.take(db, world.shop.id, 100)  # told before the tests begin
    return Counter(world, Store(), mia)
