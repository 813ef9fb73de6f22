"""The tiers room's verbs.

``settle`` is the heart: it re-reads what members did and moves them to where they stand now. It
is right however often it is called, for one member or for thousands at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from connector.core import outbox
from connector.core.errors import NotFound
from connector.core.facts import Fact, GiftGiven, GiftRestored, GiftWithdrawn, TierChanged
from connector.core.ids import new_id
from connector.rooms.tiers import perks, programs, rules, store
from connector.rooms.tiers.programs import Published, current, today_of
from connector.rooms.tiers.rules import Decision, Month, Program, Standing
from connector.rooms.tiers.store import Kept
from connector.shops import service as shops
from connector.shops.service import Shop


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a member stands, what is missing, and until when.

    ``level`` is what counts now, ``earned`` the level without VIP days. state: none, rising, safe,
    at_risk or grace. missing: of the measure, until the next level; needed: to keep this one.
    """

    program: Program
    standing: Standing
    level: int
    earned: int
    state: str
    missing: int | None
    missing_by: date | None
    needed: int
    overlay_level: int
    overlay_until: datetime | None
    ladder_next: rules.Step | None
    ladder_missing: int


def settle(
    db: Connection,
    shop_id: int,
    member_ids: Collection[int],
    now: datetime,
    *,
    placed: Collection[int] = (),
) -> list[Fact]:
    """Move these members to where they stand now; what others must hear.

    placed: those whom the program itself, or their past before us, puts where they are. Merged
    accounts are whom they became part of.
    """
    published = current(db, shop_id)
    if published is None or not member_ids:
        return []
    known = () if published.program.gifts_for_placed else placed
    return _settle(db, shop_id, published, store.owners(db, shop_id, member_ids), now, known)


def place(
    db: Connection,
    shop_id: int,
    levels: Mapping[int, int],
    now: datetime,
    reason: str,
    until: date | None = None,
) -> list[Fact]:
    """Put members on levels (ids by member) because a merchant says so; what others must hear.

    A level counts as earned until that day, or as if earned today. It gives no entry gift, ends
    like any other, and lowers nobody at once; a newer decision replaces it. A guest's waits for
    the account that claims the guest; who is gone is passed over. NotFound for a level that the
    program in force does not have.
    """
    published = current(db, shop_id)
    known = {level.id for level in published.program.levels} if published else set()
    unknown = set(levels.values()) - known
    if published is None or unknown:
        raise NotFound("tier_not_found", f"no such levels: {sorted(unknown)}")
    owners = store.owners(db, shop_id, levels)
    living = {one for group in owners.values() for one in group}
    living |= store.guests(db, shop_id, levels.keys() - living)
    if until is None:
        until = published.program.window_until(today_of(shops.get(db, shop_id), now))
    theirs = {one: level_id for one, level_id in levels.items() if one in living}
    store.add_floors(db, shop_id, theirs, until, reason=reason, placed_at=now)
    return _settle(db, shop_id, published, owners, now, owners)


def _settle(
    db: Connection,
    shop_id: int,
    published: Published,
    owners: Mapping[int, Sequence[int]],
    now: datetime,
    ungifted: Collection[int],
) -> list[Fact]:
    if not owners:
        return []
    shop = shops.get(db, shop_id)
    everybody = [one for group in owners.values() for one in group]
    judge = _Judge(db, shop, published, now, everybody, set(owners))
    changed, facts = [], list[Fact]()
    for member_id, group in owners.items():
        one, told = judge.judge(member_id, group, has_gifts=member_id not in ungifted)
        facts += told
        if one is not None:
            changed.append(one)
    judge.close(changed)
    return facts


