"""What orders and points give, by target and difference.

``settle`` posts the difference between what orders should give by now and what is posted: their
donation lines, and what programmes add to them under their caps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector import orders
from connector.core import noticed
from connector.core.commerce import LineKind, Order, OrderLine
from connector.core.facts import DonationDue, DonationPledged, Fact
from connector.core.money import spread
from connector.ledger import Voucher
from connector.orders import store as order_store
from connector.program.basis import folded
from connector.rooms.giving import programmes, rules, service, store
from connector.rooms.giving.accounts import marks, movements
from connector.rooms.giving.accounts.movements import Step
from connector.rooms.giving.asking import answers
from connector.rooms.giving.rules import Programme, Room, Standing
from connector.rooms.giving.service import Cause
from connector.shops import service as shops

KEY_LENGTH = 60
_Key = tuple[int, str, str]  # order, kind, line


@dataclass(frozen=True, slots=True)
class Origin:
    """Where donations come from: an order, or a programme that fills up what it promised."""

    id: int
    member_id: int | None
    placed_at: datetime
    changed_at: datetime


def _origin(row: Row[Any], order: Order) -> Origin:
    return Origin(row.id, row.member_id, row.placed_at, order.modified_at)


@dataclass(slots=True)
class _Work:
    """One call of ``settle``: what was known, and what is to be written."""

    db: Connection
    shop_id: int
    now: datetime
    found: dict[_Key, Row[Any]]
    kept: dict[_Key, dict[str, Any]] = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    tallies: dict[tuple[int, int, str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    facts: list[Fact] = field(default_factory=list)
    givers: set[int] = field(default_factory=set)

    def put(self, of: Origin, one: dict[str, Any], stands: Standing) -> None:
        """One donation as it is now, the movements to it, and what tallies change by.

        One that changed its currency gives everything back in the old one and begins anew.
        """
        key = (of.id, one["kind"], one["line_key"])
        before = self.found.get(key)
        currency, account = one["currency"], "donors" if one["kind"] == rules.GIFT else "program"
        stood, number = rules.NOTHING, 0
        stem = "order" if one["kind"] == rules.GIFT else one["kind"]
        at = of.changed_at if before else of.placed_at
        why = Voucher(f"giving:{stem}:{of.id}:{one['line_key']}", one["kind"], at)
        if before is not None:
            stood = Standing(before.given_minor, before.pledged_minor, before.due_minor)
            number = before.entries
            if before.currency != currency:
                steps = movements.steps(
                    stood, rules.NOTHING, before.cause_id, why, number, account
                )
                self.steps[before.currency].extend(steps)
                self._leave(before)
                stood, number = rules.NOTHING, number + len(steps)
                before = None
        steps = movements.steps(stood, stands, one["cause_id"], why, number, account)
        self.steps[currency].extend(steps)
        self._tally(one, stood, stands)
        if one["kind"] != rules.TOP_UP:
            self._tell(of, stood, stands)
        if one["kind"] == rules.GIFT and of.member_id and stands.due_minor != stood.due_minor:
            self.givers.add(of.member_id)
        self.kept[key] = {
            "shop_id": self.shop_id,
            "order_id": of.id,
            "member_id": of.member_id,
            **one,
            **asdict(stands),
            "entries": number + len(steps),
            "given_at": of.placed_at,
        }

    def _leave(self, before: Row[Any]) -> None:
        """A row that changes its currency is of no old tally; what was locked of it stays one."""
        of = (before.programme_id, before.cause_id, before.currency)
        names = ("given_minor", "pledged_minor", "due_minor", "locked_minor")
        stood = Standing(before.given_minor, before.pledged_minor, before.due_minor)
        self.tallies[*of, before.kind].update(
            {"gifts": -stood.gifts} | {name: -getattr(before, name) for name in names}
        )
        if before.locks:
            self.tallies[*of, "past"].update(locked_minor=before.locked_minor)
            store.retire(self.db, before)

    def _tally(self, one: dict[str, Any], stood: Standing, now: Standing) -> None:
        self.tallies[one["programme_id"], one["cause_id"], one["currency"], one["kind"]].update(
            gifts=now.gifts - stood.gifts,
            given_minor=now.given_minor - stood.given_minor,
            pledged_minor=now.pledged_minor - stood.pledged_minor,
            due_minor=now.due_minor - stood.due_minor,
        )

    def _tell(self, of: Origin, stood: Standing, stands: Standing) -> None:
        if stands.due_minor and not stood.due_minor:
            self.facts.append(DonationDue(self.shop_id, of.id, of.member_id))
        elif stands.pledged_minor and not stood.pledged_minor + stood.due_minor:
            self.facts.append(DonationPledged(self.shop_id, of.id, of.member_id))

    def close(self) -> list[Fact]:
        """Write it all; a fact is told once for each order."""
        zone = shops.get(self.db, self.shop_id).timezone
        for currency, steps in self.steps.items():
            movements.book(self.db, self.shop_id, currency, zone, steps)
        store.put_donations(self.db, list(self.kept.values()))
        store.tally(self.db, rows_of(self.shop_id, self.tallies))
        touched = {programme_id for programme_id, *_ in self.tallies}
        self.facts += marks.of_members(self.db, self.shop_id, self.givers)
        self.facts += marks.of_goals(self.db, self.shop_id, touched, self.now)
        return list(dict.fromkeys(self.facts))


def rows_of(
    shop_id: int, tallies: dict[tuple[int, int, str, str], Counter[str]]
) -> list[dict[str, Any]]:
    """Changes of tallies as rows, in the one order in which all lock them."""
    names = ("programme_id", "cause_id", "currency", "kind")
    return [
        {"shop_id": shop_id, **dict(zip(names, key, strict=True)), **by}
        for key, by in sorted(tallies.items())
        if any(by.values())
    ]


def settle(
    db: Connection, shop_id: int, order_ids: Sequence[int], now: datetime
) -> Sequence[Fact]:
    """Log what these orders give, and post what changed since the last time."""
    published = [one for one in programmes.programmes(db, shop_id) if one.published_at]
    adding = [one for one in published if one.kind in rules.ADDING]
    ids = sorted(set(order_ids)) if adding else store.giving_orders(db, shop_id, order_ids)
    if not ids:
        return []
    work = _Work(db, shop_id, now, store.donations_of(db, shop_id, ids))
    loaded = orders.load(db, shop_id, ids)
    gifts = _settle_gifts(work, loaded, published)
    # Matches come last: they add to what else the order gives.
    for programme in sorted(adding, key=lambda one: (one.kind == "match", one.id)):
        _settle_programme(work, loaded, programme, gifts)
    facts = work.close()
    touched = {one["programme_id"] for one in work.kept.values()}
    for programme in adding:
        if programme.id in touched and programme.closed_at is not None:
            _top_up(db, shop_id, programme, now)
    return facts


def close(db: Connection, shop_id: int, programme_id: int, now: datetime) -> Programme:
    """End a programme for good; where its causes were promised a minimum, the shop fills it up."""
    programmes.end(db, shop_id, programme_id, now)
    programme = programmes.programme(db, shop_id, programme_id)
    _top_up(db, shop_id, programme, now)
    return programme


def _top_up(db: Connection, shop_id: int, programme: Programme, now: datetime) -> None:
    """What orders gave less than was promised, by target and difference: refunds raise it."""
    work = _Work(db, shop_id, now, store.donations_of(db, shop_id, [programme.id]))
    for cause_id, amount in programmes.shortfall(db, shop_id, programme):
        one = {
            "kind": rules.TOP_UP,
            "line_key": f"{programme.id}:{cause_id}",
            "cause_id": cause_id,
            "programme_id": programme.id,
            "currency": programme.currency,
            "basis": None,
        }
        if amount or (programme.id, rules.TOP_UP, one["line_key"]) in work.found:
            of = Origin(programme.id, None, programme.closed_at or now, now)
            work.put(of, one, Standing(amount, 0, amount))
    noticed.notice(db, work.close(), now)


# --------------------------------------------------------------------------------------- gifts


def _settle_gifts(
    work: _Work, loaded: Sequence[tuple[Row[Any], Order]], published: Sequence[Programme]
) -> dict[int, dict[int, list[Standing]]]:
    """What shoppers gave in each order; what stands of it, by cause."""
    logged: dict[int, list[str]] = defaultdict(list)
    for order_id, kind, line_key in work.found:
        if kind == rules.GIFT:
            logged[order_id].append(line_key)
    known = service.causes(work.db, work.shop_id)
    gifts: dict[int, dict[int, list[Standing]]] = defaultdict(lambda: defaultdict(list))
    for row, order in loaded:
        for line in (*rules.donation_lines(order), *rules.vanished_lines(order, logged[row.id])):
            before = work.found.get((row.id, rules.GIFT, line.key))
            if before is not None:
                cause_id, programme_id = before.cause_id, before.programme_id
            else:
                cause_id = _cause_for(work, known, line).id
                asked = answers.asked_by(published, order, line, cause_id)
                programme_id = asked.id if asked else 0
                if answers.named(line.cause)[0] and row.member_id is not None:
                    store.put_member(work.db, work.shop_id, row.member_id, cause_id=cause_id)
            stands = rules.standing(order, line, is_confirmed=row.confirmed_at is not None)
            one = {
                "kind": rules.GIFT,
                "line_key": line.key,
                "cause_id": cause_id,
                "programme_id": programme_id,
                "currency": order.currency,
                "basis": None,
            }
            work.put(_origin(row, order), one, stands)
            gifts[row.id][cause_id].append(stands)
    return gifts


def _cause_for(work: _Work, known: list[Cause], line: OrderLine) -> Cause:
    """The cause a line names; the default one where it names none.

    No donation is ever left without a cause, and none is booked to another's. A name nobody set up
    makes a cause if the shop wrote it, offered to nobody until the merchant offers it; a shopper's
    is no more than no name. A shop that has MAX_CAUSES already books what names yet another one to
    its default. ``known`` grows.
    """
    key = answers.named(line.cause)[0][:KEY_LENGTH]
    named = next((cause for cause in known if cause.key == key), None)
    if named is not None:
        return named
    if line.cause_by_shopper:
        key = ""
    if known and (not key or len(known) >= service.MAX_CAUSES):
        return known[0]
    title = line.title[: service.NAME_LENGTH].strip() or "Donation"
    known.append(
        service.add_cause(work.db, work.shop_id, title, "", work.now, key=key, is_offered=False)
    )
    return known[-1]


# ---------------------------------------------------------------------------------- programmes


def _settle_programme(
    work: _Work,
    loaded: Sequence[tuple[Row[Any], Order]],
    programme: Programme,
    gifts: dict[int, dict[int, list[Standing]]],
) -> None:
    """What a programme adds to these orders, oldest first, under its cap."""
    chosen = [
        (row, order)
        for row, order in loaded
        if _rows(work, programme, row.id)
        or (programme.covers(row.placed_at) and order.currency == programme.currency)
    ]
    chosen = [one for one in chosen if not one[0].historic]
    if not chosen:
        return
    bases = _bases(work, programme, chosen)
    used, cap = store.hold_counter(work.db, work.shop_id, programme.id)
    room = Room(used, cap)
    for row, order in chosen:
        _settle_order(work, programme, (row, order), (bases[row.id], room, gifts[row.id]))
    if room.used != used:
        store.move_counter(work.db, work.shop_id, programme.id, room.used - used)


def _settle_order(
    work: _Work,
    programme: Programme,
    of: tuple[Row[Any], Order],
    by: tuple[dict[str, Any], Room, dict[int, list[Standing]]],
) -> None:
    (row, order), (basis, room, gifts) = of, by
    before = _rows(work, programme, row.id)
    weights = dict(programme.causes)
    standing = [one for cause_id in weights for one in gifts.get(cause_id, ())]
    keys = {key for key, counts in basis["keys"].items() if counts}
    want = rules.wanted(programme.terms, order, keys, standing)
    if order.currency != programme.currency:
        want = rules.Want(want.whole if before else 0, 0)
    if not before and not want.left:
        return  # nothing is frozen before something is given
    basis.setdefault("allowance", room.left())
    allowance = basis["allowance"]
    had = sum(one.pledged_minor + one.due_minor for one in before.values())
    left = room.grant(want.left, had, allowance)
    given = left + max(min(want.whole, allowance) - min(want.left, allowance), 0)
    bought = still = list(weights.values())
    if programme.kind == "match":  # each cause has what it was given matched
        bought = [sum(one.given_minor for one in gifts.get(n, ())) for n in weights]
        still = [
            sum(one.pledged_minor + one.due_minor for one in gifts.get(n, ())) for n in weights
        ]
    parts = zip(weights, bought, spread(given, bought), spread(left, still), strict=True)
    for cause_id, weight, gave, stays in parts:
        line_key = f"{programme.id}:{cause_id}"
        if not weight and line_key not in before:
            continue  # 0 is kept where a cap left nothing: the order gets nothing later either
        one = {
            "kind": programme.kind,
            "line_key": line_key,
            "cause_id": cause_id,
            "programme_id": programme.id,
            "currency": programme.currency,
            "basis": basis,
        }
        is_confirmed = row.confirmed_at is not None
        stands = rules.placed(max(gave, stays), stays, order, is_confirmed=is_confirmed)
        work.put(_origin(row, order), one, stands)


def _rows(work: _Work, programme: Programme, order_id: int) -> dict[str, Row[Any]]:
    keys = (f"{programme.id}:{cause_id}" for cause_id, _ in programme.causes)
    found = ((key, work.found.get((order_id, programme.kind, key))) for key in keys)
    return {key: row for key, row in found if row is not None}


def _bases(
    work: _Work, programme: Programme, chosen: Sequence[tuple[Row[Any], Order]]
) -> dict[int, dict[str, Any]]:
    """What each order is judged by: frozen when it first gave, a line when it is first seen."""
    bases: dict[int, dict[str, Any]] = {}
    unseen: dict[int, list[OrderLine]] = {}
    for row, order in chosen:
        kept = next((one.basis for one in _rows(work, programme, row.id).values()), None)
        bases[row.id] = {"keys": {}} | (kept or {})
        keys = bases[row.id]["keys"]
        unseen[row.id] = [
            one for one in order.lines if one.kind is LineKind.GOODS and one.key not in keys
        ]
    scope = programme.scope
    products: dict[str, Row[Any]] = {}
    if scope.categories:
        wanted = {one.product_key for lines in unseen.values() for one in lines}
        named = sorted(key for key in wanted if key)
        products = order_store.products(work.db, work.shop_id, named)
    levels: dict[int, Row[Any]] = {}
    if scope.levels:
        people = {row.member_id for row, _ in chosen if row.member_id is not None}
        levels = store.members(work.db, work.shop_id, people)
    for row, _ in chosen:
        basis = bases[row.id]
        if scope.levels and "level" not in basis:
            basis["level"] = levels[row.member_id].level if row.member_id in levels else 0
        is_theirs = not scope.levels or basis["level"] in scope.levels
        for line in unseen[row.id]:
            basis["keys"][line.key] = is_theirs and _is_named(scope, line, products)
    return bases


def _is_named(scope: rules.Scope, line: OrderLine, products: dict[str, Row[Any]]) -> bool:
    if not scope.products and not scope.categories:
        return True
    product = products.get(line.product_key or "")
    names = (*product.categories, *(product.collections or ())) if product else ()
    is_among = not folded(scope.categories).isdisjoint(folded(names))
    return line.product_key in scope.products or is_among
