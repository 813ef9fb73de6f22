"""The rehearsal room's verbs: ask for one, carry it out piece by piece, and read what it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from msgspec import convert
from sqlalchemy import Connection

from connector import orders
from connector.core.clock import local_date
from connector.core.db import Database
from connector.core.errors import NotFound
from connector.program import basis as bases
from connector.program import rules as kinds
from connector.program import service as programs
from connector.program.basis import folded
from connector.program.rules import Program, Rule
from connector.rooms.rehearsal import store
from connector.rooms.rehearsal.deeds import Player, history, topics
from connector.rooms.rehearsal.found import Gap, Person, Result, Sums
from connector.rooms.rehearsal.past import Past
from connector.rooms.rehearsal.rules import Bits, Judge, Sold
from connector.shops import service as shops

BACK = timedelta(days=365)
YEAR = timedelta(days=364)  # whole weeks: a bonus week of next year is that week of last year
CHUNK = 20_000  # orders of one read
TOP = 20
QUARTER_HOUR = 900
REMEMBERED = (kinds.JOINED, kinds.OCCASION)  # kept since the install, whatever the rules


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One rehearsal. ``done`` of ``total`` orders were read; ``result`` None: not finished."""

    version: int
    against: int
    asked_at: datetime
    done: int
    total: int
    is_waiting: bool
    code: str | None
    result: Result | None


def ask(db: Connection, shop_id: int, version: int, now: datetime) -> None:
    """Rehearse a version, draft or not; asking again is rehearsing anew."""
    programs.numbered(db, shop_id, version)
    store.ask(db, shop_id, version, programs.newest(db, shop_id).version, now)


def drop(db: Connection, shop_id: int, version: int) -> None:
    """Forget a rehearsal: its draft was changed or discarded."""
    store.drop(db, shop_id, version)