class _Judge:
    """One batch of members: everything is read once, judged one by one, and written once."""

    def __init__(
        self,
        db: Connection,
        shop: Shop,
        published: Published,
        now: datetime,
        everybody: Sequence[int],
        owners: Collection[int],
    ) -> None:
        self._db, self._shop, self._now = db, shop, now
        self._published, self._program = published, published.program
        self._today = today_of(shop, now)
        self._months = programs.months(db, shop.id, self._program, shop.currency, everybody)
        self._kept = store.kept(db, shop.id, owners)
        self._reaches: dict[int, list[Row[Any]]] = {}
        for row in store.reaches(db, shop.id, everybody):
            self._reaches.setdefault(row.member_id, []).append(row)
        self._floors = store.floors(db, shop.id, everybody, self._program)
        self._days: dict[int, list[perks.Days]] = {}
        for one in perks.days(db, shop.id, everybody):
            if not one.is_over:
                self._days.setdefault(one.member_id, []).append(one)
        self._older: dict[int, Program] = {self._program.version: self._program}
        self._new_reaches: list[dict[str, object]] = []
        self._undone: list[int] = []
        self._ended: list[int] = []

    def judge(
        self, member_id: int, group: Sequence[int], *, has_gifts: bool
    ) -> tuple[Kept | None, list[Fact]]:
        """The member's row if it changed, and the facts that causes."""
        stored = self._kept.get(member_id)
        row = stored or Kept(member_id, Standing(self._program.version), is_new=True)
        before = self._carried(row.standing)
        months = [month for one in group for month in self._months.get(one, ())]
        history = [reach for one in group for reach in self._reaches.get(one, ())]
        fresh = [
            store.reach_of(reach)
            for reach in history
            if reach.undone_at is reach.doubled_at is None and self._now < reach.settles_at
        ]
        floors = [self._floors[one] for one in group if one in self._floors]
        decision = rules.decide(
            self._program, before, months, fresh, self._now, self._today, floors
        )
        facts = self._undo(member_id, decision, history)
        facts += self._reach(member_id, before, decision, history, has_gifts=has_gifts)
        made = replace(row, standing=decision.standing)
        self._overlay(made, group)
        level = max(made.standing.level, made.overlay_level)
        made.told = level, self._program.multiplier(level)
        if made.told != row.told:
            facts.append(TierChanged(self._shop.id, member_id, *made.told))
        return (made if made != stored else None), facts

    def close(self, changed: Sequence[Kept]) -> None:
        """Write everything, and have the platform told where its tags are others."""
        db, shop_id = self._db, self._shop.id
        store.put_kept(db, shop_id, changed)
        store.add_reaches(db, self._new_reaches)
        store.change_reaches(db, shop_id, self._undone, undone_at=self._now)
        perks.end(db, shop_id, self._ended)
        if self._published.has_standing:
            stale = [
                str(one.member_id)
                for one in changed
                if perks.tags(self._program, one.told[0], one.standing.ladder_percent)
                != one.tagged
            ]
            outbox.send(db, shop_id, programs.TAGS, stale, self._now)

    def _carried(self, standing: Standing) -> Standing:
        version = standing.version
        if version == self._program.version:
            return standing
        if version not in self._older:
            found = store.version(self._db, self._shop.id, version)
            self._older[version] = found or Program()
        return rules.carried(self._older[version], standing, self._program)

    def _undo(self, member_id: int, decision: Decision, history: Sequence[Row[Any]]) -> list[Fact]:
        gifts = {reach.id: reach.gift for reach in history}
        self._undone += [reach.id for reach in decision.undone]
        return [
            GiftWithdrawn(self._shop.id, member_id, gift)
            for reach in decision.undone
            if (gift := gifts[reach.id]) is not None
        ]

    def _reach(
        self,
        member_id: int,
        before: Standing,
        decision: Decision,
        history: Sequence[Row[Any]],
        *,
        has_gifts: bool,
    ) -> list[Fact]:
        facts: list[Fact] = []
        settles_at = self._now + timedelta(days=self._program.settle_days)
        for number in decision.reached:
            level = self._program.levels[number - 1]
            earlier = [reach for reach in history if reach.level_id == level.id]
            following = max((reach.number for reach in earlier), default=0) + 1
            source = f"tiers:entry:{level.id}:{member_id}:{following}"
            reward_id = level.gift_reward_id
            if any(reach.undone_at is not None for reach in earlier):
                reward_id = None  # a reward may have been used before its level was undone
            gives = has_gifts and bool(level.gift_points or reward_id)
            if gives:
                facts.append(
                    GiftGiven(
                        self._shop.id,
                        member_id,
                        source,
                        points=level.gift_points,
                        reward_id=reward_id,
                        waits_until=settles_at if self._program.settle_days else None,
                    )
                )
            keeps = before.keeps_until if number == before.level + 1 else None
            self._new_reaches.append(
                {
                    "shop_id": self._shop.id,
                    "id": new_id(),
                    "member_id": member_id,
                    "level_id": level.id,
                    "level": number,
                    "number": following,
                    "reached_at": self._now,
                    "settles_at": settles_at,
                    "keeps_before": keeps and keeps.isoformat(),
                    "gift": source if gives else None,
                }
            )
        return facts

    def _overlay(self, row: Kept, group: Sequence[int]) -> None:
        """VIP days that run, to the end of what follows them; when time alone changes anything."""
        left = [one for member_id in group for one in self._days.get(member_id, ())]
        self._ended += [one.id for one in left if one.ends_at <= self._now]
        left = [one for one in left if one.ends_at > self._now]
        number_of, row.overlay_until = self._program.number_of, None
        told = sorted((one.starts_at, number_of(one.level_id), one.ends_at) for one in left)
        row.overlay_level = max((number for at, number, _ in told if at <= self._now), default=0)
        for starts_at, number, ends_at in told:
            if number == row.overlay_level and starts_at <= (row.overlay_until or self._now):
                row.overlay_until = max(row.overlay_until or ends_at, ends_at)
        moments = [at for one in left for at in (one.starts_at, one.ends_at) if at > self._now]
        if row.standing.lands_on is not None:
            midnight = datetime.combine(row.standing.lands_on, time.min)
            moments.append(midnight.replace(tzinfo=ZoneInfo(self._shop.timezone)))
        row.due_at = min(moments, default=None)


