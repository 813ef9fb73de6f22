"""What is offered: rewards made and changed, what each costs really, and gifts sent by hand.

A change never touches a redemption made before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.facts import GiftGiven
from connector.core.ids import new_id
from connector.core.points import LIMIT
from connector.orders import store as order_store
from connector.rooms.rewards import rules, store
from connector.rooms.rewards.rules import COUNTED, OPEN, Kind, Offer, Redemption, Reward, State
from connector.shops import service as shops

MAX_REWARDS = 200
MAX_GIFTS = 100_000  # in one go
USE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Figures:
    """A reward's last USE_DAYS. given_minor: what orders really got off by its codes."""

    wishes: int = 0
    uses: int = 0
    points: int = 0
    given_minor: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A reward as one member meets it. reason: what stands in the way, or None."""

    reward: Reward
    reason: str | None
    missing: int  # points

    @property
    def most_minor(self) -> int:
        return self.reward.offer.most_minor or 0


def rewards(db: Connection, shop_id: int) -> list[Reward]:
    """Everything the shop offers, oldest first."""
    return store.rewards(db, shop_id)


def reward(db: Connection, shop_id: int, reward_id: int) -> Reward:
    """One; NotFound ``reward_not_found``."""
    found = store.rewards(db, shop_id, [reward_id])
    if not found:
        raise NotFound("reward_not_found", "no such reward")
    return found[0]


def publish(db: Connection, shop_id: int, offer: Offer, now: datetime) -> Reward:
    """Offer something new."""
    if len(store.rewards(db, shop_id)) >= MAX_REWARDS:
        raise BadInput("too_many_rewards", f"at most {MAX_REWARDS}")
    _check(db, shop_id, offer)
    made = new_id()
    store.insert_reward(db, shop_id, made, offer, now)
    return reward(db, shop_id, made)


def change(db: Connection, shop_id: int, reward_id: int, offer: Offer, now: datetime) -> Reward:
    """Offer it otherwise from now on. What kind it is never changes."""
    if reward(db, shop_id, reward_id).offer.kind is not offer.kind:
        raise BadInput("kind_fixed", "make another reward for that", field="kind")
    _check(db, shop_id, offer)
    store.change_reward(db, shop_id, reward_id, changed_at=now, **asdict(offer))
    return reward(db, shop_id, reward_id)


def turn(db: Connection, shop_id: int, reward_id: int, now: datetime, *, on: bool) -> Reward:
    """Pause it, or offer it again."""
    reward(db, shop_id, reward_id)
    store.change_reward(
        db,
        shop_id,
        reward_id,
        state="on" if on else "paused",
        problem=None,
        failures=0,
        changed_at=now,
    )
    return reward(db, shop_id, reward_id)


def figures(db: Connection, shop_id: int, now: datetime) -> Mapping[int, Figures]:
    """By reward, what became of it in the last USE_DAYS."""
    since = now - timedelta(days=USE_DAYS)
    return {
        one: Figures(row.wishes, row.uses, int(row.points), int(row.given_minor))
        for one, row in store.figures(db, shop_id, since).items()
    }


def standing(db: Connection, shop_id: int, member_id: int, available: int) -> list[Standing]:
    """What this member can buy with ``available`` points, and why not; the cheapest first."""
    level = store.level(db, shop_id, member_id)
    bought = store.counts_of_member(db, shop_id, member_id)
    currency = shops.get(db, shop_id).currency
    found = []
    for one in store.rewards(db, shop_id):
        offer = one.offer
        if one.state != "on" or offer.is_gift_only or offer.currency != currency:
            continue
        least = rules.least_points(offer)
        reason = None
        if offer.tier_level > level:
            reason = "tier_needed"
        elif offer.stock is not None and one.taken >= offer.stock:
            reason = "out_of_stock"
        elif _is_spent(one):
            reason = "budget_spent"
        elif offer.per_member is not None and bought.get(one.id, 0) >= offer.per_member:
            reason = "per_member"
        elif available < 0:
            reason = "below_zero"
        elif available < least:
            reason = "insufficient_points"
        found.append(Standing(one, reason, max(least - available, 0)))
    return sorted(found, key=lambda one: (rules.least_points(one.reward.offer), one.reward.id))


def redemptions(
    db: Connection,
    shop_id: int,
    before: int | None,
    limit: int,
    *,
    state: str | None = None,
    member_id: int | None = None,
) -> list[Redemption]:
    """Redemptions newest first."""
    return store.page(db, shop_id, before, limit, state=state, member_id=member_id)


def redemption(db: Connection, shop_id: int, redemption_id: int) -> Redemption:
    """One; NotFound ``redemption_not_found``."""
    found = store.get(db, shop_id, redemption_id)
    if found is None:
        raise NotFound("redemption_not_found", "no such redemption")
    return found


def used_in(
    db: Connection, shop_id: int, ids: Collection[int]
) -> Mapping[int, tuple[Redemption, str | None]]:
    """These redemptions by id, each with the number of the order it was placed in, if any."""
    if not ids:
        return {}
    orders = store.orders_of(db, shop_id, ids)
    numbers = {row.id: row.number for row in order_store.by_ids(db, shop_id, [*orders.values()])}
    return {
        one.id: (one, numbers.get(orders.get(one.id, 0))) for one in store.some(db, shop_id, ids)
    }


def open_of(db: Connection, shop_id: int, member_id: int) -> list[Redemption]:
    """What the member has and can still use or undo, newest first."""
    own = store.of_member(db, shop_id, member_id, COUNTED)
    return [
        one
        for one in own
        if one.state in OPEN
        or (one.state is State.USED and one.has_balance and one.left_minor and not one.ended_at)
    ]


def members_from(db: Connection, shop_id: int, level: int) -> list[int]:
    """Who a gift to a tier and the ones above it reaches; level 0: everybody with an account."""
    return store.members_from(db, shop_id, level, MAX_GIFTS)


def gifts(
    db: Connection,
    shop_id: int,
    member_ids: Sequence[int],
    *,
    note: str,
    reward_id: int | None = None,
    points: int = 0,
) -> list[GiftGiven]:
    """A gift with a note to each of these members, as facts: a reward, or points."""
    note = note.strip()
    if len(note) > rules.NOTE_LENGTH:
        raise BadInput("note_length", f"at most {rules.NOTE_LENGTH} characters", field="note")
    if (reward_id is None) == (points == 0) or not 0 <= points <= LIMIT:
        raise BadInput("gift_missing", "a reward, or points", field="reward_id")
    if not 1 <= len(member_ids) <= MAX_GIFTS:
        raise BadInput("members_missing", f"1 to {MAX_GIFTS} members", field="members")
    if reward_id is not None and reward(db, shop_id, reward_id).state != "on":
        raise Conflict("reward_paused", "this reward is paused")
    gift_id = new_id()
    return [
        GiftGiven(
            shop_id,
            member_id,
            f"rewards:gift:{gift_id}:{member_id}",
            points=points,
            reward_id=reward_id,
            note=note,
        )
        for member_id in dict.fromkeys(member_ids)
    ]


def _is_spent(one: Reward) -> bool:
    """Whether its budget has no room for one more, of a flexible reward the least."""
    offer = one.offer
    if offer.budget_minor is None:
        return False
    return one.spent_minor + rules.gift(offer).cost_minor > offer.budget_minor


def _check(db: Connection, shop_id: int, offer: Offer) -> None:
    rules.check(offer)
    if offer.currency != shops.get(db, shop_id).currency:
        raise BadInput("reward_currency", "rewards are in the shop's currency", field="currency")
    if offer.kind is Kind.PRODUCT and offer.product_key is not None:
        known = order_store.products(db, shop_id, [offer.product_key])
        if offer.product_key not in known:
            raise BadInput("product_unknown", "no such product", field="product_key")
