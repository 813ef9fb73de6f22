"""What orders earn: the difference between what they should have by now and what is posted.

``settle`` is the heart of the room, and is right however often and in whatever order it is called.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, Row

from connector import orders
from connector.core import noticed, outbox
from connector.core.clock import local_date
from connector.core.commerce import NeedsFetch, Order, OrderState
from connector.core.facts import Fact, GiftGiven, GiftWithdrawn, PointsChanged
from connector.core.ids import new_id
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.orders import store as order_store
from connector.program import basis as bases
from connector.program import earning
from connector.program import rules as kinds
from connector.program.basis import Basis, Context, called, folded, matches
from connector.program.caps import Allowances, Grant
from connector.program.earning import RuleTrace
from connector.program.rules import Programs, Rule
from connector.program.service import history
from connector.rooms.points import belongings, store
from connector.rooms.points.belongings import Standing
from connector.rooms.points.store import Posted
from connector.shops import service as shops
from connector.shops.service import Shop

_HELD = (OrderState.PAID, OrderState.COMPLETED)
_PLAIN = Standing()
_Due = tuple[Row[Any], Order, Posted]


@dataclass(slots=True)
class _Work:
    """One batch: what all its orders share."""

    db: Connection
    shop: Shop
    now: datetime
    book: Book
    allowances: Allowances | None = None
    touched: set[int] = field(default_factory=set)  # members whose points changed
    facts: list[Fact] = field(default_factory=list)


def settle(db: Connection, shop_id: int, order_ids: Sequence[int], now: datetime) -> list[Fact]:
    """Post what these orders should have earned by now, less what is posted.

    Orders of an erased member stay as they are: nothing reaches a closed balance.
    """
    loaded = [
        (row, order)
        for row, order in orders.load(db, shop_id, order_ids)
        if row.member_id is not None
    ]
    if not loaded:
        return []
    shop = shops.get(db, shop_id)
    known = history(db, shop)
    states = _states(db, shop, known, loaded)
    owners = {state.member_id for state in states.values()}
    with_tags = any(one.terms.member_tags for _, one in known.published)
    standings = belongings.standings(db, shop_id, owners, with_tags=with_tags)
    due = [
        (row, order, states[row.id])
        for row, order in loaded
        if row.id in states and not standings.get(states[row.id].member_id, _PLAIN).is_erased
    ]
    _freeze(db, shop, due, standings, now)
    book = Book(db, shop_id, UNIT, shop.timezone, [state.member_id for *_, state in due])
    work = _Work(db, shop, now, book)
    judged = [state for *_, state in due if state.basis.context is not None]
    if any(_is_granted(state) for state in judged):
        work.allowances = _allowances(db, shop_id, judged)
    asked: list[NeedsFetch] = []
    for row, order, state in due:
        _post_difference(work, row, order, state)
        if state.pending and row.confirmed_at is None and state.basis.hold_days == 0:
            asked.append(NeedsFetch("order", order.key))
    forgive_small(book, work.touched, known.newest.terms.forgive_points, now)
    book.close()
    store.put_posted(db, shop_id, [state for _, _, state in due])
    if work.allowances is not None:
        store.put_grants(db, shop_id, *work.allowances.changed())
    outbox.ask(db, shop_id, asked, now)
    return [*work.facts, *(PointsChanged(shop_id, one) for one in sorted(work.touched))]


def settle_history(db: Connection, shop_id: int, after: int, limit: int, now: datetime) -> int:
    """Settle orders from before the install above id ``after``; the last id, or 0 at the end."""
    ids = store.historic_orders(db, shop_id, after, limit)
    noticed.notice(db, settle(db, shop_id, ids, now), now)
    return ids[-1] if ids else 0


def release_due(db: Connection, shop_id: int, now: datetime, limit: int) -> int:
    """Make pending points available whose hold has ended, and give the rewards that waited.

    Returns how many orders and gifts; never more than ``limit`` of each kind.
    """
    ids = store.due_orders(db, shop_id, now, limit)
    states = store.waiting(db, shop_id, ids)
    gifts = store.gifts_due(db, shop_id, now, limit)
    owners = [state.member_id for state in states] + [row.member_id for row in gifts]
    book = Book(db, shop_id, UNIT, shops.get(db, shop_id).timezone, owners)
    for state in states:
        _release(book, state)
    for one in gifts:
        why = Voucher(
            stem=f"points:gift:{one.id}",
            kind="released",
            occurred_at=one.available_at,
            number=one.entries,
            origin=f"gift:{one.id}",
        )
        book.release(one.member_id, one.pending, why)
        belongings.change_gift(db, shop_id, one.id, pending=0, entries=why.number)
    book.close()
    store.put_posted(db, shop_id, states)
    facts: list[Fact] = [PointsChanged(shop_id, one) for one in sorted(set(owners))]
    waiting = store.rewards_due(db, shop_id, now, limit)
    facts += settle(db, shop_id, waiting, now)
    noticed.notice(db, facts, now)
    return max(len(ids), len(gifts), len(waiting))


def forgive_small(book: Book, member_ids: Collection[int], most: int, now: datetime) -> None:
    """Forgive debts the terms call small."""
    for member_id in sorted(member_ids) if most else ():
        if 0 < -book.purse(member_id).debt <= most:
            why = Voucher(f"points:forgiven:{new_id()}", "forgiven", now)
            book.forgive(member_id, -book.purse(member_id).debt, why)


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with points or rewards that wait, and whose hold has ended."""
    return sorted(store.due(db, now))


