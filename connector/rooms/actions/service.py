"""The actions room's verbs: note what a member did, and give what a rule promises for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.errors import BadInput, NotFound
from connector.core.facts import GiftGiven, GiftRestored, GiftWithdrawn
from connector.core.ids import new_id
from connector.ledger import Difference
from connector.members import store as member_store
from connector.program import rules as kinds
from connector.program import service as programs
from connector.program.basis import called, folded
from connector.program.rules import Program, Rule
from connector.rooms.actions import rules, store
from connector.rooms.actions.rules import Deed, Done
from connector.shops import service as shops

MAX_KEY = 200
_TURNED = {"email_verified": kinds.VERIFIED, "accepts_marketing": kinds.NEWSLETTER}
CATCH_UP_DAYS = 7  # nights that did not run are made up for


@dataclass(frozen=True, slots=True)
class Way:
    """A way to earn. ``times``: how often this member was given for it; ``left``: by its caps."""

    rule: Rule
    is_done: bool
    times: int
    left: int | None


def act(
    db: Connection,
    shop_id: int,
    member_id: int,
    kind: str,
    key: str,
    now: datetime,
    *,
    target: str = "",
) -> list[GiftGiven]:
    """A member did something: what the rules about it give, once for each ``key``.

    kind: joined, verified_email, newsletter, streak, shares, visit or custom. target: the page or
    event. Nothing where no rule is about it, or who did it earns nothing.
    """
    _check_key(kind, key)
    program = programs.newest(db, shop_id)
    day = local_date(now, shops.get(db, shop_id).timezone)
    if kind == kinds.STREAK:
        return _come(db, shop_id, program, member_id, day, now)
    key = rules.ONCE if kind in (*kinds.ONCE_KINDS, kinds.VISIT) else key
    deeds = [Deed(member_id, rule, key, day) for rule in rules.meant(program.rules, kind, target)]
    return _give(db, shop_id, program, deeds, now)


def event(
    db: Connection,
    shop_id: int,
    member_id: int,
    name: str,
    key: str,
    now: datetime,
    *,
    points: int | None = None,
) -> list[GiftGiven]:
    """The merchant's own event, told by API; ``points`` where its rule lets the event say.

    NotFound ``event_unknown`` when no rule is about it, ``member_not_found`` for nobody.
    """
    _check_key(kinds.CUSTOM, key)
    program = programs.newest(db, shop_id)
    found = rules.meant(program.rules, kinds.CUSTOM, name)
    if not found:
        raise NotFound("event_unknown", "no published rule is about this event")
    row = member_store.get(db, shop_id, member_id)
    if row is None or row.state not in ("member", "merged"):
        raise NotFound("member_not_found", "no member like this earns by events")
    owner = int(row.merged_into or row.id)
    day = local_date(now, shops.get(db, shop_id).timezone)
    deeds = [Deed(owner, rule, key, day, rules.asked_points(rule, points)) for rule in found]
    return _give(db, shop_id, program, deeds, now)


def welcome(
    db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime
) -> list[GiftGiven]:
    """What rules give for joining, and for what is known of who joins."""
    program = programs.newest(db, shop_id)
    if not any(rule.kind in kinds.ONCE_KINDS for rule in program.rules):
        return []
    day = local_date(now, shops.get(db, shop_id).timezone)
    people = store.people(db, shop_id, member_ids)
    deeds = []
    for member_id in sorted(people):
        row = people[member_id]
        is_so = {
            kinds.JOINED: True,
            kinds.VERIFIED: row.email_verified is True,
            kinds.NEWSLETTER: row.accepts_marketing is True,
        }
        deeds += [
            Deed(member_id, rule, rules.ONCE, day)
            for rule in program.rules
            if is_so.get(rule.kind, False)
        ]
    return _give(db, shop_id, program, deeds, now)


def congratulate(
    db: Connection, shop_id: int, became: Sequence[tuple[int, str]], now: datetime
) -> list[GiftGiven]:
    """What rules give for (member, what turned true of them): a proven mailbox, the newsletter."""
    program = programs.newest(db, shop_id)
    day = local_date(now, shops.get(db, shop_id).timezone)
    deeds = [
        Deed(member_id, rule, rules.ONCE, day)
        for member_id, name in became
        for rule in program.of_kind(_TURNED[name])
    ]
    return _give(db, shop_id, program, deeds, now) if deeds else []


def celebrate(db: Connection, shop_id: int, now: datetime) -> list[GiftGiven]:
    """Occasions of today, and of nights that did not run; running twice gives nothing twice."""
    program = programs.newest(db, shop_id)
    about = {rule.occasion.casefold(): rule for rule in program.of_kind(kinds.OCCASION)}
    if not about:
        return []
    today = date.fromisoformat(local_date(now, shops.get(db, shop_id).timezone))
    facts: list[GiftGiven] = []
    names = {rule.occasion for rule in about.values()} | set(about)
    for back in range(CATCH_UP_DAYS - 1, -1, -1):
        day = today - timedelta(days=back)
        found = store.occasions(db, shop_id, rules.days_of(day), names)
        due = [row for row in found if row.counts_from <= str(day)]
        last = _last_days(db, shop_id, {row.member_id for row in due})
        deeds = []
        for row in due:
            rule = about[row.name.casefold()]
            before = last.get((row.member_id, rule.id))
            if before is None or (day - before).days >= rules.YEAR_DAYS:
                deeds.append(Deed(row.member_id, rule, str(day), str(day)))
        facts += _give(db, shop_id, program, deeds, now)
    return facts


def merge(
    db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime
) -> list[GiftWithdrawn]:
    """What one did the other did; what nobody may have twice is taken back from the double."""
    program = programs.newest(db, shop_id)
    by_id = {rule.id: rule for rule in program.rules}
    rows = store.done(db, shop_id, [kept_id, gone_id])
    stays: list[str] = []
    taken: list[Done] = []
    for rule_id in sorted({row.rule_id for row in rows if row.member_id == gone_id}):
        mine = {
            owner: [_done(row) for row in rows if (row.member_id, row.rule_id) == (owner, rule_id)]
            for owner in (kept_id, gone_id)
        }
        rule = by_id.get(rule_id) or Rule(id=rule_id, kind=kinds.CUSTOM)
        twice = rules.surplus(rule, mine[kept_id], mine[gone_id])
        keys = {one.key for one in mine[kept_id]}
        stays += [one.source for one in mine[gone_id] if one.key in keys]
        taken += [one for one in twice if not one.is_withdrawn]
    moved = [row.source for row in rows if row.member_id == gone_id and row.source not in stays]
    store.move(db, shop_id, kept_id, moved)
    _take_back(db, shop_id, taken, now)
    return [GiftWithdrawn(shop_id, kept_id, one.source) for one in taken if one.counted]


def unmerge(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> list[GiftRestored]:
    """What each did is theirs again, and so is what was taken back from them as a double."""
    sides = [
        [one, *(row.id for row in member_store.merged_into(db, shop_id, one))]
        for one in (gone_id, kept_id)
    ]
    back, stay = sides
    rows = store.done(db, shop_id, back + stay)
    came = [row.source for row in rows if row.did_by in back and row.member_id not in back]
    store.move(db, shop_id, gone_id, came)
    facts = []
    for people in sides:
        facts += _restore(db, shop_id, people, [row for row in rows if row.did_by in people])
    return facts


def forget(db: Connection, shop_id: int, member_id: int) -> None:
    """An erased member's keys go; that something was given stays counted."""
    store.forget_keys(db, shop_id, member_id)


