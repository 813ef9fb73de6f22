"""What standing on a level gives: discounts at the platform, and VIP days and their worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, select, update

from connector.core.bulk import among
from connector.core.commerce import EARNING_STATES, LineKind, Order
from connector.core.db import upsert
from connector.core.discounts import DiscountKind, Standing
from connector.core.errors import Conflict, NotFound
from connector.core.facts import GiftGiven, GiftRestored, GiftWithdrawn
from connector.core.ids import new_id
from connector.members import identities, signs
from connector.members.models import member
from connector.orders import load
from connector.orders.models import orders
from connector.orders.store import products
from connector.rooms.tiers import store
from connector.rooms.tiers.models import tier_days, tier_standing, tier_trial
from connector.rooms.tiers.rules import LEVEL_CODE, Perks, Program

TAG = "perennial-tier-"
_LADDER_TAG = "perennial-discount-"


@dataclass(frozen=True, slots=True)
class Days:
    """VIP days: level, and from when until when."""

    id: int
    member_id: int
    source: str
    level_id: int
    starts_at: datetime
    ends_at: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class Worth:
    """What VIP days were worth beyond the member's own level. Zero where nothing was used.

    free_deliveries: those whose price no platform told; ``delivery_minor`` is of the others.
    """

    orders: int = 0
    discount_minor: int = 0
    delivery_minor: int = 0
    free_deliveries: int = 0


def given(program: Program, *, has_standing: bool) -> Program:
    """What members get of it: where the platform has no tags, no discount and no free delivery."""
    if has_standing:
        return program
    bare = [replace(one, perks=Perks(early=one.perks.early)) for one in program.levels]
    return replace(program, levels=tuple(bare), ladder=None)


def gains(program: Program, own_level: int, level: int, now: datetime, until: datetime) -> bool:
    """Whether a level gives anything, from now until then, that the own one does not."""
    own, other = program.numbered(own_level), program.numbered(level)
    here, there = own.perks if own else Perks(), other.perks if other else Perks()
    early = there.early
    return (
        program.multiplier(level) > program.multiplier(own_level)
        or there.discount_percent > here.discount_percent
        or there.free_shipping > here.free_shipping
        or there.collection_percent > here.collection_percent
        or (early is not None and early.starts_at < until and early.ends_at > now)
    )


def tags(program: Program, level: int, ladder_percent: int) -> list[str]:
    """The tags a customer has at the platform: those that a discount or an early page asks for."""
    found = []
    own = program.numbered(level)
    is_let_in = any(level in lets for _, lets in program.early_pages())
    if own is not None and (is_let_in or _of_level(own.id, own.perks, own.name("en"), level)):
        found.append(f"{TAG}{level}")
    if ladder_percent:
        found.append(f"{_LADDER_TAG}{ladder_percent}")
    return found


def forget_tags(db: Connection, shop_id: int) -> None:
    """The platform has none of our tags (any more): nobody is taken to have theirs."""
    had = tier_standing.c.shop_id == shop_id, tier_standing.c.tagged != []
    db.execute(update(tier_standing).where(*had).values(tagged=[]))


def all_tags(program: Program) -> set[str]:
    steps = program.ladder.steps if program.ladder else ()
    return {f"{TAG}{number}" for number in range(1, len(program.levels) + 1)} | {
        f"{_LADDER_TAG}{step.percent}" for step in steps
    }


def standings(program: Program) -> dict[str, Standing]:
    """The discounts without a code that the program's perks are, by what they are about."""
    found: dict[str, Standing] = {}
    for number, level in enumerate(program.levels, 1):
        found |= _of_level(level.id, level.perks, level.name("en"), number)
    for step in program.ladder.steps if program.ladder else ():
        found[f"ladder:{step.percent}"] = Standing(
            title=f"Loyal customer: {step.percent}%",
            tag=f"{_LADDER_TAG}{step.percent}",
            kind=DiscountKind.PERCENT,
            percent=step.percent,
        )
    return found


