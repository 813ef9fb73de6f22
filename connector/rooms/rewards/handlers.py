"""Facts and errands in, verbs called.

Errands: ``code`` makes a redemption's code at its store, ``uncode`` removes it, ``balance`` gives
it what is left of it; ``credit`` gives the oldest store credit a member waits for, one at a time,
because stores give it twice when they are asked twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from connector.core import outbox
from connector.core.commerce import ShopClient
from connector.core.discounts import Discount, DiscountKind
from connector.core.errors import (
    BadInput,
    Conflict,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.facts import (
    Fact,
    GiftGiven,
    GiftRestored,
    GiftWithdrawn,
    MemberErased,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    TierChanged,
)
from connector.core.i18n import SOURCE
from connector.core.money import Money
from connector.core.outbox import Errand
from connector.members import Members
from connector.members import store as member_store
from connector.rooms.rewards import rules, service, store
from connector.rooms.rewards.desk import restore, waits_for_payment
from connector.rooms.rewards.rules import Kind, Redemption, State
from connector.shops import service as shops


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.order_id for fact in facts if isinstance(fact, OrderChanged)]
    return service.settle(db, facts[0].shop_id, ids, now)


def on_gift_given(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    gifts = [one for one in facts if isinstance(one, GiftGiven) and one.reward_id is not None]
    return service.give(db, facts[0].shop_id, gifts, now) if gifts else []


def on_gift_withdrawn(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    sources = [fact.source for fact in facts if isinstance(fact, GiftWithdrawn)]
    return service.withdraw(db, facts[0].shop_id, sources, now)


def on_gift_restored(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    restored = [fact for fact in facts if isinstance(fact, GiftRestored)]
    return restore(db, facts[0].shop_id, restored, now)


def on_tier_changed(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, TierChanged):
            store.put_level(db, fact.shop_id, fact.member_id, fact.level)
    return []


def on_members_merged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersMerged):
            service.merge(db, fact.shop_id, fact.kept_id, fact.gone_id, now)
    return []


def on_members_unmerged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            service.unmerge(db, fact.shop_id, fact.kept_id, fact.gone_id)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            service.forget(db, fact.shop_id, fact.member_id, now)
    return []


def errands(members: Members, credit_at: Collection[str]) -> Mapping[str, Errand]:
    """Ours, by kind. credit_at: platforms whose store credit is their own money."""
    code = Code(members)
    return {
        "code": code,
        "uncode": Uncode(),
        "balance": Balance(code),
        "credit": StoreCredit(code, credit_at),
    }


# ------------------------------------------------------------------------------------------ codes


class Code:
    """Make a code. Its store is asked first whether it is there: an answer may have been lost."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def prepare(self, db: Connection, shop_id: int, about: str, _now: datetime) -> Discount | None:
        one = store.get(db, shop_id, int(about))
        if one is None or one.state is not State.RESERVED or one.ending:
            return None
        return self.discount(db, shop_id, one)

    def discount(self, db: Connection, shop_id: int, one: Redemption) -> Discount:
        """The redemption as its store is to give it."""
        row = member_store.get(db, shop_id, one.member_id)
        is_amount = one.kind in (Kind.AMOUNT, Kind.CREDIT)
        return Discount(
            code=one.code or "",
            title=rules.spoken(one.names, SOURCE),
            kind=DiscountKind.AMOUNT if is_amount else DiscountKind(one.kind),
            currency=one.currency,
            value_minor=one.value_minor,
            percent=one.percent,
            product_key=one.product_key,
            minimum_minor=one.minimum_minor,
            customer_key=row.customer_key if row else None,
            email=self._members.person(db, shop_id, one.member_id).email,
            ends_at=one.expires_at,
        )

    def carry_out(self, client: ShopClient, todo: Discount) -> str:
        found = client.find_code(todo.code)
        if found is not None:
            return found
        try:
            return client.make_code(todo)
        except Conflict:  # nobody else can have it: the answer to an earlier call was late
            found = client.find_code(todo.code)
            if found is None:
                raise
            return found

    def finish(
        self, db: Connection, shop_id: int, about: str, answer: str, now: datetime
    ) -> Sequence[Fact]:
        return service.issued(db, shop_id, int(about), answer, now)

    def fail(
        self, db: Connection, shop_id: int, about: str, code: str, now: datetime
    ) -> Sequence[Fact]:
        service.refused(db, shop_id, int(about), code, now)
        return []


@dataclass(frozen=True, slots=True)
class Removal:
    code: str
    key: str | None


class Uncode:
    """Remove a code that is wanted no more; only then points return."""

    def prepare(self, db: Connection, shop_id: int, about: str, _now: datetime) -> Removal | None:
        one = store.get(db, shop_id, int(about))
        if one is None or one.code is None:
            return None
        is_wanted = one.ending is None and one.ended_at is None
        return None if is_wanted else Removal(one.code, one.discount_key)

    def carry_out(self, client: ShopClient, todo: Removal) -> str:
        found = todo.key or client.find_code(todo.code)
        if found is not None:
            client.remove_code(found)
        return ""

    def finish(
        self, db: Connection, shop_id: int, about: str, _answer: str, now: datetime
    ) -> Sequence[Fact]:
        return service.removed(db, shop_id, int(about), now)

    def fail(
        self, db: Connection, shop_id: int, about: str, code: str, _now: datetime
    ) -> Sequence[Fact]:
        service.keep_ending(db, shop_id, int(about), code)
        return []


