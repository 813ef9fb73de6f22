"""Who introduced whom: fixed by a friend's first paid order, judged again whenever one changes.

``judge`` computes what an introduction comes to by now and gives, or takes back, the difference:
it is right however often and in whatever order it is called. Under the shop's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connector import orders
from connector.core import outbox
from connector.core.commerce import NeedsFetch, Order
from connector.core.facts import Fact, GiftGiven, GiftWithdrawn, ReferralKept
from connector.core.ids import new_id
from connector.members import erased, identities
from connector.orders import store as order_store
from connector.rooms.referrals import rules, service, store
from connector.rooms.referrals.rules import Look, Origin, Place, Program, Verdict

STANDING = ("waiting", "held", "kept")
_Programs = list[tuple[datetime, Program]]
_Side = tuple[str, int, int, int | None]  # which one, who, points, reward


@dataclass(frozen=True, slots=True)
class Barred:
    """An order by a link that introduced nobody, and why: ``self`` or ``prior_buyer``."""

    order: Row[Any]
    advocate_id: int
    why: str

    @property
    def friend_id(self) -> int:
        return int(self.order.member_id)


def barred(db: Connection, shop_id: int, days: int, now: datetime, limit: int) -> list[Barred]:
    """Of the newest orders by a link, those that could never be an introduction."""
    since = (now - timedelta(days=days)).date().isoformat()
    rows = order_store.paid_with_note(db, shop_id, since, limit)
    owners = store.owners(db, shop_id, {row.referral.strip().lower() for row in rows})
    found = []
    for row in rows:
        advocate_id = owners.get(row.referral.strip().lower())
        people = identities.same_people(db, shop_id, row.member_id)
        if advocate_id is None or store.of_friends(db, shop_id, people):
            continue
        if advocate_id in people:
            found.append(Barred(row, advocate_id, "self"))
        elif order_store.first_paid(db, shop_id, people) != row.id:
            found.append(Barred(row, advocate_id, "prior_buyer"))
    return found


def settle(db: Connection, shop_id: int, order_ids: Collection[int], now: datetime) -> list[Fact]:
    """Judge the introductions that these orders concern."""
    known = store.programs(db, shop_id)
    if not known:
        return []
    loaded = orders.load(db, shop_id, sorted(order_ids))
    buyers = {int(row.member_id) for row, _ in loaded if row.member_id is not None}
    people = identities.by_email(db, shop_id, buyers)
    everybody = {one for found in people.values() for one in found}
    met = {int(row.friend_id) for row in store.of_friends(db, shop_id, everybody)}
    met |= {int(row.friend_id) for row in store.claims_of(db, shop_id, everybody)}
    noted = store.owners(db, shop_id, {_note(order) for _, order in loaded if order.referral})
    used = {code.code for _, order in loaded for code in order.codes}
    given = {row.code for row in store.discounts(db, shop_id, used) if row.source}
    concerned = {
        int(row.member_id)
        for row, order in loaded
        if row.member_id is not None
        and (
            people[row.member_id] & met
            or _note(order) in noted
            or any(code.code in given for code in order.codes)
        )
    }
    concerned |= {int(row.friend_id) for row in store.of_orders(db, shop_id, order_ids)}
    return judge(db, shop_id, concerned, known, now)


def judge(
    db: Connection, shop_id: int, friends: Collection[int], known: _Programs, now: datetime
) -> list[Fact]:
    """Judge how these people were introduced."""
    facts: list[Fact] = []
    seen: set[int] = set()
    for friend_id in sorted(friends):
        if friend_id not in seen:
            people = identities.same_people(db, shop_id, friend_id)
            seen |= people
            facts += _judge(db, shop_id, people, known, now)
    return facts


def _judge(
    db: Connection, shop_id: int, people: set[int], known: _Programs, now: datetime
) -> list[Fact]:
    """One person: at most one introduction, by the first order they ever paid."""
    found = store.of_friends(db, shop_id, people)
    first_id = order_store.first_paid(db, shop_id, people)
    origin = None
    if first_id is not None:
        row, order = orders.load(db, shop_id, [first_id])[0]
        origin = _origin(db, shop_id, row, order, people, known)
    facts: list[Fact] = []
    current = next((one for one in found if one.order_id == first_id), found[0] if found else None)
    is_first = current is not None and current.order_id == first_id
    if origin is not None and not is_first:
        if current is not None:
            facts += _take_back(db, shop_id, current)
        current = _keep(db, shop_id, current, row, order, origin, now)
        is_first = True
    for one in found:
        if current is not None and one.id != current.id:
            facts += _apply(db, shop_id, one, people, known, "duplicate", now)
    if current is not None:
        barred = "prior_buyer" if first_id is not None and not is_first else None
        facts += _apply(db, shop_id, current, people, known, barred, now)
    for one in (*found, *store.of_friends(db, shop_id, people)):
        facts += _cap(db, shop_id, one.advocate_id, one.local_date, known)
    return facts


def _origin(
    db: Connection,
    shop_id: int,
    row: Row[Any],
    order: Order,
    people: set[int],
    known: _Programs,
) -> Origin | None:
    """Who sent this buyer: by the code used, else the order's note, else a claim before it."""
    if row.historic:
        return None
    sources = [one.source for one in store.discounts(db, shop_id, {c.code for c in order.codes})]
    named = {int(one.split(":")[2]) for one in sources if one.startswith("referrals:claim:")}
    by_code = sorted(store.claims(db, shop_id, named).values(), key=lambda one: int(one.id))
    by_claim = [
        one
        for one in store.claims_of(db, shop_id, people)
        if one.made_at <= row.placed_at
        and row.placed_at
        <= one.made_at + timedelta(days=service.program_at(known, one.made_at).window_days)
    ]
    said: list[tuple[str, str, Row[Any] | None]] = [("code", one.code, one) for one in by_code]
    if order.referral:
        said.append(("note", _note(order), next(iter(by_claim), None)))
    said += [("claim", one.code, one) for one in by_claim]
    owners = store.owners(db, shop_id, {code for _, code, _ in said})
    spent = store.claim_users(db, shop_id, [one.id for _, _, one in said if one is not None])
    for via, code, claim in said:
        advocate_id = owners.get(code)
        promised = service.program_at(known, claim.made_at if claim else row.placed_at)
        if advocate_id is None or advocate_id in people or not promised.is_on:
            continue
        if claim is not None and claim.id in spent:
            continue
        return Origin(code, advocate_id, via, claim and claim.id, promised)
    return None