def _of_level(level_id: int, perks: Any, name: str, number: int) -> Mapping[str, Standing]:
    found: dict[str, Standing] = {}
    tag, about = f"{TAG}{number}", f"level:{level_id}"
    percent, shipping = DiscountKind.PERCENT, DiscountKind.SHIPPING
    if perks.discount_percent:
        title = f"{name}: {perks.discount_percent}%"
        found[f"{about}:all"] = Standing(title, tag, percent, perks.discount_percent)
    if perks.free_shipping:
        found[f"{about}:shipping"] = Standing(f"{name}: free shipping", tag, shipping)
    if perks.collection:
        title = f"{name}: {perks.collection} {perks.collection_percent}%"
        found[f"{about}:collection"] = Standing(
            title, tag, percent, perks.collection_percent, perks.collection
        )
    return found


# --------------------------------------------------------------------------------------- VIP days


def start_trial(
    db: Connection, shop_id: int, member_id: int, program: Program, made_by: str, now: datetime
) -> GiftGiven:
    """Claim the free days, which come once for each person; the gift that begins them.

    A person is a member, everybody who became part of them, and whoever reads the same mailbox.
    """
    if program.trial is None:
        raise Conflict("trial_off", "there are no free days to try")
    mine = select(member).where(member.c.shop_id == shop_id, member.c.id == member_id)
    row = db.execute(mine).one_or_none()
    if row is None or row.state != "member":
        raise NotFound("member_not_found", "no such member")
    if row.blocked_at is not None:
        raise Conflict("member_blocked", "this member takes no part at present")
    ends_at = now + timedelta(days=program.trial.days)
    check_days(db, shop_id, member_id, program, now, ends_at)
    if trial_of(db, shop_id, member_id) is not None:
        raise Conflict("trial_used", "the free days were had already")
    claim = upsert(db, tier_trial).values(
        shop_id=shop_id,
        member_id=member_id,
        email_hash=next(iter(signs.mailboxes(db, shop_id, [member_id])), None),
        level_id=program.trial.level_id,
        starts_at=now,
        ends_at=ends_at,
        made_by=made_by,
    )
    if not db.execute(claim.on_conflict_do_nothing().returning(tier_trial.c.member_id)).all():
        raise Conflict("trial_used", "the free days were had already")
    return GiftGiven(
        shop_id=shop_id,
        member_id=member_id,
        source=trial_source(member_id),
        tier_days=program.trial.days,
        tier_id=program.trial.level_id,
    )


def check_days(
    db: Connection, shop_id: int, member_id: int, program: Program, now: datetime, until: datetime
) -> None:
    """Refuse VIP days that would give the member nothing."""
    _, held = standing_of(db, shop_id, member_id, program)
    if 0 < program.vip_level <= held:
        raise Conflict("trial_needless", "the member stands there already")
    if not gains(program, held, program.vip_level, now, until):
        raise Conflict("trial_off", "these days would give the member nothing")


def trial_source(member_id: int) -> str:
    return f"tiers:trial:{member_id}"


def trial_of(db: Connection, shop_id: int, member_id: int) -> Row[Any] | None:
    """The claim of this person, whoever of them made it and whether they were erased since."""
    people = identities.same_mailbox(db, shop_id, member_id)
    hashes = signs.mailboxes(db, shop_id, people)
    theirs = tier_trial.c.member_id.in_(people) | tier_trial.c.email_hash.in_(hashes)
    chosen = select(tier_trial).where(tier_trial.c.shop_id == shop_id, theirs)
    return db.execute(chosen.limit(1)).one_or_none()


def standing_of(
    db: Connection, shop_id: int, member_id: int, program: Program
) -> tuple[store.Kept | None, int]:
    """The member's row, and the level earned, as this program counts."""
    kept = store.kept(db, shop_id, [member_id]).get(member_id)
    return kept, program.number_of(kept.standing.level_id) if kept else 0