@dataclass(frozen=True, slots=True)
class Change:
    key: str
    wanted: Discount


class Balance:
    """Give a code what is left of it, and one more use."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def prepare(self, db: Connection, shop_id: int, about: str, _now: datetime) -> Change | None:
        one = store.get(db, shop_id, int(about))
        if one is None or one.discount_key is None or one.ending or one.ended_at:
            return None
        if one.left_minor == 0 or waits_for_payment(db, shop_id, one):
            return None
        wanted = replace(self._code.discount(db, shop_id, one), value_minor=one.left_minor)
        return Change(one.discount_key, wanted)

    def carry_out(self, client: ShopClient, todo: Change) -> str:
        client.change_code(todo.key, todo.wanted)
        return ""

    def finish(
        self, _db: Connection, _shop_id: int, _about: str, _answer: str, _now: datetime
    ) -> Sequence[Fact]:
        return []

    def fail(
        self, db: Connection, shop_id: int, about: str, code: str, _now: datetime
    ) -> Sequence[Fact]:
        service.note_problem(db, shop_id, int(about), code)
        return []


# ----------------------------------------------------------------------------------- store credit


@dataclass(frozen=True, slots=True)
class Credit:
    """Credit to give. before: arrivals that are not ours; None: they are to be noted first."""

    redemption_id: int
    customer_key: str | None
    money: Money
    ends_at: datetime | None
    before: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class ByCode:
    """Credit where it is no money of the store's own: a code with a balance."""

    redemption_id: int
    wanted: Discount


@dataclass(frozen=True, slots=True)
class Noted:
    redemption_id: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Made:
    redemption_id: int
    key: str
    is_code: bool


@dataclass(frozen=True, slots=True)
class Unclear:
    """Several arrivals could be ours."""

    redemption_id: int


class StoreCredit:
    """Give what a member waits for, the oldest first and one at a time.

    The newest arrivals are noted before the call, in a run of their own. Whatever became of the
    call, an arrival of the same amount that was not there before is ours; of two, nobody knows.
    """

    def __init__(self, code: Code, credit_at: Collection[str]) -> None:
        self._code, self._credit_at = code, credit_at

    def prepare(
        self, db: Connection, shop_id: int, about: str, _now: datetime
    ) -> Credit | ByCode | None:
        one = store.next_credit(db, shop_id, int(about))
        if one is None:
            return None
        wanted = self._code.discount(db, shop_id, one)
        if shops.get(db, shop_id).platform not in self._credit_at:
            return ByCode(one.id, wanted)
        before = one.credit_before
        if before is not None:
            before = [*before, *store.credit_keys(db, shop_id, one.member_id)]
        money = Money(one.value_minor, one.currency)
        return Credit(one.id, wanted.customer_key, money, one.expires_at, before)

    def carry_out(self, client: ShopClient, todo: Credit | ByCode) -> Noted | Made | Unclear:
        if isinstance(todo, ByCode):
            return Made(todo.redemption_id, self._code.carry_out(client, todo.wanted), True)
        if todo.customer_key is None:
            raise BadInput("account_needed", "store credit is of an account")
        if todo.before is None:
            arrivals = client.credits(todo.customer_key, todo.money.currency)
            return Noted(todo.redemption_id, [one.key for one in arrivals])
        found = self._arrived(client, todo, todo.customer_key)
        if found is not None:
            return found
        try:
            key = client.give_credit(todo.customer_key, todo.money, todo.ends_at)
        except (PlatformBusy, PlatformRefused, PlatformMissing):
            raise
        except PlatformError:
            found = self._arrived(client, todo, todo.customer_key)
            if found is None:
                raise
            return found
        return Made(todo.redemption_id, key, False)

    def finish(
        self,
        db: Connection,
        shop_id: int,
        about: str,
        answer: Noted | Made | Unclear,
        now: datetime,
    ) -> Sequence[Fact]:
        facts: Sequence[Fact] = []
        match answer:
            case Noted(redemption_id, keys):
                service.note_credits(db, shop_id, redemption_id, keys)
            case Made(redemption_id, key, is_code):
                made = service.issued if is_code else service.credited
                facts = made(db, shop_id, redemption_id, key, now)
            case Unclear(redemption_id):
                service.park(db, shop_id, redemption_id, "two_candidates")
        outbox.send(db, shop_id, "credit", [about], now)  # for what else she waits
        return facts

    def fail(
        self, db: Connection, shop_id: int, about: str, code: str, now: datetime
    ) -> Sequence[Fact]:
        one = store.next_credit(db, shop_id, int(about))
        outbox.send(db, shop_id, "credit", [about], now)
        if one is None:
            return []
        if one.credit_before is not None:
            return service.uncredited(db, shop_id, one.id, code, now)
        service.refused(db, shop_id, one.id, code, now)
        return []

    @staticmethod
    def _arrived(client: ShopClient, todo: Credit, customer_key: str) -> Made | Unclear | None:
        arrivals = client.credits(customer_key, todo.money.currency)
        known = set(todo.before or ())
        ours = [one for one in arrivals if one.key not in known and one.money == todo.money]
        if not ours:
            return None
        if len(ours) > 1:
            return Unclear(todo.redemption_id)
        return Made(todo.redemption_id, ours[0].key, False)
