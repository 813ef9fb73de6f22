"""Who a customer is to us.

Every platform account is a member on first sight; an order without an account belongs to a guest
identity, known by a keyed hash of its e-mail.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from connector.core import keyring
from connector.core.commerce import Customer, CustomerMerge, Person
from connector.core.errors import NotFound
from connector.core.facts import Fact, MemberErased, MembersMerged
from connector.core.ids import new_id
from connector.core.keyring import KeyRing
from connector.members import store

TOMBSTONE_DAYS = 30
_WORD_START = 3  # letters of a word that are indexed
_WORD_HASH = 16  # hexadecimal digits
_CANDIDATES = 200


class Members:
    """The person's verbs; holds the key ring, and no state of its own."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def email_hash(self, shop_id: int, email: str) -> str:
        """One hash per mailbox as written: lower-cased, trimmed, nothing clever."""
        return self._keys.hash(shop_id, "email", email.strip().casefold())

    def resolve(
        self,
        db: Connection,
        shop_id: int,
        buyers: Sequence[tuple[str | None, Person]],
        now: datetime,
    ) -> list[int | None]:
        """Member ids of (customer key, person) pairs, made on first sight; None has no identity.

        An erased identity stays None until its tombstone ends.
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
        known = store.by_customer_keys(db, shop_id, sorted(keys))
        guest_hashes = {
            one
            for (key, _), one in zip(buyers, hashes, strict=True)
            if key is None and one and one not in gone
        }
        guests = store.guests_by_hash(db, shop_id, sorted(guest_hashes))
        new: list[dict[str, object]] = []
        people: dict[int, Person] = {}
        found: list[int | None] = []
        ids = {key: row.merged_into or row.id for key, row in known.items()}
        for (key, person), one in zip(buyers, hashes, strict=True):
            if key is not None and key in keys:
                member_id = ids.get(key)
                if member_id is None:
                    member_id = ids[key] = new_id()
                    email = person.email and self.email_hash(shop_id, person.email)
                    new.append(_row(shop_id, member_id, now, key=key, email_hash=email or None))
                    people[member_id] = person
            elif key is None and one in guest_hashes:
                member_id = guests.get(one or "")
                if member_id is None:
                    member_id = guests[one or ""] = new_id()
                    new.append(_row(shop_id, member_id, now, email_hash=one))
                    people[member_id] = person
            else:
                member_id = None
            found.append(member_id)
        store.insert_members(db, new)
        self._add_people(db, shop_id, people)
        return found

    def record(
        self, db: Connection, shop_id: int, customers: Sequence[Customer], now: datetime
    ) -> list[Fact]:
        """Take over what the platform says about its accounts; older news is ignored."""
        gone = {one.key for one in customers if one.deleted}
        customers = [one for one in customers if one.deleted or one.key not in gone]
        live = [one for one in customers if not one.deleted]
        self.resolve(db, shop_id, [(one.key, one.person) for one in live], now)
        rows = store.by_customer_keys(db, shop_id, [one.key for one in customers])
        facts: list[Fact] = []
        people: dict[int, Person] = {}
        for customer in sorted(customers, key=lambda one: one.modified_at or now):
            row = rows.get(customer.key)
            if row is None and customer.deleted:
                # A deletion may overtake the news it deletes: those must not bring anybody back.
                self._bury(db, shop_id, customer.key, None, now)
            if row is None or row.state != "member":
                continue
            if customer.deleted:
                facts += self.erase(db, shop_id, row.id, now)
                continue
            if row.modified_at and customer.modified_at and customer.modified_at < row.modified_at:
                continue
            email = customer.person.email
            store.change(
                db,
                shop_id,
                row.id,
                modified_at=customer.modified_at or now,
                email_hash=self.email_hash(shop_id, email) if email else None,
            )
            store.drop_words(db, shop_id, row.id)
            people[row.id] = customer.person
        self._write_people(db, shop_id, people)
        return facts

    def merge(
        self, db: Connection, shop_id: int, merges: Sequence[CustomerMerge], now: datetime
    ) -> list[Fact]:
        """Two platform accounts became one; merging twice is merging once.

        An account we never saw leads to the kept one: its orders may still be on their way.
        """
        facts: list[Fact] = []
        for merge in merges:
            rows = store.by_customer_keys(db, shop_id, [merge.kept_key, merge.gone_key])
            kept_id = self.resolve(db, shop_id, [(merge.kept_key, Person())], now)[0]
            gone = rows.get(merge.gone_key)
            if gone is None and kept_id is not None and merge.gone_key != merge.kept_key:
                self._lead(db, shop_id, merge.gone_key, kept_id, now)
            if gone is None or gone.state != "member" or kept_id is None or gone.id == kept_id:
                continue
            store.change(
                db, shop_id, gone.id, state="merged", merged_into=kept_id, email_hash=None
            )
            store.follow(db, shop_id, gone.id, kept_id)
            store.drop_person(db, shop_id, gone.id)
            facts.append(MembersMerged(shop_id, kept_id, gone.id))
        return facts

    def erase(self, db: Connection, shop_id: int, member_id: int, now: datetime) -> list[Fact]:
        """Drop what is personal; the book keeps numbers under an id that names nobody."""
        row = store.get(db, shop_id, member_id)
        if row is None or row.state == "erased":
            return []
        for one in (row, *store.merged_into(db, shop_id, member_id)):
            self._bury(db, shop_id, one.customer_key, one.email_hash, now)
            store.drop_person(db, shop_id, one.id)
            store.change(db, shop_id, one.id, state="erased", customer_key=None, email_hash=None)
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
        """Persons by member id; erased members are missing."""
        return {
            member_id: msgspec.json.decode(
                keyring.unseal(self._keys.decrypt(shop_id, key), sealed), type=Person
            )
            for member_id, (key, sealed) in store.sealed_people(db, shop_id, member_ids).items()
        }

    def search(self, db: Connection, shop_id: int, words: str, limit: int) -> list[int]:
        """Members whose name or e-mail has every word, each given whole or by its beginning."""
        wanted = _words(words)
        if not wanted:
            return []
        hashes = [self._word_hash(shop_id, word[:_WORD_START]) for word in wanted]
        candidates = store.with_words(db, shop_id, hashes, _CANDIDATES)
        people = self.people(db, shop_id, candidates)
        return [
            member_id
            for member_id in candidates
            if all(
                any(have.startswith(want) for have in _person_words(people[member_id]))
                for want in wanted
            )
        ][:limit]

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

    def _lead(self, db: Connection, shop_id: int, key: str, kept_id: int, now: datetime) -> None:
        """Keep that an account became part of a member: two keys, and nothing of the person."""
        if self._is(shop_id, key, self._buried(db, shop_id, [key], [], now)):
            return
        row = _row(shop_id, new_id(), now, key=key, email_hash=None)
        store.insert_members(db, [row | {"state": "merged", "merged_into": kept_id}])

    def _write_people(self, db: Connection, shop_id: int, people: dict[int, Person]) -> None:
        """Side rows of members who may have some."""
        wrapped = store.member_keys(db, shop_id, sorted(people))
        known = {one: person for one, person in people.items() if one in wrapped}
        self._add_people(
            db, shop_id, {one: person for one, person in people.items() if one not in wrapped}
        )
        keys = {one: self._keys.decrypt(shop_id, wrapped[one]) for one in known}
        store.put_people(db, _sealed(shop_id, known, keys), self._starts(shop_id, known))

    def _add_people(self, db: Connection, shop_id: int, people: Mapping[int, Person]) -> None:
        """Side rows of members who have none."""
        keys = {member_id: keyring.new_member_key() for member_id in people}
        wrapped = [
            {"shop_id": shop_id, "member_id": one, "key": self._keys.encrypt(shop_id, key)}
            for one, key in keys.items()
        ]
        sealed, words = _sealed(shop_id, people, keys), self._starts(shop_id, people)
        store.add_people(db, wrapped, sealed, words)

    def _starts(self, shop_id: int, people: Mapping[int, Person]) -> list[dict[str, object]]:
        """The beginnings of people's words, hashed, in the sequence of the index."""
        owners: dict[str, list[int]] = {}
        for member_id, person in people.items():
            for start in {w[:length] for w in _person_words(person) for length in _lengths(w)}:
                owners.setdefault(start, []).append(member_id)
        hashed = {self._word_hash(shop_id, start): found for start, found in owners.items()}
        return [
            {"shop_id": shop_id, "word_hash": one, "member_id": member_id}
            for one in sorted(hashed)
            for member_id in hashed[one]
        ]

    def _word_hash(self, shop_id: int, start: str) -> str:
        """Short: what is found by it is read and compared before anybody sees it."""
        return self._keys.hash(shop_id, "word", start)[:_WORD_HASH]

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


def _row(
    shop_id: int, member_id: int, now: datetime, *, email_hash: str | None, key: str | None = None
) -> dict[str, object]:
    return {
        "shop_id": shop_id,
        "id": member_id,
        "customer_key": key,
        "email_hash": email_hash,
        "state": "member" if key else "guest",
        "created_at": now,
    }


def _sealed(
    shop_id: int, people: Mapping[int, Person], keys: Mapping[int, bytes]
) -> list[dict[str, object]]:
    return [
        {
            "shop_id": shop_id,
            "member_id": member_id,
            "sealed": keyring.seal(keys[member_id], msgspec.json.encode(person)),
        }
        for member_id, person in people.items()
    ]


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;@.]+", text.casefold()) if word]


def _person_words(person: Person) -> list[str]:
    return _words(f"{person.name or ''} {person.email or ''}")


def _lengths(word: str) -> range:
    return range(1, min(len(word), _WORD_START) + 1)
