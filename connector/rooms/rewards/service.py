"""The rewards room's verbs: from the wish to the order that uses it, and back.

``redeem`` holds the points in the wish's own transaction; the store hears of it by an errand; the
order that uses the code decides what becomes of the points, by target and difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.core import outbox
from connector.core.errors import Conflict, Forbidden, NotFound
from connector.core.facts import CodeIssued, Fact, GiftGiven
from connector.core.ids import new_id
from connector.core.points import UNIT
from connector.ledger import Difference
from connector.members import erased
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.rooms.rewards import rules, store
from connector.rooms.rewards.desk import Desk, agreed, settle_balance, settle_code, uses_of
from connector.rooms.rewards.rules import OPEN, Kind, Redemption, Reward, State
from connector.shops import service as shops
from connector.shops.service import Shop

AGAIN_DAYS = 1  # a code whose time is over waits so long for an order nobody paid yet
MOST_FAILURES = 3  # one after another; then the reward is paused


def redeem(
    db: Connection,
    shop_id: int,
    member_id: int,
    reward_id: int,
    now: datetime,
    *,
    amount_minor: int | None = None,
) -> tuple[Redemption, list[Fact]]:
    """Exchange a member's points for a reward: they are held until it is used, or come back.

    amount_minor: how much of a flexible reward. Raises Conflict by what stands in the way.
    """
    shop = shops.get(db, shop_id)
    store.queue(db, shop_id, member_id)
    _check_member(db, shop_id, member_id)
    reward = _reward(db, shop_id, reward_id)
    _check_open(db, shop, reward, member_id)
    price = rules.price(reward.offer, amount_minor)
    one = agreed(reward, price, member_id, f"wish:{new_id()}", now)
    desk = Desk(db, shop, [one], now)
    if desk.available(member_id) < 0:
        raise Conflict("below_zero", "points are owed after a refund; new ones repay them first")
    most = reward.offer.per_member
    if (
        most is not None
        and store.counts_of_member(db, shop_id, member_id).get(reward_id, 0) >= most
    ):
        raise Conflict("per_member", f"at most {most} for each member")
    desk.start(one)
    if not store.take(db, shop_id, reward_id, price.cost_minor):
        raise rules.nothing_left(_reward(db, shop_id, reward_id), price)
    facts = desk.close(new=True)
    store.insert_redemption(db, shop_id, one)
    return one, facts


def give(db: Connection, shop_id: int, gifts: Sequence[GiftGiven], now: datetime) -> list[Fact]:
    """Rewards without a price, once for each source.

    Stock and budget count them and never stop them: they are promised already.
    """
    shop = shops.get(db, shop_id)
    facts: list[Fact] = []
    for gift in gifts:
        found = store.rewards(db, shop_id, [gift.reward_id or 0])
        member_id = _standing_member(db, shop_id, gift.member_id)
        if not found or member_id is None or store.family(db, shop_id, gift.source):
            continue
        price = rules.gift(found[0].offer)
        one = agreed(found[0], price, member_id, gift.source, now)
        one.note = gift.note[: rules.NOTE_LENGTH]
        desk = Desk(db, shop, [one], now)
        store.count(db, shop_id, found[0].id, 1, price.cost_minor)
        desk.start(one)
        facts += desk.close(new=True)
        store.insert_redemption(db, shop_id, one)
    return facts


def withdraw(db: Connection, shop_id: int, sources: Sequence[str], now: datetime) -> list[Fact]:
    """What gifts were for is undone: they go, unless they are spent."""
    facts: list[Fact] = []
    for one in [one for source in sources for one in store.family(db, shop_id, source)]:
        try:
            facts += cancel(db, shop_id, one.id, now)[1]
        except Conflict:
            continue
    return facts


def cancel(
    db: Connection,
    shop_id: int,
    redemption_id: int,
    now: datetime,
    *,
    member_id: int | None = None,
) -> tuple[Redemption, list[Fact]]:
    """Undo what is not used yet. Points return once the store no longer has the code.

    member_id: whose it must be. Raises Conflict ``too_late``, ``code_in_use`` or ``being_made``.
    """
    one = _locked(db, shop_id, redemption_id)
    if member_id is not None and one.member_id != member_id:
        raise NotFound("redemption_not_found", "no such redemption")
    if one.state is State.CANCELLED or one.ending is State.CANCELLED:
        return one, []
    if one.state not in (State.RESERVED, State.ISSUED) or one.ending:
        raise Conflict("too_late", "it is used, or over")
    if one.kind is Kind.DONATION:
        if one.due_at is None or one.due_at <= now:
            raise Conflict("too_late", "the cause has it")
        desk = Desk(db, shops.get(db, shop_id), [one], now)
        desk.release(one, State.CANCELLED)
        return one, desk.close()
    if one.credit_before is not None:
        raise Conflict("being_made", "the store is asked for it at this moment")
    if any(use.stands for use in uses_of(db, shop_id, [one])[one.id]):
        raise Conflict("code_in_use", "an order has this code")
    _end(db, shop_id, one, State.CANCELLED, now)
    return one, []


def can_cancel(one: Redemption, now: datetime) -> bool:
    """Whether ``cancel`` may be tried; an order can still stand in its way."""
    if one.state not in (State.RESERVED, State.ISSUED) or one.ending or one.credit_before:
        return False
    return one.kind is not Kind.DONATION or (one.due_at is not None and one.due_at > now)


def issued(
    db: Connection, shop_id: int, redemption_id: int, discount_key: str, now: datetime
) -> list[Fact]:
    """The store has the code. It may be used already, or wanted no more."""
    one = _locked(db, shop_id, redemption_id)
    one.discount_key = discount_key
    facts: list[Fact] = []
    if one.state is State.RESERVED and one.ending is None:
        one.state, one.issued_at, one.due_at = State.ISSUED, now, one.expires_at
        source = "" if one.points else one.source.partition(rules.AGAIN)[0]
        facts.append(CodeIssued(shop_id, one.member_id, one.code or "", source))
        store.change_reward(db, shop_id, one.reward_id, failures=0)
    elif one.state is not State.USED:
        outbox.send(db, shop_id, "uncode", [str(one.id)], now)
    store.put(db, shop_id, [one])
    return facts


def refused(db: Connection, shop_id: int, redemption_id: int, code: str, now: datetime) -> None:
    """The store will not make the code: what may exist of it goes first, then points return."""
    one = _locked(db, shop_id, redemption_id)
    if one.state is not State.RESERVED or one.ending:
        return
    store.note_failure(db, shop_id, one.reward_id, code, MOST_FAILURES)
    one.problem = code
    _end(db, shop_id, one, State.FAILED, now)


def removed(db: Connection, shop_id: int, redemption_id: int, now: datetime) -> list[Fact]:
    """The store no longer has the code: its points return, unless an order was faster."""
    one = _locked(db, shop_id, redemption_id)
    if one.ending is None or one.state not in OPEN:
        return []
    if any(use.stands for use in uses_of(db, shop_id, [one])[one.id]):
        one.state, one.ending = State.ISSUED, None
        one.due_at = now + timedelta(days=AGAIN_DAYS)
        store.put(db, shop_id, [one])
        return []
    desk = Desk(db, shops.get(db, shop_id), [one], now)
    desk.release(one, one.ending, one.problem)
    return desk.close()


def park(db: Connection, shop_id: int, redemption_id: int, problem: str) -> None:
    """Nobody can tell whether the store has it: the merchant decides."""
    one = _locked(db, shop_id, redemption_id)
    if one.state in OPEN:
        one.state, one.problem, one.due_at = State.PARKED, problem, None
        store.put(db, shop_id, [one])


def keep_ending(db: Connection, shop_id: int, redemption_id: int, problem: str) -> None:
    """The store will not remove a code that is to end: its points stay held meanwhile."""
    if _locked(db, shop_id, redemption_id).ending is not None:
        park(db, shop_id, redemption_id, problem)


def note_problem(db: Connection, shop_id: int, redemption_id: int, problem: str) -> None:
    """What the store would not do, for the merchant to see."""
    one = _locked(db, shop_id, redemption_id)
    one.problem = problem
    store.put(db, shop_id, [one])


def note_credits(db: Connection, shop_id: int, redemption_id: int, keys: Sequence[str]) -> None:
    """Store credit that arrived before ours."""
    one = _locked(db, shop_id, redemption_id)
    one.credit_before = list(keys)
    store.put(db, shop_id, [one])


def resolve(
    db: Connection, shop_id: int, redemption_id: int, now: datetime, *, given: bool
) -> tuple[Redemption, list[Fact]]:
    """The merchant looked: the member has it, or has not and gets the points back."""
    one = _locked(db, shop_id, redemption_id)
    if one.state is not State.PARKED:
        raise Conflict("not_parked", "nothing is to be decided here any more")
    desk = Desk(db, shops.get(db, shop_id), [one], now)
    if not given:
        desk.release(one, one.ending or State.FAILED, one.problem)
    elif one.kind is Kind.CREDIT and one.discount_key is None:
        desk.capture(one)
    else:
        again = now + timedelta(days=AGAIN_DAYS)
        one.state, one.ending, one.problem = State.ISSUED, None, None
        one.due_at = max(one.expires_at or again, again)
    return one, desk.close()


def credited(
    db: Connection, shop_id: int, redemption_id: int, credit_key: str, now: datetime
) -> list[Fact]:
    """The member has the store credit; the points are spent."""
    one = _locked(db, shop_id, redemption_id)
    if one.state is not State.RESERVED:
        return []
    one.credit_key = credit_key
    store.change_reward(db, shop_id, one.reward_id, failures=0)
    desk = Desk(db, shops.get(db, shop_id), [one], now)
    desk.capture(one)
    return desk.close()


def uncredited(
    db: Connection, shop_id: int, redemption_id: int, code: str, now: datetime
) -> list[Fact]:
    """The store refuses the credit, for good: points return."""
    one = _locked(db, shop_id, redemption_id)
    if one.state is not State.RESERVED:
        return []
    store.note_failure(db, shop_id, one.reward_id, code, MOST_FAILURES)
    desk = Desk(db, shops.get(db, shop_id), [one], now)
    desk.release(one, State.FAILED, code)
    return desk.close()


def settle(db: Connection, shop_id: int, order_ids: Sequence[int], now: datetime) -> list[Fact]:
    """Make what these orders' codes stand for true: points spent, back, or spent again."""
    told = order_store.codes(db, shop_id, order_ids)
    ours = rules.PREFIX.lower()
    codes = {use.code for uses in told.values() for use in uses if use.code.startswith(ours)}
    ids = {*store.of_orders(db, shop_id, order_ids), *store.by_codes(db, shop_id, codes)}
    if not ids:
        return []
    changed = store.locked(db, shop_id, ids)
    uses = uses_of(db, shop_id, changed)
    gone = erased(db, shop_id, {one.member_id for one in changed})
    changed = [one for one in changed if one.member_id not in gone]
    undone = [one.id for one in changed if one.is_undone_gift]
    desk = Desk(db, shops.get(db, shop_id), changed, now)
    for one in changed:
        settle_one = settle_balance if one.kind is Kind.CREDIT else settle_code
        settle_one(desk, one, uses[one.id])
    facts = desk.close()
    for one in changed:
        if one.is_undone_gift and one.id not in undone:
            desk.give_again(one)
    again = [one.source for one in changed if one.id in undone and not one.is_undone_gift]
    return [*facts, *withdraw(db, shop_id, again, now)]


