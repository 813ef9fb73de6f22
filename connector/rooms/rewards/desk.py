"""Where redemptions change their state: every step and its movement in the book together.

A redemption's movements are on the account of the member whose points they were. When that member
became part of another, what returns is handed over at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector import orders
from connector.core import outbox
from connector.core.commerce import OrderState
from connector.core.facts import (
    CodeEnded,
    Fact,
    GiftGiven,
    GiftRestored,
    PointsChanged,
    PointsDonated,
    RewardRedeemed,
)
from connector.core.ids import new_id
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.orders import store as order_store
from connector.rooms.rewards import rules, store
from connector.rooms.rewards.rules import (
    CODED,
    COUNTED,
    OPEN,
    Kind,
    Phase,
    Price,
    Redemption,
    Reward,
    State,
    Use,
)
from connector.shops import service as shops
from connector.shops.service import Shop

CODE_MINUTES = 15  # a wish without a code by then is void
UNDO_HOURS = 24  # of points given to a cause
STAYED = "not_given_again"  # the problem of a gift that was used, or over, before it would return


class Desk:
    """Some redemptions of one shop and the book of their members, until ``close``."""

    def __init__(
        self, db: Connection, shop: Shop, redemptions: Sequence[Redemption], now: datetime
    ) -> None:
        self._db, self._shop, self.now = db, shop, now
        self._redemptions = redemptions
        people = {who for one in redemptions for who in (one.account_id, one.member_id)}
        self._book = Book(db, shop.id, UNIT, shop.timezone, sorted(people))
        self._facts: list[Fact] = []

    def available(self, member_id: int) -> int:
        """What the member can use; below zero by what is owed."""
        purse = self._book.purse(member_id)
        return purse.available + purse.debt

    def start(self, one: Redemption) -> None:
        """Send for what a new redemption gives, or give it where nobody else is needed."""
        self.send_for(one)
        if one.points:
            why = self._why(one, "reserved")
            self._book.hold(one.account_id, one.points, why)
            self._booked(one, why)
            one.held = one.points
        if one.kind is Kind.VIP:
            self.capture(one)

    def send_for(self, one: Redemption) -> None:
        """What the store, or time, has to do for it."""
        one.expires_at = self.now + timedelta(days=one.valid_days)
        one.due_at = self.now + timedelta(minutes=CODE_MINUTES)
        if one.kind in CODED:
            one.code = rules.new_code()
            outbox.send(self._db, self._shop.id, "code", [str(one.id)], self.now)
        elif one.kind is Kind.CREDIT:
            one.code, one.left_minor = rules.new_code(), one.value_minor
            outbox.send(self._db, self._shop.id, "credit", [str(one.member_id)], self.now)
        elif one.kind is Kind.DONATION:
            one.state, one.issued_at, one.expires_at = State.ISSUED, self.now, None
            one.due_at = self.now + timedelta(hours=UNDO_HOURS)

    def capture(self, one: Redemption, returned: int = 0) -> None:
        """It is used: its points are spent, wherever they are by now, but for what returned."""
        if one.held:
            why = self._why(one, "redeemed")
            self._book.capture(one.account_id, one.held, why)
            self._booked(one, why)
            one.spent, one.held = one.held, 0
        if one.state not in COUNTED:
            store.count(self._db, self._shop.id, one.reward_id, 1, one.cost_minor)
        if one.used_at is None:
            self._facts += self._given(one)
        one.state, one.ending, one.problem, one.ended_at = State.USED, None, None, None
        one.used_at = one.used_at or self.now
        one.due_at = one.expires_at if one.has_balance else None
        self.spend_to(one, one.points - returned)

    def spend_to(self, one: Redemption, spent: int) -> None:
        """Make ``spent`` what is spent for good: return the rest, or take it again."""
        if one.spent > spent:
            self._back(one, one.spent - spent, "redeemed")
        elif one.spent < spent:
            why = self._why(one, "redeemed")
            self._book.spend_again(one.member_id, spent - one.spent, why)
            self._booked(one, why)
        one.spent = spent

    def release(self, one: Redemption, state: State, problem: str | None = None) -> None:
        """It is over and was never used: points, stock and budget return."""
        if one.held:
            self._back(one, one.held, "held")
            one.held = 0
        store.count(self._db, self._shop.id, one.reward_id, -1, -one.cost_minor)
        if one.issued_at is not None and one.code:
            self._facts.append(CodeEnded(self._shop.id, one.member_id))
        one.state, one.ending, one.problem = state, None, problem
        one.ended_at, one.due_at = self.now, None

    def forfeit(self, one: Redemption) -> None:
        """Close the member's accounts: the person is gone."""
        why = self._why(one, "erasure")
        self._book.forfeit(one.member_id, why)
        one.entries = why.number

    def withdraw_code(self, one: Redemption) -> None:
        """The store is to have its code no more."""
        if one.code:
            outbox.send(self._db, self._shop.id, "uncode", [str(one.id)], self.now)

    def change_balance(self, one: Redemption) -> None:
        """The code is to have what is left of it, and one more use, when none is unpaid."""
        outbox.send(self._db, self._shop.id, "balance", [str(one.id)], self.now)

    def give_again(self, one: Redemption) -> None:
        """The same gift anew, as it was agreed, unless another life of it stands."""
        family = store.family(self._db, self._shop.id, one.source)
        ended = [other.ended_at or other.ending for other in family]
        if not all(ended):
            return
        anew = agreed_again(one, len(family), self.now)
        self.send_for(anew)
        if store.insert_redemption(self._db, self._shop.id, anew):
            store.count(self._db, self._shop.id, anew.reward_id, 1, anew.cost_minor)

    def close(self, *, new: bool = False) -> list[Fact]:
        """Write everything; the facts it causes, to be noticed or returned."""
        self._book.close()
        if not new:
            store.put(self._db, self._shop.id, self._redemptions)
        return list(dict.fromkeys(self._facts))

    def _given(self, one: Redemption) -> list[Fact]:
        """What using it for the first time brings about."""
        shop_id = self._shop.id
        facts: list[Fact] = [RewardRedeemed(shop_id, one.member_id, one.id)]
        if one.kind is Kind.VIP:
            source = f"rewards:redemption:{one.id}"
            facts.append(GiftGiven(shop_id, one.member_id, source, tier_days=one.tier_days))
        elif one.kind is Kind.DONATION and one.cause_id is not None:
            facts.append(
                PointsDonated(
                    shop_id,
                    one.member_id,
                    one.id,
                    one.cause_id,
                    one.value_minor,
                    one.currency,
                    one.points,
                )
            )
        return facts

    def _back(self, one: Redemption, amount: int, from_: str) -> None:
        why = self._why(one, "returned")
        self._book.give_back(one.account_id, amount, why, from_=from_)
        if one.account_id != one.member_id:
            self._book.hand_over(one.account_id, one.member_id, why)
        self._booked(one, why)

    def _why(self, one: Redemption, kind: str) -> Voucher:
        stem = f"rewards:redemption:{one.id}"
        return Voucher(stem=stem, kind=kind, occurred_at=self.now, number=one.entries)

    def _booked(self, one: Redemption, why: Voucher) -> None:
        one.entries = why.number
        self._facts.append(PointsChanged(self._shop.id, one.member_id))