def begin(db: Connection, given: GiftGiven, program: Program, now: datetime) -> bool:
    """Days on a level begin; those on a level that already runs are put behind its end."""
    number = program.number_of(given.tier_id) if given.tier_id else program.vip_level
    level = program.numbered(number)
    if level is None:
        return False
    running = [one for one in days(db, given.shop_id, [given.member_id]) if not one.is_over]
    starts_at = max((one.ends_at for one in running if one.level_id == level.id), default=now)
    statement = upsert(db, tier_days).values(
        shop_id=given.shop_id,
        id=new_id(),
        member_id=given.member_id,
        source=given.source,
        level_id=level.id,
        starts_at=max(starts_at, now),
        ends_at=max(starts_at, now) + timedelta(days=given.tier_days),
        is_over=False,
    )
    return bool(db.execute(statement.on_conflict_do_nothing().returning(tier_days.c.id)).all())


def stop(db: Connection, shop_id: int, member_id: int, now: datetime) -> list[GiftWithdrawn]:
    """The facts that end a member's VIP days now; NotFound when none are left."""
    group = store.owners(db, shop_id, [member_id]).get(member_id, [member_id])
    left = [one for one in days(db, shop_id, group) if not one.is_over and one.ends_at > now]
    if not left:
        raise NotFound("days_not_found", "no VIP days are running")
    return [GiftWithdrawn(shop_id, one.member_id, one.source) for one in left]


def withdraw(db: Connection, shop_id: int, source: str, now: datetime) -> list[int]:
    """The days this gift began end now; whose they were."""
    found = db.execute(
        select(tier_days).where(tier_days.c.shop_id == shop_id, tier_days.c.source == source)
    ).one_or_none()
    if found is None or found.is_over or found.ends_at <= now:
        return []
    _change(db, shop_id, found.id, starts_at=min(found.starts_at, now), ends_at=now)
    return [found.member_id]


def resume(db: Connection, given: GiftRestored, now: datetime) -> bool:
    """What was left of a gift's days when they were taken goes on; whether anything was."""
    whole = timedelta(days=given.tier_days)
    for one in days(db, given.shop_id, [given.member_id]):
        began = now - (one.ends_at - one.starts_at)
        if one.source == given.source and one.ends_at >= given.taken_at and began + whole > now:
            told = {"starts_at": began, "ends_at": began + whole, "is_over": False}
            _change(db, given.shop_id, one.id, seen_at=None, **told)
            return True
    return False


def days(db: Connection, shop_id: int, member_ids: Sequence[int]) -> list[Days]:
    """All VIP days of these members, oldest first."""
    columns = [tier_days.c[one.name] for one in fields(Days)]
    chosen = select(*columns).where(tier_days.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, tier_days.c.member_id, member_ids))
    return sorted((Days(*row) for row in rows), key=lambda one: one.id)


def end(db: Connection, shop_id: int, ids: Sequence[int]) -> None:
    for one in ids:
        _change(db, shop_id, one, is_over=True)


def unseen(db: Connection, shop_id: int, member_ids: Sequence[int]) -> Row[Any] | None:
    """The newest VIP days that are over and whose summary nobody has seen."""
    chosen = select(tier_days).where(*_unseen(shop_id, member_ids))
    return db.execute(chosen.order_by(tier_days.c.ends_at.desc()).limit(1)).one_or_none()


def note_seen(db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime) -> None:
    db.execute(update(tier_days).where(*_unseen(shop_id, member_ids)).values(seen_at=now))


def _unseen(shop_id: int, member_ids: Sequence[int]) -> tuple[Any, ...]:
    mine = tier_days.c
    is_unseen = mine.is_over.is_(True) & mine.seen_at.is_(None)
    return (mine.shop_id == shop_id, mine.member_id.in_(member_ids), is_unseen)


