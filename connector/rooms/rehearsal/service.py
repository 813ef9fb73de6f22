"""The rehearsal room's verbs: ask for one, carry it out piece by piece, and read what it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct, convert
from sqlalchemy import Connection

from connector import orders
from connector.core.clock import local_date
from connector.core.db import Database
from connector.core.errors import NotFound
from connector.program import basis as bases
from connector.program import service as programs
from connector.program.basis import folded
from connector.program.rules import Program, Rule
from connector.rooms.rehearsal import store
from connector.rooms.rehearsal.rules import Buyer, Judge, Sold
from connector.shops import service as shops

BACK = timedelta(days=365)
CHUNK = 20_000  # orders of one read
TOP = 20
_ANYBODY = Buyer()


class Month(Struct, frozen=True):
    """One month: orders, and points by the programme in force and by the draft."""

    month: str
    orders: int
    now: int
    draft: int


class Person(Struct, frozen=True):
    """One member's points over the time, by both."""

    member_id: int
    now: int
    draft: int


class Result(Struct, frozen=True):
    """What a rehearsal found.

    gain, lose, same: members by whether the draft gives them more. ``rules``: by the draft's rule
    ids ("" is the rate), points, or times where a rule gives a reward. outstanding: points that
    members have today; the draft would have made it ``outstanding - now + draft``.
    """

    since: str
    orders: int
    now: int
    draft: int
    gain: int
    lose: int
    same: int
    months: tuple[Month, ...]
    top_gain: tuple[Person, ...]
    top_lose: tuple[Person, ...]
    rules: Mapping[str, int]
    outstanding: int

    @property
    def outstanding_draft(self) -> int:
        return self.outstanding - self.now + self.draft

    def cost_minor(self, points: int, per_points: int, minor: int) -> int:
        """What so many points cost a merchant who says what ``per_points`` cost."""
        return points * minor // per_points


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
        result = work.result(store.outstanding(db, shop_id))
    _note(database, shop_id, row, due_at=None, result=result, finished_at=now)


def _note(database: Database, shop_id: int, row: Any, **values: object) -> bool:
    return database.run(lambda db: store.change(db, shop_id, row.version, row.asked_at, **values))


class _Work:
    """One rehearsal while it runs: two programmes over the same orders."""

    def __init__(self, db: Connection, shop_id: int, version: int, now: datetime) -> None:
        shop = shops.get(db, shop_id)
        draft, known = programs.numbered(db, shop_id, version), programs.newest(db, shop_id)
        self._shop_id, self._zone = shop_id, shop.timezone
        self._since = str(date.fromisoformat(local_date(now - BACK, shop.timezone)))
        bits = {id(rule): 2 << at for at, rule in enumerate(_scoped(known, draft))}
        catalogue = store.products(db, shop_id) if bits else {}
        self._named = [
            bases.matches(one.order_rules, _keys(one, catalogue), catalogue)
            for one in (known, draft)
        ]
        self._masks = _masks(self._named, (known, draft), bits)
        wants_first = any(one.of_kind("first_order") for one in (known, draft))
        bought = store.bought_before(db, shop_id, self._since) if wants_first else set()
        of_rules = [
            {rule.id: bits[id(rule)] for rule in one.order_rules if rule.scope}
            for one in (known, draft)
        ]
        self._judges = [
            Judge(one, masks, bought, now)
            for one, masks in zip((known, draft), of_rules, strict=True)
        ]
        self._buyers = [
            store.buyers(db, shop_id, folded(one.terms.member_tags)) for one in (known, draft)
        ]
        days = store.counted_days(db, shop_id, self._since)
        self.runs = _runs(days, CHUNK)
        self._read = 0
        self._members: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self._months: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def read_orders(self, count: int) -> int:
        """How many were read by now, ``count`` more than before."""
        self._read += count
        return self._read

    def judge(self, db: Connection, days: tuple[str, str]) -> None:
        """Judge the orders of some days by both programmes."""
        sold, refunded = store.sold(db, self._shop_id, self._zone, days, self._masks)
        told = orders.load(db, self._shop_id, sorted(refunded))
        loaded = {row.id: order for row, order in told}
        for one in sold:
            found = []
            for judge, buyers, named in zip(self._judges, self._buyers, self._named, strict=True):
                buyer = buyers.get(one.member_id, _ANYBODY)
                if one.order_id in loaded:
                    order = loaded[one.order_id]
                    found.append(judge.points_of(one, order, buyer, named))
                else:
                    found.append(judge.points(one, buyer))
            self._count(one, found)

    def result(self, outstanding: int) -> Result:
        told = [Person(one, now, draft) for one, (now, draft) in self._members.items()]
        changed = sorted(told, key=lambda one: (one.draft - one.now, one.member_id))
        lose = [one for one in changed if one.draft < one.now]
        gain = [one for one in changed if one.draft > one.now]
        months = tuple(Month(month, *self._months[month]) for month in sorted(self._months))
        return Result(
            since=self._since,
            orders=sum(one.orders for one in months),
            now=sum(one.now for one in months),
            draft=sum(one.draft for one in months),
            gain=len(gain),
            lose=len(lose),
            same=len(told) - len(gain) - len(lose),
            months=months,
            top_gain=tuple(reversed(gain[-TOP:])),
            top_lose=tuple(lose[:TOP]),
            rules=dict(self._judges[1].given),
            outstanding=outstanding,
        )

    def _count(self, one: Sold, found: Sequence[int]) -> None:
        now, draft = found
        month = self._months[one.day[:7]]
        month[0] += 1
        month[1] += now
        month[2] += draft
        if now or draft:
            mine = self._members[one.member_id]
            mine[0] += now
            mine[1] += draft


def _scoped(*told: Program) -> list[Rule]:
    return [rule for one in told for rule in one.order_rules if rule.scope]


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