def _note(order: Order) -> str:
    """The code that a storefront left in the order."""
    return (order.referral or "").strip().lower()


def _keep(
    db: Connection,
    shop_id: int,
    current: Row[Any] | None,
    row: Row[Any],
    order: Order,
    origin: Origin,
    now: datetime,
) -> Row[Any]:
    """Fix whose introduction it is: a new one, or one that turns out to be of an earlier order."""
    values: dict[str, Any] = {
        "advocate_id": origin.advocate_id,
        "friend_id": row.member_id,
        "order_id": row.id,
        "code": origin.code,
        "claim_id": origin.claim_id,
        "via": origin.via,
        "version": origin.program.version,
        "is_capped": False,
        "state": "waiting",
        "why": None,
        "score": None,
        "reasons": [],
        "decision": None,
        "stands": False,
        "ordered_at": rules.ordered_at(order),
        "local_date": row.local_date,
    }
    if current is None:
        referral_id = new_id()
        made = {"id": referral_id, "gifts": 0, "made_at": now}
        store.insert_referral(db, shop_id=shop_id, **made, **values)
        return service.get(db, shop_id, referral_id)
    store.change(db, shop_id, current.id, **values)
    return service.get(db, shop_id, current.id)


def _apply(
    db: Connection,
    shop_id: int,
    row: Row[Any],
    people: set[int],
    known: _Programs,
    barred: str | None,
    now: datetime,
) -> list[Fact]:
    """Bring one introduction to what it comes to by now, and both sides to what is theirs."""
    order_row, order = orders.load(db, shop_id, [row.order_id])[0]
    program = next(one for _, one in known if one.version == row.version)
    advocate_id = store.owners(db, shop_id, [row.code]).get(row.code)
    barred = barred or _bar(db, shop_id, row, people, advocate_id)
    look = Look(order_row.confirmed_at is not None, row.score, barred, row.decision)
    verdict = rules.verdict(order, program, look, now)
    if verdict.why == "unconfirmed" and program.hold_days == 0 and row.why != verdict.why:
        outbox.ask(db, shop_id, [NeedsFetch("order", order.key)], now)
    facts: list[Fact] = []
    values: dict[str, Any] = {"ordered_at": rules.ordered_at(order)}
    if advocate_id is not None and advocate_id not in people:
        values["advocate_id"] = advocate_id
    if verdict.state != "kept" and row.stands:
        values["stands"] = False
        facts += _withdrawals(shop_id, row)
    facts += _claimed(db, shop_id, row, verdict, program)
    values |= {"state": verdict.state, "why": verdict.why, "due_at": verdict.due_at}
    store.change(db, shop_id, row.id, **values)
    if verdict.state == "kept" and not row.stands:
        owner_id = advocate_id or row.advocate_id
        facts += _cap(db, shop_id, owner_id, row.local_date, known)
        row = service.get(db, shop_id, row.id)
        facts += _give(db, shop_id, row, owner_id, order_row, program)
        store.change(db, shop_id, row.id, gifts=row.gifts + 1, stands=True)
    return facts


def _cap(
    db: Connection, shop_id: int, advocate_id: int, local_date: str, known: _Programs
) -> list[Fact]:
    """Say anew which of a month's introductions are above the cap; pay who comes below it."""
    programs = {program.version: program for _, program in known}
    if all(one.cap_per_month is None for one in programs.values()):
        return []
    facts: list[Fact] = []
    rows = store.of_month(db, shop_id, advocate_id, local_date[:7], STANDING)
    places = [
        Place(row.id, programs[row.version].cap_per_month, row.stands and not row.is_capped)
        for row in rows
    ]
    capped = rules.above(places)
    for row in rows:
        if row.is_capped == (row.id in capped):
            continue
        store.change(db, shop_id, row.id, is_capped=row.id in capped)
        if row.stands:
            side = _advocates(advocate_id, programs[row.version])
            facts += _gifts(db, shop_id, row.id, row.gifts, [side])
    return facts


