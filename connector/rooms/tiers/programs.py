"""The program: its versions, what it counts of the book in SQL, and whom it would move."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, or_, select, text

from connector import mirror
from connector.core import outbox
from connector.core.clock import local_date
from connector.core.errors import BadInput, NotFound
from connector.core.ids import new_id
from connector.core.money import exponent
from connector.core.points import UNIT
from connector.ledger import Difference
from connector.rooms.tiers import models, perks, rules, store
from connector.rooms.tiers.models import tier_standing
from connector.rooms.tiers.rules import Level, Month, Parts, Program, Standing
from connector.shops import plugin
from connector.shops import service as shops
from connector.shops.service import Shop

STANDING = "tier_standing"
TAGS = "tier_tags"
_SHOWN_MOVES = 20


@dataclass(frozen=True, slots=True)
class Published:
    """The program in force. Members up to placed_to stand on it; None: all do."""

    program: Program
    newcomers_from: int
    placed_to: int | None
    has_standing: bool

    @property
    def given(self) -> Program:
        """What of it members get at this shop's platform."""
        return perks.given(self.program, has_standing=self.has_standing)

    def unplaced(self, member_ids: Collection[int]) -> set[int]:
        """Members from before the program whom it has not placed yet."""
        if self.placed_to is None:
            return set()
        return {one for one in member_ids if self.placed_to < one < self.newcomers_from}


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would change: members by level before and after, and some who move."""

    before: Mapping[int, int]
    after: Mapping[int, int]
    rising: int
    at_risk: int  # they would not reach their level anew, and keep it until its day
    moves: Sequence[tuple[int, int, int]]  # member id, level before and after; new ones last
    gift_points: int  # for reaching levels, as if everybody who rises got them
    gift_rewards: int


def current(db: Connection, shop_id: int) -> Published | None:
    """The program in force; None for a shop that never published one."""
    rows = store.programs(db, shop_id, "published", 1)
    if not rows:
        return None
    made, row = store.program_of(rows[0].body), rows[0]
    return Published(made, row.newcomers_from, row.placed_to, row.has_standing)


def draft(db: Connection, shop_id: int) -> Program | None:
    """What the merchant is working on, if it is not published yet."""
    rows = store.programs(db, shop_id, "draft", 1)
    return store.program_of(rows[0].body) if rows else None


def save_draft(
    db: Connection, shop_id: int, wanted: Program, made_by: str, now: datetime
) -> Program:
    """Keep a program that is not in force yet; BadInput if it cannot be. Levels get their ids."""
    shop = shops.get(db, shop_id)
    made = with_ids(wanted)
    published = current(db, shop_id)
    version = published.program.version + 1 if published else 1
    made = msgspec.structs.replace(made, version=version, unit=10 ** exponent(shop.currency))
    check(made)
    store.put_program(
        db,
        shop_id=shop_id,
        version=version,
        state="draft",
        body=made,
        has_standing=False,
        made_by=made_by,
        made_at=now,
    )
    return made


def publish(db: Connection, shop_id: int, now: datetime, *, has_standing: bool) -> Program:
    """Put the draft in force; everybody is placed on it soon. NotFound without a draft.

    has_standing: the shop's platform knows tags and discounts without a code.
    """
    rows = store.programs(db, shop_id, "draft", 1)
    if not rows:
        raise NotFound("draft_not_found", "there is no draft to publish")
    store.end_placing(db, shop_id)
    row = rows[0]
    store.put_program(
        db,
        shop_id=shop_id,
        version=row.version,
        state="published",
        body=row.body,
        has_standing=has_standing,
        made_by=row.made_by,
        made_at=row.made_at,
        published_at=now,
        newcomers_from=new_id(),
        placed_to=0,
    )
    program = store.program_of(row.body)
    if has_standing:
        abouts = perks.standings(program).keys() | store.discounts(db, shop_id).keys()
        outbox.send(db, shop_id, STANDING, sorted(abouts), now)
    plugin.tell_settings(db, shop_id, now)
    mirror.note_all(db, shop_id, now)  # levels may have other names
    return program


def stand(db: Connection, shop_id: int, now: datetime) -> None:
    """The shop has tags and such discounts, and has none of ours yet: publish what is in force."""
    rows = store.programs(db, shop_id, "published", 1)
    if not rows:
        return
    perks.forget_tags(db, shop_id)
    waiting = store.programs(db, shop_id, "draft", 1)
    save_draft(db, shop_id, store.program_of(rows[0].body), rows[0].made_by, now)
    publish(db, shop_id, now, has_standing=True)
    for row in waiting:
        save_draft(db, shop_id, store.program_of(row.body), row.made_by, now)


def drop_draft(db: Connection, shop_id: int) -> None:
    store.drop_draft(db, shop_id)


def names(db: Connection, shop_id: int) -> dict[str, int]:
    """Ids of the levels by their names in every language, as ``spelled`` writes them."""
    published = current(db, shop_id)
    levels = published.program.levels if published else ()
    found: dict[str, int] = {}
    for level in levels:
        for name in level.names.values():
            found[spelled(name)] = 0 if spelled(name) in found else level.id
    found |= {spelled(level.name("en")): level.id for level in levels}
    return {name: level_id for name, level_id in found.items() if name and level_id}


def spelled(name: str) -> str:
    """A name as it is compared: in small letters, spaces once, nothing around it."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def preview(db: Connection, shop_id: int, wanted: Program, now: datetime) -> Preview:
    """Who would move if this were published now. Asked of the database in one question each."""
    shop = shops.get(db, shop_id)
    window_from = wanted.window_from(today_of(shop, now))
    asked = moves(db, shop_id, wanted, shop.currency, window_from).subquery()
    counted = db.execute(
        select(asked.c.before, asked.c.before_id, asked.c.after, func.count()).group_by(
            asked.c.before, asked.c.before_id, asked.c.after
        )
    ).all()
    published = current(db, shop_id)
    old = published.program if published else Program()
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    rising = at_risk = 0
    movers: list[tuple[int, int, int]] = []
    gift_points = gift_rewards = 0
    for level, level_id, earned, count in sorted(counted, key=lambda row: not row.before):
        standing = Standing(version=old.version, level=level, level_id=level_id)
        kept = rules.carried(old, standing, wanted).level
        before[level] = before.get(level, 0) + count
        ends = max(kept, earned)
        after[ends] = after.get(ends, 0) + count
        rising += count if earned > kept else 0
        at_risk += count if earned < kept else 0
        reached = wanted.levels[kept:earned]
        gift_points += count * sum(one.gift_points for one in reached)
        gift_rewards += count * sum(one.gift_reward_id is not None for one in reached)
        if earned != kept and len(movers) < _SHOWN_MOVES:
            some = select(asked.c.member_id).where(
                asked.c.before == level, asked.c.before_id == level_id, asked.c.after == earned
            )
            left = _SHOWN_MOVES - len(movers)
            movers += [(one, level, earned) for one in db.scalars(some.limit(left))]
    return Preview(before, after, rising, at_risk, movers, gift_points, gift_rewards)


