"""Who a customer is to us.

Every platform account is a member on first sight, or a guest until it joins where the shop says
so; an order without an account belongs to a guest identity, known by a keyed hash of its e-mail.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from connector.core.commerce import Customer, CustomerMerge, Person
from connector.core.errors import NotFound
from connector.core.facts import Fact, MemberErased, MemberJoined
from connector.core.ids import new_id
from connector.core.keyring import KeyRing
from connector.members import joining, merging, news, sides, signs, store
from connector.members.people import People
from connector.shops import service as shops

TOMBSTONE_DAYS = 30


class Identity(NamedTuple):
    """Who bought: an account or a guest, and the member it is, or is part of, today."""

    id: int
    member_id: int


class Members:
    """The person's verbs; holds the key ring, and no state of its own."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._people = People(keys)

    def email_hash(self, shop_id: int, email: str) -> str:
        """One hash per mailbox as written: lower-cased, trimmed, nothing clever."""
        return self._keys.hash(shop_id, "email", email.strip().casefold())

    def resolve(
        self,
        db: Connection,
        shop_id: int,
        buyers: Sequence[tuple[str | None, Person]],
        now: datetime,
        *,
        live: bool = True,
    ) -> list[int | None]:
        """Members of (customer key, person) pairs, made on first sight; None has no identity."""
        found = self.identify(db, shop_id, buyers, now, live=live)
        return [one and one.member_id for one in found]

    def identify(
        self,
        db: Connection,
        shop_id: int,
        buyers: Sequence[tuple[str | None, Person]],
        now: datetime,
        *,
        live: bool = True,
    ) -> list[Identity | None]:
        """The same with the account or guest itself, where that is part of a member by now.

        An erased identity stays None until its tombstone ends. live: who is new has joined now;
        False for what happened before we were here.
        """
        has_graves = store.any_buried(db, shop_id)
        hashes = [
            self.email_hash(shop_id, person.email)
            if person.email and (key is None or has_graves)
            else None
            for key, person in buyers
        ]
        gone = set()
        if has_graves:
            gone = self._buried(db, shop_id, [key for key, _ in buyers], hashes, now)
        keys = {key for key, _ in buyers if key and not self._is(shop_id, key, gone)}
        guest_hashes = {
            one
            for (key, _), one in zip(buyers, hashes, strict=True)
            if key is None and one and one not in gone
        }
        rows = store.by_customer_keys(db, shop_id, sorted(keys))
        if live:
            joining.catch_up(db, shop_id, rows.values(), now)
        accounts = {key: Identity(row.id, row.merged_into or row.id) for key, row in rows.items()}
        guests = {
            one: Identity(guest_id, guest_id)
            for one, guest_id in store.guests_by_hash(db, shop_id, sorted(guest_hashes)).items()
        }
        joining.met(db).mailboxes |= guest_hashes
        new: list[dict[str, object]] = []
        told: list[tuple[int, Person]] = []
        joins_first = len(rows) < len(keys) and shops.get(db, shop_id).joins_first
        found: list[Identity | None] = []
        for (key, person), one in zip(buyers, hashes, strict=True):
            identity = None
            if key is not None and key in keys:
                identity = accounts.get(key)
                if identity is None:
                    email = person.email and self.email_hash(shop_id, person.email)
                    row = joining.row(
                        shop_id,
                        now,
                        key=key,
                        email_hash=email or None,
                        joins="later" if joins_first else "now" if live else "before",
                    )
                    identity = accounts[key] = _made(row, new)
            elif one in guest_hashes:
                identity = guests.get(one or "")
                if identity is None:
                    identity = guests[one or ""] = _made(
                        joining.row(shop_id, now, email_hash=one), new
                    )
            if identity is not None:
                told.append((identity.id, person))
            found.append(identity)
        self._enter(db, shop_id, new, told, now)
        return found

    def record(
        self,
        db: Connection,
        shop_id: int,
        customers: Sequence[Customer],
        now: datetime,
        *,
        live: bool = True,
    ) -> list[Fact]:
        """Take over what the platform says about its accounts; older news is ignored."""
        gone = {one.key for one in customers if one.deleted}
        customers = [one for one in customers if one.deleted or one.key not in gone]
        rows = store.by_customer_keys(db, shop_id, [one.key for one in customers])
        unknown = [one for one in customers if not one.deleted and one.key not in rows]
        if unknown:
            self._meet(db, shop_id, unknown, now, live=live)
            rows |= store.by_customer_keys(db, shop_id, [one.key for one in unknown])
        if live and joining.catch_up(db, shop_id, rows.values(), now):
            rows = store.by_customer_keys(db, shop_id, [one.key for one in customers])
        facts: list[Fact] = []
        people: dict[int, Person] = {}
        newest: dict[str, dict[str, Any]] = {}
        for customer in sorted(customers, key=lambda one: one.modified_at or now):
            row = rows.get(customer.key)
            if row is None and customer.deleted:
                # A deletion may overtake the news it deletes: those must not bring anybody back.
                self._bury(db, shop_id, customer.key, None, now)
            if row is None or row.state not in ("member", "guest"):
                continue
            if customer.deleted:
                facts += self.erase(db, shop_id, row.id, now)
                continue
            if row.modified_at and customer.modified_at and customer.modified_at < row.modified_at:
                continue
            before = newest.get(customer.key) or row._asdict()
            email = customer.person.email
            email_hash = self.email_hash(shop_id, email) if email else None
            newest[customer.key] = news.after(before, customer, email_hash, now)
            if customer.person != Person():
                people[row.id] = customer.person
        told = [(rows[key], values) for key, values in newest.items()]
        facts += news.take(db, shop_id, told)
        self._people.write(db, shop_id, people)
        signs.note_people(db, self._keys, shop_id, list(people.items()), now)
        return facts

    def merge(
        self, db: Connection, shop_id: int, merges: Sequence[CustomerMerge], now: datetime
    ) -> list[Fact]:
        """Two platform accounts became one; merging twice is merging once.

        What somebody made two again stays two. An account we never saw leads to the kept one: its
        orders may still be on their way.
        """
        facts: list[Fact] = []
        for told in merges:
            rows = store.by_customer_keys(db, shop_id, [told.kept_key, told.gone_key])
            kept_id = self.resolve(db, shop_id, [(told.kept_key, Person())], now)[0]
            gone = rows.get(told.gone_key)
            if gone is None and kept_id is not None and told.gone_key != told.kept_key:
                self._lead(db, shop_id, told.gone_key, kept_id, now)
            kept = kept_id and store.get(db, shop_id, kept_id)
            if not kept or gone is None or gone.id == kept.id:
                continue
            if gone.state not in ("member", "guest"):
                continue
            if (kept.id, gone.id) not in sides.undone_merges(db, shop_id, [gone.id]):
                facts += merging.merge(db, shop_id, kept, gone, now, cause=merging.PLATFORM)
        return facts

    def unmerge(
        self, db: Connection, shop_id: int, gone_id: int, now: datetime, made_by: str
    ) -> list[Fact]:
        """What was merged is two again: see ``merging.undo``."""
        person = self._people.read_merged(db, shop_id, gone_id)
        email_hash = self.email_hash(shop_id, person.email) if person.email else None
        facts = merging.undo(db, shop_id, gone_id, email_hash, now, made_by)
        if facts:
            self._people.write(db, shop_id, {gone_id: person})
        return facts

    def newcomers(self, db: Connection, shop_id: int) -> list[Fact]:
        """Who joined in this transaction; asked at its end."""
        return [MemberJoined(shop_id, one) for one in joining.newcomers(db, shop_id)]

    def join(
        self, db: Connection, shop_id: int, member_id: int, now: datetime, *, afresh: bool = False
    ) -> list[Fact]:
        """An account that waited is a member from now on; joining twice is joining once.

        afresh: without what it did before, which stays with somebody who has no name.
        """
        row = store.get(db, shop_id, member_id)
        if row is None or not joining.waits(row):
            return []
        if afresh:
            member_id = self._begin_afresh(db, shop_id, row, now)
        joined = store.join(db, shop_id, [member_id], now)
        return [MemberJoined(shop_id, one) for one in joined]

    def waiting(self, db: Connection, shop_id: int, key: str) -> int | None:
        """The account of this key, if it is known and has not joined."""
        row = store.by_customer_keys(db, shop_id, [key]).get(key)
        return int(row.id) if row is not None and joining.waits(row) else None

    def erase(self, db: Connection, shop_id: int, member_id: int, now: datetime) -> list[Fact]:
        """Drop what is personal; the book keeps numbers under an id that names nobody."""
        row = store.get(db, shop_id, member_id)
        if row is None or row.state == "erased":
            return []
        for one in (row, *store.merged_into(db, shop_id, member_id)):
            self._bury(db, shop_id, one.customer_key, one.email_hash, now)
            store.erase_sides(db, shop_id, one.id)
            store.change(
                db,
                shop_id,
                one.id,
                state="erased",
                customer_key=None,
                email_hash=None,
                tags=None,
                accepts_marketing=None,
                email_verified=None,
            )
        return [MemberErased(shop_id, member_id)]

    def erase_email(self, db: Connection, shop_id: int, email: str, now: datetime) -> list[Fact]:
        """Erase everybody known by this e-mail, and keep it from coming back."""
        one = self.email_hash(shop_id, email)
        self._bury(db, shop_id, None, one, now)
        facts: list[Fact] = []
        for row in store.by_email_hash(db, shop_id, one):
            facts += self.erase(db, shop_id, row.id, now)
        return facts

    def buried(
        self, db: Connection, shop_id: int, names: Collection[str], now: datetime
    ) -> set[str]:
        """Which of these names, account keys and e-mail hashes, were erased of late."""
        hashed = {self._keys.hash(shop_id, "customer", name): name for name in names}
        hashed |= {name: name for name in names}
        return {hashed[one] for one in store.buried(db, shop_id, sorted(hashed), now)}

    def person(self, db: Connection, shop_id: int, member_id: int) -> Person:
        """The person behind a member; an empty one when erased."""
        return self.people(db, shop_id, [member_id]).get(member_id, Person())

    def people(self, db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, Person]:
        """Persons by member id; of who is erased, or part of somebody else, there is none."""
        return self._people.read(db, shop_id, member_ids)

    def search(self, db: Connection, shop_id: int, words: str, limit: int) -> list[int]:
        """Members whose name or e-mail has every word, each given whole or by its beginning."""
        return self._people.search(db, shop_id, words, limit)

    def by_email(self, db: Connection, shop_id: int, email: str) -> int:
        """The member with this e-mail, an account before a guest; NotFound otherwise."""
        rows = store.by_email_hash(db, shop_id, self.email_hash(shop_id, email))
        if not rows:
            raise NotFound("member_not_found", "no member has this e-mail")
        return int(rows[0].id)

    def by_customer_key(self, db: Connection, shop_id: int, key: str) -> int | None:
        """The member behind a platform account, if it is known and living."""
        row = store.by_customer_keys(db, shop_id, [key]).get(key)
        if row is None or row.state not in ("member", "merged"):
            return None
        return int(row.merged_into or row.id)

    def _meet(
        self,
        db: Connection,
        shop_id: int,
        customers: Sequence[Customer],
        now: datetime,
        *,
        live: bool,
    ) -> None:
        """Make members of new accounts; who had theirs before us does not join now."""
        since = shops.get(db, shop_id).installed_at if customers and live else None
        new: list[tuple[str | None, Person]] = []
        old: list[tuple[str | None, Person]] = []
        for one in customers:
            is_old = not live or (since and one.created_at and one.created_at < since)
            (old if is_old else new).append((one.key, one.person))
        for buyers, is_new in ((new, True), (old, False)):
            if buyers:
                self.identify(db, shop_id, buyers, now, live=is_new)

    def _enter(
        self,
        db: Connection,
        shop_id: int,
        new: Sequence[dict[str, Any]],
        told: Sequence[tuple[int, Person]],
        now: datetime,
    ) -> None:
        """Write who is new, and what orders tell of everybody."""
        store.insert_members(db, new)
        fresh = {row["id"] for row in new}
        people = {one: person for one, person in reversed(told) if one in fresh}
        self._people.add(db, shop_id, people)
        joining.met(db).joined += [row["id"] for row in new if row["joined_at"]]
        signs.note_people(db, self._keys, shop_id, joining.seen_anew(told, fresh), now)

    def _begin_afresh(self, db: Connection, shop_id: int, row: Row[Any], now: datetime) -> int:
        """The account as a new row; the old one keeps its numbers and nothing of the person."""
        person = self.person(db, shop_id, row.id)
        store.change(db, shop_id, row.id, customer_key=None, email_hash=None)
        store.erase_sides(db, shop_id, row.id)
        fresh = row._asdict() | {"id": new_id(), "created_at": now, "merged_into": None}
        store.insert_members(db, [fresh])
        self._people.write(db, shop_id, {fresh["id"]: person})
        return int(fresh["id"])

    def _lead(self, db: Connection, shop_id: int, key: str, kept_id: int, now: datetime) -> None:
        """Keep that an account became part of a member: two keys, and nothing of the person."""
        if self._is(shop_id, key, self._buried(db, shop_id, [key], [], now)):
            return
        row = joining.row(shop_id, now, key=key, email_hash=None)
        store.insert_members(db, [row | {"state": "merged", "merged_into": kept_id}])
        sides.note_merge(
            db,
            shop_id=shop_id,
            gone_id=row["id"],
            merged_at=now,
            kept_id=kept_id,
            cause=merging.PLATFORM,
            gone_key=key,
            gone_state="member",
        )

    def _bury(
        self,
        db: Connection,
        shop_id: int,
        customer_key: str | None,
        email_hash: str | None,
        now: datetime,
    ) -> None:
        named = customer_key and self._keys.hash(shop_id, "customer", customer_key)
        hashes = [one for one in (named, email_hash) if one]
        store.bury(db, shop_id, hashes, now + timedelta(days=TOMBSTONE_DAYS))

    def _buried(
        self,
        db: Connection,
        shop_id: int,
        keys: Sequence[str | None],
        hashes: Sequence[str | None],
        now: datetime,
    ) -> set[str]:
        named = [self._keys.hash(shop_id, "customer", key) for key in keys if key]
        return store.buried(db, shop_id, [*named, *(one for one in hashes if one)], now)

    def _is(self, shop_id: int, customer_key: str, gone: set[str]) -> bool:
        return bool(gone) and self._keys.hash(shop_id, "customer", customer_key) in gone


def _made(row: dict[str, Any], new: list[dict[str, Any]]) -> Identity:
    new.append(row)
    return Identity(row["id"], row["id"])