def _bar(
    db: Connection, shop_id: int, row: Row[Any], people: set[int], advocate_id: int | None
) -> str | None:
    """What nobody's decision can mend."""
    if advocate_id is None:
        return "advocate_gone"
    if advocate_id in people:
        return "self"
    others = store.of_friends(db, shop_id, identities.same_people(db, shop_id, advocate_id))
    for one in others:
        if one.advocate_id in people and one.id < row.id and one.state in STANDING:
            return "mutual"
    return None


def _give(
    db: Connection,
    shop_id: int,
    row: Row[Any],
    advocate_id: int,
    order_row: Row[Any],
    program: Program,
) -> list[Fact]:
    """Both sides' rewards, once more; the friend's own may have been given with the claim."""
    facts: list[Fact] = [ReferralKept(shop_id, advocate_id, row.id)]
    claims = store.claims(db, shop_id, [row.claim_id] if row.claim_id else [])
    has_reward = any(one.gifts for one in claims.values())
    friend_reward_id = None if has_reward else program.friend_reward_id
    sides: list[_Side] = [
        ("friend", int(order_row.member_id), program.friend_points, friend_reward_id),
    ]
    if not row.is_capped:
        sides.append(_advocates(advocate_id, program))
    return [*facts, *_gifts(db, shop_id, row.id, row.gifts + 1, sides)]


def _advocates(advocate_id: int, program: Program) -> _Side:
    return "advocate", advocate_id, program.advocate_points, program.advocate_reward_id


def _gifts(
    db: Connection, shop_id: int, referral_id: int, number: int, sides: Sequence[_Side]
) -> list[GiftGiven]:
    """What these sides are given, but for who was erased."""
    gone = erased(db, shop_id, [member_id for _, member_id, _, _ in sides])
    return [
        GiftGiven(
            shop_id,
            member_id,
            f"referrals:{referral_id}:{side}:{number}",
            points=points,
            reward_id=reward_id,
        )
        for side, member_id, points, reward_id in sides
        if (points or reward_id) and member_id not in gone
    ]


def _withdrawals(shop_id: int, row: Row[Any]) -> list[Fact]:
    """Both sides' rewards, taken back."""
    return [
        GiftWithdrawn(shop_id, member_id, f"referrals:{row.id}:{side}:{row.gifts}")
        for side, member_id in (("friend", row.friend_id), ("advocate", row.advocate_id))
    ]


def _take_back(db: Connection, shop_id: int, row: Row[Any]) -> list[Fact]:
    """The introduction turns out to be another's: what stood for it goes."""
    if not row.stands:
        return []
    store.change(db, shop_id, row.id, stands=False)
    return _withdrawals(shop_id, row)


def _claimed(
    db: Connection, shop_id: int, row: Row[Any], verdict: Verdict, program: Program
) -> list[Fact]:
    """The friend's reward of the claim: theirs while the introduction is not undone."""
    claim = store.claims(db, shop_id, [row.claim_id]).get(row.claim_id) if row.claim_id else None
    if claim is None or not claim.gifts:
        return []
    wanted = verdict.state in STANDING
    if wanted == claim.stands:
        return []
    stem = service.source_of_claim(claim.id)
    if not wanted:
        store.change_claim(db, shop_id, claim.id, stands=False)
        return [GiftWithdrawn(shop_id, claim.friend_id, f"{stem}:{claim.gifts}")]
    number = claim.gifts + 1
    store.change_claim(db, shop_id, claim.id, stands=True, gifts=number)
    reward_id = program.friend_reward_id
    return [GiftGiven(shop_id, claim.friend_id, f"{stem}:{number}", reward_id=reward_id)]


def follow(
    db: Connection,
    shop_id: int,
    pairs: Sequence[tuple[int, int]],
    now: datetime,
    *,
    undone: bool = False,
) -> list[Fact]:
    """Accounts became one, as (kept, gone), or two again: links follow, and all is judged."""
    known = store.programs(db, shop_id)
    if not known:
        return []
    friends: set[int] = set()
    for kept_id, gone_id in pairs:
        for one in (kept_id, gone_id):
            friends |= {int(row.friend_id) for row in store.of_advocate(db, shop_id, one)}
        move = store.move_back if undone else store.move_links
        move(db, shop_id, gone_id, kept_id)
        friends |= {kept_id, gone_id}
    return judge(db, shop_id, friends, known, now)


def forget(db: Connection, shop_id: int, member_ids: Collection[int], now: datetime) -> list[Fact]:
    """People are gone: so are their links and claims; whom they introduced is judged anew."""
    known = store.programs(db, shop_id)
    if not known:
        return []
    friends: set[int] = set()
    for member_id in member_ids:
        friends |= {int(row.friend_id) for row in store.of_advocate(db, shop_id, member_id)}
        store.drop_person(db, shop_id, member_id)
    return judge(db, shop_id, friends, known, now)