def settle_code(desk: Desk, one: Redemption, uses: Sequence[Use]) -> None:
    """What a code's orders say becomes of its points; a gift is undone only as a whole."""
    match rules.phase(uses, was_used=one.state is State.USED):
        case Phase.USED:
            ended_at = one.ended_at
            desk.capture(one, rules.returned(one.points, uses, whole=one.returns_whole))
            if not one.points and rules.returned(1, uses, whole=True):
                one.ended_at = ended_at or desk.now
                desk.withdraw_code(one)
        case Phase.UNDONE if one.state is State.USED:
            desk.spend_to(one, 0)
            one.ended_at = one.ended_at or desk.now
            desk.withdraw_code(one)
        case Phase.UNDONE if one.state in OPEN:
            desk.release(one, State.CANCELLED, rules.ORDER_UNDONE)
            desk.withdraw_code(one)


def settle_balance(desk: Desk, one: Redemption, uses: Sequence[Use]) -> None:
    """What orders left of a code that stands for store credit, and give back of it.

    Money goes back to the code while it lives; points return for what nobody spent of it by then.
    The store is told once its orders are paid or undone: who cancels an unpaid one has its use
    back before we hear of it.
    """
    is_paid = rules.phase(uses, was_used=one.state is State.USED) is Phase.USED
    if is_paid and one.state is not State.USED:
        desk.capture(one)
    before, one.left_minor = one.left_minor, rules.left(one.value_minor, uses)
    if one.state is State.USED and one.ended_at is not None:
        desk.spend_to(one, one.points - one.points * one.left_minor // one.value_minor)
    elif uses or before != one.left_minor:
        desk.change_balance(one)


def uses_of(
    db: Connection, shop_id: int, redemptions: Sequence[Redemption]
) -> Mapping[int, list[Use]]:
    """The orders that were placed with their codes, by redemption; kept, too."""
    uses: dict[int, list[Use]] = defaultdict(list)
    for one, order_id, use in _placed(db, shop_id, redemptions):
        uses[one.id].append(use)
        store.put_uses(db, shop_id, one.id, [order_id])
    return uses


def waits_for_payment(db: Connection, shop_id: int, one: Redemption) -> bool:
    """Whether an order has its code that nobody paid yet."""
    return any(use.state is OrderState.OPEN for _, _, use in _placed(db, shop_id, [one]))


def _placed(
    db: Connection, shop_id: int, redemptions: Sequence[Redemption]
) -> Iterator[tuple[Redemption, int, Use]]:
    by_code = {one.code.lower(): one for one in redemptions if one.code}
    found = order_store.with_codes(db, shop_id, list(by_code)) if by_code else []
    for row, order in orders.load(db, shop_id, [order_id for order_id, _ in found]):
        for code in order.codes:
            one = by_code.get(code.code.lower())
            if one is not None:
                share = rules.share_returned(order, one.kind)
                yield one, row.id, Use(order.state, share, code.amount_minor)


def restore(
    db: Connection, shop_id: int, gifts: Sequence[GiftRestored], now: datetime
) -> list[Fact]:
    """What gifts were for holds again: those that were cancelled for it are given anew.

    One that was used or over by then stays as it is, and says so.
    """
    desk = Desk(db, shops.get(db, shop_id), [], now)
    for gift in gifts:
        family = store.family(db, shop_id, gift.source)
        newest = max(family, key=lambda one: one.id, default=None)
        if newest is None:
            continue
        if all(_was_taken(one, gift.taken_at) for one in family):
            desk.give_again(newest)
        elif newest.state not in OPEN and newest.problem is None:
            newest.problem = STAYED
            store.put(db, shop_id, [newest])
    return desk.close()


def _was_taken(one: Redemption, at: datetime) -> bool:
    """Whether it went no earlier than this, and not because it was used, or its time over."""
    if one.state is State.CANCELLED:
        return one.ended_at is None or one.ended_at >= at
    return one.ending is State.CANCELLED


def agreed(reward: Reward, price: Price, member_id: int, source: str, now: datetime) -> Redemption:
    """A new redemption: the reward as it is now, frozen."""
    offer = reward.offer
    return Redemption(
        id=new_id(),
        member_id=member_id,
        account_id=member_id,
        reward_id=reward.id,
        source=source,
        kind=offer.kind,
        names=offer.names,
        points=price.points,
        currency=offer.currency,
        value_minor=price.value_minor,
        cost_minor=price.cost_minor,
        percent=offer.percent,
        product_key=offer.product_key,
        cause_id=offer.cause_id,
        tier_days=offer.tier_days,
        minimum_minor=offer.minimum_minor,
        valid_days=offer.valid_days,
        returns_whole=offer.returns_whole,
        reserved_at=now,
    )


def agreed_again(one: Redemption, number: int, now: datetime) -> Redemption:
    """A new redemption of what was agreed, the ``number``-th life of a gift."""
    return replace(
        one,
        id=new_id(),
        account_id=one.member_id,
        source=f"{one.source.partition(rules.AGAIN)[0]}{rules.AGAIN}{number}",
        reserved_at=now,
        state=State.RESERVED,
        ending=None,
        problem=None,
        code=None,
        discount_key=None,
        entries=0,
        due_at=None,
        issued_at=None,
        expires_at=None,
        used_at=None,
        ended_at=None,
    )
