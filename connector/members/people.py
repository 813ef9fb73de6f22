"""Who a person is: sealed under a key of their own, found again by hashed beginnings of words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from connector.core import keyring
from connector.core.commerce import Person
from connector.core.keyring import KeyRing
from connector.members import store

_WORD_START = 3  # letters of a word that are indexed
_WORD_HASH = 16  # hexadecimal digits
_CANDIDATES = 200


class People:
    """The side rows that name somebody: key, sealed person and search words."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def read(self, db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, Person]:
        """Persons by member id; of who is erased, or part of somebody else, there is none."""
        return self._opened(shop_id, store.sealed_people(db, shop_id, member_ids))

    def read_merged(self, db: Connection, shop_id: int, gone_id: int) -> Person:
        """The person kept of somebody who became part of another member, for an undo."""
        sealed = store.sealed_people(db, shop_id, [gone_id], state="merged")
        return self._opened(shop_id, sealed).get(gone_id, Person())

    def add(self, db: Connection, shop_id: int, people: Mapping[int, Person]) -> None:
        """Write the side rows of members who have none."""
        keys = {member_id: keyring.new_member_key() for member_id in people}
        wrapped = [
            {"shop_id": shop_id, "member_id": one, "key": self._keys.encrypt(shop_id, key)}
            for one, key in keys.items()
        ]
        sealed, words = _sealed(shop_id, people, keys), self._starts(shop_id, people)
        store.add_people(db, wrapped, sealed, words)

    def write(self, db: Connection, shop_id: int, people: Mapping[int, Person]) -> None:
        """Write the side rows of members who may have some."""
        wrapped = store.member_keys(db, shop_id, sorted(people))
        known = {one: person for one, person in people.items() if one in wrapped}
        new = {one: person for one, person in people.items() if one not in wrapped}
        self.add(db, shop_id, new)
        keys = {one: self._keys.decrypt(shop_id, wrapped[one]) for one in known}
        store.drop_words(db, shop_id, sorted(known))
        store.put_people(db, _sealed(shop_id, known, keys), self._starts(shop_id, known))

    def search(self, db: Connection, shop_id: int, words: str, limit: int) -> list[int]:
        """Members whose name or e-mail has every word, each given whole or by its beginning."""
        wanted = _words(words)
        if not wanted:
            return []
        hashes = [self._word_hash(shop_id, word[:_WORD_START]) for word in wanted]
        candidates = store.with_words(db, shop_id, hashes, _CANDIDATES)
        people = self.read(db, shop_id, candidates)
        return [
            member_id
            for member_id in candidates
            if all(
                any(have.startswith(want) for have in _person_words(people[member_id]))
                for want in wanted
            )
        ][:limit]

    def _opened(
        self, shop_id: int, sealed: Mapping[int, tuple[bytes, bytes]]
    ) -> dict[int, Person]:
        return {
            member_id: msgspec.json.decode(
                keyring.unseal(self._keys.decrypt(shop_id, key), body), type=Person
            )
            for member_id, (key, body) in sealed.items()
        }

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


def _sealed(
    shop_id: int, people: Mapping[int, Person], keys: Mapping[int, bytes]
) -> list[dict[str, object]]:
    """Telephone and address are compared and never shown: signs of them are all that is kept."""
    return [
        {
            "shop_id": shop_id,
            "member_id": member_id,
            "sealed": keyring.seal(
                keys[member_id], msgspec.json.encode(replace(person, phone=None, address=None))
            ),
        }
        for member_id, person in people.items()
    ]


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;@.]+", text.casefold()) if word]


def _person_words(person: Person) -> list[str]:
    return _words(f"{person.name or ''} {person.email or ''}")


def _lengths(word: str) -> range:
    return range(1, min(len(word), _WORD_START) + 1)