# ---------------------------------------------------------------------------------- what is frozen


def _states(
    db: Connection, shop: Shop, known: Programs, loaded: Sequence[tuple[Row[Any], Order]]
) -> dict[int, Posted]:
    """Frozen states of these orders, made where an order is seen for the first time.

    An order that changed its currency is judged anew by the rule it was judged by, in that one.
    """
    states = store.posted(db, shop.id, [row.id for row, _ in loaded], known)
    frozen: dict[tuple[int, str], Basis] = {}
    for row, order in loaded:
        state = states.get(row.id)
        if state is None and row.historic and not known.newest.counts_history:
            continue
        if state is not None and state.basis.currency == order.currency:
            continue
        if state is None:
            rule = known.of_order(row.placed_at, shop.installed_at)
        else:
            rule = known.numbered(state.basis.version)
        named = rule.version, order.currency
        basis = frozen.setdefault(named, bases.freeze(rule, order.currency))
        if state is None:
            states[row.id] = Posted(row.id, row.member_id, basis, retro=row.historic, is_new=True)
        else:
            state.basis = replace(basis, context=state.basis.context)
    return states


def _freeze(
    db: Connection,
    shop: Shop,
    due: Sequence[_Due],
    standings: Mapping[int, Standing],
    now: datetime,
) -> None:
    """Freeze what rules judge by, of orders that begin to earn, and of lines not seen before.

    Who is excluded is judged once more when a read of ours first sees the order: a webhook tells
    no tags of its customer.
    """
    for row, _, state in due:
        if state.entries and row.confirmed_at in (None, now):
            excluded = _excluded(standings.get(state.member_id, _PLAIN), state.basis)
            context = state.basis.context or Context()
            if excluded != context.excluded:
                context = structs.replace(context, excluded=excluded)
                state.basis = replace(state.basis, context=context)
    fresh = [one for one in due if one[2].basis.context is None and _begins(one, standings)]
    if any(kinds.FIRST_ORDER in {rule.kind for rule in one[2].basis.rules} for one in fresh):
        _find_first(db, shop.id, fresh)
    for _, order, state in fresh:
        standing = standings.get(state.member_id, _PLAIN)
        start = bases.earned_at(order, state.basis) or order.modified_at
        context = Context(
            excluded=_excluded(standing, state.basis),
            tier=standing.percent,
            is_first=bool(state.is_first),
            day=local_date(start, shop.timezone),
        )
        state.basis = replace(state.basis, context=context)
    _match(db, shop.id, [one for one in due if one[2].basis.context is not None])


def _begins(one: _Due, standings: Mapping[int, Standing]) -> bool:
    """Whether an order earns for the first time, and by more than its rate."""
    _, order, state = one
    standing = standings.get(state.member_id)
    if state.entries or (standing is None and not state.basis.rules):
        return False
    is_special = standing is not None and (
        standing.percent > _PLAIN.percent or bool(_excluded(standing, state.basis))
    )
    return bool(state.basis.rules or is_special) and not bases.stop(order, state.basis)


def _excluded(standing: Standing, basis: Basis) -> str:
    if standing.is_blocked:
        return "blocked"
    excluded = folded(basis.terms.member_tags)
    return "" if excluded.isdisjoint(called(standing.tags)) else "excluded_member"


def _find_first(db: Connection, shop_id: int, fresh: Sequence[_Due]) -> None:
    """Say which of these is its member's first order: no other was, and none was bought before."""
    told = store.bought(db, shop_id, {state.member_id for *_, state in fresh})
    holders = {one.member_id for one in told if one.is_first and one.state in _HELD}
    newest_first = sorted(told, key=lambda one: (one.placed_at, one.id), reverse=True)
    oldest = {one.member_id: one.id for one in newest_first}
    for row, _, state in fresh:
        is_oldest = oldest.get(state.member_id, row.id) == row.id
        state.is_first = is_oldest and state.member_id not in holders


def _match(db: Connection, shop_id: int, judged: Sequence[_Due]) -> None:
    """Freeze which scoped rules are about lines that are seen for the first time."""
    new: list[tuple[Posted, Context, Order]] = []
    for _, order, state in judged:
        context = state.basis.context
        if context is None or not any(rule.scope for rule in state.basis.rules):
            continue
        if any(line.key not in context.matches for line in order.lines):
            new.append((state, context, order))
    if not new:
        return
    by_version: dict[int, dict[str, tuple[str, ...]]] = {}
    keys = {line.product_key for *_, order in new for line in order.lines if line.product_key}
    products = order_store.products(db, shop_id, sorted(keys))
    for state, context, order in new:
        named = by_version.get(state.basis.version)
        if named is None:
            named = by_version[state.basis.version] = matches(state.basis.rules, keys, products)
        seen = dict(context.matches)
        for line in order.lines:
            seen.setdefault(line.key, named.get(line.product_key or "", ()))
        state.basis = replace(state.basis, context=structs.replace(context, matches=seen))