def read(db: Connection, shop_id: int, version: int) -> Rehearsal | None:
    """How far a rehearsal is, and what it found; None: nobody asked for one."""
    row = store.get(db, shop_id, version)
    if row is None:
        return None
    return Rehearsal(
        version=row.version,
        against=row.against,
        asked_at=row.asked_at,
        done=row.done,
        total=row.total,
        is_waiting=row.due_at is not None,
        code=row.code,
        result=None if row.result is None else convert(row.result, Result),
    )


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with a rehearsal that waits."""
    return store.shops_due(db, now)


def rehearse(database: Database, shop_id: int, now: datetime) -> None:
    """Carry out the rehearsal that waits longest; one that is cut off is begun anew."""
    with database.read() as db:
        row = store.next_due(db, shop_id, now)
        if row is None:
            return
        try:
            work = _Work(db, shop_id, row.version, now)
        except NotFound:
            work = None
    if work is None:
        _note(database, shop_id, row, due_at=None, code="version_not_found")
        return
    if not _note(database, shop_id, row, done=0, total=sum(count for *_, count in work.runs)):
        return
    for first, last, count in work.runs:
        with database.read() as db:
            work.judge(db, (first, last))
        if not _note(database, shop_id, row, done=work.read_orders(count)):
            return
    with database.read() as db:
        work.play(db)
        result = work.result()
    _note(database, shop_id, row, due_at=None, result=result, finished_at=now)


def _note(database: Database, shop_id: int, row: Any, **values: object) -> bool:
    return database.run(lambda db: store.change(db, shop_id, row.version, row.asked_at, **values))


class _Work:
    """One rehearsal while it runs: two programmes over the same orders and the same deeds."""

    def __init__(self, db: Connection, shop_id: int, version: int, now: datetime) -> None:
        self._shop = shop = shops.get(db, shop_id)
        self._history = programs.history(db, shop)
        told = self._history.newest, programs.numbered(db, shop_id, version)
        self._told, self._now = told, now
        self._since = local_date(now - BACK, shop.timezone)
        scopes = {id(rule): 2 << at for at, rule in enumerate(_scoped(told))}
        windowed = [rule for rule in _of_orders(told) if rule.starts_at or rule.ends_at]
        windows = {id(rule): 2 << at for at, rule in enumerate(windowed)}
        self._windows = [_window(rule, windows[id(rule)], now) for rule in windowed]
        catalogue = store.products(db, shop_id) if scopes else {}
        self._named = [
            bases.matches(one.order_rules, _keys(one, catalogue), catalogue) for one in told
        ]
        self._masks = _masks(self._named, told, scopes)
        wants_first = any(one.of_kind(kinds.FIRST_ORDER) for one in told)
        bought = store.bought_before(db, shop_id, self._since) if wants_first else set()
        self._excluded = [
            store.excluded(db, shop_id, folded(one.terms.member_tags)) for one in told
        ]
        self._judges = [
            Judge(
                one,
                at,
                Bits(_bits(one, scopes), _bits(one, windows)),
                self._excluded[at],
                bought,
            )
            for at, one in enumerate(told)
        ]
        self._countings = [
            store.Counting(one.award_on, one.counts_tax, one.counts_fees) for one in told
        ]
        self._with_gifts = any(one.of_kind(kinds.DONATION) for one in told)
        self.runs = _runs(store.counted_days(db, shop_id, self._since), CHUNK)
        self._read = self._deeds = 0
        self._gaps: list[Gap] = []
        self._sums = Sums()

    def read_orders(self, count: int) -> int:
        """How many were read by now, ``count`` more than before."""
        self._read += count
        return self._read

    def judge(self, db: Connection, days: tuple[str, str]) -> None:
        """Judge the orders of some days by both programmes."""
        now, draft = self._judges
        refunded = store.refunded(db, self._shop.id, days)
        hard: list[Sold] = []
        sold = self._sold(db, days)
        hard = [
            one
            for one in sold
            if one.order_id in refunded and not (now.stops(one) and draft.stops(one))
        ]
        told = orders.load(db, self._shop.id, sorted(one.order_id for one in hard))
        loaded = {row.id: order for row, order in told}
        for judge in self._judges:
            judge.forget(days[0])
        count = self._sums.count_order
        for one in sold:
            order = loaded.get(one.order_id) if loaded else None
            if order is None:
                count(one, now.points(one), draft.points(one))
            else:
                by_now = now.points_of(one, order, self._named[0])
                count(one, by_now, draft.points_of(one, order, self._named[1]))

    def _sold(self, db: Connection, days: tuple[str, str]) -> list[Sold]:
        """The orders of some days as both programmes look at them."""
        shop_id, zone = self._shop.id, self._shop.timezone
        goods: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        gifts: dict[int, int] = {}
        for order_id, mask, gift, now, draft in store.parts(
            db, shop_id, days, self._countings, self._masks, with_gifts=self._with_gifts
        ):
            goods[order_id].append((mask, now, draft))
            if gift:
                gifts[order_id] = gifts.get(order_id, 0) + gift
        found = []
        for head in store.heads(db, shop_id, days, self._countings, self._windows):
            order_id, member_id, currency, placed, tags, percent, is_first, windows = head[:8]
            settled, by_now, by_draft = head[8:]
            found.append(
                Sold(
                    order_id,
                    member_id,
                    currency,
                    (_day(by_now, placed, zone), _day(by_draft, placed, zone)),
                    goods.get(order_id, ()),
                    placed,
                    percent,
                    windows,
                    is_first,
                    gifts.get(order_id, 0),
                    tags,
                    settled,
                )
            )
        return found

    def play(self, db: Connection) -> None:
        """What members did without an order, by both programmes; and what nobody wrote down."""
        shop = self._shop
        past = Past(db, shop.id, shop.timezone, self._since, self._now)
        players = [
            Player(one, excluded, partial(_is_tried, now=self._now))
            for one, excluded in zip(self._told, self._excluded, strict=True)
        ]
        installed_at = shop.installed_at or self._now
        begins = max(self._now - BACK, min([installed_at, *self._first_orders()]))
        asked = set(topics(self._told[1:]))
        for topic in topics(self._told):
            topical = history(topic, self._history)
            deeds = past.deeds(topical)
            self._deeds += len(deeds)
            if topic.kind in REMEMBERED:
                topical = replace(topical, spans=[(installed_at, None)])
            missing = topical.missing_days(begins, self._now)
            if missing and topic in asked and not (topic.kind == kinds.SHARES and deeds):
                all_days = (self._now - begins).days
                self._gaps.append(Gap(topic.kind, topic.name, all_days - missing, all_days))
            for at, player in enumerate(players):
                for rule_id, deed, given in player.play(topic, deeds):
                    if self._judges[at].count(rule_id, deed.member_id, given):
                        self._sums.count_deed(deed, at, given, booked_from=installed_at)
        for member_id, given in store.done(db, shop.id, self._since, installed_at):
            self._sums.count_booked(member_id, given)
        self._sums.count_owed(store.held(db, shop.id))

    def _first_orders(self) -> list[datetime]:
        """The first day with orders, if there is one."""
        return [datetime.fromisoformat(first).replace(tzinfo=UTC) for first, *_ in self.runs[:1]]

    def result(self) -> Result:
        before, after = (one.gifts for one in self._judges)
        people = self._sums.people(before.keys() | after.keys())
        gifts = {one: after.get(one, 0) - before.get(one, 0) for one in before.keys() | after}

        def change(one: Person) -> tuple[int, int]:
            return one.draft - one.now, gifts.get(one.member_id, 0)

        changed = sorted(people, key=lambda one: (*change(one), one.member_id))
        lose = [one for one in changed if change(one) < (0, 0)]
        gain = [one for one in changed if change(one) > (0, 0)]
        months = self._sums.months()
        by_now, by_draft = (dict(one.given) for one in self._judges)
        return Result(
            since=self._since,
            orders=sum(one.orders for one in months),
            now=sum(one.now for one in months),
            draft=sum(one.draft for one in months),
            gain=len(gain),
            lose=len(lose),
            same=len(people) - len(gain) - len(lose),
            months=months,
            top_gain=tuple(one for one in reversed(gain[-TOP:]) if one.draft > one.now),
            top_lose=tuple(one for one in lose[:TOP] if one.draft < one.now),
            rules=by_draft,
            rules_now=by_now,
            deeds=self._deeds,
            gaps=tuple(self._gaps),
            gifted=len(after),
            gifted_now=len(before),
            owed_now=self._sums.owed_now,
            owed_draft=self._sums.owed_draft,
        )


def _of_orders(told: Iterable[Program]) -> list[Rule]:
    return [rule for one in told for rule in one.order_rules]


def _scoped(told: Iterable[Program]) -> list[Rule]:
    return [rule for rule in _of_orders(told) if rule.scope]


def _bits(program: Program, bits: Mapping[int, int]) -> dict[str, int]:
    return {rule.id: bits[id(rule)] for rule in program.order_rules if id(rule) in bits}


def _window(rule: Rule, bit: int, now: datetime) -> store.Window:
    """When a rule is tried: in its window; one still to come, or going on, a year earlier too."""
    starts_at, ends_at = rule.starts_at, rule.ends_at
    if ends_at is not None and ends_at <= now:
        return bit, [(starts_at, ends_at)]
    earlier = starts_at and starts_at - YEAR, ends_at and ends_at - YEAR
    return bit, [(starts_at, ends_at), earlier]


def _is_tried(rule: Rule, at: datetime, *, now: datetime) -> bool:
    is_over = rule.ends_at is not None and rule.ends_at <= now
    return rule.is_open(at) or (not is_over and rule.is_open(at + YEAR))


def _day(began: int | None, placed: str, zone: str) -> str:
    """The local day of a moment in seconds; 0 is when the order was placed, None is never."""
    if began:
        return _local_day(began // QUARTER_HOUR, zone)
    return "" if began is None else placed


@lru_cache(maxsize=40_000)
def _local_day(quarter: int, zone: str) -> str:
    """Zones differ by whole quarters of an hour."""
    return local_date(datetime.fromtimestamp(quarter * QUARTER_HOUR, UTC), zone)


def _keys(program: Program, catalogue: Mapping[str, Any]) -> set[str]:
    named = {key for rule in program.order_rules for key in rule.scope.products}
    return named | set(catalogue)


def _masks(
    named: Sequence[Mapping[str, tuple[str, ...]]],
    told: Sequence[Program],
    bits: Mapping[int, int],
) -> dict[str, int]:
    """By product: one bit for each scoped rule of either programme that names it."""
    found: dict[str, int] = defaultdict(int)
    for one, by_product in zip(told, named, strict=True):
        of_rule = {rule.id: bits[id(rule)] for rule in one.order_rules if rule.scope}
        for key, ids in by_product.items():
            for rule_id in ids:
                found[key] |= of_rule[rule_id]
    return dict(found)


def _runs(days: Sequence[tuple[str, int]], most: int) -> list[tuple[str, str, int]]:
    """Runs of days (first, last, orders) with about ``most`` orders each."""
    found: list[tuple[str, str, int]] = []
    for day, count in days:
        if found and found[-1][2] + count <= most:
            first, _, before = found[-1]
            found[-1] = (first, day, before + count)
        else:
            found.append((day, day, count))
    return found