def sweep(db: Connection, shop_id: int, now: datetime, limit: int) -> tuple[int, list[Fact]]:
    """What time alone changes: codes that never came, or are over; gifts that stay given."""
    ids = store.due(db, shop_id, now, limit)
    found = store.locked(db, shop_id, ids)
    uses = uses_of(db, shop_id, found)
    desk = Desk(db, shops.get(db, shop_id), found, now)
    for one in found:
        if one.due_at is None or one.due_at > now:
            continue
        one.due_at = None
        if one.state is State.ISSUED and one.kind is Kind.DONATION:
            desk.capture(one)
        elif one.state is State.RESERVED and one.credit_before is None:
            one.problem = "no_code_in_time"
            _end(db, shop_id, one, State.FAILED, now)
        elif one.state is State.ISSUED and any(use.stands for use in uses[one.id]):
            one.due_at = now + timedelta(days=AGAIN_DAYS)
        elif one.state is State.ISSUED:
            _end(db, shop_id, one, State.EXPIRED, now)
        elif one.state is State.USED and one.has_balance:
            one.ended_at = now
            settle_balance(desk, one, uses[one.id])
            desk.withdraw_code(one)
    return len(ids), desk.close()


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops of which a redemption changes by time alone."""
    return store.shops_due(db, now)


def merge(db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime) -> None:
    """What one member has is another's; the points stay where they are held until they move."""
    store.move_to_member(db, shop_id, gone_id, kept_id)
    outbox.send(db, shop_id, "credit", [str(kept_id)], now)