def check(program: Program) -> None:
    """BadInput for a program that cannot be meant; ``field`` is where, e.g. levels-1-threshold."""
    try:
        msgspec.convert(msgspec.to_builtins(program), Program, strict=False)
    except msgspec.ValidationError as problem:
        raise refusal(problem) from None
    if not program.levels and program.ladder is None:
        raise BadInput("levels_empty", "give at least one level", field="levels")
    if program.measure == "score" and not any(msgspec.structs.astuple(program.weights)):
        raise BadInput("weights_empty", "a score counts at least one thing", field="weights-point")
    for number, level in enumerate(program.levels):
        _check_level(program, number, level)
    steps = program.ladder.steps if program.ladder else ()
    for number, (one, after) in enumerate(pairwise(steps), 1):
        if after.threshold <= one.threshold or after.percent <= one.percent:
            raise BadInput("step_order", "each step is higher", field=f"ladder-{number}")
    if program.trial and not program.number_of(program.trial.level_id):
        raise BadInput("trial_level", "the level of the free days is gone", field="trial-level")


def refusal(problem: msgspec.ValidationError) -> BadInput:
    """A value that a field cannot take, by where it stands."""
    where = re.findall(r"[a-z_]+|[0-9]+", str(problem).rpartition("`$")[2])
    return BadInput("tier_value", str(problem), field="-".join(where))