def _is_granted(state: Posted) -> bool:
    return any(rule.caps or rule.gives_reward for rule in state.basis.rules)


def _allowances(db: Connection, shop_id: int, judged: Sequence[Posted]) -> Allowances:
    granted = [state for state in judged if _is_granted(state)]
    return Allowances(
        store.grants(db, shop_id, [state.order_id for state in granted]),
        store.granted(db, shop_id, {state.member_id for state in granted}),
        store.budgets(db, shop_id),
    )


# ---------------------------------------------------------------------------------- what is posted


def _post_difference(work: _Work, row: Row[Any], order: Order, state: Posted) -> None:
    available_at = bases.available_at(order, state.basis)
    held = row.confirmed_at is None or available_at is None or available_at > work.now
    if available_at is not None:
        state.available_at = available_at
    target, qualifying = _target(work, order, state, held=held)
    for points, counted in _steps(target - state.posted, qualifying - state.qualifying):
        _post(work.book, order, state, points, counted, held=held)
        work.touched.add(state.member_id)
    state.posted, state.qualifying = target, qualifying
    if not held and state.pending:
        _release(work.book, state)
        work.touched.add(state.member_id)


def _target(work: _Work, order: Order, state: Posted, *, held: bool) -> tuple[int, int]:
    context = state.basis.context
    if context is None or work.allowances is None or not _is_granted(state):
        return earning.target(order, state.basis)
    if bases.stop(order, state.basis):
        ceilings: dict[str, int] = {}
    else:
        ceilings = work.allowances.ceilings(
            state.order_id, state.member_id, context.day, state.basis.rules
        )
    basis = replace(state.basis, ceilings=ceilings)
    trace = earning.trace(order, basis)
    by_id = {rule.id: rule for rule in basis.rules}
    for told in trace.rules:
        rule = by_id.get(told.rule_id)
        if rule is None:
            continue
        grant = work.allowances.grant(state.order_id, rule, told.kept, ceilings.get(rule.id))
        if grant is not None and rule.gives_reward:
            _give(work, state, rule, grant, told, held=held)
    return trace.points, trace.qualifying


def _give(
    work: _Work, state: Posted, rule: Rule, grant: Grant, told: RuleTrace, *, held: bool
) -> None:
    """A rule's reward is given when the hold ends, and withdrawn when nothing is kept of it."""
    stem = f"points:order:{state.order_id}:{rule.id}"
    before = grant.gift, grant.available_at
    if told.kept and grant.gift != "given" and held:
        grant.gift, grant.available_at = "waiting", state.available_at
    elif told.kept and grant.gift != "given":
        grant.gift, grant.available_at = "given", None
        grant.gifts += 1
        gift = GiftGiven(
            work.shop.id,
            member_id=state.member_id,
            source=f"{stem}:{grant.gifts}",
            reward_id=rule.reward_id,
            tier_days=rule.tier_days,
            qualifies=rule.qualifies,
        )
        work.facts.append(gift)
    elif not told.kept:
        if grant.gift == "given":
            source = f"{stem}:{grant.gifts}"
            work.facts.append(GiftWithdrawn(work.shop.id, state.member_id, source))
        grant.gift = grant.available_at = None
    grant.is_changed = grant.is_changed or (grant.gift, grant.available_at) != before


def _steps(difference: int, counted: int) -> list[tuple[int, int]]:
    """(points, how many qualify) to post: one step, or two where one part rises as other falls."""
    rest = difference - counted
    if not difference and not counted:
        return []
    if (counted >= 0 and rest >= 0) or (counted <= 0 and rest <= 0):
        return [(difference, counted)]
    steps = [(counted, counted), (rest, 0)]
    return sorted(steps)  # what is taken first, so that what is given repays


def _post(
    book: Book, order: Order, state: Posted, points: int, counted: int, *, held: bool
) -> None:
    start = bases.earned_at(order, state.basis)
    why = Voucher(
        stem=f"points:order:{state.order_id}",
        kind="earned" if points > 0 else "clawback",
        occurred_at=(start if state.posted == 0 else None) or order.modified_at,
        number=state.entries,
        origin=f"order:{state.order_id}",
        rule_version=state.basis.version,
        qualifying=abs(counted),
    )
    if points > 0 and held:
        book.hold_back(state.member_id, points, why)
        state.pending += points
    elif points > 0:
        book.award(state.member_id, points, why)
    else:
        state.pending -= book.take_back(state.member_id, -points, state.pending, why)
    state.entries = why.number


def _release(book: Book, state: Posted) -> None:
    if state.available_at is None:
        return
    why = Voucher(
        stem=f"points:order:{state.order_id}",
        kind="released",
        occurred_at=state.available_at,
        number=state.entries,
        origin=f"order:{state.order_id}",
        rule_version=state.basis.version,
    )
    book.release(state.member_id, state.pending, why)
    state.pending = 0
    state.entries = why.number
