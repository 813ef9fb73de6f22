"""Who claims, and whether friend and advocate look like one person. Under the shop's lock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from connector import orders
from connector.core.commerce import Person
from connector.core.facts import Fact, GiftGiven
from connector.core.keyring import KeyRing
from connector.members import Members, identities, signs
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.rooms.referrals import introductions, rules, service, store
from connector.rooms.referrals.rules import Program
from connector.rooms.referrals.service import Claimant


def carry_out(
    db: Connection, members: Members, keys: KeyRing, shop_id: int, now: datetime, limit: int
) -> tuple[int, list[Fact]]:
    """Look at claims and introductions that wait for it; how many there were, and what came of it.

    Also forgets whom nobody needs to know any more.
    """
    store.forget(db, shop_id, now)
    known = store.programs(db, shop_id)
    facts: list[Fact] = []
    claims = store.claims_due(db, shop_id, now, limit)
    for claim in claims:
        facts += _look_at(db, members, keys, shop_id, claim, known, now)
    due = store.due(db, shop_id, now, limit)
    for row in due:
        store.change(db, shop_id, row.id, due_at=None)
        if row.decision is None:
            reasons = _reasons(db, members, shop_id, row)
            told = {"score": rules.score(reasons), "reasons": sorted(reasons)}
            store.change(db, shop_id, row.id, **told)
    facts += introductions.judge(db, shop_id, {int(row.friend_id) for row in due}, known, now)
    return len(claims) + len(due), facts


def _look_at(
    db: Connection,
    members: Members,
    keys: KeyRing,
    shop_id: int,
    claim: Row[Any],
    known: list[tuple[datetime, Program]],
    now: datetime,
) -> list[Fact]:
    """Who claims: somebody new has the friend's reward, once; anybody else has nothing."""
    told = msgspec.json.decode(keys.decrypt(shop_id, claim.sealed), type=Claimant)
    promised = service.program_at(known, claim.made_at)
    store.change_claim(db, shop_id, claim.id, sealed=None, due_at=None)
    friend_id, refused = _newcomer(db, members, shop_id, claim, told.email, now)
    if friend_id is None or not promised.is_on:
        store.change_claim(db, shop_id, claim.id, refused=refused or "off")
        return []
    signs.note_signs(
        db,
        keys,
        shop_id,
        friend_id,
        {"mailbox": told.email, "network": told.network, "device": told.device},
        now,
    )
    earlier = store.claims_of(db, shop_id, identities.same_people(db, shop_id, friend_id))
    gives = promised.friend_reward_id is not None and not any(one.gifts for one in earlier)
    again = "duplicate" if any(one.gifts for one in earlier) else None
    values = {"friend_id": friend_id, "gifts": int(gives), "stands": gives, "refused": again}
    store.change_claim(db, shop_id, claim.id, **values)
    if not gives:
        return []
    source = f"{service.source_of_claim(claim.id)}:1"
    return [GiftGiven(shop_id, friend_id, source, reward_id=promised.friend_reward_id)]


def _newcomer(
    db: Connection,
    members: Members,
    shop_id: int,
    claim: Row[Any],
    email: str,
    now: datetime,
) -> tuple[int | None, str | None]:
    """The member with this e-mail who never bought and is not the advocate; made if unknown.

    None for anybody else, and why that is.
    """
    advocate_id = store.owners(db, shop_id, [claim.code]).get(claim.code)
    if advocate_id is None:
        return None, "advocate_gone"
    rows = member_store.by_email_hash(db, shop_id, members.email_hash(shop_id, email))
    if not rows:
        found = members.resolve(db, shop_id, [(None, Person(email=email))], now)[0]
        return found, None if found is not None else "erased"
    people = identities.same_people(db, shop_id, rows[0].id)
    if advocate_id in people:
        return None, "self"
    if order_store.first_paid(db, shop_id, people) is not None:
        return None, "prior_buyer"
    return int(rows[0].id), None


def _reasons(db: Connection, members: Members, shop_id: int, row: Row[Any]) -> set[str]:
    """Why friend and advocate look like one person, or the friend like somebody known."""
    friend_id, advocate_id = int(row.friend_id), int(row.advocate_id)
    friends = identities.same_people(db, shop_id, friend_id)
    advocates = identities.same_people(db, shop_id, advocate_id)
    now = row.ordered_at
    found = {
        rules.OF_SIGNS[kind]
        for one in friends
        for kind in signs.shared(db, shop_id, one, advocates, now)
    }
    people = members.people(db, shop_id, [friend_id, advocate_id])
    first, second = (people.get(one, Person()) for one in (friend_id, advocate_id))
    found |= rules.similar((first.email, first.name), (second.email, second.name))
    others = {
        other
        for one in friends
        for other in signs.with_same(db, shop_id, one, ("mailbox", "phone"))
    }
    others -= friends | advocates
    if order_store.first_paid(db, shop_id, others, before=row.ordered_at) is not None:
        found.add("prior_buyer")
    _, order = orders.load(db, shop_id, [row.order_id])[0]
    used = store.discounts(db, shop_id, {one.code for one in order.codes})
    if any(one.member_id in advocates for one in used):
        found.add("self_pay")
    return found | _velocity(db, shop_id, row)


def _velocity(db: Connection, shop_id: int, row: Row[Any]) -> set[str]:
    """Whether the network or the link of this introduction brought many in a week."""
    claim = store.claims(db, shop_id, [row.claim_id]).get(row.claim_id) if row.claim_id else None
    at = claim.made_at if claim is not None else row.ordered_at
    since, until = (at + timedelta(days=days * rules.VELOCITY_DAYS) for days in (-1, 1))
    checks = [("link_velocity", "code", row.code)]
    if claim is not None and claim.network_hash:
        checks.append(("network_velocity", "network_hash", claim.network_hash))
    return {
        reason
        for reason, column, value in checks
        if store.claims_between(db, shop_id, since, until, **{column: value}) > rules.VELOCITY
    }