def settle_orders(
    db: Connection, shop_id: int, order_ids: Sequence[int], now: datetime
) -> list[Fact]:
    """Settle who made these orders, if orders count."""
    published = current(db, shop_id)
    if published is None or not published.program.reads_orders:
        return []
    buyers = store.buyers(db, shop_id, order_ids)
    placed = {one for one, is_past in buyers.items() if is_past}
    return settle(db, shop_id, list(buyers), now, placed=placed | published.unplaced(buyers))


def settle_points(
    db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime
) -> list[Fact]:
    """Settle members whose points changed, if points count."""
    published = current(db, shop_id)
    if published is None or not published.program.reads_points:
        return []
    return settle(db, shop_id, member_ids, now, placed=published.unplaced(member_ids))


def review(db: Connection, shop_id: int, now: datetime, limit: int) -> tuple[list[Fact], bool]:
    """Settle whom time moved, then whom a new program places; (facts, whether more wait)."""
    programs.ask_plainly(db)
    due = store.due_members(db, shop_id, now, limit)
    if due:
        store.clear_due(db, shop_id, due)
        return settle(db, shop_id, due, now), True
    published = current(db, shop_id)
    if published is None or published.placed_to is None:
        return [], False
    ids = store.members_after(db, shop_id, published.placed_to, limit)
    moved = programs.carry_over(db, shop_id, published, ids, now)
    facts = settle(db, shop_id, moved, now, placed=published.unplaced(moved))
    placed_to = ids[-1] if len(ids) == limit else None
    store.note_placed(db, shop_id, published.program.version, placed_to)
    return facts, placed_to is not None


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops where time changed a standing, or where everybody is being placed."""
    return store.due(db, now)


def merge(db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime) -> list[Fact]:
    """Two people are one: the better standing stays, and what both did counts together."""
    if current(db, shop_id) is None:
        return []
    known_rows = store.kept(db, shop_id, [kept_id, gone_id])
    if gone_id in known_rows:
        kept = known_rows.get(kept_id) or Kept(kept_id, Standing(), is_new=True)
        kept.standing = rules.better(kept.standing, known_rows[gone_id].standing)
        store.put_kept(db, shop_id, [kept])
        store.hush(db, shop_id, gone_id)
    return regroup(db, shop_id, [kept_id], now)


def regroup(db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime) -> list[Fact]:
    """Settle who became one, or two again. Who is one has one entry gift of a level, the first.

    The other one goes as far as it is unspent, and is given again when they are two.
    """
    taken, back = store.note_doubles(db, shop_id, member_ids, now)
    return [
        *(GiftWithdrawn(shop_id, row.owner, row.gift, unspent=True) for row in taken),
        *(GiftRestored(shop_id, row.owner, row.gift, row.doubled_at) for row in back),
        *settle(db, shop_id, member_ids, now),
    ]


def progress(db: Connection, shop_id: int, member_id: int, now: datetime) -> Progress | None:
    """Where a member stands as of now; None without a program, or for no living member."""
    published = current(db, shop_id)
    group = store.owners(db, shop_id, [member_id]).get(member_id)
    if published is None or group is None:
        return None
    shop, program = shops.get(db, shop_id), published.given
    today = today_of(shop, now)
    found = programs.months(db, shop_id, program, shop.currency, group)
    months: list[Month] = [month for one in group for month in found.get(one, ())]
    row = store.kept(db, shop_id, [member_id]).get(member_id) or Kept(member_id, Standing())
    old = store.version(db, shop_id, row.standing.version) or program
    standing = rules.carried(old, row.standing, program)
    parts = rules.total(months, program.window_from(today))
    amount = program.amount(parts)
    earned = max(standing.level, 0)
    following = program.numbered(earned + 1)
    missing = max(following.threshold - program.net(parts), 0) if following else None
    running = row.overlay_until is not None and row.overlay_until > now
    overlay = row.overlay_level if running else 0
    custom = rules.ladder_amount(program.ladder, rules.total(months)) if program.ladder else 0
    steps = program.ladder.steps if program.ladder else ()
    step = next((one for one in steps if one.threshold > custom), None)
    return Progress(
        program=program,
        standing=replace(standing, amount=amount, ladder_percent=program.ladder_percent(months)),
        level=max(earned, overlay),
        earned=earned,
        state=rules.state(program, standing, today),
        missing=missing,
        missing_by=rules.holds_until(program, months, amount, today) if missing else None,
        needed=rules.needed_to_keep(program, months, standing, today),
        overlay_level=overlay,
        overlay_until=row.overlay_until if running else None,
        ladder_next=step,
        ladder_missing=step.threshold - custom if step else 0,
    )


def everybody(db: Connection, shop_id: int, member_id: int) -> list[int]:
    """The member and all who became part of them."""
    return store.owners(db, shop_id, [member_id]).get(member_id, [member_id])


def is_coming(db: Connection, shop_id: int, member_id: int) -> bool:
    """Whether a claimed trial is still on its way: its days have not been noted yet."""
    source = perks.trial_source(member_id)
    return all(one.source != source for one in perks.days(db, shop_id, [member_id]))