def unmerge(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> None:
    """What a member, or who was part of her, brought into a merge is hers again."""
    parts = [row.id for row in member_store.merged_into(db, shop_id, gone_id)]
    store.move_back(db, shop_id, gone_id, kept_id, [gone_id, *parts])


def forget(db: Connection, shop_id: int, member_id: int, now: datetime) -> None:
    """Close what an erased member has open; what was held is forfeited."""
    own = [one.id for one in store.of_member(db, shop_id, member_id)]
    found = store.locked(db, shop_id, own)
    desk = Desk(db, shops.get(db, shop_id), found, now)
    for one in found:
        one.note = ""
        if one.state in OPEN:
            desk.release(one, State.CANCELLED, "erased")
            desk.forfeit(one)
            desk.withdraw_code(one)
    desk.close()
    store.drop_level(db, shop_id, member_id)


def check(db: Connection, shop_id: int) -> Iterator[Difference]:
    """What the room keeps beside the book and the book tells otherwise."""
    for row in store.mismatches(db, shop_id):
        yield Difference(row.what, UNIT, row.place, int(row.stored), int(row.recomputed))


# ------------------------------------------------------------------------------------------------


def _check_member(db: Connection, shop_id: int, member_id: int) -> None:
    row = member_store.get(db, shop_id, member_id)
    if row is None or row.state != "member":
        raise NotFound("member_not_found", "only who has an account can redeem")
    if row.blocked_at is not None:
        raise Forbidden("member_blocked", "the shop has closed this membership")


def _standing_member(db: Connection, shop_id: int, member_id: int) -> int | None:
    """The member, or whom they became part of; None when they are gone."""
    row = member_store.get(db, shop_id, member_id)
    if row is not None and row.state == "merged":
        return _standing_member(db, shop_id, row.merged_into)
    return None if row is None or row.state == "erased" else member_id


def _reward(db: Connection, shop_id: int, reward_id: int) -> Reward:
    found = store.rewards(db, shop_id, [reward_id])
    if not found:
        raise NotFound("reward_not_found", "no such reward")
    return found[0]


def _locked(db: Connection, shop_id: int, redemption_id: int) -> Redemption:
    found = store.locked(db, shop_id, [redemption_id])
    if not found:
        raise NotFound("redemption_not_found", "no such redemption")
    return found[0]


def _end(db: Connection, shop_id: int, one: Redemption, state: State, now: datetime) -> None:
    """Let the store forget the code first; points return when it has."""
    one.ending, one.due_at = state, None
    store.put(db, shop_id, [one])
    outbox.send(db, shop_id, "uncode", [str(one.id)], now)


def _check_open(db: Connection, shop: Shop, reward: Reward, member_id: int) -> None:
    offer = reward.offer
    if reward.state != "on":
        raise Conflict("reward_paused", "this reward is paused")
    if offer.currency != shop.currency:
        raise Conflict("reward_currency", "the shop has another currency by now")
    if offer.tier_level > store.level(db, shop.id, member_id):
        raise Conflict("tier_needed", f"from tier {offer.tier_level} on")