class Base:
    """The level a member had earned at any time, by what was reached and undone since."""

    def __init__(self, db: Connection, shop_id: int, member_id: int, program: Program) -> None:
        group = store.owners(db, shop_id, [member_id]).get(member_id, [member_id])
        self._reaches, self._program = store.reaches(db, shop_id, group), program
        self._kept, self._level = standing_of(db, shop_id, member_id, program)
        self.ladder_percent = self._kept.standing.ladder_percent if self._kept else 0

    def at(self, when: datetime) -> int:
        """What is reached by an order counts after it."""
        since = self._kept.standing.reached_at if self._kept else None
        if since is None or since < when:
            return self._level
        number_of = self._program.number_of
        undone = [
            number_of(one.level_id)
            for one in self._reaches
            if one.reached_at < when and one.undone_at is not None and one.undone_at >= when
        ]
        later = [number_of(one.level_id) - 1 for one in self._reaches if one.reached_at >= when]
        return max(undone, default=min(later, default=self._level + 1))


def worth(
    db: Connection,
    shop_id: int,
    member_id: int,
    program: Program,
    vip: Row[Any] | Days,
    base: Base,
    currency: str,
) -> Worth:
    """What VIP days took off this member's orders that no code explains, at most what they give.

    Only what goes beyond the level the member had when ordering counts as theirs, and beyond the
    permanent discount, which is the member's own as it stands now: it grows.
    """
    level = program.numbered(program.number_of(vip.level_id))
    if level is None:
        return Worth()
    discount = delivery = unpriced = count = 0
    loaded = load(db, shop_id, order_ids(db, shop_id, member_id, vip))
    keys = {line.product_key or "" for _, order in loaded for line in order.lines}
    named = products(db, shop_id, sorted(keys))
    for row, order in loaded:
        if order.state not in EARNING_STATES or order.is_test:
            continue
        count += 1
        own = program.numbered(base.at(row.placed_at))
        here = own.perks if own else Perks()
        if level.perks.free_shipping and not here.free_shipping and order.shipping_minor == 0:
            unpriced += order.shipping_off_minor is None
            delivery += (order.shipping_off_minor or 0) * (order.currency == currency)
        if order.currency == currency:
            discount += _taken_off(order, level.perks, here, base.ladder_percent, named)
    return Worth(count, discount, delivery, unpriced)


def _taken_off(
    order: Order,
    there: Perks,
    here: Perks,
    ladder_percent: int,
    named: Mapping[str, Row[Any]],
) -> int:
    """What a level's percents took off an order, less what the member's own would have."""
    codes = (one for one in order.codes if not one.code.startswith(LEVEL_CODE))
    off, own, most = -sum(one.amount_minor for one in codes), 0, 0
    for line in order.lines:
        if line.kind is LineKind.GOODS:
            found = named.get(line.product_key or "")
            has = _percent_of(here, found) + ladder_percent
            off += line.subtotal_minor - line.total_minor
            own += line.subtotal_minor * has
            most += line.subtotal_minor * max(
                _percent_of(there, found) - _percent_of(here, found), 0
            )
    return max(min(off - own // 100, most // 100), 0)


def _percent_of(gives: Perks, product: Row[Any] | None) -> int:
    """What a level takes off a product: of everything, and of its collection's members' price."""
    is_named = gives.collection and product and gives.collection in (product.collections or ())
    return gives.discount_percent + (gives.collection_percent if is_named else 0)


def order_ids(db: Connection, shop_id: int, member_id: int, vip: Row[Any] | Days) -> list[int]:
    """Orders that were placed on these days; platforms tell whole seconds."""
    chosen = select(orders.c.id).where(
        orders.c.shop_id == shop_id,
        orders.c.member_id == member_id,
        orders.c.placed_at >= vip.starts_at.replace(microsecond=0),
        orders.c.placed_at < vip.ends_at,
    )
    return list(db.scalars(chosen))


def _change(db: Connection, shop_id: int, days_id: int, **values: object) -> None:
    db.execute(
        update(tier_days)
        .where(tier_days.c.shop_id == shop_id, tier_days.c.id == days_id)
        .values(**values)
    )