def ways(db: Connection, shop_id: int, member_id: int | None, now: datetime) -> list[Way]:
    """Every open rule of the programme, and how far a member is with it."""
    program = programs.newest(db, shop_id)
    day = local_date(now, shops.get(db, shop_id).timezone)
    done: dict[str, list[Done]] = defaultdict(list)
    for row in store.done(db, shop_id, [member_id]) if member_id else ():
        done[row.rule_id].append(_done(row))
    bought = member_id is not None and store.has_bought(db, shop_id, member_id)
    found = []
    for rule in program.rules:
        if not rule.is_open(now):
            continue
        mine = [one for one in done[rule.id] if not one.is_withdrawn]
        once = rule.kind in (*kinds.ONCE_KINDS, kinds.VISIT)
        is_done = (once and bool(mine)) or (rule.kind == kinds.FIRST_ORDER and bought)
        left = None
        if not rule.is_of_orders:
            budget = store.budget(db, shop_id, rule.id, locked=False)
            left = rules.left(rule.caps, day, mine, budget)
        found.append(Way(rule, is_done or left == 0, len(mine), left))
    return found


def check(db: Connection, shop_id: int) -> Iterator[Difference]:
    """What the room keeps otherwise than it is recomputed."""
    for row in store.mismatches(db, shop_id):
        yield Difference(row.what, "", row.place, int(row.stored), int(row.recomputed))


# ----------------------------------------------------------------------------------------- giving


def _give(
    db: Connection, shop_id: int, program: Program, deeds: Sequence[Deed], now: datetime
) -> list[GiftGiven]:
    """What rules give for deeds nobody gave for yet, as far as caps leave it."""
    open_deeds = [deed for deed in deeds if deed.rule.is_open(now)]
    if not open_deeds:
        return []
    people = store.people(db, shop_id, {deed.member_id for deed in open_deeds})
    excluded = folded(program.terms.member_tags)
    earning = {
        row.id
        for row in people.values()
        if row.state == "member"
        and row.blocked_at is None
        and excluded.isdisjoint(called(row.tags or ()))
    }
    done: dict[tuple[int, str], list[Done]] = defaultdict(list)
    for row in store.done(db, shop_id, earning):
        done[row.member_id, row.rule_id].append(_done(row))
    facts: list[GiftGiven] = []
    rows = []
    for deed in open_deeds:
        before = done[deed.member_id, deed.rule.id]
        if deed.member_id not in earning or any(one.key == deed.key for one in before):
            continue
        waits = deed.rule.kind == kinds.SHARES and (len(before) + 1) % deed.rule.count
        given = 0 if waits else _given(db, shop_id, deed, before)
        source = f"actions:{deed.rule.id}:{new_id()}"
        points = 0 if deed.rule.gives_reward else given
        rows.append(_row(shop_id, deed, source, points, given, now))
        before.append(Done(deed.rule.id, deed.key, source, deed.day, given))
        if given:
            facts.append(_gift(shop_id, deed, source, points, now))
    store.insert_done(db, rows)
    return facts