def _check_level(program: Program, number: int, level: Level) -> None:
    earlier = program.levels[:number]
    perks, where = level.perks, f"levels-{number}"
    if not level.names.get("en", "").strip():
        raise BadInput("level_name", "name each level", field=f"{where}-names-en")
    if level.id < 1 or any(one.id == level.id for one in earlier):
        raise BadInput("level_id", "each level has an id of its own", field=f"{where}-id")
    if any(one.name("en").casefold() == level.name("en").casefold() for one in earlier):
        raise BadInput("level_name", "no two levels share a name", field=f"{where}-names-en")
    if earlier and level.threshold <= earlier[-1].threshold:
        raise BadInput("level_order", "each level takes more", field=f"{where}-threshold")
    if bool(perks.collection) != bool(perks.collection_percent):
        raise BadInput("perk_collection", "a name and a percent", field=f"{where}-collection")
    if perks.early and perks.early.ends_at <= perks.early.starts_at:
        raise BadInput("perk_early", "it ends after it begins", field=f"{where}-early")


def audit(db: Connection, shop_id: int) -> Iterator[Difference]:
    """Standings that are not what the book and the order book say (I22)."""
    published = current(db, shop_id)
    if published is None:
        return
    program, currency = published.program, shops.get(db, shop_id).currency
    for window_from in store.windows(db, shop_id, program.version):
        told = stale(db, shop_id, program, currency, window_from)
        for row in db.execute(told).mappings():
            place = f"member {row['member_id']}"
            counted = rules.Parts(*(int(row[name]) for name in rules.Parts._fields))
            for name, number in counted._asdict().items():
                if row[f"stored_{name}"] != number:
                    yield Difference(f"tier_{name}", UNIT, place, row[f"stored_{name}"], number)
            earned = program.level_of(program.amount(counted))
            if row["level"] < earned:
                yield Difference("tier_level", "level", place, row["level"], earned)


# --------------------------------------------------------------------------------------- measures


def months(
    db: Connection, shop_id: int, program: Program, currency: str, member_ids: Sequence[int]
) -> dict[int, list[Month]]:
    """What each of these members did, by month; what the program does not read is zero."""
    found: dict[int, list[Month]] = defaultdict(list)
    did = models.did(db, shop_id, program, currency, member_ids)
    if did is not None:
        for row in db.execute(models.monthly(did)):
            found[row.member_id].append(Month(row.month, Parts(*map(int, row[2:]))))
    return found


def stale(
    db: Connection, shop_id: int, program: Program, currency: str, window_from: str
) -> Select[Any]:
    """Standings of this window, of living members, beside what they did in it."""
    sums = models.measured(db, shop_id, program, currency, window_from)
    kept = tier_standing.c
    mine = (kept.shop_id == shop_id) & (kept.member_id == sums.c.member_id)
    stored = [kept[name].label(f"stored_{name}") for name in Parts._fields]
    counted = [sums.c[name] for name in Parts._fields]
    other = or_(*(kept[name] != sums.c[name] for name in Parts._fields))
    low = kept.level < models.level_sql(program, models.amount_sql(program, sums))
    return (
        select(kept.member_id, kept.level, *stored, *counted)
        .select_from(sums.join(tier_standing, mine))
        .where(kept.version == program.version, kept.window_from == window_from, other | low)
    )