def _given(db: Connection, shop_id: int, deed: Deed, before: Sequence[Done]) -> int:
    """How much a rule gives for a deed: points, or 1 for a reward; 0 where caps leave nothing."""
    rule = deed.rule
    wanted = 1 if rule.gives_reward else (deed.points or rule.points)
    budget = store.budget(db, shop_id, rule.id)
    if budget is None and rule.caps.per_rule is not None:
        budget = store.open_budget(db, shop_id, rule.id)
    left = rules.left(rule.caps, deed.day, before, budget)
    given = wanted if left is None else min(wanted, left)
    if budget is not None and given:
        store.spend_budget(db, shop_id, rule.id, given)
    return given


def _gift(shop_id: int, deed: Deed, source: str, points: int, now: datetime) -> GiftGiven:
    rule = deed.rule
    return GiftGiven(
        shop_id,
        member_id=deed.member_id,
        source=source,
        points=points,
        reward_id=rule.reward_id,
        tier_days=rule.tier_days,
        qualifies=rule.qualifies,
        waits_until=now + timedelta(days=rule.hold_days) if rule.hold_days else None,
    )


def _row(
    shop_id: int, deed: Deed, source: str, points: int, counted: int, now: datetime
) -> Mapping[str, object]:
    return {
        "shop_id": shop_id,
        "member_id": deed.member_id,
        "rule_id": deed.rule.id,
        "key": deed.key,
        "source": source,
        "did_by": deed.member_id,
        "day": deed.day,
        "points": points,
        "counted": counted,
        "acted_at": now,
    }


def _come(
    db: Connection, shop_id: int, program: Program, member_id: int, day: str, now: datetime
) -> list[GiftGiven]:
    """A member came today: the streak goes on, or begins anew."""
    if not program.of_kind(kinds.STREAK):
        return []
    store.people(db, shop_id, [member_id])
    days, last_day = store.streak(db, shop_id, member_id) or (0, "")
    if last_day >= day:
        return []
    yesterday = str(date.fromisoformat(day) - timedelta(days=1))
    days = days + 1 if last_day == yesterday else 1
    store.put_streak(db, shop_id, member_id, days, day)
    deeds = [
        Deed(member_id, rule, day, day)
        for rule in program.of_kind(kinds.STREAK)
        if days % rule.count == 0
    ]
    return _give(db, shop_id, program, deeds, now)


def _take_back(db: Connection, shop_id: int, taken: Sequence[Done], now: datetime) -> None:
    store.withdraw(db, shop_id, [one.source for one in taken], now)
    for one in taken:
        store.spend_budget(db, shop_id, one.rule_id, -one.counted)


def _restore(
    db: Connection, shop_id: int, people: Sequence[int], rows: Sequence[Row[Any]]
) -> list[GiftRestored]:
    """Give again what nobody of these, who are one, has twice any more."""
    known = {rule.id: rule for rule in programs.newest(db, shop_id).rules}
    taken = {row.source: row for row in rows if row.withdrawn_at is not None}
    facts = []
    for rule_id in sorted({row.rule_id for row in taken.values()}):
        rule = known.get(rule_id) or Rule(id=rule_id, kind=kinds.CUSTOM)
        groups = [
            [_done(row) for row in rows if (row.did_by, row.rule_id) == (one, rule_id)]
            for one in people
        ]
        for one in rules.theirs(rule, groups):
            store.restore(db, shop_id, people[0], one.source)
            store.spend_budget(db, shop_id, rule_id, one.counted)
            row = taken[one.source]
            facts.append(
                GiftRestored(shop_id, row.did_by, one.source, row.withdrawn_at, rule.tier_days)
            )
    return facts


def _last_days(db: Connection, shop_id: int, member_ids: set[int]) -> dict[tuple[int, str], date]:
    """When each rule last gave a member, by local day."""
    last: dict[tuple[int, str], date] = {}
    for row in store.done(db, shop_id, member_ids):
        named = row.member_id, row.rule_id
        last[named] = max(last.get(named, date.min), date.fromisoformat(row.day))
    return last


def _done(row: Row[Any]) -> Done:
    is_withdrawn = row.withdrawn_at is not None
    return Done(row.rule_id, row.key, row.source, row.day, row.counted, is_withdrawn)


def _check_key(kind: str, key: str) -> None:
    if kind not in kinds.MEMBER_KINDS or kind == kinds.OCCASION:
        raise BadInput("action_kind", f"{kind!r} is nothing a member does", field="kind")
    if len(key) > MAX_KEY or (not key and kind in (kinds.SHARES, kinds.CUSTOM)):
        raise BadInput("key_length", f"1 to {MAX_KEY} letters", field="key")