def moves(
    db: Connection, shop_id: int, program: Program, currency: str, window_from: str
) -> Select[Any]:
    """(member_id, before, after, amount) of everybody living, as a publish would place them."""
    sums = models.measured(db, shop_id, program, currency, window_from)
    amount = models.amount_sql(program, sums)
    mine = (tier_standing.c.shop_id == shop_id) & (tier_standing.c.member_id == sums.c.member_id)
    return select(
        sums.c.member_id,
        func.coalesce(tier_standing.c.level, 0).label("before"),
        func.coalesce(tier_standing.c.level_id, 0).label("before_id"),
        models.level_sql(program, amount).label("after"),
        amount.label("amount"),
    ).select_from(sums.outerjoin(tier_standing, mine))


def ask_plainly(db: Connection) -> None:
    """In this transaction nothing is compiled: that takes longer than a page's own questions."""
    if db.dialect.name == "postgresql":
        db.execute(text("SET LOCAL jit = off"))


def carry_over(
    db: Connection, shop_id: int, published: Published, ids: Sequence[int], now: datetime
) -> list[int]:
    """Bring those of these members whom nothing moves to a new version; the others.

    What they did is read again. Levels and their days follow from it as before where both
    versions count alike and ask the same of the level: left to be judged is whom anything else
    might move, or who is to be told other news.
    """
    program, shop = published.program, shops.get(db, shop_id)
    old = store.version(db, shop_id, program.version - 1)
    did = models.did(db, shop_id, program, shop.currency, ids)
    if old is None or did is None or _counts(old) != _counts(program):
        return list(ids)
    today = today_of(shop, now)
    window_from = program.window_from(today)
    measured = {
        row[0]: row[1:] for row in db.execute(models.twice(db, shop_id, did, ids, window_from))
    }
    steps = enumerate(zip(_steps(old), _steps(program), strict=False))
    same = {number for number, (one, other) in steps if one == other}
    apart = {one for one, group in store.owners(db, shop_id, ids).items() if len(group) > 1}
    apart |= store.floors(db, shop_id, ids, program).keys()
    apart |= {one.member_id for one in perks.days(db, shop_id, ids)}
    carried, stale = [], []
    for row in store.standings(db, shop_id, old.version, set(ids) - apart):
        sums, level = measured[row.member_id], row.level
        parts, then = sums[: len(Parts._fields)], sums[len(Parts._fields) :]
        amount = program.amount(Parts(*parts))
        if (
            level in same
            and then == (row.points, row.spend_minor, row.orders, row.gifts)
            and level == program.level_of(amount) == old.level_of(row.amount)
            and (row.keeps_until is None or row.keeps_until >= today.isoformat())
            and (row.told_level, row.told_percent) == (level, program.multiplier(level))
        ):
            carried.append((row.member_id, *parts, amount))
            if perks.tags(program, level, row.ladder_percent) != row.tagged:
                stale.append(str(row.member_id))
    store.carry(db, shop_id, program.version, window_from, carried)
    outbox.send(db, shop_id, TAGS, stale if published.has_standing else [], now)
    moved = set(ids).difference(one for one, *_ in carried)
    return [one for one in ids if one in moved]


def _counts(program: Program) -> tuple[object, ...]:
    """All of a program on which it depends where one stands, and until when, besides levels."""
    one = program
    days = one.grace_days, one.warning_days
    return one.measure, one.weights, one.window_months, one.rates, one.unit, one.ladder, days


def _steps(program: Program) -> list[tuple[int, int]]:
    """(id, threshold) of no level, and of each level."""
    return [(0, 0), *((level.id, level.threshold) for level in program.levels)]


def with_ids(program: Program, beyond: int = 0) -> Program:
    """New levels, whose ids are places up to ``beyond``, get their own; the free days follow."""
    change, trial = msgspec.structs.replace, program.trial
    number = program.number_of(trial.level_id) if trial else 0
    levels = [change(one, id=new_id()) if one.id <= beyond else one for one in program.levels]
    if trial and number:
        trial = change(trial, level_id=levels[number - 1].id)
    return change(program, levels=tuple(levels), trial=trial)


def today_of(shop: Shop, now: datetime) -> date:
    """The date at the shop."""
    return date.fromisoformat(local_date(now, shop.timezone))
